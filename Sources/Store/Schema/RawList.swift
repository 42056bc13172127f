import Model

/// A list of texts as the bytes of one, for people and for us: `sh -c echo\ hello ''`.
///
/// A space stands between two; inside one, space, `'` and `\` have a `\` before them; an empty one is `''`. Of an empty list no
/// byte is left.
enum RawList {
  private static let space = UInt8(ascii: " ")
  private static let quote = UInt8(ascii: "'")
  private static let escape = UInt8(ascii: "\\")

  static func encode(_ list: [RawText]) -> RawText {
    var bytes: [UInt8] = []
    for (index, text) in list.enumerated() {
      if index > 0 { bytes.append(space) }
      if text.isEmpty { bytes += [quote, quote] }
      for byte in text.bytes {
        if byte == space || byte == quote || byte == escape { bytes.append(escape) }
        bytes.append(byte)
      }
    }
    return RawText(bytes)
  }

  static func decode(_ bytes: [UInt8]) -> [RawText] {
    if bytes.isEmpty { return [] }
    var list: [RawText] = []
    var text: [UInt8] = []
    var isEscaped = false
    for byte in bytes {
      if isEscaped {
        text.append(byte)
        isEscaped = false
      } else if byte == escape {
        isEscaped = true
      } else if byte == space {
        list.append(RawText(text))
        text = []
      } else if byte != quote {
        text.append(byte)
      }
    }
    return list + [RawText(text)]
  }
}
