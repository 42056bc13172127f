import ViewText

/// A small table whose cells are at hand: summaries. The first column is left aligned, the rest by `alignRight`.
struct PlainTable {
  private let titles: [String]
  private let alignRight: [Bool]
  private var rows: [[TextBuffer]] = []

  init(_ titles: [String], alignRight: [Bool]) {
    self.titles = titles
    self.alignRight = alignRight
  }

  mutating func add(_ cells: [TextBuffer]) { rows.append(cells) }

  func append(isColored: Bool, to text: inout TextBuffer) {
    var widths = titles.map(\.utf8.count)
    for row in rows {
      for (position, cell) in row.enumerated() {
        widths[position] = max(widths[position], DisplayWidth.of(cell.contents.span))
      }
    }
    let header = titles.map { title in
      var cell = TextBuffer()
      cell.append(terminal: title)
      return cell
    }
    text.begin(.bold, if: isColored)
    appendRow(header, widths, to: &text)
    text.end(.bold, if: isColored)
    text.append("\n")
    for row in rows {
      appendRow(row, widths, to: &text)
      text.append("\n")
    }
  }

  private func appendRow(_ row: [TextBuffer], _ widths: [Int], to text: inout TextBuffer) {
    for (position, cell) in row.enumerated() {
      let padding = widths[position] - DisplayWidth.of(cell.contents.span)
      if alignRight[position] { text.append(repeating: 0x20, count: padding) }
      text.append(cell.contents)
      if position == row.count - 1 { return }
      text.append(repeating: 0x20, count: (alignRight[position] ? 0 : padding) + 2)
    }
  }
}

extension TextBuffer {
  /// A cell made by `body`.
  static func made(_ body: (inout TextBuffer) -> Void) -> TextBuffer {
    var text = TextBuffer()
    body(&text)
    return text
  }
  static func number(_ value: Int) -> TextBuffer { made { $0.append(decimal: value) } }
}
