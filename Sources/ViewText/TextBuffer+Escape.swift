import Model

// Escaping. Names come from whoever is being watched; each output format has its own way to be hurt.

extension TextBuffer {
  /// For a terminal: nothing that moves the cursor, changes a colour or turns the direction of text gets through.
  ///
  /// Newline is `\n`, tab `\t`, carriage return `\r`; other controls and bytes that are not UTF-8 are `\xNN`; invisible
  /// and bidi characters `\u{202e}`. A backslash is doubled, so that an escape cannot be forged. Returns the columns.
  @discardableResult
  public mutating func append(terminal text: Span<UInt8>) -> Int {
    var width = 0
    var index = 0
    while index < text.count {
      let byte = text[index]
      if byte >= 0x20 && byte < 0x7f && byte != UInt8(ascii: "\\") {
        append(byte: byte)
        width &+= 1
        index &+= 1
      } else {
        let step = appendTerminalScalar(text, at: index)
        width += step.width
        index += step.length
      }
    }
    return width
  }
  @discardableResult public mutating func append(terminal text: RawText) -> Int {
    append(terminal: text.bytes.span)
  }
  @discardableResult public mutating func append(terminal text: String) -> Int {
    append(terminal: text.utf8.span)
  }

  private mutating func appendTerminalScalar(_ text: Span<UInt8>, at index: Int) -> (width: Int, length: Int)
  {
    let before = count
    switch decodeScalar(text, at: index) {
    case .invalid(let byte):
      append("\\x")
      append(hex: UInt64(byte), digits: 2)
      return (4, 1)
    case .scalar(let scalar, let length) where isHostile(scalar):
      switch scalar {
      case 0x0a: append("\\n")
      case 0x0d: append("\\r")
      case 0x09: append("\\t")
      case 0..<0xa0:
        append(scalar < 0x80 ? "\\x" : "\\u{")
        append(hex: UInt64(scalar), digits: 2)
        if scalar >= 0x80 { append("}") }
      default:
        append("\\u{")
        append(hex: UInt64(scalar))
        append("}")
      }
      return (count - before, length)
    case .scalar(0x5c, _):
      append("\\\\")
      return (2, 1)
    case .scalar(let scalar, let length):
      append(text.extracting(index..<(index + length)))
      return (DisplayWidth.of(scalar: scalar), length)
    }
  }

  /// A JSON string with its quotes, of bytes that need not be UTF-8.
  ///
  /// The value that a reader gets: each byte that is no UTF-8 stands as the four characters `\xNN`. A backslash of the
  /// name itself stays one, unless an `x` and two hexadecimal digits follow it: then it stands as `\x5c`. So every
  /// `\xNN` in the value is an escape and can be turned back, and ordinary names are untouched. Controls, bidi and
  /// invisible characters are `\uNNNN`, which does not change the value and keeps a terminal safe.
  public mutating func append(json text: RawText) {
    append(byte: UInt8(ascii: "\""))
    appendJSON(text.bytes.span, bytesMayBeInvalid: true)
    append(byte: UInt8(ascii: "\""))
  }

  /// A JSON string with its quotes, of text that is Unicode already: no `\xNN` in its value is ours.
  public mutating func append(json text: String) {
    append(byte: UInt8(ascii: "\""))
    appendJSON(text.utf8.span, bytesMayBeInvalid: false)
    append(byte: UInt8(ascii: "\""))
  }

  /// The inside of a JSON string.
  public mutating func appendJSON(_ text: Span<UInt8>, bytesMayBeInvalid: Bool) {
    var index = 0
    while index < text.count {
      let byte = text[index]
      if byte >= 0x20 && byte < 0x7f && byte != UInt8(ascii: "\\") && byte != UInt8(ascii: "\"") {
        append(byte: byte)
        index &+= 1
        continue
      }
      switch decodeScalar(text, at: index) {
      case .invalid(let byte):
        append("\\\\x")
        append(hex: UInt64(byte), digits: 2)
        index += 1
      case .scalar(0x22, _):
        append("\\\"")
        index += 1
      case .scalar(0x5c, _):
        append(bytesMayBeInvalid && looksLikeEscape(text, at: index) ? "\\\\x5c" : "\\\\")
        index += 1
      case .scalar(let scalar, let length):
        if isHostile(scalar) {
          appendJSONEscape(scalar)
        } else {
          append(text.extracting(index..<(index + length)))
        }
        index += length
      }
    }
  }

  private mutating func appendJSONEscape(_ scalar: UInt32) {
    switch scalar {
    case 0x0a: append("\\n")
    case 0x0d: append("\\r")
    case 0x09: append("\\t")
    case 0x1_0000...:
      append("\\u")
      append(hex: UInt64(0xd800 + (scalar - 0x1_0000) >> 10), digits: 4)
      append("\\u")
      append(hex: UInt64(0xdc00 + (scalar & 0x3ff)), digits: 4)
    default:
      append("\\u")
      append(hex: UInt64(scalar), digits: 4)
    }
  }

  private func looksLikeEscape(_ text: Span<UInt8>, at index: Int) -> Bool {
    guard index + 3 < text.count, text[index + 1] == UInt8(ascii: "x") else { return false }
    return isHexDigit(text[index + 2]) && isHexDigit(text[index + 3])
  }

  private func isHexDigit(_ byte: UInt8) -> Bool {
    (48...57).contains(byte) || (65...70).contains(byte) || (97...102).contains(byte)
  }

  /// A CSV cell, by RFC 4180, on one line: what a terminal must not see is escaped as for a terminal.
  ///
  /// A cell that a spreadsheet would take for a formula (it begins with `= + - @`, tab, CR or LF, or a full-width form)
  /// gets a leading `'`.
  public mutating func append(csv text: Span<UInt8>) {
    var escaped = TextBuffer()
    escaped.append(terminal: text)
    let isFormula = TextBuffer.beginsFormula(text)
    let needsQuotes = escaped.contents.contains { $0 == UInt8(ascii: ",") || $0 == UInt8(ascii: "\"") }
    if needsQuotes { append(byte: UInt8(ascii: "\"")) }
    if isFormula { append(byte: UInt8(ascii: "'")) }
    for byte in escaped.contents {
      if byte == UInt8(ascii: "\"") { append(byte: byte) }
      append(byte: byte)
    }
    if needsQuotes { append(byte: UInt8(ascii: "\"")) }
  }
  public mutating func append(csv text: RawText) { append(csv: text.bytes.span) }
  public mutating func append(csv text: String) { append(csv: text.utf8.span) }

  private static func beginsFormula(_ text: Span<UInt8>) -> Bool {
    guard text.count > 0 else { return false }
    switch text[0] {
    case UInt8(ascii: "="), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "@"), 0x09, 0x0a, 0x0d:
      return true
    case 0xef:
      guard text.count >= 3, text[1] == 0xbc else { return false }
      return [0x9d, 0x8b, 0x8d, 0xa0].contains(text[2])
    default: return false
    }
  }
}
