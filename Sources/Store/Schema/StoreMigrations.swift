extension StoreSchema {
  /// What brings a database from each version to the next; the first fills an empty file. Views are not kept: after a step
  /// they are made anew.
  private static let steps = [v1 + v1Statistics, v2]

  /// Brings a database to this program's schema, as one transaction, with its number in `user_version`.
  static func migrate(path: String) throws(StoreError) {
    let connection = try SQLiteConnection(path: path, .writing)
    let found = Int(try connection.integer("PRAGMA user_version") ?? 0)
    guard found <= version else { throw .newer(path: path, schema: found) }
    // Before the first table, or it has no effect.
    try connection.run("PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = WAL")
    if found == version { return }
    try connection.transaction { () throws(StoreError) in
      for step in steps[found...] { try connection.run(step) }
      let old = try connection.prepare("SELECT name FROM sqlite_schema WHERE type = 'view'")
      var names: [String] = []
      while try old.step() { if let name = old.string(0) { names.append(name) } }
      // Ours, so that they may stand in SQL as they are.
      for name in names { try connection.run("DROP VIEW \(name)") }
      try connection.run(views + "PRAGMA user_version = \(version)")
    }
  }
}
