import Model

/// Text on its way out: a growing buffer of bytes that never goes through `String`.
///
/// A view appends a record or a row, then calls `flush`, which hands the bytes on in chunks of at least 64 KiB.
public struct TextBuffer: Sendable {
  /// Takes bytes to their destination. False says that nobody reads any more (a broken pipe): stop.
  public typealias Sink = (Span<UInt8>) -> Bool

  /// A flush happens when at least so many bytes wait.
  public static let chunkSize = 64 * 1024

  /// Room for text, of which `end` bytes are text. Whatever is written goes through `write`.
  @usableFromInline var room: [UInt8]
  @usableFromInline var end = 0

  public init() { room = [] }
  public init(reserving capacity: Int) { room = [UInt8](repeating: 0, count: capacity) }

  @inlinable public var count: Int { end }
  @inlinable public var isEmpty: Bool { end == 0 }

  /// The bytes so far.
  @inlinable public var contents: [UInt8] { Array(room[..<end]) }
  /// The text so far, for tests and short messages.
  public var string: String { String(decoding: room[..<end], as: UTF8.self) }

  /// Empties it and keeps its memory.
  public mutating func removeAll() { end = 0 }

  /// Cuts it back to `count` bytes.
  public mutating func truncate(to count: Int) {
    precondition(count >= 0 && count <= end, "a buffer is cut to a part of it")
    end = count
  }

  /// Hands the bytes on once a chunk is full.
  public mutating func flushIfFull(to sink: Sink) -> Bool {
    end < TextBuffer.chunkSize ? true : flush(to: sink)
  }

  /// Hands all bytes on.
  public mutating func flush(to sink: Sink) -> Bool {
    if end == 0 { return true }
    let goOn = sink(room.span.extracting(0..<end))
    end = 0
    return goOn
  }

  @usableFromInline @inline(never) mutating func grow(by count: Int) {
    let needed = max(room.count * 2, end + count, 256)
    room.append(contentsOf: repeatElement(0, count: needed - room.count))
  }

  /// Makes room for `count` bytes and lends it; `body` returns how many it wrote.
  ///
  /// The one unsafe place in the views, with its callers below. A JSON record is 150 appends: through
  /// `Array.append(contentsOf:)` and `OutputSpan` they took half of the time of `-o json` (11 ns a literal, and a
  /// look-up of generic metadata each); so they take 2 ns.
  @inlinable @inline(__always)
  mutating func write(atMost count: Int, _ body: (UnsafeMutablePointer<UInt8>) -> Int) {
    if room.count &- end < count { grow(by: count) }
    let start = end
    // SAFETY: `grow` leaves at least `count` bytes behind `start`, and each caller writes no more than it asked for.
    let written = unsafe room.withUnsafeMutableBufferPointer { unsafe body($0.baseAddress! + start) }
    end = start &+ written
  }
}

// Appending the plain things.
extension TextBuffer {
  @inlinable public mutating func append(byte: UInt8) {
    // SAFETY: one byte was asked for.
    unsafe write(atMost: 1) { room in
      unsafe room[0] = byte
      return 1
    }
  }

  @inlinable public mutating func append(_ other: [UInt8]) { append(other.span) }
  @inlinable public mutating func append(_ other: ArraySlice<UInt8>) { append(other.span) }
  @inlinable public mutating func append(_ other: Span<UInt8>) {
    let count = other.count
    if count == 0 { return }
    // SAFETY: as many bytes are copied as were asked for, from a span that has them.
    unsafe write(atMost: count) { room in
      unsafe other.withUnsafeBufferPointer { unsafe room.initialize(from: $0.baseAddress!, count: count) }
      return count
    }
  }

  /// Bytes that `body` makes, at most `count`.
  @inlinable public mutating func append(atMost count: Int, _ body: (inout OutputSpan<UInt8>) -> Void) {
    // SAFETY: the span covers what was asked for, and checks its own bounds.
    unsafe write(atMost: count) { room in
      let buffer = unsafe UnsafeMutableBufferPointer(start: room, count: count)
      var output = unsafe OutputSpan(buffer: buffer, initializedCount: 0)
      body(&output)
      return unsafe output.finalize(for: buffer)
    }
  }

  /// A part of another buffer.
  @inlinable public mutating func append(from other: borrowing TextBuffer, _ range: Range<Int>) {
    append(other.room.span.extracting(0..<other.end).extracting(range))
  }

  /// Lends a part of its bytes.
  @inlinable public func withSlice<Result>(_ range: Range<Int>, _ body: (Span<UInt8>) -> Result) -> Result {
    body(room.span.extracting(0..<end).extracting(range))
  }

