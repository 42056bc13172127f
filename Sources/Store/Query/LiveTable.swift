import CSQLite
import Model

/// Rows that live beside the store for one query: a temporary table.
public struct LiveTable: Sendable {
  public var name: StaticName
  public var columns: [String]
  public var rows: [[SQLValue]]

  /// Names of live tables: ours, so that they may stand in SQL as they are.
  public enum StaticName: String, Sendable, CaseIterable {
    case sockets = "live_sockets"
    case processes = "live_processes"
    case modules = "live_modules"
  }

  /// - Parameter columns: literals of ours.
  public init(_ name: StaticName, columns: [String], rows: [[SQLValue]]) {
    (self.name, self.columns, self.rows) = (name, columns, rows)
  }
}

extension SQLiteConnection {
  func create(_ table: LiveTable) throws(StoreError) {
    let columns = table.columns.joined(separator: ", ")
    try run("BEGIN; CREATE TEMP TABLE \(table.name.rawValue) (\(columns))")
    let places = table.columns.map { _ in "?" }.joined(separator: ", ")
    let insert = try prepare("INSERT INTO temp.\(table.name.rawValue) VALUES (\(places))")
    for row in table.rows {
      for (index, value) in row.enumerated() { insert.bind(index + 1, value) }
      try insert.run()
    }
    try run("COMMIT")
  }
}

extension SQLiteStatement {
  fileprivate func bind(_ index: Int, _ value: SQLValue) {
    switch value {
    case .null: bind(index, nil as Int64?)
    case .integer(let value): bind(index, value)
    case .real(let value): bind(index, value)
    case .text(let text): bind(index, text: text)
    case .blob(let bytes): bind(index, blob: bytes)
    }
  }
}
