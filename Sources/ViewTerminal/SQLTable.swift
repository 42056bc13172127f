import Model
import ViewText

/// Rows of SQL as an aligned table. Widths are those of the rows so far: a later, wider cell moves its own row only.
public struct SQLTable {
  /// Rows that are measured before the first is printed, and with each further piece.
  private static let piece = 1000

  private let titles: [TextBuffer]
  private let isColored: Bool
  private var rows: [[TextBuffer]] = []
  private var isNumber: [Bool]
  private var widths: [Int]
  private var hasHeader = false

  public init(_ columns: [String], isColored: Bool) {
    titles = columns.map { name in .made { $0.append(terminal: name) } }
    self.isColored = isColored
    isNumber = columns.map { _ in true }
    widths = titles.map { DisplayWidth.of($0.contents.span) }
  }

  /// Takes one row, and prints when a piece is full.
  public mutating func add(_ row: [SQLValue], to text: inout TextBuffer) {
    var cells: [TextBuffer] = []
    for (column, value) in row.enumerated() {
      let cell = TextBuffer.made { $0.append(terminal: value) }
      widths[column] = max(widths[column], DisplayWidth.of(cell.contents.span))
      switch value {
      case .text, .blob: isNumber[column] = false
      case .null, .integer, .real: break
      }
      cells.append(cell)
    }
    rows.append(cells)
    if rows.count == Self.piece { flush(to: &text) }
  }

  /// Prints what waits; the header stands also above no rows.
  public mutating func flush(to text: inout TextBuffer) {
    if !hasHeader {
      text.begin(.bold, if: isColored)
      append(titles, to: &text)
      text.end(.bold, if: isColored)
      text.append("\n")
      hasHeader = true
    }
    for row in rows {
      append(row, to: &text)
      text.append("\n")
    }
    rows.removeAll()
  }

  private func append(_ row: [TextBuffer], to text: inout TextBuffer) {
    for (column, cell) in row.enumerated() {
      let padding = widths[column] - DisplayWidth.of(cell.contents.span)
      let isRight = isNumber[column] && !rows.isEmpty
      if isRight { text.append(repeating: 0x20, count: padding) }
      text.append(cell.contents)
      if column < row.count - 1 { text.append(repeating: 0x20, count: (isRight ? 0 : padding) + 2) }
    }
  }
}

extension TextBuffer {
  mutating func append(terminal value: SQLValue) {
    switch value {
    case .null: append("NULL")
    case .integer(let value): append(decimal: Int(value))
    case .real(let value): append(terminal: value.description)
    case .text(let text): append(terminal: text)
    case .blob(let bytes):
      append("x'")
      for byte in bytes { append(hex: UInt64(byte), digits: 2) }
      append("'")
    }
  }
}
