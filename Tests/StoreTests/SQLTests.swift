import Foundation
import Model
import Testing

@testable import Store

@Suite struct SQLTests {
  let scratch: Scratch
  let sql: StoreSQL
  init() throws {
    scratch = try Scratch()
    let writer = try Sample.writer(scratch.database)
    try writer.take([Sample.event(.connect, 1001, process: Sample.process(7))], now: Sample.time(1001))
    try writer.stop(Sample.time(1002))
    sql = try StoreSQL(path: scratch.database)
  }

  @Test(
    "A live table gives back what was put in, bytes that are no UTF-8 and empty text included, and cannot be written"
  )
  func liveTable() throws {
    let row: [SQLValue] = [
      .null, .integer(.min), .real(1.5), .text(RawText([0x61, 0xff, 0x62])), .text(""), .blob([]),
      .blob([0, 1]),
    ]
    let table = LiveTable(.sockets, columns: ["a", "b", "c", "d", "e", "f", "g"], rows: [row])
    for path in [nil, scratch.database] {
      let sql = try StoreSQL(path: path, live: [table])
      var found: [[SQLValue]] = []
      try sql.run("SELECT * FROM live_sockets WHERE e = '' AND typeof(d) = 'text'") { row in
        found.append(row)
        return true
      }
      #expect(found == [row])
      #expect(throws: StoreError.self) { try sql.run("DELETE FROM live_sockets") { _ in true } }
      #expect(throws: StoreError.self) { try sql.run("CREATE TEMP TABLE x (y)") { _ in true } }
    }
  }

  @Test("An error in SQL says where it is, if SQLite does")
  func errorOffset() throws {
    #expect(throws: StoreError.self) { try rows("SELECT 1, bogus FROM connections") }
    #expect(sql.errorOffset == 10)
    #expect(throws: StoreError.self) { try rows("SELECT 1 FROM bogus") }
    #expect(sql.errorOffset == nil)
  }

  private func rows(_ query: String, _ limits: StoreSQL.Limits = StoreSQL.Limits()) throws -> [[SQLValue]] {
    var rows: [[SQLValue]] = []
    try sql.run(query, limits: limits) { row in
      rows.append(row)
      return true
    }
    return rows
  }

  @Test(
    "Whatever would write, attach, load or set is refused",
    arguments: [
      "DELETE FROM connection", "INSERT INTO gap (kind) VALUES ('x')", "CREATE TABLE x (y)",
      "CREATE TEMP TABLE x (y)",
      "ATTACH '/tmp/x.db' AS x", "PRAGMA query_only = OFF", "PRAGMA journal_mode = DELETE",
      "VACUUM INTO '/tmp/x.db'",
      "SELECT load_extension('/tmp/x.so')", "SELECT Load_Extension('/tmp/x.so')", "DROP VIEW connections",
      "BEGIN",
      "WITH x AS (SELECT 1) UPDATE connection SET sent = 0",
    ]) func refused(_ query: String) throws
  {
    let before = try Data(contentsOf: URL(filePath: scratch.database))
    let error = #expect(throws: StoreError.self) { try rows(query) }
    guard case .refused = error else { return #expect(Bool(false), "\(String(describing: error))") }
    #expect(try Data(contentsOf: URL(filePath: scratch.database)) == before)
  }

  @Test("A query without end is ended by its time, and the next one runs") func timeLimit() throws {
    var limits = StoreSQL.Limits()
    limits.time = .milliseconds(50)
    let endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"
    #expect(throws: StoreError.timeLimit(.milliseconds(50))) { try rows(endless, limits) }
    #expect(try rows("SELECT 1") == [[.integer(1)]])
  }

  @Test("Its caller can end a query") func cancelled() throws {
    let endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"
    #expect(throws: StoreError.refused(detail: "ended by its caller")) {
      try sql.run(endless, goesOn: { false }) { _ in true }
    }
  }

  @Test(
    "Memory has a limit",
    arguments: [
      "SELECT length(randomblob(100000000))",
      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 100000) SELECT length(group_concat(randomblob(1000))) FROM n",
    ]) func memory(_ query: String) throws
  {
    let error = #expect(throws: StoreError.self) { try rows(query) }
    guard case .memoryLimit = error else { return #expect(Bool(false), "\(String(describing: error))") }
  }

  @Test("What is not SQL gets SQLite's own words") func nonsense() throws {
    #expect(throws: StoreError.badQuery(detail: "no such column: nonsense")) { try rows("SELECT nonsense") }
    #expect(throws: StoreError.self) { try rows("") }
    #expect(throws: StoreError.self) { try rows("SELECT 1; SELECT 2") }
    #expect(try rows("SELECT 1 ; ") == [[.integer(1)]])
  }

  /// Names and order of the columns of the stable views: changing one is a new schema version.
  static let views: [(String, String)] = [
    (
      "connections",
      """
      id opened opened_us closed closed_us duration_us protocol family direction outcome reason local_address local_port \
      peer_address peer_port peer_name sent_bytes received_bytes sent_packets received_packets round_trip_us retransmits \
      netns cookie process_id pid name executable sha256 uid unit peer_process_id opened_before evidence
      """
    ),
    (
      "processes",
      """
      id pid entity_id exec_generation began began_us ended ended_us parent_pid name executable sha256 sha256_missing \
      arguments arguments_cut \
      working_directory tty uid user unit container_id container_runtime container_name lineage entry_kind entry_pid netns \
      exit_code signal cpu_us boot_id
      """
    ),
    (
      "watchlist_hits",
      "id at at_us kind indicator matched note list connection_id process_id pid name executable sha256 lineage"
    ), ("modules", "id path build_id size first_seen last_seen loads"),
    ("dns", "question address process_id first_seen last_seen answers"),
    ("gaps", "id kind began ended began_us ended_us count message"),
    (
      "process_open_sockets",
      "pid fd socket family protocol local_address remote_address local_port remote_port path state net_namespace"
    ), ("listening_ports", "pid port protocol family address fd socket path net_namespace"),
    (
      "socket_events",
      """
      action pid path fd auid status family protocol local_address remote_address local_port remote_port socket time eid \
      uptime success
      """
    ),
    (
      "process_events",
      "pid path mode cmdline cmdline_size env cwd auid uid euid gid egid parent time eid uptime"
    ),
  ]

  @Test("The views have the columns that are documented", arguments: 0..<10) func columns(_ index: Int) throws
  {
    let (view, columns) = Self.views[index]
    var found: [String] = []
    try sql.run("SELECT * FROM \(view)", header: { found = $0 }) { _ in true }
    #expect(found == columns.split(separator: " ").map(String.init))
  }

  @Test("osquery's names give what osquery would") func osquery() throws {
    #expect(
      try rows("SELECT action, pid, path, remote_address, remote_port, success FROM socket_events") == [
        [
          .text("connect"), .integer(7), .text("/usr/bin/curl"), .text("203.0.113.9"), .integer(443),
          .integer(1),
        ]
      ])
    #expect(
      try rows("SELECT path, cmdline FROM process_events") == [[.text("/usr/bin/curl"), .text("curl -v")]])
  }

  @Test("A view asked by address looks into the index of each segment, not through the table") func plan()
    throws
  {
    let plan = try ask(
      scratch.database, "EXPLAIN QUERY PLAN SELECT * FROM connections WHERE peer_address = '10.0.0.5'")
    let text = plan.compactMap { $0.last ?? nil }.joined(separator: "\n")
    #expect(text.contains("connection_by_peer (ANY(<expr>) AND peer=?)"), "\(text)")
  }
}
