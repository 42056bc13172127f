import CLinux

/// A connection as netfilter tracks it: `IPCTNL_MSG_CT_NEW` of `linux/netfilter/nfnetlink_conntrack.h`.
///
/// Numbers in its attributes are in network order.
public struct ConntrackRecord: Hashable, Sendable {
  /// One direction: who sends to whom. Ports are 0 where the protocol has none.
  public struct Tuple: Hashable, Sendable {
    /// 128 bits in network order as two host integers, IPv4 in the low 32.
    public var sourceHigh: UInt64 = 0
    public var sourceLow: UInt64 = 0
    public var destinationHigh: UInt64 = 0
    public var destinationLow: UInt64 = 0
    public var isIPv6 = false
    public var protocolNumber: UInt8 = 0
    public var sourcePort: UInt16 = 0
    public var destinationPort: UInt16 = 0
  }
  public var original = Tuple()
  /// What answers look like: not simply `original` turned round where addresses are translated.
  public var reply = Tuple()
  /// Seconds until it is forgotten; nil where the kernel did not say.
  public var timeoutSeconds: UInt32?
  /// Correction of TCP sequence numbers, where a helper changed the length of what was sent.
  public var sequencePosition: UInt32 = 0
  public var sequenceOffsetBefore: Int32 = 0
  public var sequenceOffsetAfter: Int32 = 0

  /// Reads the payload of one message. Throws when it is cut short; an attribute that is shorter than its type counts as
  /// absent.
  public init(_ datagram: RawSpan, payload: Range<Int>) throws(NetlinkError) {
    try payload.requireBytes(Self.headerSize, in: datagram)
    var attributes = NetlinkAttributes(payload.lowerBound + Self.headerSize..<payload.upperBound)
    while let attribute = try attributes.next(in: datagram) {
      switch attribute.type {
      case 1: original = try Tuple(datagram, attribute.payload)
      case 2: reply = try Tuple(datagram, attribute.payload)
      case 7: timeoutSeconds = datagram.bigEndianWord(attribute.payload)
      case 15: try takeSequence(datagram, attribute.payload)
      default: break
      }
    }
  }

  /// `struct nfgenmsg`.
  private static let headerSize = 4

  /// `CTA_SEQ_ADJ_ORIG`.
  private mutating func takeSequence(_ datagram: RawSpan, _ range: Range<Int>) throws(NetlinkError) {
    var attributes = NetlinkAttributes(range)
    while let attribute = try attributes.next(in: datagram) {
      guard let value = datagram.bigEndianWord(attribute.payload) else { continue }
      switch attribute.type {
      case 1: sequencePosition = value
      case 2: sequenceOffsetBefore = Int32(bitPattern: value)
      case 3: sequenceOffsetAfter = Int32(bitPattern: value)
      default: break
      }
    }
  }
}

extension ConntrackRecord.Tuple {
  /// `CTA_TUPLE_*`: addresses in one nest, the protocol in another.
  fileprivate init(_ datagram: RawSpan, _ range: Range<Int>) throws(NetlinkError) {
    self.init()
    var nests = NetlinkAttributes(range)
    while let nest = try nests.next(in: datagram) {
      var attributes = NetlinkAttributes(nest.payload)
      while let attribute = try attributes.next(in: datagram) {
        switch nest.type {
        case 1: takeAddress(attribute, datagram)
        case 2: takeProtocol(attribute, datagram)
        default: break
        }
      }
    }
  }

  private mutating func takeAddress(_ attribute: NetlinkAttribute, _ datagram: RawSpan) {
    let range = attribute.payload
    switch attribute.type {
    case 1: sourceLow = datagram.bigEndianWord(range).map { UInt64($0) } ?? 0
    case 2: destinationLow = datagram.bigEndianWord(range).map { UInt64($0) } ?? 0
    case 3 where range.count >= 16:
      isIPv6 = true
      sourceHigh = datagram.integer(at: range.lowerBound, as: UInt64.self).bigEndian
      sourceLow = datagram.integer(at: range.lowerBound + 8, as: UInt64.self).bigEndian
    case 4 where range.count >= 16:
      isIPv6 = true
      destinationHigh = datagram.integer(at: range.lowerBound, as: UInt64.self).bigEndian
      destinationLow = datagram.integer(at: range.lowerBound + 8, as: UInt64.self).bigEndian
    default: break
    }
  }

  private mutating func takeProtocol(_ attribute: NetlinkAttribute, _ datagram: RawSpan) {
    let range = attribute.payload
    switch attribute.type {
    case 1 where range.count >= 1: protocolNumber = datagram.byte(at: range.lowerBound)
    case 2 where range.count >= 2: sourcePort = datagram.half(at: range.lowerBound).bigEndian
    case 3 where range.count >= 2: destinationPort = datagram.half(at: range.lowerBound).bigEndian
    default: break
    }
  }
}

extension RawSpan {
  /// nil where `range` is shorter than a word.
  fileprivate func bigEndianWord(_ range: Range<Int>) -> UInt32? {
    range.count >= 4 ? word(at: range.lowerBound).bigEndian : nil
  }
}
