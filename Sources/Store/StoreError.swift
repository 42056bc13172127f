/// Why the store could not do what was asked: one case a remedy.
public enum StoreError: Error, Equatable, Sendable {
  /// Another recorder writes to this database.
  case locked(path: String)
  /// No room on the file system, or the file may not grow.
  case full(detail: String)
  /// The file or its file system may not be written to.
  case readOnly(detail: String)
  /// Not a database, or a damaged one. Nothing was changed.
  case corrupted(path: String, detail: String)
  /// Written by a newer sockeye.
  case newer(path: String, schema: Int)
  /// The file or its folder is missing, or may not be opened.
  case cannotOpen(path: String, detail: String)
  /// A query went beyond the time that it was given.
  case timeLimit(Duration)
  /// A query went beyond the memory that it was given, bytes.
  case memoryLimit(Int)
  /// A query that is not allowed: it would write, attach or load.
  case refused(detail: String)
  /// What was asked is not SQL, or names what does not exist.
  case badQuery(detail: String)
  /// Everything else, with SQLite's extended result code.
  case other(code: Int32, detail: String)
}

extension StoreError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .locked(let path): "another recorder writes to \(path)"
    case .full(let detail): "no room for the store: \(detail)"
    case .readOnly(let detail): "the store may not be written to: \(detail)"
    case .corrupted(let path, let detail): "\(path) is damaged or not a database: \(detail)"
    case .newer(let path, let schema):
      "\(path) has schema \(schema), newer than this sockeye's (\(StoreSchema.version))"
    case .cannotOpen(let path, let detail): "cannot open \(path): \(detail)"
    case .timeLimit(let limit): "the query took longer than \(limit)"
    case .memoryLimit(let bytes): "the query needed more than \(bytes) bytes of memory"
    case .refused(let detail): "only reading is allowed: \(detail)"
    case .badQuery(let detail): detail
    case .other(let code, let detail): "SQLite error \(code): \(detail)"
    }
  }
}
