import Model

/// The socket tables that ss divides the world into.
public struct SSTables: OptionSet, Hashable, Sendable {
  public let rawValue: UInt16
  public init(rawValue: UInt16) { self.rawValue = rawValue }
  public static let tcp = SSTables(rawValue: 1 << 0)
  public static let mptcp = SSTables(rawValue: 1 << 1)
  public static let dccp = SSTables(rawValue: 1 << 2)
  public static let udp = SSTables(rawValue: 1 << 3)
  public static let raw = SSTables(rawValue: 1 << 4)
  public static let unixDatagram = SSTables(rawValue: 1 << 5)
  public static let unixStream = SSTables(rawValue: 1 << 6)
  public static let unixSequenced = SSTables(rawValue: 1 << 7)
  public static let packetDatagram = SSTables(rawValue: 1 << 8)
  public static let packetRaw = SSTables(rawValue: 1 << 9)
  public static let netlink = SSTables(rawValue: 1 << 10)
  public static let sctp = SSTables(rawValue: 1 << 11)
  public static let vsockStream = SSTables(rawValue: 1 << 12)
  public static let vsockDatagram = SSTables(rawValue: 1 << 13)
  public static let tipc = SSTables(rawValue: 1 << 14)
  public static let xdp = SSTables(rawValue: 1 << 15)

  public static let unix: SSTables = [.unixStream, .unixDatagram, .unixSequenced]
  public static let packet: SSTables = [.packetRaw, .packetDatagram]
  public static let vsock: SSTables = [.vsockStream, .vsockDatagram]
  public static let internet: SSTables = [.udp, .dccp, .tcp, .mptcp, .sctp, .raw]
  /// What `all` means: every table but TIPC's.
  static let every: SSTables = [internet, unix, packet, .netlink, .sctp, vsock, .xdp]

  /// The words of `-A`.
  static let words: [String: SSTables] = [
    "all": every, "inet": internet, "udp": .udp, "dccp": .dccp, "tcp": .tcp, "mptcp": .mptcp, "sctp": .sctp,
    "raw": .raw, "unix": unix, "unix_stream": .unixStream, "u_str": .unixStream, "unix_dgram": .unixDatagram,
    "u_dgr": .unixDatagram, "unix_seqpacket": .unixSequenced, "u_seq": .unixSequenced, "packet": packet,
    "packet_raw": .packetRaw, "p_raw": .packetRaw, "packet_dgram": .packetDatagram, "p_dgr": .packetDatagram,
    "netlink": .netlink, "tipc": .tipc, "vsock": vsock, "vsock_stream": .vsockStream, "v_str": .vsockStream,
    "vsock_dgram": .vsockDatagram, "v_dgr": .vsockDatagram, "xdp": .xdp,
  ]

  /// Each table of the set by itself.
  var each: [SSTables] { (0..<16).map { SSTables(rawValue: 1 << $0) }.filter(contains) }
  var hasOne: Bool { rawValue.nonzeroBitCount == 1 }

  /// The families that its sockets are of.
  var families: SSFamilies {
    switch self {
    case .unixStream, .unixDatagram, .unixSequenced: SSFamilies(.unix)
    case .packetRaw, .packetDatagram: SSFamilies(.packet)
    case .netlink: SSFamilies(.netlink)
    case .vsockStream, .vsockDatagram: SSFamilies(.vsock)
    case .tipc: SSFamilies(.tipc)
    case .xdp: SSFamilies(.xdp)
    default: [SSFamilies(.inet), SSFamilies(.inet6)]
    }
  }

  /// The states that choosing it adds, unless states are chosen themselves.
  var states: SSStates {
    switch self {
    case .udp, .raw: SSStates(.established)
    case .unixDatagram, .packetRaw, .packetDatagram, .netlink, .xdp: SSStates(.close)
    case .tipc: [SSStates(.established), SSStates(.listen), SSStates(.close)]
    default: .connected
    }
  }
}

/// Address families, a bit each.
public struct SSFamilies: OptionSet, Hashable, Sendable {
  public let rawValue: UInt64
  public init(rawValue: UInt64) { self.rawValue = rawValue }
  public init(_ family: AddressFamily) { rawValue = 1 << UInt64(family.rawValue) }
  public func contains(_ family: AddressFamily) -> Bool { contains(SSFamilies(family)) }

