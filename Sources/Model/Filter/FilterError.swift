/// Why a text is no filter, and where.
public struct FilterError: Error, Hashable, Sendable {
  /// One sentence without a full stop; what it quotes of the text is escaped.
  public let message: String
  /// UTF-8 offsets in the text (in the words joined by blanks, if it came as words). May be empty, at the end.
  public let range: Range<Int>

  public init(message: String, range: Range<Int>) {
    self.message = message
    self.range = range
  }

  /// Three lines: the message, the text (or the part around the error), and carets under the word.
  ///
  /// Control characters, and those that reorder or hide text, are escaped: safe for a terminal.
  public func rendered(in text: String, prefix: String = "sockeye: filter: ") -> String {
    let cells = DisplayText.cells(of: text)
    let marked = cells.indices.filter {
      cells[$0].offset < range.upperBound && cells[$0].end > range.lowerBound
    }
    let first = marked.first ?? cells.firstIndex { $0.offset >= range.lowerBound } ?? cells.count
    let count = max(1, marked.count)
    // A long text shows some columns before the error, and some after its start.
    let start = first > 60 ? first - 40 : 0
    let end = min(cells.count, max(start + 100, first))
    let head = start > 0 ? "…" : ""
    let tail = end < cells.count ? "…" : ""
    let line = cells[start..<end].map(\.shown).joined()
    let before = cells[start..<first].reduce(head.isEmpty ? 0 : 1) { $0 + $1.width }
    let under = cells[first..<min(end, first + count)].reduce(0) { $0 + $1.width }
    return """
      \(prefix)\(message)
        \(head)\(line)\(tail)
        \(String(repeating: " ", count: before))\(String(repeating: "^", count: max(1, under)))
      """
  }
}

/// Text made fit for a terminal.
enum DisplayText {
  /// One character as it is shown, with the columns it takes and its place in the source.
  struct Cell {
    var shown: String
    var width: Int
    var offset: Int
    var end: Int
  }

  static func cells(of text: String) -> [Cell] {
    var cells: [Cell] = []
    var offset = 0
    for scalar in text.unicodeScalars {
      let end = offset + scalar.utf8.count
      if isHarmless(scalar) {
        cells.append(Cell(shown: String(scalar), width: width(scalar), offset: offset, end: end))
      } else {
        let shown = escape(scalar)
        cells.append(Cell(shown: shown, width: shown.utf8.count, offset: offset, end: end))
      }
      offset = end
    }
    return cells
  }

  /// In single quotes, escaped, and cut after 40 characters.
  static func quoted(_ bytes: some Sequence<UInt8>) -> String {
    let cells = cells(of: String(decoding: Array(bytes), as: UTF8.self))
    return "'\(cells.prefix(40).map(\.shown).joined())\(cells.count > 40 ? "…" : "")'"
  }

  private static func isHarmless(_ scalar: Unicode.Scalar) -> Bool {
    if scalar.value < 127 { return scalar.value >= 32 }
    switch scalar.properties.generalCategory {
    case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator:
      return false
    default: return true
    }
  }

  private static func width(_ scalar: Unicode.Scalar) -> Int {
    if scalar.value < 0x300 { return 1 }
    switch scalar.properties.generalCategory {
    case .nonspacingMark, .enclosingMark: return 0
    default: break
    }
    // East Asian wide blocks and pictographs, roughly.
    switch scalar.value {
    case 0x1100...0x115f, 0x2e80...0xa4cf, 0xac00...0xd7a3, 0xf900...0xfaff, 0xfe30...0xfe6f, 0xff00...0xff60,
      0xffe0...0xffe6, 0x1f300...0x1faff, 0x20000...0x3fffd:
      return 2
    default: return 1
    }
  }

  private static func escape(_ scalar: Unicode.Scalar) -> String {
    switch scalar {
    case "\n": "\\n"
    case "\r": "\\r"
    case "\t": "\\t"
    default: "\\u{\(String(scalar.value, radix: 16))}"
    }
  }
}
