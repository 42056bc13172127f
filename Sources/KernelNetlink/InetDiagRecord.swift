import CLinux

/// Which attributes a message carried.
public struct InetAttributes: OptionSet, Hashable, Sendable {
  public let rawValue: UInt16
  @inlinable public init(rawValue: UInt16) { self.rawValue = rawValue }
  /// Sent for every full socket, never for TIME_WAIT and half-open requests.
  public static let shutdown = InetAttributes(rawValue: 1)
  public static let v6Only = InetAttributes(rawValue: 2)
  public static let mark = InetAttributes(rawValue: 4)
  public static let classID = InetAttributes(rawValue: 8)
  public static let cgroupID = InetAttributes(rawValue: 16)
  public static let typeOfService = InetAttributes(rawValue: 32)
  public static let trafficClass = InetAttributes(rawValue: 64)
  public static let attributeProtocol = InetAttributes(rawValue: 128)
  public static let options = InetAttributes(rawValue: 256)
}

/// One internet socket as inet_diag reports it: `struct inet_diag_msg` and its small attributes.
///
/// Plain bits without a reference count, so that 100,000 of them decode in milliseconds. What `INET_DIAG_INFO` and
/// the other bulky attributes carry is in `InetDiagDetails`.
public struct InetDiagRecord: DiagRecord, Hashable {
  /// Address bits in network order as host integers; IPv4 in the low 32 of `sourceLow`, the rest 0.
  public var sourceHigh: UInt64
  public var sourceLow: UInt64
  public var destinationHigh: UInt64
  public var destinationLow: UInt64
  /// What `SO_COOKIE` returns.
  public var cookie: UInt64
  /// `INET_DIAG_CGROUP_ID` (since 5.9): cgroup v2 id.
  public var cgroupID: UInt64 = 0
  /// Ports in host order. Of a raw socket the source port is its protocol.
  public var sourcePort: UInt16
  public var destinationPort: UInt16
  /// `IPPROTO_*` as the request asked: 262 for MPTCP.
  public var `protocol`: UInt16
  public var present: InetAttributes = []
  /// `AF_INET` or `AF_INET6`.
  public var family: UInt8
  /// `TCP_*` of `net/tcp_states.h`. A TCP socket in 7, close, is bound but neither listening nor connected: asked
  /// for as `.boundInactive`, it is reported so.
  public var state: UInt8
  /// 0 none, 1 retransmit, 2 keepalive, 3 TIME_WAIT, 4 window probe.
  public var timer: UInt8
  /// Retransmits, or probes sent for timers 2 and 4.
  public var retransmits: UInt8
  /// `SO_BINDTODEVICE`; 0 is none.
  public var interface: UInt32
  public var expiresMilliseconds: UInt32
  /// Bytes to be read; for a listener, connections to be accepted.
  public var receiveQueue: UInt32
  /// Bytes not yet acknowledged; for a listener, its backlog.
  public var sendQueue: UInt32
  /// 0 without a full socket: see `isFullSocket`.
  public var userID: UInt32
  /// Of sockfs; 0 without a file.
  public var inode: UInt32
  /// `SO_MARK`; only sent with CAP_NET_ADMIN.
  public var mark: UInt32 = 0
  public var classID: UInt32 = 0
  /// `sk_shutdown`: 1 receive, 2 send.
  public var shutdown: UInt8 = 0
  /// `IPV6_V6ONLY`; only sent for listeners and unconnected sockets.
  public var v6Only: UInt8 = 0
  public var typeOfService: UInt8 = 0
  public var trafficClass: UInt8 = 0
  /// `INET_DIAG_PROTOCOL`: `sk_protocol` (low 8 bits) of a raw socket.
  public var attributeProtocol: UInt8 = 0
  /// `INET_DIAG_SOCKOPT` (since 5.15), bit by bit as `struct inet_diag_sockopt`.
  public var options: UInt16 = 0

  /// False for TIME_WAIT and half-open requests: owner and inode are then unknown, not 0.
  @inlinable public var isFullSocket: Bool { present.contains(.shutdown) }

  @inlinable
  public init(_ datagram: RawSpan, payload: Range<Int>, protocol: UInt16) throws(NetlinkError) {
    try self.init(fixedPartOf: datagram, payload: payload, protocol: `protocol`)
    var attributes = NetlinkAttributes(payload.lowerBound &+ 72..<payload.upperBound)
    while let attribute = try attributes.next(in: datagram) { take(attribute, of: datagram) }
  }

  /// `struct inet_diag_msg`, 72 bytes.
  @inlinable
  init(fixedPartOf datagram: RawSpan, payload: Range<Int>, protocol: UInt16) throws(NetlinkError) {
    try payload.requireBytes(72, in: datagram)
    // Of a constant size, so that the loads below need no check each.
    let fixed = datagram.extracting(payload.lowerBound..<payload.lowerBound &+ 72)
    family = fixed.byte(at: 0)
    state = fixed.byte(at: 1)
    timer = fixed.byte(at: 2)
    retransmits = fixed.byte(at: 3)
    sourcePort = fixed.half(at: 4).bigEndian
    destinationPort = fixed.half(at: 6).bigEndian
    if family == AF_INET6 {
      sourceHigh = fixed.integer(at: 8, as: UInt64.self).bigEndian
      sourceLow = fixed.integer(at: 16, as: UInt64.self).bigEndian
      destinationHigh = fixed.integer(at: 24, as: UInt64.self).bigEndian
      destinationLow = fixed.integer(at: 32, as: UInt64.self).bigEndian
    } else {
      sourceHigh = 0
      sourceLow = UInt64(fixed.word(at: 8).bigEndian)
      destinationHigh = 0
      destinationLow = UInt64(fixed.word(at: 24).bigEndian)
    }
    interface = fixed.word(at: 40)
    cookie = fixed.cookie(at: 44)
    expiresMilliseconds = fixed.word(at: 52)
    receiveQueue = fixed.word(at: 56)
    sendQueue = fixed.word(at: 60)
    userID = fixed.word(at: 64)
    inode = fixed.word(at: 68)
    self.protocol = `protocol`
  }

  /// Keeps the attribute if it is one of the small ones.
  @inlinable
  mutating func take(_ attribute: NetlinkAttribute, of datagram: RawSpan) {
    let start = attribute.payload.lowerBound
    let count = attribute.payload.count
    switch Int(attribute.type) {
    case INET_DIAG_SHUTDOWN where count >= 1:
      shutdown = datagram.byte(at: start)
      present.insert(.shutdown)
    case INET_DIAG_SKV6ONLY where count >= 1:
      v6Only = datagram.byte(at: start)
      present.insert(.v6Only)
    case INET_DIAG_MARK where count >= 4:
      mark = datagram.word(at: start)
      present.insert(.mark)
    case INET_DIAG_CGROUP_ID where count >= 8:
      cgroupID = datagram.integer(at: start, as: UInt64.self)
      present.insert(.cgroupID)
    case INET_DIAG_SOCKOPT where count >= 2:
      options = datagram.half(at: start)
      present.insert(.options)
    case INET_DIAG_TOS where count >= 1:
      typeOfService = datagram.byte(at: start)
      present.insert(.typeOfService)
    case INET_DIAG_TCLASS where count >= 1:
      trafficClass = datagram.byte(at: start)
      present.insert(.trafficClass)
    case INET_DIAG_CLASS_ID where count >= 4:
      classID = datagram.word(at: start)
      present.insert(.classID)
    case INET_DIAG_PROTOCOL where count >= 1:
      attributeProtocol = datagram.byte(at: start)
      present.insert(.attributeProtocol)
    default: break
    }
  }
}
