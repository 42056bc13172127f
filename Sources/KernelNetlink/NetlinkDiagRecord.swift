import CLinux

/// What a netlink_diag answer should carry: `NDIAG_SHOW_*`.
public struct NetlinkShow: OptionSet, Hashable, Sendable {
  public let rawValue: UInt32
  public init(rawValue: UInt32) { self.rawValue = rawValue }
  public static let memory = NetlinkShow(rawValue: UInt32(NDIAG_SHOW_MEMINFO))
  public static let groups = NetlinkShow(rawValue: UInt32(NDIAG_SHOW_GROUPS))
  /// Since 4.19.
  public static let flags = NetlinkShow(rawValue: UInt32(NDIAG_SHOW_FLAGS))
  public static let table: NetlinkShow = [.memory, .groups, .flags]
}

/// One netlink socket: `struct netlink_diag_msg` and its attributes.
///
/// A socket that was never bound, by bind(2) or by sending, is in no table and so not listed.
public struct NetlinkDiagRecord: DiagRecord, Hashable {
  /// `SOCK_RAW` 3 or `SOCK_DGRAM` 2.
  public var type: UInt8
  /// `NETLINK_*`: 0 route, 4 sock_diag, 15 uevent.
  public var `protocol`: UInt8
  /// 7 before connect(2) is ever called, then 1 connected or 0 no longer: netlink has states of its own.
  public var state: UInt8
  /// 0 is the kernel's own socket.
  public var portID: UInt32
  public var destinationPortID: UInt32
  public var destinationGroup: UInt32
  /// Of sockfs; the kernel's own sockets have one too.
  public var inode: UInt32
  public var cookie: UInt64
  /// Multicast groups: bit n of word w is group `w * 32 + n + 1`.
  public var groups: [UInt32] = []
  public var memory: MemoryRecord?
  /// `NDIAG_FLAG_*`.
  public var flags: UInt32?

  public init(_ datagram: RawSpan, payload: Range<Int>, protocol: UInt16) throws(NetlinkError) {
    try payload.requireBytes(28, in: datagram)
    let base = payload.lowerBound
    type = datagram.byte(at: base + 1)
    self.protocol = datagram.byte(at: base + 2)
    state = datagram.byte(at: base + 3)
    portID = datagram.word(at: base + 4)
    destinationPortID = datagram.word(at: base + 8)
    destinationGroup = datagram.word(at: base + 12)
    inode = datagram.word(at: base + 16)
    cookie = datagram.cookie(at: base + 20)
    var attributes = NetlinkAttributes(base + 28..<payload.upperBound)
    while let attribute = try attributes.next(in: datagram) {
      let range = attribute.payload
      switch Int(attribute.type) {
      case NETLINK_DIAG_MEMINFO: memory = MemoryRecord(datagram, range)
      case NETLINK_DIAG_GROUPS:
        groups = []
        for index in 0..<range.count / 4 { groups.append(datagram.word(at: range.lowerBound + index * 4)) }
      case NETLINK_DIAG_FLAGS where range.count >= 4: flags = datagram.word(at: range.lowerBound)
      default: break
      }
    }
  }
}
