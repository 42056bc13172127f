// Text of addresses: dotted quads, and IPv6 by RFC 4291 (reading) and RFC 5952 (writing).

extension IPAddress {
  /// Reads `10.0.0.1` or `fe80::1`; nil for anything else, also for a zone (`fe80::1%eth0`: `parse` takes it).
  public init?(_ text: String) {
    self.init(utf8: Array(text.utf8)[...])
  }

  /// Reads the bytes of an address.
  ///
  /// Strict as inet_pton(3): four decimal numbers without leading zeros, or up to four hexadecimal digits a group.
  public init?(utf8 text: ArraySlice<UInt8>) {
    if text.contains(UInt8(ascii: ":")) {
      guard let (high, low) = Self.parseV6(text) else { return nil }
      self.init(v6High: high, low: low)
    } else {
      guard let address = Self.parseV4(text) else { return nil }
      self.init(v4: address)
    }
  }

  /// Reads an address that may carry a zone, `fe80::1%eth0`: only IPv6 has zones, and none is empty.
  public static func parse(_ text: String) -> (address: IPAddress, zone: String?)? {
    parse(utf8: Array(text.utf8)[...]).map {
      ($0.address, $0.zone.map { String(decoding: $0, as: UTF8.self) })
    }
  }

  static func parse(utf8 text: ArraySlice<UInt8>) -> (address: IPAddress, zone: ArraySlice<UInt8>?)? {
    guard let percent = text.firstIndex(of: UInt8(ascii: "%")) else {
      return IPAddress(utf8: text).map { ($0, nil) }
    }
    let zone = text[(percent + 1)...]
    guard !zone.isEmpty, let address = IPAddress(utf8: text[..<percent]), address.version == .v6 else {
      return nil
    }
    return (address, zone)
  }

  private static func parseV4(_ text: ArraySlice<UInt8>) -> UInt32? {
    var address: UInt32 = 0
    var fields = 0
    var value: UInt32 = 0
    var digits = 0
    for byte in text {
      if byte == UInt8(ascii: ".") {
        guard digits > 0, fields < 3 else { return nil }
        address = address << 8 | value
        fields += 1
        (value, digits) = (0, 0)
        continue
      }
      guard byte &- UInt8(ascii: "0") < 10, digits == 0 || value != 0 else { return nil }
      value = value * 10 + UInt32(byte &- UInt8(ascii: "0"))
      digits += 1
      guard value < 256 else { return nil }
    }
    return fields == 3 && digits > 0 ? address << 8 | value : nil
  }

  private static func parseV6(_ text: ArraySlice<UInt8>) -> (high: UInt64, low: UInt64)? {
    // Groups before and after `::` are collected in order; the gap is filled with zeros at the end.
    var groups: [UInt16] = []
    var gap: Int?
    var index = text.startIndex
    let colon = UInt8(ascii: ":")
    if text.starts(with: [colon, colon]) {
      gap = 0
      index += 2
    }
    while index < text.endIndex {
      let end = text[index...].firstIndex(of: colon) ?? text.endIndex
      if end == text.endIndex, let tail = parseV4(text[index...]) {
        groups += [UInt16(truncatingIfNeeded: tail >> 16), UInt16(truncatingIfNeeded: tail)]
        break
      }
      guard groups.count < 8, let group = parseGroup(text[index..<end]) else { return nil }
      groups.append(group)
      if end == text.endIndex { break }
      index = end + 1
      if index == text.endIndex { return nil }
      if text[index] == colon {
        guard gap == nil else { return nil }
        gap = groups.count
        index += 1
      }
    }
    return assemble(groups, gap: gap)
  }

  private static func parseGroup(_ text: ArraySlice<UInt8>) -> UInt16? {
    guard (1...4).contains(text.count) else { return nil }
    var value: UInt16 = 0
    for byte in text {
      guard let digit = hexDigit(byte) else { return nil }
      value = value << 4 | UInt16(digit)
    }
    return value
  }

  private static func assemble(_ groups: [UInt16], gap: Int?) -> (high: UInt64, low: UInt64)? {
    // `::` stands for at least one group.
    guard gap == nil ? groups.count == 8 : groups.count < 8 else { return nil }
    let missing = 8 - groups.count
    var words: (high: UInt64, low: UInt64) = (0, 0)
    for (index, group) in groups.enumerated() {
      let place = index < (gap ?? 8) ? index : index + missing
      let shift = UInt64(48 - 16 * (place % 4))
      if place < 4 { words.high |= UInt64(group) << shift } else { words.low |= UInt64(group) << shift }
    }
    return words
  }
}

extension IPAddress {
  /// Longest text that `appendText` writes: `ffff:` eight times, without the last colon.
  public static let maximumTextLength = 39

  /// Appends the text of the address, without brackets: RFC 5952, and dotted quads for IPv4 (also mapped).
  public func appendText(to output: inout [UInt8]) {
    output.append(addingCapacity: Self.maximumTextLength) { (span: inout OutputSpan<UInt8>) in
      if version == .v4 {
        Self.appendV4(UInt32(truncatingIfNeeded: low), to: &span)
      } else {
        appendV6(to: &span)
      }
    }
  }

