extension StoreSchema {
  /// The files that processes ran, with their hashes; what hit a watch-list.
  ///
  /// `file`: identities hold within a boot. `changed` is the ctime, nanoseconds since 1970; `missing` why there is no hash;
  /// neither is there while nobody has looked. `hit`: a connection or a process, or both.
  static let v2 = """
    CREATE TABLE file (
      id INTEGER PRIMARY KEY, boot INTEGER NOT NULL, device INTEGER NOT NULL, inode INTEGER NOT NULL,
      changed INTEGER NOT NULL, sha256 TEXT, missing TEXT, segment INTEGER NOT NULL,
      UNIQUE (inode, changed, device, boot));
    CREATE INDEX file_by_sha256 ON file (sha256) WHERE sha256 IS NOT NULL;
    ALTER TABLE process ADD COLUMN file INTEGER;
    CREATE INDEX process_by_file ON process (file) WHERE file IS NOT NULL;
    CREATE TABLE indicator (
      id INTEGER PRIMARY KEY, kind TEXT NOT NULL, indicator TEXT NOT NULL, note TEXT NOT NULL, list TEXT NOT NULL,
      UNIQUE (indicator, list, note));
    CREATE TABLE hit (
      id INTEGER PRIMARY KEY, at INTEGER NOT NULL, indicator INTEGER NOT NULL, matched TEXT NOT NULL,
      connection INTEGER, process INTEGER);
    CREATE INDEX hit_by_connection ON hit (connection) WHERE connection IS NOT NULL;

    """
}
