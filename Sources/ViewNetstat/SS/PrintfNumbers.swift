import ViewText

/// Fractions as printf(3) of C prints them: from the exact value of the double, halves to even.
extension TextBuffer {
  /// `%.*f` with `digits` after the point, for values up to 2^64.
  mutating func append(fixed value: Double, digits: Int) {
    let scaled = DecimalDigits.rounded(value, timesTenTo: digits)
    let power = DecimalDigits.power(digits)
    append(decimal: UInt64(truncatingIfNeeded: scaled / power))
    guard digits > 0 else { return }
    append(byte: UInt8(ascii: "."))
    append(decimal: UInt64(truncatingIfNeeded: scaled % power), digits: digits)
  }

  /// `%.*g`: `significant` digits, no zeros at the end; for values of 0 and from 1e-4 up to 2^67.
  mutating func append(general value: Double, significant: Int = 6) {
    if value == 0 { return append(byte: UInt8(ascii: "0")) }
    var exponent = DecimalDigits.exponent(value)
    var digits = DecimalDigits.rounded(value, timesTenTo: significant - 1 - exponent)
    if digits == DecimalDigits.power(significant) {  // 9.9999996 became 10
      digits /= 10
      exponent += 1
    }
    if exponent >= significant { return appendScientific(digits, exponent, significant) }
    var places = significant - 1 - exponent
    while places > 0 && digits % 10 == 0 {
      digits /= 10
      places -= 1
    }
    let power = DecimalDigits.power(places)
    append(decimal: UInt64(truncatingIfNeeded: digits / power))
    guard places > 0 else { return }
    append(byte: UInt8(ascii: "."))
    append(decimal: UInt64(truncatingIfNeeded: digits % power), digits: places)
  }

  /// `1.23457e+08`.
  private mutating func appendScientific(_ digits: UInt128, _ exponent: Int, _ significant: Int) {
    var digits = digits
    var places = significant - 1
    while places > 0 && digits % 10 == 0 {
      digits /= 10
      places -= 1
    }
    let power = DecimalDigits.power(places)
    append(decimal: UInt64(truncatingIfNeeded: digits / power))
    if places > 0 {
      append(byte: UInt8(ascii: "."))
      append(decimal: UInt64(truncatingIfNeeded: digits % power), digits: places)
    }
    append("e+")
    append(decimal: UInt64(exponent), digits: 2)
  }
}

/// Exact decimal digits of a double.
private enum DecimalDigits {
  static func power(_ exponent: Int) -> UInt128 {
    var result: UInt128 = 1
    for _ in 0..<exponent { result *= 10 }
    return result
  }

  /// `value` × 10^`places`, rounded to an integer. The product has to fit 120 bits.
  static func rounded(_ value: Double, timesTenTo places: Int) -> UInt128 {
    if value == 0 { return 0 }
    // value = significand × 2^exponent, both whole.
    let significand = UInt128(value.significandBitPattern | 1 << 52)
    let exponent = Int(value.exponent) - 52
    var numerator = significand
    var denominator: UInt128 = 1
    if places >= 0 { numerator *= power(places) } else { denominator = power(-places) }
    if exponent >= 0 {
      numerator <<= UInt128(exponent)
    } else if denominator == 1 {
      // Behind the point of a number this small nothing is left.
      if exponent < -126 { return 0 }
      denominator = 1 << UInt128(-exponent)
    } else {
      denominator <<= UInt128(-exponent)
    }
    let (quotient, rest) = numerator.quotientAndRemainder(dividingBy: denominator)
    let twice = rest * 2
    return twice > denominator || (twice == denominator && quotient % 2 == 1) ? quotient + 1 : quotient
  }

  /// The power of ten of the first digit.
  static func exponent(_ value: Double) -> Int {
    var exponent = 0
    var power = 1.0
    // Powers of ten up to 22 are exact, and so are comparisons with them.
    while value >= power * 10 {
      power *= 10
      exponent += 1
    }
    var places = 0
    while exponent == 0 && places < 8 && floor(value, timesTenTo: places) == 0 { places += 1 }
    return exponent - places
  }

  private static func floor(_ value: Double, timesTenTo places: Int) -> UInt128 {
    let shift = 52 - Int(value.exponent)
    let product = UInt128(value.significandBitPattern | 1 << 52) * power(places)
    return shift > 126 ? 0 : product >> UInt128(shift)
  }
}
