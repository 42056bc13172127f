import Model

extension StoreWriter {
  /// Since when it records, and when it wrote last: µs since 1970.
  public var reach: (began: Int64, flushed: Int64) { (began, flushed) }

  public var occupancies: [Occupancy] {
    [
      Occupancy("waiting_records", pending.count, ceiling: settings.batchLimit),
      Occupancy("open_connections", open.count, ceiling: Self.openLimit),
      Occupancy("open_listeners", openListeners.count, ceiling: Self.processLimit),
      Occupancy("stored_processes", processes.count, ceiling: Self.processLimit),
    ] + interner.occupancies
  }
}
