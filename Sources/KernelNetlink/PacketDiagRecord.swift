import CLinux

/// What a packet_diag answer should carry: `PACKET_SHOW_*`. The owner comes with `.information`.
public struct PacketShow: OptionSet, Hashable, Sendable {
  public let rawValue: UInt32
  public init(rawValue: UInt32) { self.rawValue = rawValue }
  public static let information = PacketShow(rawValue: UInt32(PACKET_SHOW_INFO))
  public static let rings = PacketShow(rawValue: UInt32(PACKET_SHOW_RING_CFG))
  public static let fanout = PacketShow(rawValue: UInt32(PACKET_SHOW_FANOUT))
  public static let memory = PacketShow(rawValue: UInt32(PACKET_SHOW_MEMINFO))
  public static let table: PacketShow = [.information, .rings, .fanout, .memory]
}

/// One packet socket: `struct packet_diag_msg` and its attributes.
public struct PacketDiagRecord: DiagRecord, Hashable {
  /// `SOCK_RAW` 3, `SOCK_DGRAM` 2, `SOCK_PACKET` 10.
  public var type: UInt8
  /// Ethertype (`ETH_P_*`), host order.
  public var `protocol`: UInt16
  public var inode: UInt32
  public var cookie: UInt64
  /// Interface that it is bound to; 0 is all, nil when not sent.
  public var interface: UInt32?
  /// `PACKET_VERSION`.
  public var version: UInt32?
  /// `PDI_*`: running 1, auxdata 2, origdev 4, vnet header 8, loss 16.
  public var flags: UInt32?
  /// `PACKET_FANOUT`: group in the low 16 bits, mode above.
  public var fanout: UInt32?
  public var userID: UInt32?
  public var memory: MemoryRecord?
  public var hasReceiveRing = false
  public var hasSendRing = false

  public init(_ datagram: RawSpan, payload: Range<Int>, protocol: UInt16) throws(NetlinkError) {
    try payload.requireBytes(16, in: datagram)
    let base = payload.lowerBound
    type = datagram.byte(at: base + 1)
    self.protocol = datagram.half(at: base + 2)
    inode = datagram.word(at: base + 4)
    cookie = datagram.cookie(at: base + 8)
    var attributes = NetlinkAttributes(base + 16..<payload.upperBound)
    while let attribute = try attributes.next(in: datagram) { take(attribute, of: datagram) }
  }

  private mutating func take(_ attribute: NetlinkAttribute, of datagram: RawSpan) {
    let range = attribute.payload
    let start = range.lowerBound
    switch Int(attribute.type) {
    case PACKET_DIAG_INFO where range.count >= 24:
      interface = datagram.word(at: start)
      version = datagram.word(at: start + 4)
      flags = datagram.word(at: start + 20)
    case PACKET_DIAG_RX_RING: hasReceiveRing = true
    case PACKET_DIAG_TX_RING: hasSendRing = true
    case PACKET_DIAG_FANOUT where range.count >= 4: fanout = datagram.word(at: start)
    case PACKET_DIAG_UID where range.count >= 4: userID = datagram.word(at: start)
    case PACKET_DIAG_MEMINFO: memory = MemoryRecord(datagram, range)
    default: break
    }
  }
}
