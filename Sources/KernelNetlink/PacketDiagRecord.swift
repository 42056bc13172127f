import CLinux

/// What a packet_diag answer should carry: `PACKET_SHOW_*`. The owner comes with `.information`.
public struct PacketShow: OptionSet, Hashable, Sendable {
  public let rawValue: UInt32
  public init(rawValue: UInt32) { self.rawValue = rawValue }
  public static let information = PacketShow(rawValue: UInt32(PACKET_SHOW_INFO))
  public static let rings = PacketShow(rawValue: UInt32(PACKET_SHOW_RING_CFG))
  public static let fanout = PacketShow(rawValue: UInt32(PACKET_SHOW_FANOUT))
  public static let memory = PacketShow(rawValue: UInt32(PACKET_SHOW_MEMINFO))
  /// The attached classic BPF program; to CAP_NET_ADMIN only.
  public static let filter = PacketShow(rawValue: UInt32(PACKET_SHOW_FILTER))
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
  /// How many packets may be copied while the ring is full (`PACKET_COPY_THRESH`).
  public var copyThreshold: UInt32?
  public var receiveRing: PacketRingRecord?
  public var sendRing: PacketRingRecord?
  /// `struct sock_filter` each; nil when there is none, or it is not shown to us.
  public var filter: [ClassicInstruction]?

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
      copyThreshold = datagram.word(at: start + 12)
      flags = datagram.word(at: start + 20)
    case PACKET_DIAG_RX_RING where range.count >= 28: receiveRing = PacketRingRecord(datagram, range)
    case PACKET_DIAG_TX_RING where range.count >= 28: sendRing = PacketRingRecord(datagram, range)
    case PACKET_DIAG_FILTER:
      filter = stride(from: start, to: range.upperBound - 7, by: 8).map {
        ClassicInstruction(
          code: datagram.half(at: $0), jumpTrue: datagram.byte(at: $0 + 2),
          jumpFalse: datagram.byte(at: $0 + 3), operand: datagram.word(at: $0 + 4))
      }
    case PACKET_DIAG_FANOUT where range.count >= 4: fanout = datagram.word(at: start)
    case PACKET_DIAG_UID where range.count >= 4: userID = datagram.word(at: start)
    case PACKET_DIAG_MEMINFO: memory = MemoryRecord(datagram, range)
    default: break
    }
  }
}

/// A ring of a packet socket: `struct packet_diag_ring`.
public struct PacketRingRecord: Hashable, Sendable {
  public var blockSize: UInt32
  public var blockCount: UInt32
  public var frameSize: UInt32
  public var frameCount: UInt32
  public var retireMilliseconds: UInt32
  public var features: UInt32

  init(_ datagram: RawSpan, _ range: Range<Int>) {
    func word(_ index: Int) -> UInt32 { datagram.word(at: range.lowerBound + index * 4) }
    blockSize = word(0)
    blockCount = word(1)
    frameSize = word(2)
    frameCount = word(3)
    retireMilliseconds = word(4)
    features = word(6)
  }
}

/// One instruction of a socket filter: `struct sock_filter` of `linux/filter.h`.
public struct ClassicInstruction: Hashable, Sendable {
  public var code: UInt16
  public var jumpTrue: UInt8
  public var jumpFalse: UInt8
  public var operand: UInt32
  public init(code: UInt16, jumpTrue: UInt8, jumpFalse: UInt8, operand: UInt32) {
    self.code = code
    self.jumpTrue = jumpTrue
    self.jumpFalse = jumpFalse
    self.operand = operand
  }
}
