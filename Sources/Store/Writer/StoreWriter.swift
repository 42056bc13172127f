import Model

/// The one writer of a store: takes events, keeps them for a moment, writes them as one transaction.
///
/// What `flush` has returned from survives `kill -9` and, with WAL and `synchronous = FULL`, the loss of power. A batch that
/// fails is rolled back whole, counted, and told of by a gap as soon as a batch succeeds. Owned by one thread; time comes
/// from outside. At most `StoreSettings.batchLimit` records and `openLimit` connections are held in memory, and what one
/// `take` brings.
public final class StoreWriter {
  /// Connections that may be open at once and have their row completed at the end.
  static let openLimit = 262_144
  static let processLimit = 65_536
  /// A segment is closed after a day, so that what is old can go.
  static let segmentAge: Int64 = 86_400_000_000

  struct OpenConnection {
    /// 0: it waits in `pending.connections` at `index`, or in `held`.
    var id: Int64
    var index: Int
    var bootOpened: UInt64
  }

  public let path: String
  public internal(set) var counters = StoreCounters()
  let settings: StoreSettings
  let connection: SQLiteConnection
  let statements: WriterStatements
  let interner: Interner
  let files: FileRows
  /// Held open for its lock.
  private let lock: SQLiteConnection
  var timeline: Timeline
  let boot: Int64
  let recording: Int64
  let began: Int64
  var nextID: Int64
  var segmentBegan: Int64
  var flushed: Int64
  var flushedBoot: UInt64
  var pending = PendingRecords()
  var open: [FlowKey: OpenConnection] = [:]
  var openListeners: Set<FlowKey> = []
  /// Open connections that get their row at the end.
  var held: [FlowKey: PendingConnection] = [:]
  /// In the order of opening, to be marked as lasting: (key, id).
  var young: [(key: FlowKey, id: Int64, bootOpened: UInt64)] = []
  var youngStart = 0
  var processes: [ProcessIdentity: ProcessEntry] = [:]
  /// Lost since the last batch that succeeded: how many, and from when.
  var lossBegan: Int64?
  var lossCount: UInt64 = 0
  var sweep = OrphanSweep()
  var watchlist = WatchlistState()
  /// What cannot be seen as long as this recording lasts; 0 before it has a row.
  var lasting: [(gap: PendingGap, id: Int64)] = []

  /// Opens or creates the store, and begins a recording. What an earlier one left open is closed, with a gap.
  public init(path: String, settings: StoreSettings, now: StoreTime) throws(StoreError) {
    self.path = path
    self.settings = settings
    // SQLite would say only that it cannot open it.
    if let reason = Self.refusal(path) { throw .readOnly(detail: "\(path): \(reason)") }
    lock = try Self.lock(path)
    Self.createPrivately(path)
    try StoreSchema.migrate(path: path)
    connection = try SQLiteConnection(path: path, .writing)
    try connection.run(
      """
      PRAGMA synchronous = FULL; PRAGMA secure_delete = FAST; PRAGMA cache_size = -16384;
      PRAGMA journal_size_limit = 67108864; PRAGMA wal_autocheckpoint = 8192; PRAGMA temp_store = MEMORY; PRAGMA trusted_schema = OFF
      """)
    if let pages = settings.maximumPages { try connection.run("PRAGMA max_page_count = \(pages)") }
    timeline = Timeline(now)
    let time = timeline.microseconds(boot: now.boot)
    (began, flushed, flushedBoot, segmentBegan) = (time, time, now.boot, time)
    let recovery = try Recovery(connection, bootID: settings.bootID)
    (boot, recording, nextID) = try recovery.begin(at: time, version: settings.version)
    statements = try WriterStatements(connection)
    interner = try Interner(connection)
    files = try FileRows(connection, boot: boot)
  }

  /// Whether records wait for the next batch.
  public var isWaiting: Bool { !pending.isEmpty || lasting.contains { $0.id == 0 } }

