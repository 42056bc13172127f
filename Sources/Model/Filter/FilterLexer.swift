/// What stands where a predicate or an operator may stand.
enum FilterToken: Equatable {
  case open, close, and, or, not
  case comparison(FilterOperator)
  case word
  case quote
  case end
}

/// `=` and its kin, as written.
enum FilterOperator: Equatable {
  case equal, notEqual, less, lessOrEqual, greater, greaterOrEqual, glob, notGlob

  static let words: [String: FilterOperator] = [
    "eq": .equal, "ne": .notEqual, "neq": .notEqual, "lt": .less, "le": .lessOrEqual, "leq": .lessOrEqual,
    "gt": .greater, "ge": .greaterOrEqual, "geq": .greaterOrEqual,
  ]
}

/// What a predicate compares with.
struct FilterValue {
  /// Quotes taken off; escapes undone.
  var text: [UInt8]
  /// The same, with the backslashes of unquoted text kept: a glob has its own.
  var pattern: [UInt8]
  var range: Range<Int>
  var isQuoted: Bool
}

/// Cuts a filter into words.
///
/// Operators and parentheses need no blanks. What is a word depends on where it stands: the parser asks either for a
/// token or for a value (`/run/a=b` is one value). Not a single byte is looked at before its bound is checked.
struct FilterLexer {
  let bytes: [UInt8]
  /// Command-line words that contain blanks: where text is expected, such a word counts as quoted.
  let blankWords: [Range<Int>]
  var position = 0

  init(_ bytes: [UInt8], blankWords: [Range<Int>] = []) {
    self.bytes = bytes
    self.blankWords = blankWords
  }

  private func byte(at index: Int) -> UInt8? { index < bytes.count ? bytes[index] : nil }

  static func isBlank(_ byte: UInt8) -> Bool { byte == 32 || (9...13).contains(byte) }

  mutating func skipBlanks() {
    while let next = byte(at: position), Self.isBlank(next) { position += 1 }
  }

  /// The next token and its place; does not consume it.
  mutating func peek() -> (token: FilterToken, range: Range<Int>) {
    skipBlanks()
    let start = position
    guard let first = byte(at: start) else { return (.end, start..<start) }
    let second = byte(at: start + 1)
    func token(_ token: FilterToken, _ length: Int) -> (FilterToken, Range<Int>) {
      (token, start..<(start + length))
    }
    switch first {
    case UInt8(ascii: "("): return token(.open, 1)
    case UInt8(ascii: ")"): return token(.close, 1)
    case UInt8(ascii: "&"): return token(.and, second == first ? 2 : 1)
    case UInt8(ascii: "|"): return token(.or, second == first ? 2 : 1)
    case UInt8(ascii: "~"): return token(.comparison(.glob), 1)
    case UInt8(ascii: "="): return token(.comparison(.equal), second == first ? 2 : 1)
    case UInt8(ascii: "<"):
      return second == UInt8(ascii: "=") ? token(.comparison(.lessOrEqual), 2) : token(.comparison(.less), 1)
    case UInt8(ascii: ">"):
      return second == UInt8(ascii: "=")
        ? token(.comparison(.greaterOrEqual), 2) : token(.comparison(.greater), 1)
    case UInt8(ascii: "!"):
      if second == UInt8(ascii: "=") { return token(.comparison(.notEqual), 2) }
      return second == UInt8(ascii: "~") ? token(.comparison(.notGlob), 2) : token(.not, 1)
    case UInt8(ascii: "\""), UInt8(ascii: "'"): return token(.quote, 1)
    default: return word(from: start)
    }
  }

  private func word(from start: Int) -> (FilterToken, Range<Int>) {
    var end = start + 1
    while let next = byte(at: end), !endsWord(next, at: end) { end += 1 }
    let range = start..<end
    switch string(range) {
    case "and": return (.and, range)
    case "or": return (.or, range)
    case "not": return (.not, range)
    case let word:
      if let comparison = FilterOperator.words[word] { return (.comparison(comparison), range) }
      return (.word, range)
    }
  }

