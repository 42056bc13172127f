import CSQLite
import Model

/// SQL that people and programs ask a store: read-only, bounded in time and memory.
///
/// Three walls: the file is opened read-only, `query_only` is on, and an authorizer lets nothing through but reading.
public struct StoreSQL {
  public struct Limits: Sendable {
    public var time = Duration.seconds(30)
    /// Bytes of SQLite's memory.
    public var memory = 256 << 20
    public init() {}
  }
  /// Bytes of one value, at most.
  static let longestValue = 16 << 20

  private let connection: SQLiteConnection

  /// - Parameter path: nil for no store: then there are only the live tables.
  /// - Parameter live: tables of this moment, beside the store's views for as long as this lives.
  public init(path: String?, live: [LiveTable] = []) throws(StoreError) {
    connection = try SQLiteConnection(path: path ?? ":memory:", .reading)
    try connection.run(
      """
      PRAGMA mmap_size = 4294967296; PRAGMA cache_size = -8192; PRAGMA temp_store = FILE; PRAGMA trusted_schema = OFF
      """)
    if let path {
      let found = Int(try connection.integer("PRAGMA user_version") ?? 0)
      guard found <= StoreSchema.version else { throw .newer(path: path, schema: found) }
    }
    for table in live { try connection.create(table) }
    try connection.run("PRAGMA query_only = ON")
    connection.allowReadingOnly(longestValue: Self.longestValue)
  }

  /// Where in the statement the last error is, bytes from its start; nil when SQLite does not say.
  public var errorOffset: Int? { connection.errorOffset }

  /// The columns of the store's views and of the live tables, by name.
  public func schema() throws(StoreError) -> [(name: String, columns: [String])] {
    var names: [String] = []
    let views = try connection.prepare("SELECT name FROM sqlite_schema WHERE type = 'view' ORDER BY rowid")
    while try views.step() { if let name = views.string(0) { names.append(name) } }
    var result: [(name: String, columns: [String])] = []
    for name in names {
      let view = try connection.prepare("SELECT * FROM \(name) LIMIT 0")
      result.append((name, (0..<view.columnCount).map(view.columnName)))
    }
    return result
  }

  /// Runs one statement. `header` gets the names of the columns; `row` returns whether it wants more.
  /// `goesOn` is asked many times a second and may end the query.
  public func run(
    _ sql: String, limits: Limits = Limits(), goesOn: @escaping @Sendable () -> Bool = { true },
    header: ([String]) -> Void = { _ in }, row: ([SQLValue]) -> Bool
  ) throws(StoreError) {
    connection.guarded(by: QueryWatchdog(time: limits.time, memory: limits.memory, goesOn: goesOn))
    let statement = try connection.prepare(sql)
    header((0..<statement.columnCount).map(statement.columnName))
    while try statement.step() {
      if !row((0..<statement.columnCount).map(statement.value)) { return }
    }
  }
}
