import CLinux

/// What a unix_diag answer should carry: `UDIAG_SHOW_*`.
public struct UnixShow: OptionSet, Hashable, Sendable {
  public let rawValue: UInt32
  public init(rawValue: UInt32) { self.rawValue = rawValue }
  public static let name = UnixShow(rawValue: UInt32(UDIAG_SHOW_NAME))
  public static let file = UnixShow(rawValue: UInt32(UDIAG_SHOW_VFS))
  public static let peer = UnixShow(rawValue: UInt32(UDIAG_SHOW_PEER))
  /// Inodes of the connections that wait in a listener.
  public static let pending = UnixShow(rawValue: UInt32(UDIAG_SHOW_ICONS))
  public static let queues = UnixShow(rawValue: UInt32(UDIAG_SHOW_RQLEN))
  public static let memory = UnixShow(rawValue: UInt32(UDIAG_SHOW_MEMINFO))
  /// Since 5.3.
  public static let userID = UnixShow(rawValue: UInt32(UDIAG_SHOW_UID))
  public static let table: UnixShow = [.name, .file, .peer, .pending, .queues, .userID]
}

/// One unix socket: `struct unix_diag_msg` and its attributes.
public struct UnixDiagRecord: DiagRecord, Hashable {
  /// `SOCK_STREAM` 1, `SOCK_DGRAM` 2, `SOCK_SEQPACKET` 5.
  public var type: UInt8
  /// `TCP_*`: 1 connected, 7 unconnected, 10 listening.
  public var state: UInt8
  public var inode: UInt32
  public var cookie: UInt64
  /// Path, or an abstract name that begins with NUL; nil when unnamed. Any bytes.
  public var name: [UInt8]?
  /// Inode and device (as `stat` encodes it in 32 bits) of the path.
  public var fileInode: UInt32?
  public var fileDevice: UInt32?
  /// Inode of the other end; nil when there is none.
  public var peerInode: UInt32?
  /// Inodes of the connections that wait to be accepted; 0 is one whose client has gone.
  public var pendingInodes: [UInt32] = []
  /// It was told which wait, though it may be none: it listens.
  public var hasPendingList = false
  /// Bytes to be read; for a listener, connections that wait.
  public var receiveQueue: UInt32?
  /// Bytes that the peer has not read; for a listener, its backlog.
  public var sendQueue: UInt32?
  public var memory: MemoryRecord?
  /// 1 receive, 2 send.
  public var shutdown: UInt8?
  public var userID: UInt32?

  public init(_ datagram: RawSpan, payload: Range<Int>, protocol: UInt16) throws(NetlinkError) {
    try payload.requireBytes(16, in: datagram)
    let base = payload.lowerBound
    type = datagram.byte(at: base + 1)
    state = datagram.byte(at: base + 2)
    inode = datagram.word(at: base + 4)
    cookie = datagram.cookie(at: base + 8)
    var attributes = NetlinkAttributes(base + 16..<payload.upperBound)
    while let attribute = try attributes.next(in: datagram) { take(attribute, of: datagram) }
  }

  private mutating func take(_ attribute: NetlinkAttribute, of datagram: RawSpan) {
    let range = attribute.payload
    let start = range.lowerBound
    switch Int(attribute.type) {
    case UNIX_DIAG_NAME: name = datagram.array(range)
    case UNIX_DIAG_VFS where range.count >= 8:
      fileInode = datagram.word(at: start)
      fileDevice = datagram.word(at: start + 4)
    case UNIX_DIAG_PEER where range.count >= 4: peerInode = datagram.word(at: start)
    case UNIX_DIAG_ICONS:
      pendingInodes = []
      hasPendingList = true
      for index in 0..<range.count / 4 { pendingInodes.append(datagram.word(at: start + index * 4)) }
    case UNIX_DIAG_RQLEN where range.count >= 8:
      receiveQueue = datagram.word(at: start)
      sendQueue = datagram.word(at: start + 4)
    case UNIX_DIAG_MEMINFO: memory = MemoryRecord(datagram, range)
    case UNIX_DIAG_SHUTDOWN where range.count >= 1: shutdown = datagram.byte(at: start)
    case UNIX_DIAG_UID where range.count >= 4: userID = datagram.word(at: start)
    default: break
    }
  }
}
