import CLinux

/// Bytes that are not what netlink(7) promises: where, and what was wrong.
public enum NetlinkError: Error, Hashable, Sendable {
  /// Bytes remain, but fewer than a `struct nlmsghdr`.
  case headerCutShort(offset: Int, available: Int)
  /// `nlmsg_len` is less than its own header or more than what remains.
  case messageLength(offset: Int, length: Int, available: Int)
  /// `nla_len` is less than its own header or more than what remains.
  case attributeLength(offset: Int, length: Int, available: Int)
  /// A record or an error code is shorter than its fixed part.
  case payloadCutShort(offset: Int, needed: Int, available: Int)
}

/// The header of one message and the place of its payload in the datagram.
public struct NetlinkMessage: Hashable, Sendable {
  /// `NLMSG_DONE`, `SOCK_DIAG_BY_FAMILY`.
  public let type: UInt16
  /// `NLM_F_*`.
  public let flags: UInt16
  public let sequence: UInt32
  /// The port id that it is addressed to.
  public let port: UInt32
  /// Offsets in the datagram, without the padding.
  public let payload: Range<Int>

  @inlinable
  init(type: UInt16, flags: UInt16, sequence: UInt32, port: UInt32, payload: Range<Int>) {
    self.type = type
    self.flags = flags
    self.sequence = sequence
    self.port = port
    self.payload = payload
  }
}

/// Splits one netlink datagram into its messages.
///
/// Layout: `struct nlmsghdr` in `linux/netlink.h`; host byte order, each message padded to 4 bytes. Holds no
/// bytes itself: the datagram is handed to each call, so it is a plain value.
public struct NetlinkMessages: Sendable {
  @usableFromInline var offset = 0

  @inlinable public init() {}

  /// The next message, or nil at the end. After an error there are no more.
  @inlinable
  public mutating func next(in datagram: RawSpan) throws(NetlinkError) -> NetlinkMessage? {
    let start = offset
    let available = datagram.byteCount &- start
    guard available > 0 else { return nil }
    guard available >= 16 else {
      offset = datagram.byteCount
      throw .headerCutShort(offset: start, available: available)
    }
    let length = Int(datagram.word(at: start))
    guard length >= 16, length <= available else {
      offset = datagram.byteCount
      throw .messageLength(offset: start, length: length, available: available)
    }
    offset = start &+ (length &+ 3) & ~3
    return NetlinkMessage(
      type: datagram.half(at: start &+ 4), flags: datagram.half(at: start &+ 6),
      sequence: datagram.word(at: start &+ 8), port: datagram.word(at: start &+ 12),
      payload: start &+ 16..<start &+ length)
  }
}

/// The header of one attribute and the place of its payload in the datagram.
public struct NetlinkAttribute: Hashable, Sendable {
  /// The number, without `NLA_F_NESTED` and `NLA_F_NET_BYTEORDER`.
  public let type: UInt16
  /// `NLA_F_NESTED`: the payload is attributes.
  public let isNested: Bool
  /// Offsets in the datagram, without the padding.
  public let payload: Range<Int>

  @inlinable init(type: UInt16, isNested: Bool, payload: Range<Int>) {
    self.type = type
    self.isNested = isNested
    self.payload = payload
  }
}

/// Splits a part of a datagram into attributes.
///
/// Layout: `struct nlattr` in `linux/netlink.h`, each padded to 4 bytes. Fewer than 4 bytes at the end are padding.
public struct NetlinkAttributes: Sendable {
  @usableFromInline var offset: Int
  @usableFromInline let end: Int

  /// The attributes in `range` of the datagram.
  @inlinable public init(_ range: Range<Int>) {
    offset = max(range.lowerBound, 0)
    end = range.upperBound
  }

  /// The next attribute, or nil at the end. After an error there are no more.
  @inlinable
  public mutating func next(in datagram: RawSpan) throws(NetlinkError) -> NetlinkAttribute? {
    let start = offset
    let available = min(end, datagram.byteCount) &- start
    guard available >= 4 else { return nil }
    let length = Int(datagram.half(at: start))
    guard length >= 4, length <= available else {
      offset = end
      throw .attributeLength(offset: start, length: length, available: available)
    }
    let type = datagram.half(at: start &+ 2)
    offset = start &+ (length &+ 3) & ~3
    return NetlinkAttribute(
      type: type & 0x3fff, isNested: type & 0x8000 != 0, payload: start &+ 4..<start &+ length)
  }
}
