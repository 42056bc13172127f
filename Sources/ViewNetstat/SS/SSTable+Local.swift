import Model
import ViewText

// Sockets of the families that are not the internet's.
extension SSTable {
  public mutating func unix(_ row: SocketRow) {
    let socket = row.socket
    let tables = options.selection.tables
    switch socket.type {
    case .stream where !tables.contains(.unixStream), .datagram where !tables.contains(.unixDatagram),
      .sequencedPacket where !tables.contains(.unixSequenced):
      return
    default: break
    }
    let name = row.name.map { Self.shown($0.bytes) }
    let isWanted = isWanted(
      {
        var subject = SSSubject(family: .unix)
        subject.name = name
        subject.localPort = Int32(truncatingIfNeeded: socket.inode)
        subject.peerPort = Int32(truncatingIfNeeded: socket.peerInode)
        return subject
      }())
    guard isWanted else { return }
    begin(row, netid: socket.type == .stream ? "u_str" : socket.type == .sequencedPacket ? "u_seq" : "u_dgr")
    end(
      { text in
        if let name { text.appendVisible(name) } else { text.append("*") }
        text.append(byte: 32)
      },
      { $0.append(decimal: Int32(truncatingIfNeeded: socket.inode)) })
    end({ $0.append("* ") }, { $0.append(decimal: Int32(truncatingIfNeeded: socket.peerInode)) })
    users(row)
    if options.showsMemory { memory(row.detail?.memory) }
    if options.showsDetails { unixDetails(row) }
  }

  /// A path up to its NUL; an abstract name with `@` for each NUL.
  private static func shown(_ name: [UInt8]) -> [UInt8] {
    name.first == 0 ? name.map { $0 == 0 ? UInt8(ascii: "@") : $0 } : Array(name.prefix { $0 != 0 })
  }

  private mutating func unixDetails(_ row: SocketRow) {
    sides(row.socket.shutdown)
    for extra in row.detail?.extras ?? [] {
      columns.write { text in
        switch extra {
        case .file(let inode, let device):
          text.append(" ino:")
          text.append(decimal: inode)
          // As stat(2) packs it: 20 bits of minor around 12 of major.
          text.append(" dev:")
          text.append(decimal: device >> 8 & 0xfff)
          text.append("/")
          text.append(decimal: device & 0xff | device >> 12 & 0xfff00)
        case .waitingClients(let inodes):
          text.append(" peers:")
          for inode in inodes {
            text.append(byte: 32)
            text.append(decimal: inode)
          }
        default: break
        }
      }
    }
  }

  // MARK: Packet

  public mutating func packet(_ row: SocketRow) {
    let socket = row.socket
    let isWanted = isWanted(
      {
        var subject = SSSubject(family: .packet)
        subject.local.high = UInt64(socket.protocol.rawValue) << 32
        subject.localPort = Int32(bitPattern: socket.interfaceIndex)
        subject.interface = socket.interfaceIndex
        return subject
      }())
    guard isWanted else { return }
    begin(row, netid: socket.type == .raw ? "p_raw" : "p_dgr")
    let interface = socket.interfaceIndex == 0 ? nil : interfaceName(socket.interfaceIndex)
    let isNumeric = options.isNumeric
    end(
      { text in
        text.append(ethernetProtocol: socket.protocol.rawValue, isNumeric: isNumeric)
        text.append(":")
      },
      { text in
        if let interface { text.appendVisible(interface) } else { text.append("*") }
      })
    noPeer()
    users(row)
    if options.showsDetails { identity(socket) }
    for case .packet(let packet) in row.detail?.extras ?? [] { self.packet(packet, row) }
    if options.showsMemory { memory(row.detail?.memory) }
  }

  private mutating func packet(_ packet: PacketInternals, _ row: SocketRow) {
    let options = options
    let indent: StaticString = options.isOneLine ? " " : "\n\t"
    columns.write { text in
      if options.showsDetails {
        text.append(indent)
        text.append(packet: packet)
        for (name, ring): (StaticString, PacketInternals.Ring?) in [
          ("ring_rx(", packet.receiveRing), ("ring_tx(", packet.sendRing),
        ] {
          guard let ring else { continue }
          text.append(indent)
          text.append(name)
          text.append(ring: ring)
        }
        if let fanout = packet.fanout {
          text.append(indent)
          text.append(fanout: fanout)
        }
      }
      if options.showsFilters, let filter = packet.filter {
        text.append(indent)
        text.append(filter: filter)
      }
    }
  }

  // MARK: Netlink

