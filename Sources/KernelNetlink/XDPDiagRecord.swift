import CLinux

/// What an xdp_diag answer should carry: `XDP_SHOW_*`.
public struct XDPShow: OptionSet, Hashable, Sendable {
  public let rawValue: UInt32
  public init(rawValue: UInt32) { self.rawValue = rawValue }
  public static let all = XDPShow(
    rawValue: UInt32(XDP_SHOW_INFO | XDP_SHOW_RING_CFG | XDP_SHOW_UMEM | XDP_SHOW_MEMINFO | XDP_SHOW_STATS))
}

/// One AF_XDP socket: `struct xdp_diag_msg` and its attributes. `CONFIG_XDP_SOCKETS_DIAG`, since 5.1.
public struct XDPDiagRecord: DiagRecord, Hashable {
  public var type: UInt8
  public var inode: UInt32
  public var cookie: UInt64
  public var interface: UInt32?
  public var queue: UInt32?
  public var userID: UInt32?
  /// Descriptors in each ring.
  public var receiveRing: UInt32?
  public var sendRing: UInt32?
  public var fillRing: UInt32?
  public var completionRing: UInt32?
  public var memory: MemoryRecord?
  public var area: XDPAreaRecord?
  /// Dropped, invalid, queue full, fill ring empty of the receiving side; invalid, ring empty of the sending one.
  public var statistics: [UInt64] = []

  public init(_ datagram: RawSpan, payload: Range<Int>, protocol: UInt16) throws(NetlinkError) {
    try payload.requireBytes(16, in: datagram)
    let base = payload.lowerBound
    type = datagram.byte(at: base + 1)
    inode = datagram.word(at: base + 4)
    cookie = datagram.cookie(at: base + 8)
    var attributes = NetlinkAttributes(base + 16..<payload.upperBound)
    while let attribute = try attributes.next(in: datagram) { take(attribute, of: datagram) }
  }

  private mutating func take(_ attribute: NetlinkAttribute, of datagram: RawSpan) {
    let range = attribute.payload
    let start = range.lowerBound
    guard range.count >= 4 else { return }
    let word = datagram.word(at: start)
    switch Int(attribute.type) {
    case XDP_DIAG_INFO where range.count >= 8:
      interface = word
      queue = datagram.word(at: start + 4)
    case XDP_DIAG_UID: userID = word
    case XDP_DIAG_RX_RING: receiveRing = word
    case XDP_DIAG_TX_RING: sendRing = word
    case XDP_DIAG_UMEM_FILL_RING: fillRing = word
    case XDP_DIAG_UMEM_COMPLETION_RING: completionRing = word
    case XDP_DIAG_UMEM: area = XDPAreaRecord(datagram, range)
    case XDP_DIAG_MEMINFO: memory = MemoryRecord(datagram, range)
    case XDP_DIAG_STATS:
      statistics = stride(from: start, through: range.upperBound - 8, by: 8).map {
        datagram.integer(at: $0, as: UInt64.self)
      }
    default: break
    }
  }
}

/// The memory that frames lie in: `struct xdp_diag_umem`.
public struct XDPAreaRecord: Hashable, Sendable {
  public var byteCount: UInt64
  public var identifier: UInt32
  public var pages: UInt32
  public var chunkSize: UInt32
  public var headroom: UInt32
  public var interface: UInt32
  public var queue: UInt32
  /// `XDP_DU_F_ZEROCOPY` 1.
  public var flags: UInt32
  public var references: UInt32

  init(_ datagram: RawSpan, _ range: Range<Int>) {
    let area = datagram.overlay(range, on: xdp_diag_umem())
    byteCount = area.size
    identifier = area.id
    pages = area.num_pages
    chunkSize = area.chunk_size
    headroom = area.headroom
    interface = area.ifindex
    queue = area.queue_id
    flags = area.flags
    references = area.refs
  }
}

extension SockDiagRequest where Record == XDPDiagRecord {
  /// AF_XDP sockets; no privilege.
  public static func xdp(show: XDPShow = .all) -> Self {
    var body = xdp_diag_req()
    body.sdiag_family = UInt8(AF_XDP)
    body.xdiag_show = show.rawValue
    return Self(
      SockDiagSubject(family: UInt8(AF_XDP), protocol: 0), type: SOCK_DIAG_BY_FAMILY,
      body: requestBytes(of: body))
  }
}