  /// A literal: text that we wrote ourselves, which needs no escaping.
  @inlinable @inline(__always) public mutating func append(_ literal: StaticString) {
    let count = literal.utf8CodeUnitCount
    // SAFETY: the literal's own immortal bytes, as many as were asked for.
    unsafe write(atMost: count) { room in
      unsafe room.initialize(from: literal.utf8Start, count: count)
      return count
    }
  }

  @inlinable public mutating func append(repeating byte: UInt8, count: Int) {
    if count <= 0 { return }
    // SAFETY: as many bytes as were asked for.
    unsafe write(atMost: count) { room in
      unsafe room.update(repeating: byte, count: count)
      return count
    }
  }

  /// Dotted decimal: 10.0.0.1.
  @inlinable mutating func appendDotted(_ address: UInt32) {
    // SAFETY: four octets of at most three digits, and three dots: 15.
    unsafe write(atMost: 15) { room in
      var count = 0
      func put(_ byte: UInt8) {
        unsafe room[count] = byte
        count &+= 1
      }
      for shift: UInt32 in [24, 16, 8, 0] {
        let octet = UInt8(truncatingIfNeeded: address >> shift)
        if octet >= 100 { put(48 &+ octet / 100) }
        if octet >= 10 { put(48 &+ octet / 10 % 10) }
        put(48 &+ octet % 10)
        if shift > 0 { put(46) }
      }
      return count
    }
  }

  /// A number in decimal.
  @inlinable public mutating func append(decimal value: UInt64) {
    if value < 10 { return append(byte: 48 &+ UInt8(truncatingIfNeeded: value)) }
    let count = TextBuffer.digitCount(value)
    // SAFETY: `digitCount` digits are written, at 0 to count - 1; a pair below 100 has its two digits in `pairs`.
    unsafe write(atMost: count) { room in
      let pairs = unsafe TextBuffer.digitPairs.utf8Start
      var rest = value
      var position = count
      while position >= 2 {
        let quotient = rest / 100
        let pair = Int(truncatingIfNeeded: rest &- quotient &* 100) &* 2
        position &-= 2
        unsafe room[position] = pairs[pair]
        unsafe room[position &+ 1] = pairs[pair &+ 1]
        rest = quotient
      }
      if position == 1 { unsafe room[0] = 48 &+ UInt8(truncatingIfNeeded: rest) }
      return count
    }
  }

  /// `00` to `99`.
  @usableFromInline static let digitPairs: StaticString = """
    00010203040506070809101112131415161718192021222324252627282930313233343536373839404142434445464748495051525354\
    555657585960616263646566676869707172737475767778798081828384858687888990919293949596979899
    """

  /// Digits of a number in decimal: 1 to 20.
  @inlinable static func digitCount(_ value: UInt64) -> Int {
    if value < 10_000 {
      return value < 100 ? (value < 10 ? 1 : 2) : (value < 1000 ? 3 : 4)
    }
    if value < 100_000_000 {
      return value < 1_000_000 ? (value < 100_000 ? 5 : 6) : (value < 10_000_000 ? 7 : 8)
    }
    return 8 + digitCount(value / 100_000_000)
  }

  @inlinable public mutating func append(decimal value: UInt32) { append(decimal: UInt64(value)) }
  @inlinable public mutating func append(decimal value: UInt16) { append(decimal: UInt64(value)) }
  @inlinable public mutating func append(decimal value: UInt8) { append(decimal: UInt64(value)) }
  @inlinable public mutating func append(decimal value: Int) {
    if value < 0 { append(byte: UInt8(ascii: "-")) }
    append(decimal: UInt64(value.magnitude))
  }
  @inlinable public mutating func append(decimal value: Int32) { append(decimal: Int(value)) }

  /// A number in decimal, filled up with zeros on the left to `digits`.
  public mutating func append(decimal value: UInt64, digits: Int) {
    var power: UInt64 = 1
    for _ in 1..<digits { power *= 10 }
    while power > 1 && value < power {
      append(byte: UInt8(ascii: "0"))
      power /= 10
    }
    append(decimal: value)
  }

  /// A number in lower-case hexadecimal, filled up with zeros on the left to `digits`.
  public mutating func append(hex value: UInt64, digits: Int = 1) {
    let needed = max(digits, (67 - value.leadingZeroBitCount) / 4)
    var shift = 4 * UInt64(needed)
    while shift > 0 {
      shift -= 4
      append(byte: TextBuffer.hexDigit(UInt8(truncatingIfNeeded: value >> shift) & 15))
    }
  }

  @inlinable static func hexDigit(_ value: UInt8) -> UInt8 { value < 10 ? 48 &+ value : 87 &+ value }
}
