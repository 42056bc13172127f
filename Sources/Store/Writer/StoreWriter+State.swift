import Glibc
import Model

extension StoreWriter {
  /// Since when it records, and when it wrote last: µs since 1970.
  public var reach: (began: Int64, flushed: Int64) { (began, flushed) }

  /// Bytes of the database, and of the log beside it.
  public var fileSizes: (database: Int64, log: Int64) {
    func size(_ path: String) -> Int64 {
      var status = stat()
      // SAFETY: stat(2) fills the structure.
      return unsafe stat(path, &status) == 0 ? Int64(status.st_size) : 0
    }
    return (size(path), size(path + "-wal"))
  }

  public var occupancies: [Occupancy] {
    [
      Occupancy("waiting_records", pending.count, ceiling: settings.batchLimit),
      Occupancy("open_connections", open.count, ceiling: Self.openLimit),
      Occupancy("open_listeners", openListeners.count, ceiling: Self.processLimit),
      Occupancy("stored_processes", processes.count, ceiling: Self.processLimit),
    ] + interner.occupancies
  }
}
