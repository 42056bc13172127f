/// Walks over text of the kernel without ever trapping: what is not there is nil.
///
/// Positions are offsets into `bytes`; a failed read leaves the position where it was.
struct ByteScanner: ~Escapable {
  let bytes: Span<UInt8>
  var position = 0

  @_lifetime(copy bytes)
  init(bytes: Span<UInt8>) { self.bytes = bytes }

  var isAtEnd: Bool { position >= bytes.count }
  /// The byte at the position; nil at the end.
  var next: UInt8? { position < bytes.count ? bytes[position] : nil }

  /// Steps over `byte` if it is next.
  mutating func skip(_ byte: UInt8) -> Bool {
    guard position < bytes.count, bytes[position] == byte else { return false }
    position += 1
    return true
  }

  /// Steps over an ASCII `literal` if all of it is next.
  mutating func skip(_ literal: StaticString) -> Bool {
    guard hasPrefix(literal) else { return false }
    position += literal.utf8CodeUnitCount
    return true
  }

  func hasPrefix(_ literal: StaticString) -> Bool {
    bytes.matches(literal, at: position)
  }

  mutating func skipBlanks() {
    while position < bytes.count, bytes[position] == 0x20 || bytes[position] == 0x09 { position += 1 }
  }

  /// Steps over `count` fields that blanks separate, and the blanks after each.
  mutating func skipFields(_ count: Int) {
    for _ in 0..<count {
      _ = field()
      skipBlanks()
    }
  }

  /// The bytes up to a blank, a newline or the end; may be empty.
  mutating func field() -> Range<Int> {
    let start = position
    while position < bytes.count, bytes[position] != 0x20, bytes[position] != 0x09, bytes[position] != 0x0a {
      position += 1
    }
    return start..<position
  }

  /// Where the line ends: at its newline, or at the end of the text.
  var lineEnd: Int { bytes.firstIndex(of: 0x0a, from: position) ?? bytes.count }

  /// Steps behind the next newline.
  mutating func skipLine() { position = min(lineEnd + 1, bytes.count) }

  /// An unsigned decimal number; nil if there is no digit or it does not fit.
  mutating func decimal() -> UInt64? { number(radix: 10) }
  /// An unsigned hexadecimal number of either case, without a prefix.
  mutating func hexadecimal() -> UInt64? { number(radix: 16) }

  /// A decimal number that may have a `-`.
  mutating func signedDecimal() -> Int64? {
    let start = position
    let isNegative = skip(UInt8(ascii: "-"))
    guard let magnitude = decimal() else {
      position = start
      return nil
    }
    let fits = isNegative ? magnitude <= 1 << 63 : magnitude < 1 << 63
    guard fits else {
      position = start
      return nil
    }
    return Int64(truncatingIfNeeded: isNegative ? 0 &- magnitude : magnitude)
  }

  /// Blanks, then a decimal number that fits into `Integer`.
  mutating func decimalField<Integer: FixedWidthInteger>(_ type: Integer.Type = Integer.self) -> Integer? {
    let start = position
    skipBlanks()
    let value: Integer?
    if Integer.isSigned {
      value = signedDecimal().flatMap { Integer(exactly: $0) }
    } else {
      value = decimal().flatMap { Integer(exactly: $0) }
    }
    if value == nil { position = start }
    return value
  }

  /// Blanks, then a hexadecimal number that fits into `Integer`.
  mutating func hexadecimalField<Integer: FixedWidthInteger>(
    _ type: Integer.Type = Integer.self
  ) -> Integer? {
    let start = position
    skipBlanks()
    let value = hexadecimal().flatMap { Integer(exactly: $0) }
    if value == nil { position = start }
    return value
  }

  /// Whether a number that was just read is whole: where the text ends, more digits may have been cut off.
  var isBehindWholeNumber: Bool { next == 0x20 || next == 0x09 || next == 0x0a }

  private mutating func number(radix: UInt64) -> UInt64? {
    var value: UInt64 = 0
    var index = position
    while index < bytes.count, let digit = bytes[index].digit(radix: radix) {
      let (product, overflowed) = value.multipliedReportingOverflow(by: radix)
      let (sum, carried) = product.addingReportingOverflow(digit)
      if overflowed || carried { return nil }
      value = sum
      index += 1
    }
    if index == position { return nil }
    position = index
    return value
  }
}

extension UInt8 {
  /// The value of this ASCII digit; nil if it is none of that radix (at most 16).
  @inline(__always) func digit(radix: UInt64) -> UInt64? {
    let value: UInt8
    switch self {
    case 0x30...0x39: value = self &- 0x30
    case 0x41...0x46: value = self &- 0x37
    case 0x61...0x66: value = self &- 0x57
    default: return nil
    }
    return UInt64(value) < radix ? UInt64(value) : nil
  }
}

extension Span<UInt8> {
  /// The first `byte` at or after `start`, and before `end`.
  func firstIndex(of byte: UInt8, from start: Int, to end: Int = .max) -> Int? {
    let end = Swift.min(end, count)
    var index = start
    while index < end {
      if self[index] == byte { return index }
      index += 1
    }
    return nil
  }

  /// The last `byte` in the whole text.
  func lastIndex(of byte: UInt8) -> Int? {
    var index = count - 1
    while index >= 0 {
      if self[index] == byte { return index }
      index -= 1
    }
    return nil
  }

  /// Whether an ASCII `literal` stands at `offset`.
  func matches(_ literal: StaticString, at offset: Int) -> Bool {
    let length = literal.utf8CodeUnitCount
    guard offset >= 0, offset <= count, count - offset >= length else { return false }
    // SAFETY: an ASCII literal of more than one byte is stored as a pointer to `length` bytes; a lone scalar
    // is not, so literals here have two bytes or more.
    precondition(literal.hasPointerRepresentation)
    for index in 0..<length where unsafe self[offset + index] != literal.utf8Start[index] { return false }
    return true
  }

  /// A copy of `range`, cut to what is there.
  func copy(_ range: Range<Int>) -> [UInt8] {
    let lower = Swift.min(Swift.max(range.lowerBound, 0), count)
    let upper = Swift.min(range.upperBound, count)
    guard lower < upper else { return [] }
    return unsafe extracting(lower..<upper).withUnsafeBufferPointer { buffer in
      // SAFETY: the buffer is copied while it is lent.
      unsafe Array(buffer)
    }
  }
}