  public mutating func netlink(_ row: SocketRow) {
    let socket = row.socket
    guard let address = row.detail?.netlink else { return }
    let isWanted = isWanted(
      {
        var subject = SSSubject(family: .netlink)
        subject.local.high = UInt64(socket.protocol.rawValue) << 32
        subject.localPort = Int32(bitPattern: address.portID)
        subject.peerPort = -1
        return subject
      }())
    guard isWanted else { return }
    var shown = row
    shown.socket.state = .close
    begin(shown, netid: "nl")
    let (options, names) = (options, names)
    end(
      { text in
        if !options.isNumeric, let name = names.netlinkProtocol(socket.protocol.rawValue) {
          text.appendVisible(name)
        } else {
          text.append(decimal: socket.protocol.rawValue)
        }
        text.append(":")
      }, { $0.append(netlinkPort: address.portID, options.isNumeric ? { _ in nil } : names.process, options) }
    )
    if socket.state == .established {
      end(
        { text in
          text.append(decimal: Int32(bitPattern: address.peerGroup))
          text.append(":")
        }, { $0.append(decimal: Int32(bitPattern: address.peerPortID)) })
    } else {
      noPeer()
    }
    if options.showsTaskContexts {
      columns.write { text in
        text.append(" proc_ctx=")
        text.appendContext(names.context(address.portID).map { RawText($0) })
      }
    }
    if options.showsDetails {
      columns.write { text in
        text.append(" sk=0 cb=0 groups=0x")
        text.append(hex: UInt64(address.groups), digits: 8)
      }
    }
    if options.showsMemory {
      columns.write { $0.append("\t") }
      memory(row.detail?.memory)
    }
  }

  // MARK: Vsock

  public mutating func vsock(_ row: SocketRow) {
    let socket = row.socket
    let tables = options.selection.tables
    guard let address = row.detail?.vsock else { return }
    if socket.type == .stream && !tables.contains(.vsockStream) { return }
    if socket.type == .datagram && !tables.contains(.vsockDatagram) { return }
    let isWanted = isWanted(
      {
        var subject = SSSubject(family: .vsock)
        subject.local.high = UInt64(address.localContextID) << 32
        subject.peer.high = UInt64(address.peerContextID) << 32
        subject.localPort = Int32(bitPattern: address.localPort)
        subject.peerPort = Int32(bitPattern: address.peerPort)
        return subject
      }())
    guard isWanted else { return }
    begin(row, netid: socket.type == .stream ? "v_str" : socket.type == .datagram ? "v_dgr" : "???")
    vsockEnd(address.localContextID, address.localPort)
    vsockEnd(address.peerContextID, address.peerPort)
    users(row)
  }

  private mutating func vsockEnd(_ context: UInt32, _ port: UInt32) {
    func number(_ text: inout TextBuffer, _ value: UInt32) {
      if value == .max { text.append("*") } else { text.append(decimal: value) }
    }
    end(
      { text in
        number(&text, context)
        text.append(":")
      }, { number(&$0, port) })
  }

  // MARK: XDP

  public mutating func xdp(_ row: SocketRow) {
    let socket = row.socket
    guard case .xdp(let xdp)? = row.detail?.extras.first else { return }
    let isWanted = isWanted(
      {
        var subject = SSSubject(family: .xdp)
        subject.localPort = Int32(bitPattern: xdp.queue)
        subject.interface = socket.interfaceIndex
        return subject
      }())
    guard isWanted else { return }
    begin(row, netid: "xdp")
    if socket.interfaceIndex != 0 {
      let interface = interfaceName(socket.interfaceIndex)
      end(
        { text in
          text.appendVisible(interface)
          text.append(":")
        },
        { text in
          text.append("q")
          text.append(decimal: xdp.queue)
        })
    } else {
      noPeer()
    }
    noPeer()
    users(row)
    if options.showsDetails {
      identity(socket)
      let isOneLine = options.isOneLine
      columns.write { $0.append(xdp: xdp, isOneLine: isOneLine) }
    }
    if options.showsMemory { memory(row.detail?.memory) }
  }

  // MARK: TIPC

  public mutating func tipc(_ row: SocketRow) {
    let socket = row.socket
    guard case .tipc(let tipc)? = row.detail?.extras.first else { return }
    let netid: StaticString =
      switch socket.type.rawValue {
      case 1: "ti_st"
      case 2: "ti_dg"
      case 4: "ti_rd"
      case 5: "ti_sq"
      default: "???"
      }
    begin(row, netid: netid)
    tipcEnd(tipc.node, tipc.port)
    if let peer = tipc.peer { tipcEnd(peer.node, peer.port) } else { noPeer("-") }
    if options.showsDetails { identity(socket) }
    users(row)
    if options.showsTIPC {
      let isOneLine = options.isOneLine
      columns.write { $0.append(tipc: tipc, type: socket.type.rawValue, isOneLine: isOneLine) }
    }
  }

  private mutating func tipcEnd(_ node: UInt32, _ port: UInt32) {
    end(
      { text in
        text.append(decimal: node)
        text.append(":")
      }, { $0.append(decimal: port) })
  }
}
