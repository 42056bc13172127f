import CLinux

/// One TIPC socket: the attributes of `TIPC_NLA_SOCK` (`linux/tipc_netlink.h`); the message has no fixed part.
public struct TIPCDiagRecord: DiagRecord, Hashable {
  /// The other end of a connection.
  public struct Connection: Hashable, Sendable {
    public var node: UInt32 = 0
    public var port: UInt32 = 0
    /// By a service address; its type and instance.
    public var isByService = false
    public var type: UInt32 = 0
    public var instance: UInt32 = 0
  }
  /// False for a message about something else.
  public var isSocket = false
  public var node: UInt32 = 0
  public var port: UInt32 = 0
  /// `SOCK_*`.
  public var type: UInt32 = 0
  /// `TCP_*`, as far as TIPC has them.
  public var state: UInt32 = 0
  public var userID: UInt32 = 0
  public var inode: UInt32 = 0
  public var cookie: UInt64 = 0
  public var isPublished = false
  public var connection: Connection?
  public var receiveQueue: UInt32 = 0
  public var sendQueue: UInt32 = 0
  public var drops: UInt32 = 0
  public var isLinkCongested = false
  public var isConnectionCongested = false

  public init(_ datagram: RawSpan, payload: Range<Int>, protocol: UInt16) throws(NetlinkError) {
    try payload.requireBytes(0, in: datagram)
    try forEach(payload, datagram) { (record, attribute) throws(NetlinkError) in
      guard attribute.type == TIPC_NLA_SOCK else { return }
      record.isSocket = true
      try record.forEach(attribute.payload, datagram) { (record, attribute) throws(NetlinkError) in
        try record.take(attribute, of: datagram)
      }
    }
  }

  private mutating func forEach(
    _ range: Range<Int>, _ datagram: RawSpan,
    _ body: (inout TIPCDiagRecord, NetlinkAttribute) throws(NetlinkError) -> Void
  ) throws(NetlinkError) {
    var attributes = NetlinkAttributes(range)
    while let attribute = try attributes.next(in: datagram) { try body(&self, attribute) }
  }

  private static func word(_ attribute: NetlinkAttribute, _ datagram: RawSpan) -> UInt32 {
    attribute.payload.count >= 4 ? datagram.word(at: attribute.payload.lowerBound) : 0
  }

  private mutating func take(_ attribute: NetlinkAttribute, of datagram: RawSpan) throws(NetlinkError) {
    let word = Self.word(attribute, datagram)
    switch Int(attribute.type) {
    case TIPC_NLA_SOCK_ADDR: node = word
    case TIPC_NLA_SOCK_REF: port = word
    case TIPC_NLA_SOCK_TYPE: type = word
    case TIPC_NLA_SOCK_TIPC_STATE: state = word
    case TIPC_NLA_SOCK_UID: userID = word
    case TIPC_NLA_SOCK_INO: inode = word
    case TIPC_NLA_SOCK_HAS_PUBL: isPublished = true
    case TIPC_NLA_SOCK_COOKIE where attribute.payload.count >= 8:
      cookie = datagram.integer(at: attribute.payload.lowerBound, as: UInt64.self)
    case TIPC_NLA_SOCK_STAT:
      try forEach(attribute.payload, datagram) { (record, part) throws(NetlinkError) in
        switch Int(part.type) {
        case TIPC_NLA_SOCK_STAT_RCVQ: record.receiveQueue = Self.word(part, datagram)
        case TIPC_NLA_SOCK_STAT_SENDQ: record.sendQueue = Self.word(part, datagram)
        case TIPC_NLA_SOCK_STAT_DROP: record.drops = Self.word(part, datagram)
        case TIPC_NLA_SOCK_STAT_LINK_CONG: record.isLinkCongested = true
        case TIPC_NLA_SOCK_STAT_CONN_CONG: record.isConnectionCongested = true
        default: break
        }
      }
    case TIPC_NLA_SOCK_CON:
      var peer = Connection()
      try forEach(attribute.payload, datagram) { (_, part) throws(NetlinkError) in
        switch Int(part.type) {
        case TIPC_NLA_CON_NODE: peer.node = Self.word(part, datagram)
        case TIPC_NLA_CON_SOCK: peer.port = Self.word(part, datagram)
        case TIPC_NLA_CON_FLAG: peer.isByService = true
        case TIPC_NLA_CON_TYPE: peer.type = Self.word(part, datagram)
        case TIPC_NLA_CON_INST: peer.instance = Self.word(part, datagram)
        default: break
        }
      }
      connection = peer
    default: break
    }
  }
}

extension SockDiagRequest where Record == TIPCDiagRecord {
  /// TIPC sockets. `CONFIG_TIPC_DIAG`; no privilege.
  public static func tipc(states: SocketStates = .all) -> Self {
    var body = tipc_sock_diag_req()
    body.sdiag_family = UInt8(AF_TIPC)
    body.tidiag_states = states.rawValue
    return Self(
      SockDiagSubject(family: UInt8(AF_TIPC), protocol: 0), type: SOCK_DIAG_BY_FAMILY,
      body: requestBytes(of: body))
  }
}
