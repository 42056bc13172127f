import Model
import ViewText

extension TextBuffer {
  /// An address as inet_ntop(3) of glibc writes it: RFC 5952, but an address whose first 96 bits alone are zero ends in
  /// dotted decimal (`::10.0.0.1`).
  mutating func append(inetNtop address: IPAddress) {
    if address.version == .v6, address.high == 0, address.low >> 32 == 0, address.low >> 16 != 0 {
      append("::")
      append(IPAddress(v4: UInt32(truncatingIfNeeded: address.low)))
    } else {
      append(address)
    }
  }

  /// Fills up with blanks, so that what was written since `start` has `width` bytes.
  mutating func pad(from start: Int, to width: Int) {
    append(repeating: 0x20, count: width - (count - start))
  }

  /// A number to the right of `width` bytes.
  mutating func append(decimal value: UInt64, right width: Int) {
    var digits = 1
    var rest = value
    while rest >= 10 {
      rest /= 10
      digits += 1
    }
    append(repeating: 0x20, count: width - digits)
    append(decimal: value)
  }

  /// A number to the left of `width` bytes.
  mutating func append(decimal value: Int, left width: Int) {
    let start = count
    append(decimal: value)
    pad(from: start, to: width)
  }

  /// Text of ours to the left of `width` bytes.
  mutating func append(_ text: StaticString, left width: Int) {
    let start = count
    append(text)
    pad(from: start, to: width)
  }
}
