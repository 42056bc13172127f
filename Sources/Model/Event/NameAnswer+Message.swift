extension NameAnswer {
  /// Reads a DNS message (RFC 1035, 4.1): the first question, and the addresses that its name leads to, by CNAMEs or
  /// at once. Addresses of other names are not taken: no resolver would.
  ///
  /// nil for what is no answer, or has no whole question. Never traps, whatever the bytes; compression pointers only
  /// lead back.
  public init?(message bytes: [UInt8]) {
    // Header: id, flags, four counts. The highest bit of the flags says that it is an answer, then 4 bits: a query.
    guard bytes.count >= 12, bytes[2] & 0xf8 == 0x80 else { return nil }
    var reader = NameReader(bytes: bytes)
    let (questions, answers) = (reader.word(at: 4), reader.word(at: 6))
    guard questions > 0, let question = reader.name() else { return nil }
    reader.offset += 4
    for _ in 1..<questions {
      guard reader.name() != nil else { return nil }
      reader.offset += 4
    }
    guard reader.offset <= bytes.count else { return nil }
    self.init(question: RawText(question), addresses: [])
    responseCode = bytes[3] & 15
    var name = question
    for _ in 0..<answers {
      guard let owner = reader.name(), reader.offset + 10 <= bytes.count else { break }
      let kind = reader.word(at: reader.offset)
      let length = reader.word(at: reader.offset + 8)
      let start = reader.offset + 10
      guard start + length <= bytes.count else { break }
      if owner.isSameName(as: name) {
        if kind == 1 && length == 4 {
          addresses.append(IPAddress(v4: UInt32(truncatingIfNeeded: reader.number(at: start, 4))))
        } else if kind == 28 && length == 16 {
          addresses.append(
            IPAddress(v6High: reader.number(at: start, 8), low: reader.number(at: start + 8, 8)))
        } else if kind == 5 {
          reader.offset = start
          guard let target = reader.name() else { break }
          name = target
        }
      }
      reader.offset = start + length
    }
  }
}

extension [UInt8] {
  /// Names differ by more than the case of ASCII letters.
  fileprivate func isSameName(as other: [UInt8]) -> Bool {
    func folded(_ byte: UInt8) -> UInt8 { 0x41...0x5a ~= byte ? byte | 0x20 : byte }
    return count == other.count && zip(self, other).allSatisfy { folded($0) == folded($1) }
  }
}

/// Reads one message from front to back.
private struct NameReader {
  let bytes: [UInt8]
  var offset = 12

  func word(at index: Int) -> Int { Int(number(at: index, 2)) }

  /// Big-endian; 0 past the end.
  func number(at index: Int, _ length: Int) -> UInt64 {
    guard index >= 0, index + length <= bytes.count else { return 0 }
    return bytes[index..<(index + length)].reduce(0) { $0 << 8 | UInt64($1) }
  }

  /// A name as dotted labels (RFC 1035, 5.1: a dot inside of a label has a backslash before it), the root as a dot; nil
  /// if it is malformed. At most 255 bytes in the message.
  mutating func name() -> [UInt8]? {
    var text: [UInt8] = []
    var wireLength = 1
    var position = offset
    var end: Int?
    while position < bytes.count {
      let length = Int(bytes[position])
      if length == 0 {
        offset = end ?? position + 1
        return text.isEmpty ? [UInt8(ascii: ".")] : text
      }
      if length >= 0xc0 {
        guard position + 1 < bytes.count else { return nil }
        let target = (length & 0x3f) << 8 | Int(bytes[position + 1])
        // Only backwards, so that this ends.
        guard target < position else { return nil }
        if end == nil { end = position + 2 }
        position = target
        continue
      }
      wireLength += length + 1
      guard length < 64, wireLength <= 255, position + 1 + length <= bytes.count else { return nil }
      if !text.isEmpty { text.append(UInt8(ascii: ".")) }
      for byte in bytes[(position + 1)..<(position + 1 + length)] {
        if byte == UInt8(ascii: ".") || byte == UInt8(ascii: "\\") { text.append(UInt8(ascii: "\\")) }
        text.append(byte)
      }
      position += 1 + length
    }
    return nil
  }
}
