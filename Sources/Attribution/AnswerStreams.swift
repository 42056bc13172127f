import Model

/// Puts the messages of DNS over TCP (RFC 1035, 4.2.2: each behind its length, two bytes) together from segments.
///
/// Pure: time is an argument (nanoseconds, ascending). Segments may be repeated, overlap, and come in another order, if
/// what waits for an earlier one is at most 16 segments. What does not fit is given up, and counted.
public struct AnswerStreams: Sendable {
  private struct Stream {
    /// Of the next byte.
    var next: UInt32
    var buffer: [UInt8] = []
    var waiting: [(sequence: UInt32, bytes: [UInt8])] = []
    var time: UInt64
    var byteCount: Int { waiting.reduce(buffer.count) { $0 + $1.bytes.count } }
  }

  public static let ceiling = 1024
  /// Of all streams together.
  public static let byteCeiling = 4 << 20
  private static let waitingCeiling = 16
  private static let idleNanoseconds: UInt64 = 60_000_000_000

  private var streams: [UInt64: Stream] = [:]
  private var byteCount = 0
  private var expired: UInt64 = 0
  /// Streams, or beginnings of messages, that were given up.
  public private(set) var dropped: UInt64 = 0
  public var count: Int { streams.count }

  public init() {}

  /// Takes in one segment.
  ///
  /// - Parameter key: the socket's cookie.
  /// - Parameter isStart: it is the SYN, whose sequence number is the one before the first byte.
  /// - Returns: the messages that are whole now.
  public mutating func take(
    _ key: UInt64, sequence: UInt32, _ bytes: [UInt8], isStart: Bool, at time: UInt64
  ) -> [[UInt8]] {
    var stream: Stream
    let first = isStart ? sequence &+ 1 : sequence
    if let known = streams[key], !isStart {
      stream = known
    } else {
      // Without its beginning: a message begins here, or nothing can be read.
      if streams[key] == nil && streams.count >= Self.ceiling { dropOldest() }
      remove(key)
      stream = Stream(next: first, time: time)
    }
    byteCount -= streams[key] == nil ? 0 : stream.byteCount
    stream.time = time
    stream.waiting.append((first, bytes))
    var isBroken = false
    let messages = Self.advance(&stream, &isBroken)
    if isBroken || stream.waiting.count > Self.waitingCeiling
      || byteCount + stream.byteCount > Self.byteCeiling
    {
      dropped += 1
      streams[key] = nil
    } else {
      streams[key] = stream
      byteCount += stream.byteCount
    }
    return messages
  }

  /// Appends what has its turn, and cuts off what is whole.
  private static func advance(_ stream: inout Stream, _ isBroken: inout Bool) -> [[UInt8]] {
    while let index = stream.waiting.firstIndex(where: { Int32(bitPattern: $0.sequence &- stream.next) <= 0 })
    {
      let (sequence, bytes) = stream.waiting.remove(at: index)
      let known = Int(stream.next &- sequence)
      guard known < bytes.count else { continue }
      stream.buffer += bytes[known...]
      stream.next &+= UInt32(bytes.count - known)
    }
    var messages: [[UInt8]] = []
    var start = 0
    while stream.buffer.count - start >= 2 {
      let length = Int(stream.buffer[start]) << 8 | Int(stream.buffer[start + 1])
      // Shorter than a header: these are not the bytes of a length.
      if length < 12 {
        isBroken = true
        break
      }
      guard stream.buffer.count - start - 2 >= length else { break }
      messages.append(Array(stream.buffer[(start + 2)..<(start + 2 + length)]))
      start += 2 + length
    }
    if start > 0 { stream.buffer.removeFirst(start) }
    return messages
  }

  /// Forgets the streams that were silent for a minute.
  public mutating func expire(at time: UInt64) {
    guard !streams.isEmpty, time &- expired > 1_000_000_000 else { return }
    expired = time
    for (key, stream) in streams where stream.time &+ Self.idleNanoseconds <= time { remove(key) }
  }

  private mutating func dropOldest() {
    guard let oldest = streams.min(by: { $0.value.time < $1.value.time }) else { return }
    dropped += 1
    remove(oldest.key)
  }

  private mutating func remove(_ key: UInt64) {
    if let stream = streams.removeValue(forKey: key) { byteCount -= stream.byteCount }
  }
}
