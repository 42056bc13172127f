import Model

/// The rows of files that processes run: each file once a boot, marked with the newest segment that uses it.
///
/// Its cache forgets all when full, and after a batch that failed: the table is the truth.
final class FileRows {
  private struct Known {
    var id: Int64
    var segment: Int64
  }
  private static let cacheLimit = 16_384

  private let boot: Int64
  private var known: [FileIdentity: Known] = [:]
  private let add: SQLiteStatement
  private let complete: SQLiteStatement
  private let hashed: SQLiteStatement

  init(_ connection: SQLiteConnection, boot: Int64) throws(StoreError) {
    self.boot = boot
    add = try connection.prepare(
      """
      INSERT INTO file (boot, device, inode, changed, segment) VALUES (?, ?, ?, ?, ?)
      ON CONFLICT DO UPDATE SET segment = max(segment, excluded.segment) RETURNING id
      """)
    // A hash stays, whatever became of the file for a later process.
    complete = try connection.prepare(
      """
      INSERT INTO file (boot, device, inode, changed, segment, sha256, missing) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
      ON CONFLICT DO UPDATE SET sha256 = coalesce(?6, sha256),
        missing = CASE WHEN coalesce(?6, sha256) IS NULL THEN ?7 END
      """)
    hashed = try connection.prepare(
      "SELECT device, inode, changed, sha256 FROM file WHERE boot = ? AND sha256 IS NOT NULL")
  }

  func forgetAll() { known.removeAll(keepingCapacity: true) }

  func id(of file: FileIdentity, segment: Int64) throws(StoreError) -> Int64 {
    if let row = known[file], row.segment >= segment { return row.id }
    bind(file, segment, to: add)
    defer { add.reset() }
    _ = try add.step()
    let id = add.integer(0)
    if known.count >= Self.cacheLimit { forgetAll() }
    known[file] = Known(id: id, segment: segment)
    return id
  }

  func write(_ hash: FileHash, of file: FileIdentity, segment: Int64) throws(StoreError) {
    bind(file, segment, to: complete)
    complete.bind(6, nil as Int64?)
    complete.bind(7, nil as Int64?)
    switch hash {
    case .sha256(let digest): complete.bind(6, text: digest)
    case .missing(let reason): complete.bind(7, text: reason.rawValue)
    }
    try complete.run()
  }

  /// What is known of this boot's files.
  func hashes() throws(StoreError) -> [FileIdentity: String] {
    hashed.bind(1, boot)
    defer { hashed.reset() }
    var hashes: [FileIdentity: String] = [:]
    while try hashed.step() {
      let file = FileIdentity(
        device: UInt32(truncatingIfNeeded: hashed.integer(0)), inode: UInt64(bitPattern: hashed.integer(1)),
        changed: hashed.integer(2))
      hashes[file] = hashed.string(3)
    }
    return hashes
  }

  private func bind(_ file: FileIdentity, _ segment: Int64, to statement: SQLiteStatement) {
    statement.bind(1, boot)
    statement.bind(2, Int64(file.device))
    statement.bind(3, Int64(bitPattern: file.inode))
    statement.bind(4, file.changed)
    statement.bind(5, segment)
  }
}

extension StoreWriter {
  /// The hashes that recordings of this boot have stored.
  public func knownHashes() throws(StoreError) -> [FileIdentity: String] { try files.hashes() }

  func writeHashes(_ batch: PendingRecords, segment: Int64) throws(StoreError) {
    for (file, hash) in batch.hashes { try files.write(hash, of: file, segment: segment) }
  }
}
