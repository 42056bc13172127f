import CLinux

/// What a request asks about, and an answer of "not supported" is about.
public struct SockDiagSubject: Hashable, Sendable, CustomStringConvertible {
  /// `AF_*`; 0 is both internet families.
  public let family: UInt8
  /// `IPPROTO_*` for the internet families, else 0.
  public let `protocol`: UInt16

  public init(family: UInt8, protocol: UInt16) {
    self.family = family
    self.protocol = `protocol`
  }

  public var description: String { "sock_diag family \(family) protocol \(self.protocol)" }
}

/// A dump request, ready to be sent, whose answers decode as `Record`.
public struct SockDiagRequest<Record: DiagRecord>: Sendable {
  public let subject: SockDiagSubject
  /// EINVAL then means the filter, not the family.
  @usableFromInline let hasFilter: Bool
  /// The whole message; the sequence number (offset 8) is filled in when it is sent.
  @usableFromInline var bytes: [UInt8]

  init(_ subject: SockDiagSubject, type: Int32, body: [UInt8], hasFilter: Bool = false) {
    self.subject = subject
    self.hasFilter = hasFilter
    var header = nlmsghdr()
    header.nlmsg_len = UInt32(MemoryLayout<nlmsghdr>.size + body.count)
    header.nlmsg_type = UInt16(type)
    header.nlmsg_flags = UInt16(NLM_F_REQUEST | NLM_F_ROOT | NLM_F_MATCH)
    bytes = requestBytes(of: header) + body
  }
}

/// The bytes of a request structure as C lays it out.
func requestBytes<Structure: BitwiseCopyable>(of structure: Structure) -> [UInt8] {
  // SAFETY: the request structures have no padding, and every one was zeroed by its imported initialiser.
  unsafe withUnsafeBytes(of: structure) { unsafe [UInt8]($0) }
}

/// The states to be listed: bit n is state n of `net/tcp_states.h`.
public struct SocketStates: OptionSet, Hashable, Sendable {
  public let rawValue: UInt32
  @inlinable public init(rawValue: UInt32) { self.rawValue = rawValue }
  public static let established = SocketStates(rawValue: 1 << 1)
  public static let synSent = SocketStates(rawValue: 1 << 2)
  public static let synReceived = SocketStates(rawValue: 1 << 3)
  public static let finWait1 = SocketStates(rawValue: 1 << 4)
  public static let finWait2 = SocketStates(rawValue: 1 << 5)
  public static let timeWait = SocketStates(rawValue: 1 << 6)
  public static let close = SocketStates(rawValue: 1 << 7)
  public static let closeWait = SocketStates(rawValue: 1 << 8)
  public static let lastAck = SocketStates(rawValue: 1 << 9)
  public static let listen = SocketStates(rawValue: 1 << 10)
  public static let closing = SocketStates(rawValue: 1 << 11)
  /// Bound to a port, neither listening nor connected (TCP only, since 6.8; older kernels ignore it).
  /// The records say 7, close. The kernel walks one more table for it: 15 ms beside 19,000 sockets.
  public static let boundInactive = SocketStates(rawValue: 1 << 13)
  /// A state each.
  public init(state: UInt8) { rawValue = state < 32 ? 1 << UInt32(state) : 0 }
  public static let all = SocketStates(rawValue: 0xfff - 1 | 1 << 13)
}

extension SockDiagRequest where Record == UnixDiagRecord {
  /// Unix sockets of the network namespace. `CONFIG_UNIX_DIAG`; no privilege.
  public static func unix(states: SocketStates = .all, show: UnixShow = .table) -> Self {
    var body = unix_diag_req()
    body.sdiag_family = UInt8(AF_UNIX)
    body.udiag_states = states.rawValue
    body.udiag_show = show.rawValue
    return Self(
      SockDiagSubject(family: UInt8(AF_UNIX), protocol: 0), type: SOCK_DIAG_BY_FAMILY,
      body: requestBytes(of: body))
  }
}

extension SockDiagRequest where Record == PacketDiagRecord {
  /// Packet sockets. `CONFIG_PACKET_DIAG`; no privilege, but socket filters are shown to CAP_NET_ADMIN only.
  public static func packet(show: PacketShow = .table) -> Self {
    var body = packet_diag_req()
    body.sdiag_family = UInt8(AF_PACKET)
    body.pdiag_show = show.rawValue
    return Self(
      SockDiagSubject(family: UInt8(AF_PACKET), protocol: 0), type: SOCK_DIAG_BY_FAMILY,
      body: requestBytes(of: body))
  }
}

extension SockDiagRequest where Record == NetlinkDiagRecord {
  /// Netlink sockets of every protocol, the kernel's own included. `CONFIG_NETLINK_DIAG`; no privilege.
  public static func netlink(show: NetlinkShow = .table) -> Self {
    var body = netlink_diag_req()
    body.sdiag_family = UInt8(AF_NETLINK)
    body.sdiag_protocol = UInt8.max  // NDIAG_PROTO_ALL
    body.ndiag_show = show.rawValue
    return Self(
      SockDiagSubject(family: UInt8(AF_NETLINK), protocol: 0), type: SOCK_DIAG_BY_FAMILY,
      body: requestBytes(of: body))
  }
}

extension SockDiagRequest where Record == VsockDiagRecord {
  /// Vsock sockets. `CONFIG_VSOCKETS_DIAG`; no privilege.
  public static func vsock(states: SocketStates = .all) -> Self {
    var body = vsock_diag_req()
    body.sdiag_family = UInt8(AF_VSOCK)
    body.vdiag_states = states.rawValue
    return Self(
      SockDiagSubject(family: UInt8(AF_VSOCK), protocol: 0), type: SOCK_DIAG_BY_FAMILY,
      body: requestBytes(of: body))
  }
}
