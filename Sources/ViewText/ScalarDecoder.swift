/// One step through bytes that should be UTF-8 but need not be.
enum DecodedScalar {
  case scalar(UInt32, length: Int)
  /// A byte that begins no well-formed sequence.
  case invalid(UInt8)
}

/// Decodes at `index`, which must be inside. Refuses overlong forms, surrogates and values above U+10FFFF.
func decodeScalar(_ bytes: Span<UInt8>, at index: Int) -> DecodedScalar {
  let first = bytes[index]
  if first < 0x80 { return .scalar(UInt32(first), length: 1) }
  let length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2
  guard first >= 0xc2, first <= 0xf4, index + length <= bytes.count else { return .invalid(first) }
  var value = UInt32(first) & (0x7f >> UInt32(length))
  for offset in 1..<length {
    let byte = bytes[index + offset]
    guard byte & 0xc0 == 0x80 else { return .invalid(first) }
    value = value << 6 | UInt32(byte & 0x3f)
  }
  let lowest: UInt32 = length == 2 ? 0x80 : length == 3 ? 0x800 : 0x1_0000
  guard value >= lowest, value <= 0x10_ffff, !(0xd800...0xdfff).contains(value) else {
    return .invalid(first)
  }
  return .scalar(value, length: length)
}

/// Scalars that must not reach a terminal: C0, DEL, C1, and every format character that is invisible or turns the
/// direction of text (bidi marks, embeddings, overrides and isolates; zero width; line separators; tags).
func isHostile(_ scalar: UInt32) -> Bool {
  switch scalar {
  case 0..<0x20, 0x7f..<0xa0: true
  case 0xad, 0x34f, 0x600...0x605, 0x61c, 0x6dd, 0x70f, 0x8e2, 0x115f...0x1160, 0x17b4...0x17b5: true
  case 0x180b...0x180f, 0x200b...0x200f, 0x2028...0x202e, 0x2060...0x206f, 0x3164, 0xfeff, 0xffa0: true
  case 0xfff0...0xfffb, 0x1bca0...0x1bca3, 0x1d173...0x1d17a, 0xe0000...0xe0fff: true
  default: false
  }
}
