import GRDB

extension StoreSchema {
  /// Brings a database to this program's schema; creates it in an empty file. Each step is one transaction.
  static func migrate(path: String) throws(StoreError) {
    do {
      var configuration = Configuration()
      configuration.busyMode = .timeout(5)
      let queue = try DatabaseQueue(path: path, configuration: configuration)
      let found = try queue.read { try Int.fetchOne($0, sql: "PRAGMA user_version") } ?? 0
      guard found <= version else { throw StoreError.newer(path: path, schema: found) }
      // Before the first table, or it has no effect.
      try queue.writeWithoutTransaction { database in
        try database.execute(sql: "PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = WAL")
      }
      try migrator.migrate(queue)
      try queue.close()
    } catch let error as StoreError {
      throw error
    } catch let error as DatabaseError {
      throw StoreError(
        code: error.extendedResultCode.rawValue, detail: error.message ?? "", path: path)
    } catch {
      throw .other(code: 0, detail: "\(error)")
    }
  }

  private static var migrator: DatabaseMigrator {
    var migrator = DatabaseMigrator()
    migrator.registerMigration("v1") { database in
      try database.execute(sql: v1 + v1Views + v1Statistics + "PRAGMA user_version = 1")
    }
    return migrator
  }
}
