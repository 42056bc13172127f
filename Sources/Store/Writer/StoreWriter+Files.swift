import Glibc

extension StoreWriter {
  /// Bytes of the database, and of the log beside it.
  public var fileSizes: (database: Int64, log: Int64) {
    func size(_ path: String) -> Int64 {
      var status = stat()
      // SAFETY: stat(2) fills the structure.
      return unsafe stat(path, &status) == 0 ? Int64(status.st_size) : 0
    }
    return (size(path), size(path + "-wal"))
  }

  /// Makes a new database's file, for its owner alone: it tells what everybody on the host has done. SQLite gives the
  /// log beside it the same mode. Leaves a file that exists as it is.
  static func createPrivately(_ path: String) {
    // SAFETY: the name is a string that outlives the call. Whatever goes wrong, SQLite will say of the same file.
    let descriptor = unsafe Glibc.open(path, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0o600)
    if descriptor >= 0 { close(descriptor) }
  }

  /// Why the file, or one beside it, may not be written to; nil where that is not why.
  static func refusal(_ path: String) -> String? {
    let folder = path.lastIndex(of: "/").map { path[...$0] } ?? "."
    for place in [path, String(folder)] {
      // SAFETY: the name is a string that outlives the call.
      if unsafe access(place, W_OK) == 0 { continue }
      switch errno {
      case EROFS: return "the file system is read-only"
      case EACCES, EPERM: return "permission denied"
      default: continue
      }
    }
    return nil
  }

  /// Renames a damaged database and what belongs to it, so that a new one can begin: only on the word of the user.
  ///
  /// Returns the new name. Nothing is deleted, and nothing that has that name already is overwritten.
  public static func setAside(path: String, now: StoreTime) throws(StoreError) -> String {
    let held = try lock(path)
    defer { withExtendedLifetime(held) {} }
    let aside = "\(path).damaged-\(now.wall / 1_000_000_000)"
    for suffix in ["", "-wal", "-shm"] {
      // link(2) refuses a name that exists; rename(2) would replace it.
      // SAFETY: both arguments are strings that outlive the call.
      if unsafe link(path + suffix, aside + suffix) != 0 {
        let code = errno
        if code == ENOENT && !suffix.isEmpty { continue }
        throw .cannotOpen(
          path: path + suffix, detail: "cannot be renamed to \(aside + suffix): errno \(code)")
      }
      guard unsafe unlink(path + suffix) == 0 else {
        let code = errno
        throw .cannotOpen(path: path + suffix, detail: "cannot be removed after its renaming: errno \(code)")
      }
    }
    return aside
  }
}
