import Model

extension NameAnswer {
  /// Reads a DNS message (RFC 1035, 4.1): the first question, and the addresses among the answers.
  ///
  /// nil for what is no answer, or is cut. Never traps, whatever the bytes; compression pointers only lead back.
  init?(_ bytes: [UInt8]) {
    // Header: id, flags, four counts. The highest bit of the flags says that it is an answer.
    guard bytes.count >= 12, bytes[2] & 0x80 != 0 else { return nil }
    var reader = NameReader(bytes: bytes)
    let (questions, answers) = (reader.word(at: 4), reader.word(at: 6))
    guard questions > 0, let question = reader.name() else { return nil }
    reader.offset += 4
    for _ in 1..<max(questions, 1) {
      guard reader.name() != nil else { return nil }
      reader.offset += 4
    }
    var addresses: [IPAddress] = []
    for _ in 0..<answers {
      guard reader.name() != nil, reader.offset + 10 <= bytes.count else { break }
      let kind = reader.word(at: reader.offset)
      let length = reader.word(at: reader.offset + 8)
      let start = reader.offset + 10
      guard start + length <= bytes.count else { break }
      if kind == 1 && length == 4 {
        addresses.append(IPAddress(v4: UInt32(truncatingIfNeeded: reader.number(at: start, 4))))
      } else if kind == 28 && length == 16 {
        addresses.append(IPAddress(v6High: reader.number(at: start, 8), low: reader.number(at: start + 8, 8)))
      }
      reader.offset = start + length
    }
    self.init(question: RawText(question), addresses: addresses)
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

  /// A name as dotted labels; nil if it is malformed. At most 255 bytes.
  mutating func name() -> [UInt8]? {
    var text: [UInt8] = []
    var position = offset
    var end: Int?
    while position < bytes.count, text.count <= 255 {
      let length = Int(bytes[position])
      if length == 0 {
        offset = end ?? position + 1
        return text
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
      guard length < 64, position + 1 + length <= bytes.count else { return nil }
      if !text.isEmpty { text.append(UInt8(ascii: ".")) }
      text += bytes[(position + 1)..<(position + 1 + length)]
      position += 1 + length
    }
    return nil
  }
}
