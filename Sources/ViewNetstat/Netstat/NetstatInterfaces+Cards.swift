import Model
import ViewText

extension NetstatInterfaces {
  /// The paragraph of an interface that `-ie` prints, and ifconfig too.
  public static func appendCard(of interface: NetworkInterface, to text: inout TextBuffer) {
    appendFirstLine(of: interface, to: &text)
    if let address = interface.address { append(address, interface.flags, to: &text) }
    for address in interface.addresses6 { append(address, to: &text) }
    appendHardware(of: interface, to: &text)
    if interface.flags.contains(.portSelect) { appendMedia(of: interface, to: &text) }
    if let counters = interface.counters { appendCounters(counters, to: &text) }
    append(interface.device, to: &text)
    text.append("\n")
  }

  private static func appendFirstLine(of interface: NetworkInterface, to text: inout TextBuffer) {
    text.append(name: interface.name)
    text.append(": flags=")
    text.append(decimal: Int32(Int16(bitPattern: interface.flags.rawValue)))
    text.append("<")
    let words = flagWords.filter { interface.flags.contains($0.0) }.map(\.1)
    text.append(Array(words.joined(separator: ",").utf8))
    // Of flags that have no word netstat leaves the bracket open.
    if !words.isEmpty || interface.flags.isEmpty { text.append(">") }
    text.append("  mtu ")
    text.append(decimal: interface.mtu)
    text.append("\n")
  }

  private static let flagWords: [(InterfaceFlags, String)] = [
    (.up, "UP"), (.broadcast, "BROADCAST"), (.debug, "DEBUG"), (.loopback, "LOOPBACK"),
    (.pointToPoint, "POINTOPOINT"), (.noTrailers, "NOTRAILERS"), (.running, "RUNNING"), (.noARP, "NOARP"),
    (.promiscuous, "PROMISC"), (.allMulticast, "ALLMULTI"), (.slave, "SLAVE"), (.master, "MASTER"),
    (.multicast, "MULTICAST"),
  ]

  private static func append(
    _ address: InterfaceAddress, _ flags: InterfaceFlags, to text: inout TextBuffer
  ) {
    text.append("        inet ")
    text.append(address.address)
    text.append("  netmask ")
    text.append(address.netmask)
    if flags.contains(.broadcast) {
      text.append("  broadcast ")
      text.append(address.broadcast)
    }
    if flags.contains(.pointToPoint) {
      text.append("  destination ")
      text.append(address.destination)
    }
    text.append("\n")
  }

  private static func append(_ address: InterfaceAddress6, to text: inout TextBuffer) {
    text.append("        inet6 ")
    text.append(inetNtop: address.address.unmapped)
    text.append("  prefixlen ")
    text.append(decimal: address.prefixLength)
    text.append("  scopeid 0x")
    text.append(hex: UInt64(address.scope))
    var words: [String] = []
    let scope = address.scope & ~0x80
    if address.scope & 0x80 != 0 { words.append("compat") }
    if scope == 0 { words.append("global") }
    if scope & 0x20 != 0 { words.append("link") }
    if scope & 0x40 != 0 { words.append("site") }
    if scope & 0x10 != 0 { words.append("host") }
    if !words.isEmpty { text.append(Array("<\(words.joined(separator: ","))>".utf8)) }
    text.append("\n")
  }

  /// Name and title of an `ARPHRD_*`, and how its addresses are written.
  private struct Hardware {
    enum Form { case none, empty, colons(Int), dashes }
    let name: String
    let title: String
    let form: Form
  }

  private static func hardware(_ type: UInt16) -> Hardware {
    switch type {
    case 1: Hardware(name: "ether", title: "Ethernet", form: .colons(6))
    case 512: Hardware(name: "ppp", title: "Point-to-Point Protocol", form: .none)
    case 768: Hardware(name: "tunnel", title: "IPIP Tunnel", form: .empty)
    case 772: Hardware(name: "loop", title: "Local Loopback", form: .none)
    case 774: Hardware(name: "fddi", title: "Fiber Distributed Data Interface", form: .colons(6))
    case 776: Hardware(name: "sit", title: "IPv6-in-IPv4", form: .none)
    default: Hardware(name: "unspec", title: "UNSPEC", form: .dashes)
    }
  }