  /// The text of the address: `10.0.0.1`, `fe80::1`, `::ffff:10.0.0.1`.
  public var text: String {
    var bytes: [UInt8] = []
    appendText(to: &bytes)
    return String(decoding: bytes, as: UTF8.self)
  }

  @inline(__always)
  private static func appendV4(_ address: UInt32, to span: inout OutputSpan<UInt8>) {
    appendDecimal(UInt8(truncatingIfNeeded: address >> 24), to: &span)
    span.append(UInt8(ascii: "."))
    appendDecimal(UInt8(truncatingIfNeeded: address >> 16), to: &span)
    span.append(UInt8(ascii: "."))
    appendDecimal(UInt8(truncatingIfNeeded: address >> 8), to: &span)
    span.append(UInt8(ascii: "."))
    appendDecimal(UInt8(truncatingIfNeeded: address), to: &span)
  }

  @inline(__always)
  private static func appendDecimal(_ value: UInt8, to span: inout OutputSpan<UInt8>) {
    let zero = UInt8(ascii: "0")
    if value >= 100 {
      span.append(zero &+ value / 100)
      span.append(zero &+ value / 10 % 10)
    } else if value >= 10 {
      span.append(zero &+ value / 10)
    }
    span.append(zero &+ value % 10)
  }

  @inline(__always)
  private func group(_ index: Int) -> UInt16 {
    UInt16(truncatingIfNeeded: (index < 4 ? high : low) >> UInt64(48 - 16 * (index & 3)))
  }

  private func appendV6(to span: inout OutputSpan<UInt8>) {
    let colon = UInt8(ascii: ":")
    if isV4Mapped {
      for byte in "::ffff:".utf8 { span.append(byte) }
      return Self.appendV4(UInt32(truncatingIfNeeded: low), to: &span)
    }
    let gap = longestZeroRun()
    var index = 0
    while index < 8 {
      if index == gap.lowerBound, !gap.isEmpty {
        span.append(colon)
        span.append(colon)
        index = gap.upperBound
        continue
      }
      if index > 0, index != gap.upperBound || gap.isEmpty { span.append(colon) }
      Self.appendHex(group(index), to: &span)
      index += 1
    }
  }

  /// The groups that `::` replaces: the first longest run of at least two zero groups; empty when there is none.
  private func longestZeroRun() -> Range<Int> {
    var best = 0..<0
    var start = 0
    for index in 0..<8 {
      if group(index) != 0 {
        start = index + 1
      } else if index - start + 1 > max(1, best.count) {
        best = start..<(index + 1)
      }
    }
    return best
  }

  private static func appendHex(_ value: UInt16, to span: inout OutputSpan<UInt8>) {
    var shift = value >= 0x1000 ? 12 : value >= 0x100 ? 8 : value >= 0x10 ? 4 : 0
    while shift >= 0 {
      let digit = UInt8(truncatingIfNeeded: value >> UInt16(shift)) & 15
      span.append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
      shift -= 4
    }
  }
}

extension IPAddress: CustomStringConvertible {
  public var description: String { text }
}

/// The value of an ASCII hexadecimal digit.
func hexDigit(_ byte: UInt8) -> UInt8? {
  switch byte {
  case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
  case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
  case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
  default: nil
  }
}

extension IPAddress.Version {
  /// Bits of an address: 32 or 128.
  public var bitCount: UInt8 { self == .v4 ? 32 : 128 }
}

/// The addresses that share their first `length` bits: `10.0.0.0/8`.
public struct AddressPrefix: Hashable, Sendable, CustomStringConvertible {
  /// Its bits after `length` are zero.
  public let address: IPAddress
  public let length: UInt8

  /// Cuts `address` to its first `length` bits; a length that is too great means all of them.
  public init(_ address: IPAddress, length: UInt8) {
    self.length = min(length, address.version.bitCount)
    let mask = Self.mask(version: address.version, length: self.length)
    self.address =
      address.version == .v4
      ? IPAddress(v4: UInt32(truncatingIfNeeded: address.low & mask.low))
      : IPAddress(v6High: address.high & mask.high, low: address.low & mask.low)
  }

  public init(_ address: IPAddress) { self.init(address, length: address.version.bitCount) }

  /// The bits that count.
  var mask: (high: UInt64, low: UInt64) { Self.mask(version: address.version, length: length) }

  private static func mask(version: IPAddress.Version, length: UInt8) -> (high: UInt64, low: UInt64) {
    // `<<` gives zero when it shifts everything out.
    version == .v4
      ? (0, UInt64(UInt32.max << (32 - UInt32(length))))
      : (UInt64.max << UInt64(64 - min(64, length)), UInt64.max << UInt64(64 - (max(64, length) - 64)))
  }

  /// Whether an address lies inside. An IPv4 prefix also holds the IPv4-mapped addresses of IPv6 sockets; an IPv6
  /// prefix holds IPv6 addresses only.
  public func contains(_ other: IPAddress) -> Bool {
    let candidate = address.version == .v4 ? other.unmapped : other
    guard candidate.version == address.version else { return false }
    let mask = mask
    return candidate.high & mask.high == address.high && candidate.low & mask.low == address.low
  }

  /// `10.0.0.0/8`; a whole address has no slash.
  public var description: String {
    length == address.version.bitCount ? address.text : "\(address.text)/\(length)"
  }
}
