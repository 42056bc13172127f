/// Globs over bytes: `*` any run, `?` one character of UTF-8, `[a-z]` `[!a-z]` one byte of a set, `\` takes the next
/// character as it is. A `/` is a character like any other. Linear but for `*`; no recursion.
enum Glob {
  static func matches(_ pattern: [UInt8], _ text: [UInt8], foldingCase: Bool = false) -> Bool {
    var patternIndex = 0
    var textIndex = 0
    // Where to go on after a mismatch: the last `*`, which then swallows one byte more.
    var star: (pattern: Int, text: Int)?
    while textIndex < text.count || patternIndex < pattern.count {
      if patternIndex < pattern.count {
        if pattern[patternIndex] == UInt8(ascii: "*") {
          star = (patternIndex + 1, textIndex)
          patternIndex += 1
          continue
        }
        if textIndex < text.count,
          let step = step(pattern, patternIndex, text, textIndex, foldingCase: foldingCase)
        {
          patternIndex = step.pattern
          textIndex = step.text
          continue
        }
      }
      guard let last = star, last.text < text.count else { return false }
      star = (last.pattern, last.text + 1)
      (patternIndex, textIndex) = (last.pattern, last.text + 1)
    }
    return true
  }

  /// Matches one element of the pattern, not a `*`, against the text; nil if it does not.
  private static func step(
    _ pattern: [UInt8], _ patternIndex: Int, _ text: [UInt8], _ textIndex: Int, foldingCase: Bool
  ) -> (pattern: Int, text: Int)? {
    switch pattern[patternIndex] {
    case UInt8(ascii: "?"):
      var end = textIndex + 1
      if text[textIndex] >= 0xc0 {
        while end < text.count, end < textIndex + 4, text[end] & 0xc0 == 0x80 { end += 1 }
      }
      return (patternIndex + 1, end)
    case UInt8(ascii: "["):
      guard let set = set(pattern, patternIndex, contains: text[textIndex], foldingCase: foldingCase) else {
        break
      }
      return set.matches ? (set.end, textIndex + 1) : nil
    case UInt8(ascii: "\\") where patternIndex + 1 < pattern.count:
      return isEqual(pattern[patternIndex + 1], text[textIndex], foldingCase)
        ? (patternIndex + 2, textIndex + 1) : nil
    default: break
    }
    return isEqual(pattern[patternIndex], text[textIndex], foldingCase)
      ? (patternIndex + 1, textIndex + 1) : nil
  }

  /// Whether `[…]` at `start` has the byte, and where it ends; nil if it has no end, and so is a plain `[`.
  private static func set(
    _ pattern: [UInt8], _ start: Int, contains byte: UInt8, foldingCase: Bool
  ) -> (matches: Bool, end: Int)? {
    var index = start + 1
    let isNegated = index < pattern.count && [UInt8(ascii: "!"), UInt8(ascii: "^")].contains(pattern[index])
    if isNegated { index += 1 }
    let first = index
    var isInside = false
    let wanted = folded(byte, foldingCase)
    while index < pattern.count, pattern[index] != UInt8(ascii: "]") || index == first {
      var low = pattern[index]
      if low == UInt8(ascii: "\\"), index + 1 < pattern.count {
        index += 1
        low = pattern[index]
      }
      var high = low
      if index + 2 < pattern.count, pattern[index + 1] == UInt8(ascii: "-"),
        pattern[index + 2] != UInt8(ascii: "]")
      {
        high = pattern[index + 2]
        index += 2
      }
      let lowest = folded(low, foldingCase)
      let highest = folded(high, foldingCase)
      if lowest <= wanted, wanted <= highest { isInside = true }
      index += 1
    }
    return index < pattern.count ? (isInside != isNegated, index + 1) : nil
  }

  private static func isEqual(_ left: UInt8, _ right: UInt8, _ foldingCase: Bool) -> Bool {
    folded(left, foldingCase) == folded(right, foldingCase)
  }

  private static func folded(_ byte: UInt8, _ foldingCase: Bool) -> UInt8 {
    foldingCase && byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z") ? byte | 0x20 : byte
  }
}
