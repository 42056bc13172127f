import CLinux

/// A kind of answer that sock_diag gives: one message, decoded into a value.
public protocol DiagRecord: Sendable {
  /// Decodes the payload of one message.
  ///
  /// `protocol` is what the request asked for. Throws when the fixed part is cut short or an attribute overruns;
  /// an attribute that is shorter than its type counts as absent.
  init(_ datagram: RawSpan, payload: Range<Int>, protocol: UInt16) throws(NetlinkError)
}

extension Range<Int> {
  /// Refuses a payload shorter than the fixed part of its record, or outside the datagram.
  @inlinable
  func requireBytes(_ needed: Int, in datagram: RawSpan) throws(NetlinkError) {
    guard lowerBound >= 0, count >= needed, upperBound <= datagram.byteCount else {
      throw .payloadCutShort(offset: lowerBound, needed: needed, available: count)
    }
  }
}

/// `SK_MEMINFO_*` of `linux/sock_diag.h`: bytes, but `drops` counts packets. Fields that an older kernel does not
/// send are 0.
public struct MemoryRecord: Hashable, Sendable {
  public var receiveAllocated: UInt32 = 0
  public var receiveBuffer: UInt32 = 0
  public var sendAllocated: UInt32 = 0
  public var sendBuffer: UInt32 = 0
  public var forwardAllocated: UInt32 = 0
  public var sendQueued: UInt32 = 0
  public var options: UInt32 = 0
  public var backlog: UInt32 = 0
  public var drops: UInt32 = 0

  public init() {}

  /// Reads the array of words; a shorter one leaves the rest 0.
  @inlinable init(_ datagram: RawSpan, _ range: Range<Int>) {
    func word(_ index: Int) -> UInt32 {
      range.count >= index * 4 + 4 ? datagram.word(at: range.lowerBound + index * 4) : 0
    }
    receiveAllocated = word(0)
    receiveBuffer = word(1)
    sendAllocated = word(2)
    sendBuffer = word(3)
    forwardAllocated = word(4)
    sendQueued = word(5)
    options = word(6)
    backlog = word(7)
    drops = word(8)
  }
}
