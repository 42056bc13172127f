import CLinux

/// Why a filter cannot be handed to the kernel.
public enum InetFilterError: Error, Hashable, Sendable {
  /// More bytes than a netlink attribute and the 16-bit jumps hold.
  case tooLong(byteCount: Int)
  /// A prefix longer than its address.
  case prefixLength(UInt8)
}

/// A block of addresses.
public struct InetPrefix: Hashable, Sendable {
  public enum Version: Hashable, Sendable { case v4, v6 }
  public let version: Version
  /// Network order as host integers; IPv4 in the low 32 of `low`.
  public let high: UInt64
  public let low: UInt64
  /// Bits that count: at most 32 or 128.
  public let length: UInt8

  public init(v4 address: UInt32, length: UInt8 = 32) {
    self.init(version: .v4, high: 0, low: UInt64(address), length: length)
  }
  public init(v6High high: UInt64, low: UInt64, length: UInt8 = 128) {
    self.init(version: .v6, high: high, low: low, length: length)
  }
  private init(version: Version, high: UInt64, low: UInt64, length: UInt8) {
    self.version = version
    self.high = high
    self.low = low
    self.length = length
  }
}

/// A condition on internet sockets that the kernel evaluates while it lists them.
public indirect enum InetFilter: Hashable, Sendable {
  public enum Side: Hashable, Sendable { case source, destination }
  public enum PortComparison: Hashable, Sendable { case equal, atLeast, atMost }

  /// All of them; of none: true.
  case all([InetFilter])
  /// One of them at least; of none: false.
  case any([InetFilter])
  case not(InetFilter)
  case port(Side, PortComparison, UInt16)
  /// A v4 block also holds for IPv4-mapped addresses of IPv6 sockets, not the other way round.
  case address(Side, InetPrefix)
  /// `(SO_MARK & mask) == value`. Needs CAP_NET_ADMIN, else the dump is refused with EPERM.
  case mark(value: UInt32, mask: UInt32)
  /// `SO_BINDTODEVICE` is this interface index.
  case interface(UInt32)
  /// The kernel chose the source port.
  case autobound
  /// cgroup v2 id of the socket. Since 5.9.
  case cgroup(UInt64)
}
