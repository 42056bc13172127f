/// An address family: `AF_*` of `sys/socket.h`.
public struct AddressFamily: Hashable, Sendable, RawRepresentable {
  public let rawValue: UInt16
  @inlinable public init(rawValue: UInt16) { self.rawValue = rawValue }
  public static let unspecified = AddressFamily(rawValue: 0)
  public static let unix = AddressFamily(rawValue: 1)
  public static let inet = AddressFamily(rawValue: 2)
  public static let inet6 = AddressFamily(rawValue: 10)
  public static let netlink = AddressFamily(rawValue: 16)
  public static let packet = AddressFamily(rawValue: 17)
  public static let tipc = AddressFamily(rawValue: 30)
  public static let vsock = AddressFamily(rawValue: 40)
  public static let xdp = AddressFamily(rawValue: 44)
  @inlinable public var isInternet: Bool { self == .inet || self == .inet6 }
}

/// `SOCK_*` of `bits/socket_type.h`.
public struct SocketType: Hashable, Sendable, RawRepresentable {
  public let rawValue: UInt16
  @inlinable public init(rawValue: UInt16) { self.rawValue = rawValue }
  public static let unknown = SocketType(rawValue: 0)
  public static let stream = SocketType(rawValue: 1)
  public static let datagram = SocketType(rawValue: 2)
  public static let raw = SocketType(rawValue: 3)
  public static let sequencedPacket = SocketType(rawValue: 5)
  public static let dccp = SocketType(rawValue: 6)
  public static let packet = SocketType(rawValue: 10)
}

/// `IPPROTO_*` of an inet socket; the family's own number otherwise (`NETLINK_*`, the ethertype of a packet socket).
public struct SocketProtocol: Hashable, Sendable, RawRepresentable {
  public let rawValue: UInt16
  @inlinable public init(rawValue: UInt16) { self.rawValue = rawValue }
  public static let unspecified = SocketProtocol(rawValue: 0)
  public static let icmp = SocketProtocol(rawValue: 1)
  public static let tcp = SocketProtocol(rawValue: 6)
  public static let udp = SocketProtocol(rawValue: 17)
  public static let icmp6 = SocketProtocol(rawValue: 58)
  public static let sctp = SocketProtocol(rawValue: 132)
  public static let udplite = SocketProtocol(rawValue: 136)
  public static let mptcp = SocketProtocol(rawValue: 262)
}

/// The table of a socket, as netstat and ss divide them.
public enum SocketTable: UInt8, Sendable, CaseIterable {
  case tcp, udp, udplite, raw, icmp, mptcp, sctp, unix, packet, netlink, vsock, xdp, other
}

/// A socket's state: the kernel's `TCP_*` of `net/tcp_states.h`, which every family uses.
public enum SocketState: UInt8, Sendable, CaseIterable {
  case established = 1
  case synSent, synReceived, finWait1, finWait2, timeWait, close, closeWait, lastAck, listen, closing
  case newSynReceived
  /// Bound, neither listening nor connected (since 6.8 in sock_diag).
  case boundInactive
}

/// How a socket came to its peer.
public enum SocketOrigin: UInt8, Sendable { case unknown, connect, accept, listen }

/// Why a socket has no process.
public enum HolderAbsence: UInt8, Sendable {
  /// It has holders.
  case none
  /// No process any more: the kernel keeps the address for the rest of TIME_WAIT.
  case timeWait
  /// Closed by its process; the kernel sends what is left.
  case orphaned
  /// Established or half open, and not yet taken by accept(2) from its listener's queue.
  case notYetAccepted
  /// The kernel made it for itself.
  case kernelOwned
  /// Some process may hold it, but those that we may not look into were refused.
  case refused
  /// Held by no descriptor of any process: in flight in a unix socket's queue, or registered with io_uring.
  case inFlight
  /// It went away, or its process did, between the two looks.
  case vanished
}

/// What a half-closed socket no longer does: `sk_shutdown`.
public struct ShutdownSides: OptionSet, Hashable, Sendable {
  public let rawValue: UInt8
  @inlinable public init(rawValue: UInt8) { self.rawValue = rawValue }
  public static let receive = ShutdownSides(rawValue: 1)
  public static let send = ShutdownSides(rawValue: 2)
}

/// One socket. Plain bits only: 100,000 of them are copied, sorted and scanned without a reference count.
public struct Socket: Sendable {
  public var netns: NetworkNamespace = .unknown
  public var cookie: SocketCookie = .unknown
  @inlinable public var identity: SocketIdentity { SocketIdentity(netns: netns, cookie: cookie) }
  /// Inode in sockfs; 0 for TIME_WAIT and for sockets that were not yet accepted.
  public var inode: UInt64 = 0
  public var family: AddressFamily = .unspecified
  public var type: SocketType = .unknown
  public var `protocol`: SocketProtocol = .unspecified
  public var state: SocketState = .close
  public var origin: SocketOrigin = .unknown
  public var absence: HolderAbsence = .none
  public var shutdown: ShutdownSides = []
  /// Its own answers were compared with what the kernel listed (`--ask-socket`).
  public var wasAsked = false
  /// True and false as the kernel said; nil where it did not.
  public var isV6Only: Bool?
  /// Meaningful for the internet families.
  public var local = Endpoint(IPAddress(v4: 0), port: 0)
  public var peer = Endpoint(IPAddress(v4: 0), port: 0)
  /// Bytes to be read; for a listener, connections to be accepted. nil when the source did not say.
  public var receiveQueue: UInt32?
  /// Bytes not yet acknowledged; for a listener, the limit of its queue. nil when the source did not say.
  public var sendQueue: UInt32?
  /// Owner of the socket (`sk_uid`), in the initial user namespace; nil when unknown.
  public var userID: UInt32?
  /// `SO_BINDTODEVICE`, or the interface of a packet socket; 0 is none.
  public var interfaceIndex: UInt32 = 0
  /// `SO_MARK`.
  public var mark: UInt32 = 0
  /// cgroup v2 id; 0 is unknown.
  public var cgroupID: UInt64 = 0
  /// Unix: the inode at the other end; 0 is none.
  public var peerInode: UInt64 = 0
  /// Index into `Snapshot.details`, or -1.
  public var detailIndex: Int32 = -1
  /// Index into `Snapshot.names`, or -1: path or abstract name of a unix socket (an abstract one begins with NUL).
  public var nameIndex: Int32 = -1
  /// Index into `Snapshot.names`, or -1: the name of the unix socket at the other end.
  public var peerNameIndex: Int32 = -1
  /// Where its holdings begin in `Snapshot.holdings`, and how many there are.
  public var firstHolding: Int32 = 0
  public var holdingCount: Int32 = 0

  @inlinable public init() {}

  /// The table that netstat and ss would print it in.
  @inlinable public var table: SocketTable {
    switch family {
    case .inet, .inet6:
      switch self.protocol {
      case .tcp: return .tcp
      case .mptcp: return .mptcp
      case .sctp: return .sctp
      case .udplite: return .udplite
      default: break
      }
      switch type {
      case .raw: return .raw
      case .datagram:
        return self.protocol == .icmp || self.protocol == .icmp6 ? .icmp : .udp
      default: return .other
      }
    case .unix: return .unix
    case .packet: return .packet
    case .netlink: return .netlink
    case .vsock: return .vsock
    case .xdp: return .xdp
    default: return .other
    }
  }

  /// A TCP-like listener.
  @inlinable public var isListening: Bool { state == .listen }

  /// Has a peer.
  @inlinable public var isConnected: Bool {
    switch state {
    case .close, .listen, .boundInactive: return false
    default: return true
    }
  }
}
