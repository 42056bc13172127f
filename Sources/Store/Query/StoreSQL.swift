import GRDBSQLite
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

  public init(path: String) throws(StoreError) {
    connection = try SQLiteConnection(path: path, .reading)
    try connection.run(
      """
      PRAGMA query_only = ON; PRAGMA mmap_size = 4294967296; PRAGMA cache_size = -8192; PRAGMA temp_store = FILE;
      PRAGMA trusted_schema = OFF
      """)
    let found = Int(try connection.integer("PRAGMA user_version") ?? 0)
    guard found <= StoreSchema.version else { throw .newer(path: path, schema: found) }
    connection.allowReadingOnly(longestValue: Self.longestValue)
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
