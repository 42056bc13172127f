import Model

/// What a writer does before its first batch: it ends what an earlier recording left, and begins its own.
struct Recovery {
  private let connection: SQLiteConnection
  private let bootID: String

  init(_ connection: SQLiteConnection, bootID: String) throws(StoreError) {
    self.connection = connection
    self.bootID = bootID
  }

  func begin(at time: Int64, version: String) throws(StoreError) -> (
    boot: Int64, recording: Int64, nextID: Int64
  ) {
    var result: (boot: Int64, recording: Int64, nextID: Int64) = (0, 0, 1)
    try connection.transaction { () throws(StoreError) in
      try endUnfinished(at: time)
      let boot = try connection.prepare("INSERT INTO boot (boot_id) VALUES (?) ON CONFLICT DO NOTHING")
      boot.bind(1, text: bootID)
      try boot.run()
      let found = try connection.prepare("SELECT id FROM boot WHERE boot_id = ?")
      found.bind(1, text: bootID)
      _ = try found.step()
      result.boot = found.integer(0)
      try connection.prepare("UPDATE process SET ended = ? WHERE ended IS NULL AND boot <> ?").run(
        time, result.boot)
      let recording = try connection.prepare(
        "INSERT INTO recording (boot, started, flushed, version) VALUES (?, ?, ?, ?) RETURNING id")
      recording.bind(1, result.boot)
      recording.bind(2, time)
      recording.bind(3, time)
      recording.bind(4, text: version)
      _ = try recording.step()
      result.recording = recording.integer(0)
      recording.reset()
      result.nextID = try Self.nextID(connection)
    }
    return result
  }

  /// The id of the next connection: never one that was given before, even where its row is gone.
  static func nextID(_ connection: SQLiteConnection) throws(StoreError) -> Int64 {
    let newest = try connection.integer("SELECT max(id) FROM connection") ?? 0
    let segment = try connection.integer("SELECT max(id) FROM segment") ?? 0
    return max(newest + 1, segment << StoreSchema.segmentShift, 1)
  }

  private func endUnfinished(at time: Int64) throws(StoreError) {
    let unfinished = try connection.prepare("SELECT id, flushed FROM recording WHERE stopped IS NULL")
    while try unfinished.step() {
      let flushed = unfinished.integer(1)
      // What was to last as long as the recording ended with it.
      try connection.prepare("UPDATE gap SET ended = ?1 WHERE ended > ?1 AND began <= ?1").run(flushed)
      let gap = try connection.prepare(
        "INSERT INTO gap (kind, began, ended, count, message) VALUES ('recorder_crashed', ?, ?, NULL, ?)")
      gap.bind(1, flushed)
      gap.bind(2, max(time, flushed))
      gap.bind(
        3, text: "the recorder ended without stopping; what happened until the next start is not recorded")
      try gap.run()
      try Self.endOpen(connection, at: flushed)
      try connection.prepare("UPDATE recording SET stopped = flushed WHERE id = ?").run(unfinished.integer(0))
    }
  }

  /// Marks every open connection and listener as of unknown end.
  static func endOpen(_ connection: SQLiteConnection, at time: Int64) throws(StoreError) {
    let outcome = StoredOutcome.unknown.rawValue << 5
    let change = """
      duration = max(?1 - opened, 0), flags = flags & ~96 | \(outcome),
      span = CASE WHEN ?1 - opened < \(SpanClass.shortMicroseconds) THEN 0 ELSE \(SpanClass.longest) END
      """
    // Those that have lasted, by their index; then the young ones, in the segments that they can be in.
    let lasting = try connection.prepare(
      "UPDATE connection SET \(change) WHERE (id >> 14) = ?2 AND span = \(SpanClass.open)")
    let young = try connection.prepare(
      "UPDATE connection SET \(change) WHERE id >= ?2 << 14 AND id < (?2 + 1) << 14 AND duration IS NULL")
    let reach = time - 4 * SpanClass.shortMicroseconds
    let segments = try connection.prepare(
      "SELECT id, spans >> \(SpanClass.open) & 1, opened_last >= ?1 FROM segment "
        + "WHERE spans >> \(SpanClass.open) & 1 = 1 OR opened_last >= ?1")
    segments.bind(1, reach)
    var ended: [Int64] = []
    while try segments.step() {
      let segment = segments.integer(0)
      if segments.integer(1) == 1 { try lasting.run(time, segment) }
      if segments.integer(2) == 1 { try young.run(time, segment) }
      ended.append(segment)
    }
    let mark = try connection.prepare(
      "UPDATE segment SET spans = spans & ~\(1 << SpanClass.open) | \(1 << SpanClass.longest) WHERE id = ?")
    for segment in ended { try mark.run(segment) }
    try connection.prepare("UPDATE listener SET closed = ? WHERE closed IS NULL").run(time)
  }
}