  /// Takes events in the order of their boot time, and writes when a batch is full or the interval is over.
  public func take(_ events: [Event], now: StoreTime) throws(StoreError) {
    if let step = timeline.observe(now) { noteStep(step, now) }
    for event in events { route(event) }
    try flushIfDue(now)
  }

  /// To be called at least each half `flushInterval`.
  ///
  /// What comes after a silence waits for half the interval: a process starts, connects and ends in one batch, not in three.
  public func flushIfDue(_ now: StoreTime) throws(StoreError) {
    let interval = settings.flushInterval.nanoseconds
    if pending.count >= settings.batchLimit { return try flush(now) }
    guard now.boot &- flushedBoot >= interval else { return }
    let half = Int64(interval / 2000)
    if let began = pending.began, timeline.microseconds(boot: now.boot) - began < half { return }
    let isQuiet = !isWaiting && lossCount == 0 && !hasYoungDue(now)
    if isQuiet && now.boot &- flushedBoot < settings.heartbeat.nanoseconds { return }
    try flush(now)
  }

  /// Ends the recording: what is open is marked as of unknown end.
  public func stop(_ now: StoreTime) throws(StoreError) {
    let time = timeline.microseconds(boot: now.boot)
    for connection in held.values { pending.connections.append(Self.unended(connection, at: time)) }
    held = [:]
    try flush(now)
    try connection.transaction { () throws(StoreError) in
      try Recovery.endOpen(connection, at: time)
      try connection.prepare("UPDATE recording SET stopped = ?, flushed = ? WHERE id = ?").run(
        time, time, recording)
      for (_, id) in lasting { try statements.extendGap.run(time, id) }
    }
    open = [:]
    counters.open = 0
    try connection.run("PRAGMA wal_checkpoint(TRUNCATE)")
  }

  /// What was lost before it came here, or could not be seen: kept as a gap.
  public func note(_ loss: LossFacts) {
    pending.gaps.append(
      PendingGap(
        kind: loss.stage.rawValue, began: Int64(loss.fromWallNanoseconds / 1000),
        ended: Int64(loss.toWallNanoseconds / 1000), count: Int64(clamping: loss.count),
        message: "\(loss.count) records were lost (\(loss.stage.rawValue))"))
  }

  /// What cannot be seen from the beginning of this recording to its end: a gap of that length. Like the recording itself it
  /// is taken to last a little longer than the last sign of life.
  public func note(lasting kind: String, _ message: String) {
    lasting.append((PendingGap(kind: kind, began: began, ended: began, message: message), 0))
  }

  private func noteStep(_ step: Int64, _ now: StoreTime) {
    pending.steps.append((timeline.microseconds(boot: now.boot), step))
  }

  static func unended(_ connection: PendingConnection, at time: Int64) -> PendingConnection {
    var ended = connection
    ended.duration = max(time - connection.opened, 0)
    ended.flags.outcome = StoredOutcome.unknown.rawValue
    return ended
  }

  /// Only one recorder a database: SQLite's own lock on a file beside it, which the kernel drops with the process.
  static func lock(_ path: String) throws(StoreError) -> SQLiteConnection {
    // Private too: whoever may read it could hold a lock on it, and keep the recorder out.
    createPrivately(path + "-recorder")
    let lock = try SQLiteConnection(path: path + "-recorder", .writing)
    do {
      try lock.run("PRAGMA busy_timeout = 0; PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE")
    } catch {
      if case .other(let code, _) = error, code & 0xff == 5 { throw .locked(path: path) }
      throw error
    }
    return lock
  }
}

extension Duration {
  /// Whole nanoseconds; 0 when negative.
  var nanoseconds: UInt64 {
    let (seconds, attoseconds) = components
    return seconds < 0 ? 0 : UInt64(seconds) * 1_000_000_000 + UInt64(max(attoseconds, 0) / 1_000_000_000)
  }
}
