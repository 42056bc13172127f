/// What the writer says to SQLite over and over.
final class WriterStatements {
  let addConnection: SQLiteStatement
  let closeConnection: SQLiteStatement
  let markLasting: SQLiteStatement
  let mergeSegment: SQLiteStatement
  let addSpans: SQLiteStatement
  let addProcess: SQLiteStatement
  let changeProcess: SQLiteStatement
  let findProcess: SQLiteStatement
  let markProcess: SQLiteStatement
  let addListener: SQLiteStatement
  let closeListener: SQLiteStatement
  let addModule: SQLiteStatement
  let addProcessModule: SQLiteStatement
  let unloadModule: SQLiteStatement
  let addAnswer: SQLiteStatement
  let addGap: SQLiteStatement
  let extendGap: SQLiteStatement
  let addStep: SQLiteStatement
  let findContainer: SQLiteStatement
  let addContainer: SQLiteStatement
  let addIndicator: SQLiteStatement
  let addHit: SQLiteStatement
  let heartbeat: SQLiteStatement

  static let processColumns = [
    "boot", "pid", "start_ticks", "generation", "entity", "segment", "began", "ended", "parent_pid", "name",
    "executable", "arguments", "directory", "terminal", "user", "user_name", "unit", "container", "lineage",
    "entry_kind", "entry_pid", "session", "netns", "flags", "exit_code", "signal", "cpu", "file",
  ]

  init(_ connection: SQLiteConnection) throws(StoreError) {
    addConnection = try connection.prepare(
      """
      INSERT INTO connection (id, opened, duration, span, flags, process, program, netns, cookie, local, local_port,
        peer, peer_port, sent, received, round_trip, retransmits, sent_packets, received_packets, reason, peer_process)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
      """)
    // Where the end tells no counts, those of its beginning stand: a look has some.
    closeConnection = try connection.prepare(
      """
      UPDATE connection SET duration = ?2, span = ?3, sent = coalesce(?4, sent), received = coalesce(?5, received),
        round_trip = coalesce(?6, round_trip), retransmits = coalesce(?7, retransmits),
        sent_packets = coalesce(?8, sent_packets), received_packets = coalesce(?9, received_packets),
        reason = coalesce(?10, reason), flags = flags | ?11 WHERE id = ?1
      """)
    markLasting = try connection.prepare(
      "UPDATE connection SET span = \(SpanClass.open) WHERE id = ? AND duration IS NULL")
    mergeSegment = try connection.prepare(
      """
      INSERT INTO segment (id, opened_first, opened_last, short_first, spans) VALUES (?, ?, ?, ?, ?)
      ON CONFLICT DO UPDATE SET opened_first = min(opened_first, excluded.opened_first),
        opened_last = max(opened_last, excluded.opened_last), short_first = min(short_first, excluded.short_first),
        spans = spans | excluded.spans
      """)
    addSpans = try connection.prepare("UPDATE segment SET spans = spans | ? WHERE id = ?")
    let columns = Self.processColumns
    let marks = Array(repeating: "?", count: columns.count).joined(separator: ", ")
    addProcess = try connection.prepare(
      "INSERT INTO process (\(columns.joined(separator: ", "))) VALUES (\(marks)) RETURNING id")
    // What one telling does not know, another has told.
    let changes = columns.enumerated().map { "\($1) = coalesce(?\($0 + 1), \($1))" }.joined(separator: ", ")
    changeProcess = try connection.prepare("UPDATE process SET \(changes) WHERE id = ?\(columns.count + 1)")
    findProcess = try connection.prepare(
      """
      SELECT id, generation, began, executable FROM process WHERE pid = ? AND start_ticks = ? AND boot = ?
      ORDER BY generation DESC LIMIT 1
      """)
    markProcess = try connection.prepare("UPDATE process SET ended = ?2 WHERE id = ?1")
    addListener = try connection.prepare(
      """
      INSERT INTO listener (opened, flags, process, netns, cookie, local, local_port) VALUES (?, ?, ?, ?, ?, ?, ?)
      """)
    closeListener = try connection.prepare(
      "UPDATE listener SET closed = ? WHERE closed IS NULL AND cookie = ? AND netns = ?")
    addModule = try connection.prepare(
      """
      INSERT INTO module (path, build_id, size, first, last, loads) VALUES (?1, ?2, ?3, ?4, ?4, 1)
      ON CONFLICT DO UPDATE SET last = max(last, excluded.last), loads = loads + 1 RETURNING id
      """)
    addProcessModule = try connection.prepare(
      "INSERT INTO process_module (process, module, loaded) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET unloaded = NULL"
    )
    unloadModule = try connection.prepare(
      """
      UPDATE process_module SET unloaded = ?1 WHERE process = ?2
        AND module IN (SELECT id FROM module WHERE path = ?3 AND build_id = ?4)
      """)
    addAnswer = try connection.prepare(
      """
      INSERT INTO dns_answer (address, question, process, first, last, answers) VALUES (?1, ?2, ?3, ?4, ?4, 1)
      ON CONFLICT DO UPDATE SET last = max(last, excluded.last), answers = answers + 1
      """)
    addGap = try connection.prepare(
      "INSERT INTO gap (kind, began, ended, count, message) VALUES (?, ?, ?, ?, ?)")
    extendGap = try connection.prepare("UPDATE gap SET ended = ? WHERE id = ?")
    addStep = try connection.prepare("INSERT INTO clock_step (recording, at, step) VALUES (?, ?, ?)")
    findContainer = try connection.prepare(
      "SELECT id, runtime, name, pod_uid FROM container WHERE container_id = ?")
    addContainer = try connection.prepare(
      """
      INSERT INTO container (container_id, runtime, name, pod_uid, segment) VALUES (?, ?, ?, ?, ?) RETURNING id
      """)
    addIndicator = try connection.prepare(
      """
      INSERT INTO indicator (kind, indicator, note, list) VALUES (?, ?, ?, ?)
      ON CONFLICT DO UPDATE SET kind = excluded.kind RETURNING id
      """)
    addHit = try connection.prepare(
      "INSERT INTO hit (at, indicator, matched, connection, process) VALUES (?, ?, ?, ?, ?)")
    heartbeat = try connection.prepare("UPDATE recording SET flushed = ? WHERE id = ?")
  }
}