  private static func appendHardware(of interface: NetworkInterface, to text: inout TextBuffer) {
    let hardware = hardware(interface.hardwareType)
    text.append("        ")
    text.append(Array(hardware.name.utf8))
    // netstat keeps eight bytes of an address.
    let address = Array(interface.hardwareAddress.prefix(8)) + [UInt8](repeating: 0, count: 16)
    switch hardware.form {
    case .none: break
    case .empty: text.append(" ")
    case .colons(let count): appendBytes(address.prefix(count), ":", isUpperCase: false, to: &text)
    case .dashes: appendBytes(address.prefix(16), "-", isUpperCase: true, to: &text)
    }
    if let length = interface.queueLength, length != -1 {
      text.append("  txqueuelen ")
      text.append(decimal: length)
    }
    text.append("  (")
    text.append(Array(hardware.title.utf8))
    text.append(")\n")
  }

  private static func appendBytes(
    _ bytes: ArraySlice<UInt8>, _ separator: String, isUpperCase: Bool, to text: inout TextBuffer
  ) {
    let words = bytes.map { byte in
      let digits = String(byte, radix: 16, uppercase: isUpperCase)
      return digits.utf8.count == 1 ? "0" + digits : digits
    }
    text.append(Array((" " + words.joined(separator: separator)).utf8))
  }

  private static let media = [
    "unknown", "10base2", "10baseT", "AUI", "100baseT", "100baseTX", "100baseFX",
  ]

  private static func appendMedia(of interface: NetworkInterface, to text: inout TextBuffer) {
    text.append("        media ")
    let port = Int(interface.device.port)
    text.append(Array((port < media.count ? media[port] : media[0]).utf8))
    if interface.flags.contains(.autoMedia) { text.append("autoselect") }
    text.append("\n")
  }

  private static func appendCounters(_ counters: InterfaceCounters, to text: inout TextBuffer) {
    appendVolume("RX", counters.receivedPackets, counters.receivedBytes, to: &text)
    append(
      "RX",
      [
        ("errors", counters.receiveErrors), ("dropped", counters.receiveDrops),
        ("overruns", counters.receiveFIFOErrors), ("frame", counters.receiveFrameErrors),
      ], separators: ["  ", "  ", "  "], to: &text)
    appendVolume("TX", counters.sentPackets, counters.sentBytes, to: &text)
    append(
      "TX",
      [
        ("errors", counters.sendErrors), ("dropped", counters.sendDrops),
        ("overruns", counters.sendFIFOErrors), ("carrier", counters.carrierErrors),
        ("collisions", counters.collisions),
      ], separators: ["  ", " ", "  ", "  "], to: &text)
  }

  private static func append(
    _ direction: String, _ values: [(String, UInt64)], separators: [String], to text: inout TextBuffer
  ) {
    text.append(Array("        \(direction) ".utf8))
    for (index, (name, value)) in values.enumerated() {
      if index > 0 { text.append(Array(separators[index - 1].utf8)) }
      text.append(Array("\(name) \(value)".utf8))
    }
    text.append("\n")
  }

  /// Units, largest first.
  private static let units: [(name: String, power: UInt64)] = [
    ("EiB", 60), ("PiB", 50), ("TiB", 40), ("GiB", 30), ("MiB", 20), ("KiB", 10),
  ]

  /// `bytes 15872 (15.5 KiB)`: tenths are cut, not rounded.
  private static func appendVolume(
    _ direction: String, _ packets: UInt64, _ bytes: UInt64, to text: inout TextBuffer
  ) {
    let unit = units.first { bytes > 1 << $0.power }
    var tenths = bytes &* 10
    if let unit {
      // netstat divides by a tenth of an exbibyte, and of smaller units multiplies first.
      tenths = unit.power == 60 ? bytes / 115_292_150_460_684_697 : tenths >> unit.power
    }
    let amount = "\(tenths / 10).\(tenths % 10) \(unit?.name ?? "B")"
    text.append(Array("        \(direction) packets \(packets)  bytes \(bytes) (\(amount))\n".utf8))
  }

  private static func append(_ place: DevicePlace, to text: inout TextBuffer) {
    let hasBase = place.baseAddress >= 0x100
    guard place.interrupt != 0 || place.memoryStart != 0 || place.dmaChannel != 0 || hasBase else { return }
    text.append("        device ")
    if place.interrupt != 0 { text.append(Array("interrupt \(place.interrupt)  ".utf8)) }
    func hex(_ value: UInt64) -> String { String(value, radix: 16) }
    if hasBase { text.append(Array("base 0x\(hex(UInt64(place.baseAddress)))  ".utf8)) }
    if place.memoryStart != 0 {
      text.append(Array("memory 0x\(hex(place.memoryStart))-\(hex(place.memoryEnd))  ".utf8))
    }
    if place.dmaChannel != 0 { text.append(Array("  dma 0x\(hex(UInt64(place.dmaChannel)))".utf8)) }
    text.append("\n")
  }
}