  /// The words of `-f`.
  static let words: [String: AddressFamily] = [
    "inet": .inet, "inet6": .inet6, "link": .packet, "unix": .unix, "netlink": .netlink, "tipc": .tipc,
    "vsock": .vsock, "xdp": .xdp,
  ]
  static let all: [AddressFamily] = [.unix, .inet, .inet6, .netlink, .packet, .tipc, .vsock, .xdp]
}

extension AddressFamily {
  /// The tables and states that choosing the family adds.
  var tables: SSTables {
    switch self {
    case .unix: .unix
    case .packet: .packet
    case .netlink: .netlink
    case .vsock: .vsock
    case .tipc: .tipc
    case .xdp: .xdp
    default: .internet
    }
  }
  var states: SSStates {
    switch self {
    case .packet, .netlink, .xdp: SSStates(.close)
    case .tipc: SSTables.tipc.states
    default: .connected
    }
  }
}

/// Socket states: bit n is state n of `net/tcp_states.h`, up to CLOSING.
public struct SSStates: OptionSet, Hashable, Sendable {
  public let rawValue: UInt32
  public init(rawValue: UInt32) { self.rawValue = rawValue }
  public init(_ state: SocketState) { rawValue = 1 << UInt32(state.rawValue) }
  static let all = SSStates(rawValue: 0xfff)
  static let bucket: SSStates = [SSStates(.synReceived), SSStates(.timeWait)]
  static let unconnected: SSStates = [SSStates(.listen), SSStates(.close)]
  /// What is shown without `-a`, `-l` and `state`.
  static let connected = all.subtracting(unconnected).subtracting(bucket)
  var hasOne: Bool { rawValue.nonzeroBitCount == 1 }

  /// The words of `state` and `exclude`, in lower case.
  static let words: [String: SSStates] = [
    "close": SSStates(.close), "closed": SSStates(.close), "syn-rcv": SSStates(.synReceived), "all": all,
    "connected": all.subtracting(unconnected),
    "synchronized": all.subtracting(unconnected).subtracting(SSStates(.synSent)),
    "bucket": bucket, "big": all.subtracting(bucket), "unknown": SSStates(rawValue: 1),
    "established": SSStates(.established), "syn-sent": SSStates(.synSent), "syn-recv": SSStates(.synReceived),
    "fin-wait-1": SSStates(.finWait1), "fin-wait-2": SSStates(.finWait2), "time-wait": SSStates(.timeWait),
    "unconnected": SSStates(.close), "close-wait": SSStates(.closeWait), "last-ack": SSStates(.lastAck),
    "listening": SSStates(.listen), "closing": SSStates(.closing),
  ]
}

/// Which sockets the options choose.
public struct SSSelection: Hashable, Sendable {
  public var tables: SSTables = []
  public var states: SSStates = []
  public var families: SSFamilies = []
  /// The family that was last chosen: an address in a filter is read as one of it.
  public var preferredFamily = AddressFamily.unspecified
  /// Nothing was chosen yet.
  var isDefault = true

  mutating func choose(_ tables: SSTables) {
    for table in tables.each { states.formUnion(table.states) }
    self.tables.formUnion(tables)
    isDefault = false
  }

  mutating func drop(_ tables: SSTables) {
    self.tables.subtract(tables)
    isDefault = false
  }

  public mutating func choose(_ family: AddressFamily) {
    states.formUnion(family.states)
    families.formUnion(SSFamilies(family))
    preferredFamily = family
    isDefault = false
  }

  /// Only sockets of `family`, as an address of it in a filter says.
  public mutating func narrow(to family: AddressFamily) {
    let states = self.states
    families = []
    choose(family)
    self.states = states
  }

  /// Tables bring their families where none of them was chosen, and families their tables.
  mutating func complete() {
    for table in tables.each where families.isDisjoint(with: table.families) {
      families.formUnion(table.families)
    }
    for family in SSFamilies.all
    where families.contains(family) && tables.isDisjoint(with: family.tables) {
      tables.formUnion(family.tables)
    }
  }
}
