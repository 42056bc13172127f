/// One line of `/proc/net/dev` (proc_pid_net(5)): what an interface counted since it came.
public struct InterfaceCountersRecord: Hashable, Sendable {
  public var name: [UInt8]
  public var receivedBytes, receivedPackets, receiveErrors, receiveDrops, receiveFIFOErrors: UInt64
  public var receiveFrameErrors, receivedCompressed, receivedMulticast: UInt64
  public var sentBytes, sentPackets, sendErrors, sendDrops, sendFIFOErrors: UInt64
  public var collisions, carrierErrors, sentCompressed: UInt64
}

extension InterfaceCountersRecord: NetTableRecord {
  static func isHeader(_ scanner: borrowing ByteScanner) -> Bool {
    scanner.hasPrefix("Inter-|") || scanner.hasPrefix("face |")
  }

  init?(line scanner: inout ByteScanner) {
    //   eth0: 15872 12 0 0 0 0 0 0 1208 12 0 0 0 0 0 0
    let start = scanner.position
    guard
      let colon = scanner.bytes.firstIndex(of: UInt8(ascii: ":"), from: start, to: scanner.lineEnd),
      colon > start
    else { return nil }
    name = scanner.bytes.copy(start..<colon)
    scanner.position = colon + 1
    var values: [UInt64] = []
    for _ in 0..<16 {
      guard let value = scanner.decimalField(UInt64.self) else { return nil }
      values.append(value)
    }
    guard scanner.isBehindWholeNumber else { return nil }
    (receivedBytes, receivedPackets, receiveErrors, receiveDrops) = (
      values[0], values[1], values[2], values[3]
    )
    (receiveFIFOErrors, receiveFrameErrors) = (values[4], values[5])
    (receivedCompressed, receivedMulticast) = (values[6], values[7])
    (sentBytes, sentPackets, sendErrors, sendDrops) = (values[8], values[9], values[10], values[11])
    (sendFIFOErrors, collisions, carrierErrors, sentCompressed) = (
      values[12], values[13], values[14], values[15]
    )
  }
}

/// One line of `/proc/net/if_inet6`: an IPv6 address of an interface.
public struct InterfaceAddress6Record: Hashable, Sendable {
  /// As in `Model.IPAddress`.
  public var high: UInt64
  public var low: UInt64
  public var interfaceIndex: UInt32
  public var prefixLength: UInt8
  /// `IPV6_ADDR_*` of `net/ipv6.h`: 0 global, 0x10 host, 0x20 link, 0x40 site, 0x80 IPv4-compatible.
  public var scope: UInt32
  public var interface: [UInt8]
}

extension InterfaceAddress6Record: NetTableRecord {
  static func isHeader(_ scanner: borrowing ByteScanner) -> Bool { false }

  init?(line scanner: inout ByteScanner) {
    // fe80000000000000204467fffe8fadef 02 40 20 80     eth0
    guard let address = scanner.addressField128(), let index = scanner.hexadecimalField(UInt32.self),
      let length = scanner.hexadecimalField(UInt8.self), let scope = scanner.hexadecimalField(UInt32.self),
      scanner.hexadecimalField(UInt32.self) != nil, let name = scanner.wholeName()
    else { return nil }
    (high, low) = address
    interfaceIndex = index
    prefixLength = length
    self.scope = scope
    interface = name
  }
}

/// A multicast group that an interface takes: `/proc/net/igmp`, `/proc/net/igmp6`.
public struct GroupRecord: Hashable, Sendable {
  public var interface: [UInt8]
  /// Who joined: sockets, and the kernel itself.
  public var users: Int32
  /// As in `Model.IPAddress`.
  public var high: UInt64
  public var low: UInt64
  public var isIPv6: Bool

  /// `igmp`: a line an interface, and below it a line a group.
  static func parseIPv4(_ text: Span<UInt8>) -> NetTable<GroupRecord> {
    var table = NetTable<GroupRecord>()
    var scanner = ByteScanner(bytes: text)
    var interface: [UInt8]?
    scanner.skipLine()  // Idx\tDevice    : Count Querier\tGroup    Users Timer\tReporter
    while !scanner.isAtEnd {
      let isGroup = scanner.next == 0x09
      scanner.skipBlanks()
      if isGroup {
        // \t\t\t\t010000E0     1 0:00000000\t\t0
        if let interface, let address = scanner.addressField(), let users = scanner.signed32(),
          scanner.isBehindWholeNumber
        {
          table.records.append(
            GroupRecord(interface: interface, users: users, high: 0, low: UInt64(address), isIPv6: false))
        } else {
          table.unreadableLines += 1
        }
      } else {
        // 1\tlo        :     1      V3
        interface = scanner.interfaceOfGroups()
        if interface == nil { table.unreadableLines += 1 }
      }
      scanner.skipLine()
    }
    return table
  }
}

extension GroupRecord: NetTableRecord {
  static func isHeader(_ scanner: borrowing ByteScanner) -> Bool { false }

  /// `igmp6`: a line a group, without header.
  init?(line scanner: inout ByteScanner) {
    // 1    lo              ff020000000000000000000000000001     1 0000000C 0
    guard scanner.decimalField(UInt32.self) != nil else { return nil }
    scanner.skipBlanks()
    let name = scanner.field()
    guard !name.isEmpty, let address = scanner.addressField128(), let users = scanner.signed32(),
      scanner.isBehindWholeNumber
    else { return nil }
    self.init(
      interface: scanner.bytes.copy(name), users: users, high: address.0, low: address.1, isIPv6: true)
  }
}

extension ByteScanner {
  /// `1\tlo        :     1      V3`: the name, which has neither blank nor colon.
  fileprivate mutating func interfaceOfGroups() -> [UInt8]? {
    guard decimal() != nil else { return nil }
    skipBlanks()
    let start = position
    while let next, next != 0x20, next != 0x3a, next != 0x0a { position += 1 }
    return position > start ? bytes.copy(start..<position) : nil
  }
}