  private func endsWord(_ next: UInt8, at index: Int) -> Bool {
    switch next {
    case UInt8(ascii: "("), UInt8(ascii: ")"), UInt8(ascii: "&"), UInt8(ascii: "|"), UInt8(ascii: "="),
      UInt8(ascii: "<"), UInt8(ascii: ">"), UInt8(ascii: "~"), UInt8(ascii: "\""), UInt8(ascii: "'"):
      return true
    case UInt8(ascii: "!"):
      let after = byte(at: index + 1)
      return after == UInt8(ascii: "=") || after == UInt8(ascii: "~")
    default: return Self.isBlank(next)
    }
  }

  func string(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }

  /// Takes a value: up to a blank, a parenthesis, `&` or `|`; or a quoted one. nil where there is none.
  mutating func value(takesBlanks: Bool) throws(FilterError) -> FilterValue? {
    skipBlanks()
    let start = position
    guard let first = byte(at: start) else { return nil }
    if Self.isQuote(first) { return try quoted(prefix: [], start: start) }
    let unix = Array("unix:".utf8)
    if bytes[start...].starts(with: unix), let quote = byte(at: start + unix.count), Self.isQuote(quote) {
      position += unix.count
      return try quoted(prefix: unix, start: start)
    }
    if let range = blankWords.first(where: { $0.lowerBound == start }), takesBlanks || startsPath(at: start) {
      position = range.upperBound
      let text = Array(bytes[range])
      return FilterValue(text: text, pattern: text, range: range, isQuoted: true)
    }
    return unquoted(from: start)
  }

  private static func isQuote(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'")
  }

  private func startsPath(at index: Int) -> Bool {
    bytes[index] == UInt8(ascii: "/") || bytes[index] == UInt8(ascii: "@")
      || bytes[index...].starts(with: Array("unix:".utf8))
  }

  private mutating func unquoted(from start: Int) -> FilterValue? {
    var text: [UInt8] = []
    var pattern: [UInt8] = []
    scan: while let next = byte(at: position), !Self.isBlank(next) {
      switch next {
      case UInt8(ascii: "("), UInt8(ascii: ")"), UInt8(ascii: "&"), UInt8(ascii: "|"):
        break scan
      case UInt8(ascii: "\\"):
        pattern.append(next)
        if position + 1 < bytes.count { position += 1 }
      default: break
      }
      text.append(bytes[position])
      pattern.append(bytes[position])
      position += 1
    }
    if position == start { return nil }
    return FilterValue(text: text, pattern: pattern, range: start..<position, isQuoted: false)
  }

  /// Takes a quoted text at `position`: `\n`, `\t`, `\r`, `\xNN`, and a backslash before anything else takes it as
  /// it is.
  private mutating func quoted(prefix: [UInt8], start: Int) throws(FilterError) -> FilterValue {
    let quote = bytes[position]
    let opening = position..<(position + 1)
    var text = prefix
    position += 1
    while let next = byte(at: position) {
      position += 1
      if next == quote {
        return FilterValue(text: text, pattern: text, range: start..<position, isQuoted: true)
      }
      guard next == UInt8(ascii: "\\"), let escaped = byte(at: position) else {
        text.append(next)
        continue
      }
      position += 1
      switch escaped {
      case UInt8(ascii: "n"): text.append(10)
      case UInt8(ascii: "t"): text.append(9)
      case UInt8(ascii: "r"): text.append(13)
      case UInt8(ascii: "x"): text.append(try hexByte())
      default: text.append(escaped)
      }
    }
    throw FilterError(message: "this quote has no end", range: opening)
  }

  private mutating func hexByte() throws(FilterError) -> UInt8 {
    guard let high = byte(at: position).flatMap(hexDigit), let low = byte(at: position + 1).flatMap(hexDigit)
    else {
      throw FilterError(message: "'\\x' needs two hexadecimal digits", range: (position - 2)..<position)
    }
    position += 2
    return high << 4 | low
  }
}
