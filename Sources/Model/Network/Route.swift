/// A route, as far as `/proc/net` tells.
public struct Route: Sendable, Equatable {
  public var destination: IPAddress
  /// Bits of the network's address; for IPv4 `mask` has the truth, for it need not be a prefix.
  public var prefixLength: UInt8
  /// IPv4 only.
  public var mask: UInt32
  /// Unspecified when there is none.
  public var gateway: IPAddress
  /// `*` when the route leads nowhere (IPv4).
  public var interface: RawText
  public var flags: RouteFlags
  public var metric: Int32
  public var references: Int32
  public var use: Int32
  /// Bytes; 0 is unset. IPv4 only, as the two below.
  public var mtu: Int32 = 0
  public var window: Int32 = 0
  /// Milliseconds.
  public var initialRoundTrip: Int32 = 0

  public init(
    destination: IPAddress, prefixLength: UInt8, mask: UInt32, gateway: IPAddress, interface: RawText,
    flags: RouteFlags, metric: Int32, references: Int32, use: Int32
  ) {
    self.destination = destination
    self.prefixLength = prefixLength
    self.mask = mask
    self.gateway = gateway
    self.interface = interface
    self.flags = flags
    self.metric = metric
    self.references = references
    self.use = use
  }
}

/// `RTF_*` of `linux/route.h` and `linux/ipv6_route.h`.
public struct RouteFlags: OptionSet, Sendable, Hashable {
  public let rawValue: UInt32
  public init(rawValue: UInt32) { self.rawValue = rawValue }
  public static let up = RouteFlags(rawValue: 0x1)
  public static let gateway = RouteFlags(rawValue: 0x2)
  public static let host = RouteFlags(rawValue: 0x4)
  public static let reinstate = RouteFlags(rawValue: 0x8)
  public static let dynamic = RouteFlags(rawValue: 0x10)
  public static let modified = RouteFlags(rawValue: 0x20)
  public static let mtu = RouteFlags(rawValue: 0x40)
  public static let window = RouteFlags(rawValue: 0x80)
  public static let initialRoundTrip = RouteFlags(rawValue: 0x100)
  public static let reject = RouteFlags(rawValue: 0x200)
  public static let notCached = RouteFlags(rawValue: 0x400)
  public static let `default` = RouteFlags(rawValue: 0x1_0000)
  public static let allOnLink = RouteFlags(rawValue: 0x2_0000)
  public static let addressConfigured = RouteFlags(rawValue: 0x4_0000)
  public static let noNextHop = RouteFlags(rawValue: 0x20_0000)
  public static let expires = RouteFlags(rawValue: 0x40_0000)
  public static let cache = RouteFlags(rawValue: 0x100_0000)
  public static let flow = RouteFlags(rawValue: 0x200_0000)
  public static let policy = RouteFlags(rawValue: 0x400_0000)
  public static let local = RouteFlags(rawValue: 0x8000_0000)
}
