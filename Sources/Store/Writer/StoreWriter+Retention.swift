/// How much of the past is kept.
public struct Retention: Sendable, Equatable {
  /// What ended before that goes; nil to keep it.
  public var age: Duration?
  /// Bytes that the database may have; nil for no limit.
  public var size: Int64?
  public init(age: Duration? = nil, size: Int64? = nil) {
    self.age = age
    self.size = size
  }
}

extension StoreWriter {
  /// Rows that one step takes away, and pages that it gives back: some milliseconds.
  static let retentionRows: Int64 = 1024
  static let retentionPages = 512

  /// One small step of keeping to `retention`. Returns whether there is more to do now.
  ///
  /// The oldest segment goes first, row by row. What is still open moves to the newest segment. Names, addresses and processes
  /// that no segment uses any more follow, then gaps, listeners and names of the same age; freed pages go back to the file system.
  public func keep(to retention: Retention, _ now: StoreTime) throws(StoreError) -> Bool {
    let time = timeline.microseconds(boot: now.boot)
    // What waits may refer to rows that are about to move.
    if !pending.isEmpty { try flush(now) }
    let cutoff = retention.age.map { time - Int64($0.nanoseconds / 1000) }
    var more = false
    let before = (open, nextID, sweep)
    do {
      try connection.transaction { () throws(StoreError) in
        if let segment = try oldestDue(retention, cutoff) {
          more = true
          if try takeRows(of: segment.id) { try finish(segment.id, until: segment.last) }
        } else {
          more = try sweepOrphans()
        }
      }
    } catch {
      (open, nextID, sweep) = before
      forgetCaches()
      throw error
    }
    let free = try connection.integer("PRAGMA freelist_count") ?? 0
    if free > 0 {
      let vacuum = try connection.prepare("PRAGMA incremental_vacuum(\(Self.retentionPages))")
      while try vacuum.step() {}
    }
    return more || free > Int64(Self.retentionPages)
  }

  /// Bytes in use: free pages are no longer the store's.
  public func usedBytes() throws(StoreError) -> Int64 {
    let pages = try connection.integer("PRAGMA page_count") ?? 0
    let free = try connection.integer("PRAGMA freelist_count") ?? 0
    return (pages - free) * (try connection.integer("PRAGMA page_size") ?? 0)
  }

  /// The newest segment never goes: what is written now refers to it.
  private func oldestDue(_ retention: Retention, _ cutoff: Int64?) throws(StoreError) -> (
    id: Int64, last: Int64
  )? {
    let oldest = try connection.prepare(
      "SELECT id, opened_last FROM segment WHERE id < ? ORDER BY id LIMIT 1")
    oldest.bind(1, currentSegment)
    guard try oldest.step() else { return nil }
    let (id, last) = (oldest.integer(0), oldest.integer(1))
    if let cutoff, last < cutoff { return (id, last) }
    if let size = retention.size, try usedBytes() > size { return (id, last) }
    return nil
  }

  /// Whether the segment is empty now.
  private func takeRows(of segment: Int64) throws(StoreError) -> Bool {
    let (start, end) = (segment << StoreSchema.segmentShift, (segment + 1) << StoreSchema.segmentShift)
    let limit = try connection.prepare(
      "SELECT id FROM connection WHERE id >= ? AND id < ? ORDER BY id LIMIT 1 OFFSET ?")
    limit.bind(1, start)
    limit.bind(2, end)
    limit.bind(3, Self.retentionRows)
    let stop = try limit.step() ? limit.integer(0) : end
    limit.reset()
    try carryOpen(from: start, to: stop)
    try connection.prepare("DELETE FROM connection WHERE id >= ? AND id < ?").run(start, stop)
    return stop == end
  }

