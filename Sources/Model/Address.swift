/// An IPv4 or IPv6 address.
///
/// 128 bits in network order, as two host integers; an IPv4 address fills the low 32. An IPv4-mapped address
/// (`::ffff:10.0.0.1`) that an IPv6 socket holds stays IPv6: `unmapped` gives the other reading.
public struct IPAddress: Hashable, Sendable {
  public enum Version: UInt8, Sendable { case v4 = 4, v6 = 6 }
  public let high: UInt64
  public let low: UInt64
  public let version: Version

  @inlinable public init(v4 address: UInt32) {
    high = 0
    low = UInt64(address)
    version = .v4
  }
  @inlinable public init(v6High high: UInt64, low: UInt64) {
    self.high = high
    self.low = low
    version = .v6
  }

  @inlinable public var isUnspecified: Bool { high == 0 && low == 0 }
  /// Inside `::ffff:0:0/96`.
  @inlinable public var isV4Mapped: Bool { version == .v6 && high == 0 && low >> 32 == 0xffff }
  /// The IPv4 address inside an IPv4-mapped one; otherwise itself.
  @inlinable public var unmapped: IPAddress {
    isV4Mapped ? IPAddress(v4: UInt32(truncatingIfNeeded: low)) : self
  }
  /// 127.0.0.0/8, ::1, and 127.0.0.0/8 mapped.
  @inlinable public var isLoopback: Bool {
    let address = unmapped
    return address.version == .v4 ? address.low >> 24 == 127 : address.high == 0 && address.low == 1
  }
  /// The bytes in network order: 4 or 16.
  public var bytes: [UInt8] {
    version == .v4
      ? (0..<4).map { UInt8(truncatingIfNeeded: low >> (24 - 8 * UInt64($0))) }
      : (0..<16).map { UInt8(truncatingIfNeeded: ($0 < 8 ? high : low) >> (56 - 8 * UInt64($0 % 8))) }
  }
}

/// An address and port, with the interface that an IPv6 link-local address belongs to.
public struct Endpoint: Hashable, Sendable {
  public var address: IPAddress
  /// Host order; 0 when there is none.
  public var port: UInt16
  @inlinable public init(_ address: IPAddress, port: UInt16) {
    self.address = address
    self.port = port
  }
}
