/// How the numbers of a predicate are written.
enum Quantity {
  /// `4711`, `0x1267`.
  case plain
  /// Bytes: `10k` is 10 240; k, M, G and T are powers of 1024, with `B` or `iB` after them if one likes.
  case bytes
  /// Nanoseconds: `5m`; ns, us, ms, s, m, h, d, w. A bare number is in the given unit.
  case duration(bare: UInt64)

  private static let sizes: [(name: String, factor: UInt64)] =
    [("t", 1 << 40), ("g", 1 << 30), ("m", 1 << 20), ("k", 1 << 10), ("", 1)]

  private static let durations: [(name: String, factor: UInt64)] = [
    ("w", 604_800_000_000_000), ("d", 86_400_000_000_000), ("h", 3_600_000_000_000), ("m", 60_000_000_000),
    ("s", 1_000_000_000), ("ms", 1_000_000), ("us", 1_000), ("ns", 1),
  ]

  /// What was expected, for an error.
  var expectation: String {
    switch self {
    case .plain: "a number"
    case .bytes: "a size such as 1500, 10k, 2.5M (k, M, G, T are powers of 1024)"
    case .duration: "a duration such as 500ms, 30s, 5m, 2h, 7d"
    }
  }

  /// Reads a number with its unit; nil if it is none, or too great.
  func parse(_ text: [UInt8]) -> UInt64? {
    switch self {
    case .plain: return Self.parseInteger(text[...])
    case .bytes: return parse(text, units: Self.sizes, bare: 1)
    case .duration(let bare): return parse(text, units: Self.durations, bare: bare)
    }
  }

  static func text(_ value: UInt64, _ quantity: Quantity) -> String {
    let units: [(name: String, factor: UInt64)]
    switch quantity {
    case .plain: return "\(value)"
    case .bytes: units = sizes
    case .duration: units = durations
    }
    let unit = units.first { value != 0 && value % $0.factor == 0 } ?? units[units.count - 1]
    return "\(value / unit.factor)\(unit.name)"
  }

  /// Decimal, or hexadecimal after `0x`.
  static func parseInteger(_ text: ArraySlice<UInt8>) -> UInt64? {
    let isHex = text.count > 2 && text.starts(with: [UInt8(ascii: "0"), UInt8(ascii: "x")])
    let digits = isHex ? text.dropFirst(2) : text
    let base: UInt64 = isHex ? 16 : 10
    guard !digits.isEmpty else { return nil }
    var value: UInt64 = 0
    for byte in digits {
      guard let digit = hexDigit(byte), UInt64(digit) < base else { return nil }
      let (product, overflow) = value.multipliedReportingOverflow(by: base)
      let (sum, carry) = product.addingReportingOverflow(UInt64(digit))
      if overflow || carry { return nil }
      value = sum
    }
    return value
  }

  /// `2.5M`: the whole part and at most 9 digits of a fraction, times the unit, cut to a whole number.
  private func parse(_ text: [UInt8], units: [(name: String, factor: UInt64)], bare: UInt64) -> UInt64? {
    let isNumber = { (byte: UInt8) in byte &- UInt8(ascii: "0") < 10 || byte == UInt8(ascii: ".") }
    let split = text.firstIndex { !isNumber($0) } ?? text.count
    let parts = text[..<split].split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    guard let factor = factor(of: text[split...], units: units, bare: bare), parts.count <= 2,
      let first = parts.first, let whole = Self.parseInteger(first)
    else { return nil }
    let (product, overflow) = whole.multipliedReportingOverflow(by: factor)
    if overflow { return nil }
    guard parts.count == 2 else { return product }
    guard parts[1].count <= 9, let fraction = Self.parseInteger(parts[1]) else { return nil }
    let scale = (0..<parts[1].count).reduce(UInt64(1)) { scale, _ in scale * 10 }
    let wide = factor.multipliedFullWidth(by: fraction)
    // The fraction is below the scale, so the quotient is below the factor.
    let (sum, carry) = product.addingReportingOverflow(scale.dividingFullWidth(wide).quotient)
    return carry ? nil : sum
  }

  private func factor(
    of suffix: ArraySlice<UInt8>, units: [(name: String, factor: UInt64)], bare: UInt64
  ) -> UInt64? {
    if suffix.isEmpty { return bare }
    var name = String(decoding: suffix, as: UTF8.self)
    if case .bytes = self {
      name = name.lowercased()
      if name.hasSuffix("b") { name.removeLast() }
      if name.count == 2, name.hasSuffix("i") { name.removeLast() }
    }
    return units.first { $0.name == name }?.factor
  }
}

extension FilterNumber {
  var quantity: Quantity {
    switch self {
    case .receiveQueue, .sendQueue, .sent, .received: .bytes
    case .age: .duration(bare: 1_000_000_000)
    case .roundTrip: .duration(bare: 1_000_000)
    default: .plain
    }
  }
}
