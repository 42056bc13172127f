/// Finds strings in the state files of container runtimes: a reader of JSON (RFC 8259), not a validator.
///
/// It walks objects and arrays that the caller enters and steps over everything else. Text that is not JSON
/// ends in nil or in nonsense, never in a trap, and in time linear to its length. A lone surrogate becomes
/// U+FFFD.
struct JSONScanner: ~Escapable {
  private var scanner: ByteScanner

  @_lifetime(copy text)
  init(_ text: Span<UInt8>) { scanner = ByteScanner(bytes: text) }

  /// Steps into the object that is next.
  mutating func enterObject() -> Bool { skipToken(UInt8(ascii: "{")) }
  /// Steps into the array that is next.
  mutating func enterArray() -> Bool { skipToken(UInt8(ascii: "[")) }

  /// The next key of the entered object, leaving its value next; nil at the object's end.
  mutating func nextKey() -> [UInt8]? {
    _ = skipToken(UInt8(ascii: ","))
    if skipToken(UInt8(ascii: "}")) { return nil }
    guard let key = string(), skipToken(UInt8(ascii: ":")) else { return nil }
    return key
  }

  /// Whether the entered array has another element, which is next then.
  mutating func hasElement() -> Bool {
    _ = skipToken(UInt8(ascii: ","))
    if skipToken(UInt8(ascii: "]")) { return false }
    return !scanner.isAtEnd
  }

  /// Leaves the value of `key` next, in the object that is next.
  mutating func enter(_ key: StaticString) -> Bool {
    guard enterObject() else { return false }
    while let found = nextKey() {
      if found.count == key.utf8CodeUnitCount, found.span.matches(key, at: 0) { return true }
      guard skipValue() else { return false }
    }
    return false
  }

  /// The string that is next.
  mutating func string() -> [UInt8]? {
    guard skipToken(UInt8(ascii: "\"")) else { return nil }
    var result: [UInt8] = []
    while let byte = scanner.next {
      scanner.position += 1
      if byte == UInt8(ascii: "\"") { return result }
      if byte != UInt8(ascii: "\\") { result.append(byte) } else if !escape(into: &result) { return nil }
    }
    return nil
  }

  /// Steps over the value that is next; false where there is none, or no progress would be made.
  mutating func skipValue() -> Bool {
    skipSpace()
    var depth = 0
    repeat {
      skipSpace()
      guard let byte = scanner.next else { return false }
      switch byte {
      case UInt8(ascii: "{"), UInt8(ascii: "["):
        depth += 1
        scanner.position += 1
      case UInt8(ascii: "}"), UInt8(ascii: "]"):
        if depth == 0 { return false }
        depth -= 1
        scanner.position += 1
      case UInt8(ascii: ","), UInt8(ascii: ":"):
        if depth == 0 { return false }
        scanner.position += 1
      case UInt8(ascii: "\""):
        guard skipString() else { return false }
      default: skipWord()
      }
    } while depth > 0
    return true
  }

  /// A number, `true`, `null`, or whatever else there is up to the next mark.
  private mutating func skipWord() {
    while let byte = scanner.next {
      switch byte {
      case 0x20, 0x09, 0x0a, 0x0d, UInt8(ascii: ","), UInt8(ascii: ":"), UInt8(ascii: "\""),
        UInt8(ascii: "{"), UInt8(ascii: "}"), UInt8(ascii: "["), UInt8(ascii: "]"):
        return
      default: scanner.position += 1
      }
    }
  }

  private mutating func skipString() -> Bool {
    scanner.position += 1
    while let byte = scanner.next {
      scanner.position += 1
      if byte == UInt8(ascii: "\"") { return true }
      if byte == UInt8(ascii: "\\"), !scanner.isAtEnd { scanner.position += 1 }
    }
    return false
  }

  private mutating func skipSpace() {
    while let byte = scanner.next, byte == 0x20 || byte == 0x09 || byte == 0x0a || byte == 0x0d {
      scanner.position += 1
    }
  }

  private mutating func skipToken(_ byte: UInt8) -> Bool {
    skipSpace()
    return scanner.skip(byte)
  }

  /// What stands behind a backslash.
  private mutating func escape(into result: inout [UInt8]) -> Bool {
    guard let byte = scanner.next else { return false }
    scanner.position += 1
    switch byte {
    case UInt8(ascii: "n"): result.append(0x0a)
    case UInt8(ascii: "t"): result.append(0x09)
    case UInt8(ascii: "r"): result.append(0x0d)
    case UInt8(ascii: "b"): result.append(0x08)
    case UInt8(ascii: "f"): result.append(0x0c)
    case UInt8(ascii: "u"):
      guard let unit = fourDigits() else { return false }
      var value = UInt32(unit)
      if unit & 0xfc00 == 0xd800, scanner.skip("\\u") {
        guard let low = fourDigits() else { return false }
        // A pair that is none leaves `value` a surrogate: U+FFFD for both.
        if low & 0xfc00 == 0xdc00 { value = 0x1_0000 + (value & 0x3ff) << 10 | UInt32(low & 0x3ff) }
      }
      result.append(contentsOf: UTF8.encode(Unicode.Scalar(value) ?? "\u{fffd}").map(Array.init) ?? [])
    default: result.append(byte)
    }
    return true
  }

  private mutating func fourDigits() -> UInt16? {
    var value: UInt16 = 0
    for _ in 0..<4 {
      guard let digit = scanner.next?.digit(radix: 16) else { return nil }
      value = value << 4 | UInt16(digit)
      scanner.position += 1
    }
    return value
  }
}
