import Model
import ViewText

extension TextBuffer {
  /// A name as the tools print it, but for what would hurt a terminal: control characters and bytes that are no UTF-8
  /// are `\xNN`. A backslash stays one, as in the tools, so that an escape can be forged but rows stay the same.
  mutating func append(name: RawText) {
    let backslash = UInt8(ascii: "\\")
    guard name.bytes.contains(backslash) else {
      append(terminal: name)
      return
    }
    for (index, part) in name.bytes.split(separator: backslash, omittingEmptySubsequences: false).enumerated()
    {
      if index > 0 { append(byte: backslash) }
      append(terminal: RawText(Array(part)))
    }
  }
}
