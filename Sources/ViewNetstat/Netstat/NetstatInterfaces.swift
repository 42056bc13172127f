import Model
import ViewText

/// The interfaces of netstat -i.
public enum NetstatInterfaces {
  public static let title: StaticString = "Kernel Interface table\n"
  public static let columns: StaticString =
    "Iface             MTU    RX-OK RX-ERR RX-DRP RX-OVR    TX-OK TX-ERR TX-DRP TX-OVR Flg\n"

  /// In netstat's order, and without those that are down unless all are asked for.
  public static func shown(_ interfaces: [NetworkInterface], all: Bool) -> [NetworkInterface] {
    interfaces.filter { all || $0.flags.contains(.up) }.sorted {
      InterfaceName($0.name) < InterfaceName($1.name)
    }
  }

  /// One line an interface.
  public static func append(_ interface: NetworkInterface, to text: inout TextBuffer) {
    let start = text.count
    text.append(name: interface.name)
    text.pad(from: start, to: 15)
    text.append(" ")
    text.append(decimal: interface.mtu, right: 5)
    text.append(" ")
    if let counters = interface.counters {
      append(counters, to: &text)
    } else {
      text.append("     - no statistics available -", left: 56)
    }
    append(interface.flags, to: &text)
    text.append("\n")
  }

  private static func append(_ counters: InterfaceCounters, to text: inout TextBuffer) {
    let received = [counters.receivedPackets, counters.receiveErrors, counters.receiveDrops]
    for (value, width) in zip(received, [8, 6, 6]) {
      text.append(decimal: value, right: width)
      text.append(" ")
    }
    text.append(decimal: Int(clamping: counters.receiveFIFOErrors), left: 6)
    text.append(" ")
    let sent = [counters.sentPackets, counters.sendErrors, counters.sendDrops, counters.sendFIFOErrors]
    for (value, width) in zip(sent, [8, 6, 6, 6]) {
      text.append(decimal: value, right: width)
      text.append(" ")
    }
  }

  private static func append(_ flags: InterfaceFlags, to text: inout TextBuffer) {
    if flags.isEmpty { text.append("[NO FLAGS]") }
    for (flag, letter) in letters where flags.contains(flag) { text.append(Array(letter.utf8)) }
  }

  private static let letters: [(InterfaceFlags, String)] = [
    (.allMulticast, "A"), (.broadcast, "B"), (.debug, "D"), (.loopback, "L"), (.multicast, "M"),
    (.promiscuous, "P"), (.noTrailers, "N"), (.noARP, "O"), (.pointToPoint, "P"), (.slave, "s"),
    (.master, "m"), (.running, "R"), (.up, "U"),
  ]
}

/// A name as netstat sorts it: `eth2` before `eth10`, and either before `eth10:1`.
struct InterfaceName: Comparable {
  /// Without the number at its end.
  private let stem: ArraySlice<UInt8>
  private let number: Int
  private let whole: ArraySlice<UInt8>
  /// The number behind a colon; -1 without.
  private let label: Int

  init(_ name: RawText) {
    let bytes = name.bytes
    let digits = bytes.reversed().prefix { $0.isDigit }.count
    let colon = bytes.count - digits - 1
    if digits > 0, colon >= 0, bytes[colon] == UInt8(ascii: ":") {
      label = Self.value(bytes[(colon + 1)...])
      whole = bytes[..<colon]
    } else {
      label = -1
      whole = bytes[...]
    }
    let end = whole.count - whole.reversed().prefix { $0.isDigit }.count
    stem = whole[..<end]
    number = Self.value(whole[end...])
  }

  private static func value(_ digits: ArraySlice<UInt8>) -> Int {
    digits.prefix(15).reduce(0) { $0 * 10 + Int($1) - 0x30 }
  }

  static func < (left: InterfaceName, right: InterfaceName) -> Bool {
    let shorter = min(left.stem.count, right.stem.count)
    let (a, b) = (left.stem.prefix(shorter), right.stem.prefix(shorter))
    if a != b { return a.lexicographicallyPrecedes(b) }
    if left.stem.count != right.stem.count { return left.stem.count < right.stem.count }
    if left.number != right.number { return left.number < right.number }
    if left.whole != right.whole { return left.whole.lexicographicallyPrecedes(right.whole) }
    return left.label < right.label
  }
}

extension UInt8 {
  fileprivate var isDigit: Bool { (0x30...0x39).contains(self) }
}
