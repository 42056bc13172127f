/// Numbers as strtol(3) with base 0 reads them: decimal, `0x` hexadecimal, `0` octal, with a sign.
enum CNumber {
  /// The number at the start of `text`, and what follows it; nil where none begins. Too great a number is the greatest.
  static func prefix(_ text: Substring) -> (isNegative: Bool, magnitude: UInt64, rest: Substring)? {
    var rest = text.drop { $0 == " " || $0 == "\t" }
    let isNegative = rest.first == "-"
    if isNegative || rest.first == "+" { rest = rest.dropFirst() }
    var base: UInt64 = 10
    if rest.first == "0" {
      base = 8
      let hex = rest.dropFirst()
      if hex.first == "x" || hex.first == "X", let digit = hex.dropFirst().first?.hexDigitValue, digit < 16 {
        base = 16
        rest = hex.dropFirst()
      }
    }
    var value: UInt64 = 0
    var count = 0
    while let digit = rest.first?.hexDigitValue.map(UInt64.init), digit < base {
      let (product, overflow) = value.multipliedReportingOverflow(by: base)
      let (sum, carry) = product.addingReportingOverflow(digit)
      value = overflow || carry ? .max : sum
      count += 1
      rest = rest.dropFirst()
    }
    return count == 0 ? nil : (isNegative, value, rest)
  }

  /// The whole of `text` as a C `int`.
  static func integer(_ text: some StringProtocol) -> Int32? {
    guard let (isNegative, magnitude, rest) = prefix(Substring(text)), rest.isEmpty else { return nil }
    guard let value = Int64(exactly: magnitude) else { return nil }
    return Int32(exactly: isNegative ? -value : value)
  }

  /// The whole of `text` as an `unsigned long`: a sign turns it round.
  static func unsigned(_ text: some StringProtocol) -> UInt64? {
    guard let (isNegative, magnitude, rest) = prefix(Substring(text)), rest.isEmpty else { return nil }
    return isNegative ? 0 &- magnitude : magnitude
  }

  /// `0x1/0xff` or `1`, as sscanf(3) with `%i/%i` and `%i` takes it: what follows is passed over.
  static func mark(_ text: String) -> (value: UInt32, mask: UInt32)? {
    func word(_ text: Substring) -> (UInt32, Substring)? {
      guard let (isNegative, magnitude, rest) = prefix(text) else { return nil }
      return (UInt32(truncatingIfNeeded: isNegative ? 0 &- magnitude : magnitude), rest)
    }
    guard let (value, rest) = word(Substring(text)) else { return nil }
    guard text.contains("/") else { return (value, .max) }
    guard rest.first == "/", let (mask, _) = word(rest.dropFirst()) else { return nil }
    return (value, mask)
  }
}
