extension StoreSchema {
  /// What brings a database from each version to the next; the first fills an empty file.
  private static let steps = [v1 + v1Views + v1Statistics]

  /// Brings a database to this program's schema. Each step is one transaction, with its number in `user_version`.
  static func migrate(path: String) throws(StoreError) {
    let connection = try SQLiteConnection(path: path, .writing)
    let found = Int(try connection.integer("PRAGMA user_version") ?? 0)
    guard found <= version else { throw .newer(path: path, schema: found) }
    // Before the first table, or it has no effect.
    try connection.run("PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = WAL")
    for (index, step) in steps.enumerated() where index >= found {
      try connection.transaction { () throws(StoreError) in
        try connection.run(step + "PRAGMA user_version = \(index + 1)")
      }
    }
  }
}
