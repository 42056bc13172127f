import Model
import ViewText

/// Rows of SQL as JSON objects by column name, or as CSV. NULL is `null`, and in CSV an empty cell; bytes are hexadecimal.
public struct SQLRecords {
  private let keys: [[UInt8]]
  private let columns: [String]

  public init(_ columns: [String]) {
    self.columns = columns
    keys = columns.enumerated().map { index, name in
      var key = TextBuffer()
      if index > 0 { key.append(",") }
      key.append(json: name)
      key.append(":")
      return key.contents
    }
  }

  /// One object, without a newline.
  public func append(_ row: [SQLValue], to text: inout TextBuffer) {
    text.append("{")
    for (key, value) in zip(keys, row) {
      text.append(key)
      switch value {
      case .null: text.append("null")
      case .integer(let value): text.append(decimal: Int(value))
      case .real(let value):
        // JSON has no infinity.
        if value.isFinite { text.append(terminal: value.description) } else { text.append("null") }
      case .text(let value): text.append(json: value)
      case .blob(let bytes):
        text.append("\"")
        for byte in bytes { text.append(hex: UInt64(byte), digits: 2) }
        text.append("\"")
      }
    }
    text.append("}")
  }

  public func appendCSVHeader(to text: inout TextBuffer) {
    for (index, name) in columns.enumerated() {
      if index > 0 { text.append(",") }
      text.append(csv: name)
    }
    text.append("\n")
  }

  public func append(csv row: [SQLValue], to text: inout TextBuffer) {
    for (index, value) in row.enumerated() {
      if index > 0 { text.append(",") }
      switch value {
      case .null: break
      case .integer(let value): text.append(decimal: Int(value))
      case .real(let value): text.append(terminal: value.description)
      case .text(let value): text.append(csv: value)
      case .blob(let bytes): for byte in bytes { text.append(hex: UInt64(byte), digits: 2) }
      }
    }
    text.append("\n")
  }
}
