import Model
import ViewText

extension TextBuffer {
  /// `ip`, `[2048]`, or `*` for every protocol.
  mutating func append(ethernetProtocol number: UInt16, isNumeric: Bool) {
    if number == 3 { return append("*") }
    if !isNumeric, let found = SSProtocolNames.ethernet.first(where: { $0.number == number }) {
      return append(found.name.utf8.span)
    }
    append("[")
    append(decimal: number)
    append("]")
  }

  mutating func append(packet: PacketInternals) {
    append("ver:")
    append(decimal: packet.version)
    append(" cpy_thresh:")
    append(decimal: packet.copyThreshold)
    append(" flags( ")
    let names: [(UInt32, StaticString)] = [
      (1, "running"), (2, " auxdata"), (4, " origdev"), (8, " vnethdr"), (16, " loss"),
    ]
    for (bit, name) in names where packet.flags & bit != 0 { append(name) }
    if packet.flags == 0 { append("0") }
    append(" )")
  }

  mutating func append(ring: PacketInternals.Ring) {
    func part(_ label: StaticString, _ value: UInt32) {
      append(label)
      append(decimal: value)
    }
    part("blk_size:", ring.blockSize)
    part(",blk_nr:", ring.blockCount)
    part(",frm_size:", ring.frameSize)
    part(",frm_nr:", ring.frameCount)
    part(",tmo:", ring.retireMilliseconds)
    append(",features:0x")
    append(hex: UInt64(ring.features))
    append(")")
  }

  mutating func append(fanout: UInt32) {
    append("fanout(id:")
    append(decimal: fanout & 0xffff)
    append(",type:")
    switch fanout >> 16 {
    case 0: append("hash")
    case 1: append("lb")
    case 2: append("cpu")
    case 3: append("roll")
    case 4: append("random")
    case 5: append("qm")
    default:
      append("0x")
      append(hex: UInt64(fanout >> 16))
    }
    append(")")
  }

  mutating func append(filter: [PacketInternals.Instruction]) {
    append("bpf filter (")
    append(decimal: filter.count)
    append("): ")
    for instruction in filter {
      append(" 0x")
      append(hex: UInt64(instruction.code), digits: 2)
      append(" ")
      append(decimal: instruction.jumpTrue)
      append(" ")
      append(decimal: instruction.jumpFalse)
      append(" ")
      append(decimal: instruction.operand)
      append(",")
    }
  }

  /// `systemd/1`, `kernel`, `*`, or the number.
  mutating func append(
    netlinkPort port: UInt32, _ name: (UInt32) -> [UInt8]?, _ options: SSOptions
  ) {
    if port == .max { return append("*") }
    if port == 0 && !options.isNumeric { return append("kernel") }
    if port <= Int32.max, let name = name(port) {
      appendVisible(name)
      append("/")
    }
    append(decimal: Int32(bitPattern: port))
  }

  mutating func append(xdp: XDPInternals, isOneLine: Bool) {
    func line(_ name: StaticString) {
      append(isOneLine ? " " : "\n\t")
      append(name)
    }
    func ring(_ name: StaticString, _ entries: UInt32?) {
      guard let entries else { return }
      line(name)
      append("entries:")
      append(decimal: entries)
      append(")")
    }
    func part(_ label: StaticString, _ value: UInt64) {
      append(label)
      append(decimal: value)
    }
    ring("rx(", xdp.receiveRing)
    ring("tx(", xdp.sendRing)
    if let area = xdp.area {
      line(isOneLine ? "tumem(" : "umem(")  // sic
      part("id:", UInt64(area.identifier))
      part(",size:", area.byteCount)
      part(",num_pages:", UInt64(area.pages))
      part(",chunk_size:", UInt64(area.chunkSize))
      part(",headroom:", UInt64(area.headroom))
      part(",ifindex:", UInt64(area.interface))
      part(",qid:", UInt64(area.queue))
      append(area.isZeroCopy ? ",zc:1" : ",zc:0")
      part(",refs:", UInt64(area.references))
      append(")")
      ring("fr(", xdp.fillRing)
      ring("cr(", xdp.completionRing)
    }
    if xdp.statistics.count >= 6 {
      let labels: [StaticString] = [
        "rx dropped:", ",rx invalid:", ",rx queue full:", ",rx fill ring empty:", ",tx invalid:",
        ",tx ring empty:",
      ]
      line("stats(")
      for (label, value) in zip(labels, xdp.statistics) { part(label, value) }
      append(")")
    }
  }

  mutating func append(tipc: TIPCInternals, type: UInt16, isOneLine: Bool) {
    append(isOneLine ? " type:" : "\n type:")
    switch type {
    case 1: append("STREAM")
    case 2: append("DGRAM")
    case 4: append("RDM")
    case 5: append("SEQPACKET")
    default: append("UNKNOWN")
    }
    append(" cong:")
    append(tipc.isLinkCongested ? "link" : tipc.isConnectionCongested ? "conn" : "none")
    append("  drop:")
    append(decimal: tipc.drops)
    append(" ")
    if tipc.isPublished { append(" publ") }
    if let service = tipc.peer?.service {
      append(" via {")
      append(decimal: service.type)
      append(",")
      append(decimal: service.instance)
      append("} ")
    }
  }
}
