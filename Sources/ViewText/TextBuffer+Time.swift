extension TextBuffer {
  /// `2026-11-20T03:12:09.000000123Z`, from nanoseconds since 1970. RFC 3339, UTC.
  public mutating func append(rfc3339 nanoseconds: UInt64) {
    appendDateTime(seconds: nanoseconds / 1_000_000_000, separator: UInt8(ascii: "T"))
    append(byte: UInt8(ascii: "."))
    append(decimal: nanoseconds % 1_000_000_000, digits: 9)
    append(byte: UInt8(ascii: "Z"))
  }

  /// `2026-11-20 03:12:09 UTC`, for people.
  public mutating func append(humanTime nanoseconds: UInt64) {
    appendDateTime(seconds: nanoseconds / 1_000_000_000, separator: UInt8(ascii: " "))
    append(" UTC")
  }

  private mutating func appendDateTime(seconds: UInt64, separator: UInt8) {
    let date = TextBuffer.civilDate(daysSince1970: seconds / 86400)
    let time = seconds % 86400
    append(decimal: date.year, digits: 4)
    append(byte: UInt8(ascii: "-"))
    append(decimal: date.month, digits: 2)
    append(byte: UInt8(ascii: "-"))
    append(decimal: date.day, digits: 2)
    append(byte: separator)
    append(decimal: time / 3600, digits: 2)
    append(byte: UInt8(ascii: ":"))
    append(decimal: time / 60 % 60, digits: 2)
    append(byte: UInt8(ascii: ":"))
    append(decimal: time % 60, digits: 2)
  }

  /// The Gregorian date of a day: Howard Hinnant's `civil_from_days`, whose years begin in March, so that the leap
  /// day is the last of its year.
  static func civilDate(daysSince1970 days: UInt64) -> (year: UInt64, month: UInt64, day: UInt64) {
    let shifted = days + 719_468
    let era = shifted / 146_097
    let dayOfEra = shifted % 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let marchMonth = (5 * dayOfYear + 2) / 153
    let day = dayOfYear - (153 * marchMonth + 2) / 5 + 1
    let month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
    return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day)
  }

  /// The two largest units: `850us`, `3.2ms`, `41s`, `3m20s`, `2h05m`, `4d03h`.
  public mutating func append(durationMicroseconds microseconds: UInt64) {
    let seconds = microseconds / 1_000_000
    switch microseconds {
    case ..<1000:
      append(decimal: microseconds)
      append("us")
    case ..<1_000_000:
      appendFraction(hundredths: microseconds / 10)
      append("ms")
    case ..<10_000_000:
      appendFraction(hundredths: microseconds / 10_000)
      append("s")
    case ..<60_000_000:
      append(decimal: seconds)
      append("s")
    case ..<3_600_000_000: appendPair(seconds / 60, "m", seconds % 60, "s")
    case ..<86_400_000_000: appendPair(seconds / 3600, "h", seconds / 60 % 60, "m")
    default: appendPair(seconds / 86400, "d", seconds / 3600 % 24, "h")
    }
  }

  private mutating func appendPair(
    _ large: UInt64, _ largeUnit: StaticString, _ small: UInt64, _ smallUnit: StaticString
  ) {
    append(decimal: large)
    append(largeUnit)
    append(decimal: small, digits: 2)
    append(smallUnit)
  }

  /// `3`, `3.2`, `3.25`, from hundredths: at most three digits that say something.
  mutating func appendFraction(hundredths: UInt64) {
    append(decimal: hundredths / 100)
    let fraction = hundredths % 100
    if hundredths >= 10_000 || fraction == 0 { return }
    append(byte: UInt8(ascii: "."))
    append(byte: 48 + UInt8(truncatingIfNeeded: fraction / 10))
    if hundredths < 1000 && fraction % 10 != 0 { append(byte: 48 + UInt8(truncatingIfNeeded: fraction % 10)) }
  }

  /// Bytes in binary units: `812B`, `3.2KiB`, `17MiB`.
  public mutating func append(size bytes: UInt64) {
    if bytes < 1024 {
      append(decimal: bytes)
      append("B")
      return
    }
    let exponent = UInt64(63 - bytes.leadingZeroBitCount) / 10
    let unit = UInt64(1) << (10 * exponent)
    appendFraction(hundredths: bytes / unit * 100 + ((bytes % unit) >> (10 * exponent - 10)) * 100 / 1024)
    appendUnit(exponent, ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"])
  }

  /// Bytes a second, as bits in decimal units, which is how links are sold: `10.4Mbit/s`.
  public mutating func append(bitRate bytesPerSecond: UInt64) {
    let (bits, overflow) = bytesPerSecond.multipliedReportingOverflow(by: 8)
    var unit: UInt64 = 1
    var exponent: UInt64 = 0
    let value = overflow ? UInt64.max : bits
    while exponent < 4 && value / unit >= 1000 {
      unit *= 1000
      exponent += 1
    }
    appendFraction(hundredths: value / unit * 100 + (unit == 1 ? 0 : value % unit / (unit / 100)))
    appendUnit(exponent, ["bit/s", "kbit/s", "Mbit/s", "Gbit/s", "Tbit/s"])
  }

  private mutating func appendUnit(_ exponent: UInt64, _ units: [StaticString]) {
    append(units[Int(exponent)])
  }
}