  /// What is open still gets a new id, and its names the mark of the newest segment.
  private func carryOpen(from start: Int64, to stop: Int64) throws(StoreError) {
    let ids = Dictionary(
      open.filter { $0.value.id >= start && $0.value.id < stop && $0.value.id != 0 }.map {
        ($0.value.id, $0.key)
      },
      uniquingKeysWith: { first, _ in first })
    if ids.isEmpty { return }
    sweep.carriedTo = sweep.carriedTo ?? currentSegment
    let carry = try connection.prepare(
      "UPDATE connection SET id = ?2, span = \(SpanClass.open) WHERE id = ?1 RETURNING opened")
    let follow = try connection.prepare("UPDATE hit SET connection = ?2 WHERE connection = ?1")
    var facts = SegmentFacts()
    for (old, key) in ids.sorted(by: { $0.key < $1.key }) {
      let id = nextID
      nextID += 1
      carry.bind(1, old)
      carry.bind(2, id)
      guard try carry.step() else {
        carry.reset()
        continue
      }
      facts.add(id >> StoreSchema.segmentShift, opened: carry.integer(0), span: SpanClass.open)
      carry.reset()
      try follow.run(old, id)
      open[key]?.id = id
    }
    try facts.write(statements)
  }

  /// Marks what is still used, though no new row says so, with the newest segment: by open connections that
  /// have moved, by open listeners, by modules.
  private func markUsed() throws(StoreError) {
    // What has been carried is not short, be it closed since or not.
    let moved = "FROM connection WHERE (id >> 14) >= \(sweep.carriedTo ?? .max) AND span > 0"
    let listening = "FROM listener WHERE closed IS NULL"
    let inUse = "SELECT process \(moved) UNION SELECT peer_process \(moved) UNION SELECT process \(listening)"
    let columns = [
      "name", "executable", "arguments", "directory", "terminal", "user_name", "unit", "lineage",
    ]
    let texts = columns.map { "SELECT \($0) FROM process WHERE id IN (\(inUse))" }.joined(
      separator: " UNION ")
    for sql in [
      "UPDATE address SET segment = ?1 WHERE id IN (SELECT local \(moved) UNION SELECT peer \(moved) UNION SELECT local \(listening))",
      "UPDATE process SET segment = ?1 WHERE id IN (\(inUse))",
      "UPDATE container SET segment = ?1 WHERE id IN (SELECT container FROM process WHERE id IN (\(inUse)))",
      "UPDATE file SET segment = ?1 WHERE id IN (SELECT file FROM process WHERE id IN (\(inUse)))",
      "UPDATE text SET segment = ?1 WHERE id IN (\(texts) UNION SELECT program \(moved) UNION SELECT path FROM module)",
    ] { try connection.prepare(sql).run(currentSegment) }
    sweep.carriedTo = nil
  }

  private func finish(_ segment: Int64, until last: Int64) throws(StoreError) {
    try connection.prepare("DELETE FROM segment WHERE id = ?").run(segment)
    for sql in [
      "DELETE FROM gap WHERE ended < ?", "DELETE FROM dns_answer WHERE last < ?",
      "DELETE FROM clock_step WHERE at < ?",
      "DELETE FROM hit WHERE at <= ? AND (connection IS NULL OR connection NOT IN (SELECT id FROM connection))",
      "DELETE FROM listener WHERE closed < ?", "DELETE FROM recording WHERE stopped < ?",
      "DELETE FROM module WHERE last < ? AND NOT EXISTS (SELECT 1 FROM process_module WHERE module = module.id)",
    ] { try connection.prepare(sql).run(last) }
    try markUsed()
    sweep.oldestSegment = segment + 1
    sweep.position = (0, 0)
  }

  /// Looks at the next rows of the tables that connections refer to. Returns whether there are more.
  private func sweepOrphans() throws(StoreError) -> Bool {
    guard let (table, id) = sweep.position else { return false }
    let name = OrphanSweep.tables[table]
    let last = try connection.prepare("SELECT id FROM \(name) WHERE id > ? ORDER BY id LIMIT 1 OFFSET 8191")
    last.bind(1, id)
    let stop = try last.step() ? last.integer(0) : Int64.max
    last.reset()
    try connection.prepare("DELETE FROM \(name) WHERE id > ? AND id <= ? AND segment < ?").run(
      id, stop, sweep.oldestSegment)
    if name == "process" {
      try connection.prepare(
        "DELETE FROM process_module WHERE process > ? AND process <= ? AND process NOT IN (SELECT id FROM process)"
      ).run(id, stop)
    }
    if stop < .max {
      sweep.position = (table, stop)
    } else {
      sweep.position = table + 1 < OrphanSweep.tables.count ? (table + 1, 0) : nil
    }
    return sweep.position != nil
  }
}
