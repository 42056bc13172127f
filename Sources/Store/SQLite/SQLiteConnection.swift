import CSQLite

/// One `sqlite3` handle, closed with its owner. Used by one thread at a time.
///
/// Everything talks to SQLite through this and `SQLiteStatement` (Decision 0015 says why not through GRDB).
@safe final class SQLiteConnection {
  // SAFETY: `handle` is set by a successful open, and closed nowhere but in deinit; statements keep their connection alive.
  let handle: OpaquePointer
  let path: String
  /// Says why a running query has to stop; asked every few thousand steps.
  var watchdog: QueryWatchdog?

  enum Mode { case reading, writing }

  init(path: String, _ mode: Mode) throws(StoreError) {
    self.path = path
    var opened: OpaquePointer?
    let flags =
      mode == .reading ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
    let code = unsafe sqlite3_open_v2(path, &opened, flags | SQLITE_OPEN_NOMUTEX, nil)
    guard let opened = unsafe opened else { throw .other(code: code, detail: "out of memory") }
    guard code == SQLITE_OK else {
      let error = unsafe Self.error(of: opened, path: path)
      unsafe sqlite3_close_v2(opened)
      throw error
    }
    unsafe handle = opened
    unsafe sqlite3_extended_result_codes(handle, 1)
    unsafe sqlite3_busy_timeout(handle, 5_000)
  }

  deinit {
    unsafe sqlite3_progress_handler(handle, 0, nil, nil)
    unsafe sqlite3_close_v2(handle)
  }

  /// Runs statements that give no rows.
  func run(_ sql: String) throws(StoreError) {
    let code = unsafe sqlite3_exec(handle, sql, nil, nil, nil)
    guard code == SQLITE_OK else { throw lastError }
  }

  func prepare(_ sql: String) throws(StoreError) -> SQLiteStatement {
    try SQLiteStatement(self, sql)
  }

  /// The first column of the first row; nil when there is none, or it is NULL.
  func integer(_ sql: String) throws(StoreError) -> Int64? {
    let statement = try prepare(sql)
    return try statement.step() ? statement.optionalInteger(0) : nil
  }

  /// All or nothing.
  func transaction(_ body: () throws(StoreError) -> Void) throws(StoreError) {
    try run("BEGIN IMMEDIATE")
    do {
      try body()
      try run("COMMIT")
    } catch {
      // SQLite has rolled back by itself after some errors; then there is nothing to roll back.
      if unsafe sqlite3_get_autocommit(handle) == 0 {
        _ = unsafe sqlite3_exec(handle, "ROLLBACK", nil, nil, nil)
      }
      throw error
    }
  }

  /// The id that the last INSERT gave.
  var lastID: Int64 { unsafe sqlite3_last_insert_rowid(handle) }
  var changes: Int { unsafe Int(sqlite3_changes(handle)) }

  var lastError: StoreError {
    if let reason = watchdog?.reason, unsafe sqlite3_errcode(handle) == SQLITE_INTERRUPT { return reason }
    return unsafe Self.error(of: handle, path: path)
  }

  /// Bytes from the start of the statement that failed last to what was wrong with it; nil when SQLite does not say.
  var errorOffset: Int? {
    let offset = unsafe Int(sqlite3_error_offset(handle))
    return offset < 0 ? nil : offset
  }

  private static func error(of handle: OpaquePointer, path: String) -> StoreError {
    let code = unsafe sqlite3_extended_errcode(handle)
    let detail = unsafe String(cString: sqlite3_errmsg(handle))
    return StoreError(code: code, detail: detail, path: path)
  }
}

extension StoreError {
  init(code: Int32, detail: String, path: String) {
    switch code & 0xff {
    case SQLITE_FULL: self = .full(detail: detail)
    // A limit of the file's size (RLIMIT_FSIZE, quota) comes as a write that failed.
    case SQLITE_IOERR where code == SQLITE_IOERR_WRITE_CODE:
      self = .full(detail: "\(detail) while writing \(path)")
    case SQLITE_READONLY: self = .readOnly(detail: "\(detail): \(path)")
    case SQLITE_CORRUPT, SQLITE_NOTADB: self = .corrupted(path: path, detail: detail)
    case SQLITE_CANTOPEN: self = .cannotOpen(path: path, detail: detail)
    case SQLITE_AUTH: self = .refused(detail: detail)
    case SQLITE_TOOBIG: self = .memoryLimit(StoreSQL.longestValue)
    case SQLITE_ERROR where detail.hasPrefix("not authorized"): self = .refused(detail: detail)
    case SQLITE_ERROR: self = .badQuery(detail: detail)
    default: self = .other(code: code, detail: detail)
    }
  }
}

/// `SQLITE_IOERR_WRITE` of sqlite3.h: a macro of macros, which is not imported.
private let SQLITE_IOERR_WRITE_CODE = SQLITE_IOERR | (3 << 8)
