import Model

extension TextBuffer {
  /// An address: dotted decimal, or RFC 5952 (lower case, the longest run of zeros as `::`, mapped as `::ffff:1.2.3.4`).
  @inlinable public mutating func append(_ address: IPAddress) {
    if address.version == .v4 {
      appendDotted(UInt32(truncatingIfNeeded: address.low))
    } else {
      appendIPv6(address)
    }
  }

  @usableFromInline mutating func appendIPv6(_ address: IPAddress) {
    if address.isV4Mapped {
      append("::ffff:")
      appendDotted(UInt32(truncatingIfNeeded: address.low))
      return
    }
    let zeros = TextBuffer.longestZeroRun(address)
    var group = 0
    while group < 8 {
      if group == zeros.start {
        append("::")
        group += zeros.length
        continue
      }
      if group > 0 && group != zeros.start + zeros.length { append(byte: UInt8(ascii: ":")) }
      append(hex: UInt64(TextBuffer.group(group, of: address)))
      group += 1
    }
  }

  private static func group(_ index: Int, of address: IPAddress) -> UInt16 {
    let half = index < 4 ? address.high : address.low
    return UInt16(truncatingIfNeeded: half >> (48 &- 16 &* UInt64(index & 3)))
  }

  /// The first of the longest runs of zero groups; only runs of two and more count (RFC 5952, 4.2.2).
  private static func longestZeroRun(_ address: IPAddress) -> (start: Int, length: Int) {
    var best = (start: -1, length: 0)
    var length = 0
    for index in 0..<8 {
      length = group(index, of: address) == 0 ? length + 1 : 0
      if length > best.length && length > 1 { best = (index - length + 1, length) }
    }
    return best.length == 0 ? (-1, 0) : best
  }
}
