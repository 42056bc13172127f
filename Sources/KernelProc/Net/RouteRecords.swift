/// One line of `/proc/net/route` (proc_pid_net(5)): a route of IPv4, of the main and default tables.
public struct IPv4RouteRecord: Hashable, Sendable {
  /// `*` where the route has no interface (blackhole, unreachable, prohibit).
  public var interface: [UInt8]
  /// Host order.
  public var destination: UInt32
  public var gateway: UInt32
  public var mask: UInt32
  /// `RTF_*` of `linux/route.h`.
  public var flags: UInt32
  public var references: Int32
  public var use: Int32
  public var metric: Int32
  /// Advertised segment size and 40, in bytes; 0 is unset.
  public var mtu: Int32
  /// Bytes; 0 is unset.
  public var window: Int32
  /// Initial round trip time, in milliseconds; 0 is unset.
  public var initialRoundTrip: Int32
}

extension IPv4RouteRecord: NetTableRecord {
  static func isHeader(_ scanner: borrowing ByteScanner) -> Bool { scanner.hasPrefix("Iface\t") }

  init?(line scanner: inout ByteScanner) {
    // eth0 0002000A 0102000A 0003 0 0 100 00FFFFFF 0 0 0   (tabs)
    let name = scanner.field()
    guard !name.isEmpty, let destination = scanner.addressField(), let gateway = scanner.addressField(),
      let flags = scanner.hexadecimalField(UInt32.self), let references = scanner.signed32(),
      let use = scanner.signed32(), let metric = scanner.signed32(), let mask = scanner.addressField(),
      let mtu = scanner.signed32(), let window = scanner.signed32(), let time = scanner.signed32(),
      scanner.isBehindWholeNumber
    else { return nil }
    interface = scanner.bytes.copy(name)
    self.destination = destination
    self.gateway = gateway
    self.mask = mask
    self.flags = flags
    self.references = references
    self.use = use
    self.metric = metric
    self.mtu = mtu
    self.window = window
    initialRoundTrip = time
  }
}

/// One line of `/proc/net/ipv6_route`: a route of IPv6, of any table.
public struct IPv6RouteRecord: Hashable, Sendable {
  /// As in `Model.IPAddress`: 128 bits in network order as two host integers.
  public var destination: (high: UInt64, low: UInt64) { (destinationHigh, destinationLow) }
  public var nextHop: (high: UInt64, low: UInt64) { (nextHopHigh, nextHopLow) }
  private var destinationHigh, destinationLow, nextHopHigh, nextHopLow: UInt64
  public var prefixLength: UInt8
  public var interface: [UInt8]
  /// `RTF_*` of `linux/ipv6_route.h`.
  public var flags: UInt32
  public var metric: UInt32
  public var references: UInt32
  public var use: UInt32
}

extension IPv6RouteRecord: NetTableRecord {
  static func isHeader(_ scanner: borrowing ByteScanner) -> Bool { false }

  init?(line scanner: inout ByteScanner) {
    // fe80…00 40 00…00 00 00…00 00000100 00000001 00000000 00000001     eth0
    guard let destination = scanner.addressField128(), let length = scanner.hexadecimalField(UInt8.self),
      scanner.addressField128() != nil, scanner.hexadecimalField(UInt8.self) != nil,
      let nextHop = scanner.addressField128(), let metric = scanner.hexadecimalField(UInt32.self),
      let references = scanner.hexadecimalField(UInt32.self),
      let use = scanner.hexadecimalField(UInt32.self), let flags = scanner.hexadecimalField(UInt32.self),
      let name = scanner.wholeName()
    else { return nil }
    (destinationHigh, destinationLow) = destination
    (nextHopHigh, nextHopLow) = nextHop
    prefixLength = length
    interface = name
    self.flags = flags
    self.metric = metric
    self.references = references
    self.use = use
  }
}

extension ByteScanner {
  /// A number that the kernel prints signed, or unsigned where it means the same bits.
  mutating func signed32() -> Int32? {
    decimalField(Int64.self).map { Int32(truncatingIfNeeded: $0) }
  }

  /// Blanks, and an IPv4 address in eight digits of the host's byte order.
  mutating func addressField() -> UInt32? {
    skipBlanks()
    return ProcAddress.word(&self).map { UInt32(truncatingIfNeeded: $0) }
  }

  /// Blanks, and an IPv6 address in 32 digits, first byte first.
  mutating func addressField128() -> (UInt64, UInt64)? {
    skipBlanks()
    let start = position
    let end = field().upperBound
    guard end - start == 32, let high = digits(start..<start + 16), let low = digits(start + 16..<end)
    else { return nil }
    return (high, low)
  }

  private func digits(_ range: Range<Int>) -> UInt64? {
    var value: UInt64 = 0
    for index in range {
      guard let digit = bytes[index].digit(radix: 16) else { return nil }
      value = value << 4 | digit
    }
    return value
  }

  /// Blanks, and the last word of a line that has an end.
  mutating func wholeName() -> [UInt8]? {
    skipBlanks()
    let range = field()
    return range.isEmpty || isAtEnd ? nil : bytes.copy(range)
  }
}
