import CSQLite
import Model

/// A prepared statement: bound, stepped, reset, again and again.
@safe final class SQLiteStatement {
  // SAFETY: `handle` is finalised in deinit alone; `connection` is held, so the database outlives it. Bound bytes are copied
  // by SQLite (SQLITE_TRANSIENT), and column bytes are copied out before the next step.
  private let handle: OpaquePointer
  let connection: SQLiteConnection

  init(_ connection: SQLiteConnection, _ sql: String) throws(StoreError) {
    var made: OpaquePointer?
    var rest = ""
    let code = unsafe sql.withCString { start in
      var tail: UnsafePointer<CChar>?
      let flags = UInt32(SQLITE_PREPARE_PERSISTENT)
      let code = unsafe sqlite3_prepare_v3(connection.handle, start, -1, flags, &made, &tail)
      // SAFETY: the tail lies inside the text, which ends with a NUL.
      if let tail = unsafe tail { rest = unsafe String(cString: tail) }
      return code
    }
    guard code == SQLITE_OK, let made = unsafe made else {
      if code == SQLITE_OK { throw .badQuery(detail: "nothing to run") }
      throw connection.lastError
    }
    guard rest.allSatisfy({ $0.isWhitespace || $0 == ";" }) else {
      unsafe sqlite3_finalize(made)
      throw .badQuery(detail: "one statement at a time; more follows the first")
    }
    unsafe handle = made
    self.connection = connection
  }

  deinit { unsafe sqlite3_finalize(handle) }

  func bind(_ index: Int, _ value: Int64) { unsafe sqlite3_bind_int64(handle, Int32(index), value) }
  func bind(_ index: Int, _ value: Int64?) {
    if let value { bind(index, value) } else { unsafe sqlite3_bind_null(handle, Int32(index)) }
  }
  func bind(_ index: Int, blob bytes: [UInt8]) {
    // An empty array has no address, and a blob without one would be NULL.
    guard !bytes.isEmpty else {
      unsafe sqlite3_bind_zeroblob(handle, Int32(index), 0)
      return
    }
    unsafe sqlite3_bind_blob64(handle, Int32(index), bytes, UInt64(bytes.count), copying)
  }
  func bind(_ index: Int, text: String) {
    unsafe sqlite3_bind_text64(
      handle, Int32(index), text, UInt64(text.utf8.count), copying, UInt8(SQLITE_UTF8))
  }

  /// Text whose bytes need not be UTF-8: SQLite hands them back as they are.
  func bind(_ index: Int, text: RawText) {
    // An empty array has no address, and text without one would be NULL.
    guard !text.isEmpty else { return bind(index, text: "") }
    _ = unsafe text.bytes.withUnsafeBytes { bytes in
      // SAFETY: as many bytes as the array has; SQLite copies them before it returns.
      unsafe sqlite3_bind_text64(
        handle, Int32(index), bytes.baseAddress?.assumingMemoryBound(to: CChar.self), UInt64(bytes.count),
        copying, UInt8(SQLITE_UTF8))
    }
  }
  func bind(_ index: Int, _ value: Double) { unsafe sqlite3_bind_double(handle, Int32(index), value) }

  /// Whether there is a row.
  func step() throws(StoreError) -> Bool {
    switch unsafe sqlite3_step(handle) {
    case SQLITE_ROW: return true
    case SQLITE_DONE: return false
    default:
      let error = connection.lastError
      unsafe sqlite3_reset(handle)
      throw error
    }
  }

  func reset() { unsafe sqlite3_reset(handle) }

  /// Runs what gives no rows, and is ready for the next.
  func run() throws(StoreError) {
    _ = try step()
    reset()
  }

  func run(_ values: Int64?...) throws(StoreError) {
    for (index, value) in values.enumerated() { bind(index + 1, value) }
    try run()
  }

  var columnCount: Int { unsafe Int(sqlite3_column_count(handle)) }
  func columnName(_ column: Int) -> String {
    guard let name = unsafe sqlite3_column_name(handle, Int32(column)) else { return "" }
    return unsafe String(cString: name)
  }
  func isNull(_ column: Int) -> Bool { unsafe sqlite3_column_type(handle, Int32(column)) == SQLITE_NULL }
  func integer(_ column: Int) -> Int64 { unsafe sqlite3_column_int64(handle, Int32(column)) }
  func optionalInteger(_ column: Int) -> Int64? { isNull(column) ? nil : integer(column) }
  func bytes(_ column: Int) -> [UInt8] {
    guard let start = unsafe sqlite3_column_blob(handle, Int32(column)) else { return [] }
    let count = unsafe Int(sqlite3_column_bytes(handle, Int32(column)))
    return unsafe Array(UnsafeRawBufferPointer(start: start, count: count))
  }

  /// As SQLite holds it.
  func value(_ column: Int) -> SQLValue {
    switch unsafe sqlite3_column_type(handle, Int32(column)) {
    case SQLITE_INTEGER: .integer(integer(column))
    case SQLITE_FLOAT: unsafe .real(sqlite3_column_double(handle, Int32(column)))
    case SQLITE_TEXT: .text(RawText(bytes(column)))
    case SQLITE_BLOB: .blob(bytes(column))
    default: .null
    }
  }
}

/// SQLITE_TRANSIENT: SQLite copies before it returns.
private var copying: sqlite3_destructor_type { unsafe unsafeBitCast(-1, to: sqlite3_destructor_type.self) }
