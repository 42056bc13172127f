import Foundation
import Testing
import ViewFixtures

/// `sockeye sql` on a database whose content is known, and on the sockets of now.
@Suite struct SQLTests {
  private static let query = """
    SELECT pid, executable, peer_port, reason, x'00ff' AS bytes, 0.5 AS half FROM connections \
    WHERE peer_port <> 80 ORDER BY id
    """
  private let host: RecordedHost
  init() throws { host = try RecordedHost() }

  private func sql(_ query: String, _ arguments: String...) throws -> Program {
    try Program.shell(
      "\"$sockeye\" sql --database \"$database\" \(arguments.joined(separator: " ")) \"$query\"",
      environment: ["database": host.path, "query": query])
  }

  @Test(
    "Every format is the one that was agreed on, NULL, bytes and hostile names included",
    arguments: ["table", "json", "jsonl", "csv"])
  func formats(_ format: String) throws {
    let run = try sql(Self.query, "-o", format)
    #expect(run.status == 0)
    #expect(run.errors == "")
    let difference = Golden.difference(run.output, "sql-\(format).txt", testFile: #filePath)
    #expect(difference == nil, "\(difference ?? "")")
    #expect(!run.output.utf8.contains(0x1b))
  }

  @Test("The views are those of Documentation/Store.md, and the live tables")
  func schema() throws {
    let run = try Program.run("sql", "--schema", "--json", "--database", host.path)
    #expect(run.status == 0)
    let views = Set(try run.records.compactMap { $0["view"] as? String })
    #expect(
      views == [
        "connections", "processes", "modules", "dns", "gaps", "watchlist_hits", "process_open_sockets",
        "listening_ports", "socket_events", "process_events", "live_sockets", "live_processes",
        "live_modules",
      ])
  }

  @Test("An error stands with its line of the query and a caret beneath the word; exit status 2")
  func caret() throws {
    let run = try sql("SELECT 1 FROM\n connections WHERE bogus = 1")
    #expect(run.status == 2)
    #expect(run.output == "")
    #expect(
      run.errors == """
        sockeye: sql: no such column: bogus
           connections WHERE bogus = 1
                             ^

        """)
  }

  @Test(
    "Whatever is not reading is refused, and changes nothing",
    arguments: [
      "DELETE FROM gap", "ATTACH '/tmp/x' AS x", "PRAGMA journal_mode = DELETE", "SELECT 1; SELECT 2",
    ])
  func refused(_ query: String) throws {
    let before = try Data(contentsOf: URL(filePath: host.path))
    let run = try sql(query)
    #expect(run.status == 2)
    #expect(run.output == "")
    #expect(try Data(contentsOf: URL(filePath: host.path)) == before)
  }

  @Test("A query that would never end is ended by its limits of time and of memory")
  func limits() throws {
    let endless = "WITH RECURSIVE c(x) AS (VALUES (1) UNION ALL SELECT x + 1 FROM c)"
    let slow = try sql("\(endless) SELECT count(*) FROM c", "--max-time", "200ms")
    #expect(slow.status == 2)
    #expect(slow.errors.contains("longer than 0.2 seconds"), "\(slow.errors)")
    let large = try sql("\(endless) SELECT length(group_concat(x)) FROM c", "--max-memory", "2M")
    #expect(large.status == 2)
    #expect(large.errors.contains("memory"), "\(large.errors)")
  }

  @Test("live_sockets and live_processes are those of now, also without a database")
  func live() throws {
    let listener = try OwnListener()
    let query = """
      SELECT s.state, p.pid FROM live_sockets s JOIN live_processes p USING (pid) \
      WHERE s.local_port = \(listener.port) AND s.protocol = 'tcp'
      """
    for run in [try Program.run("sql", "-o", "csv", query), try sql(query, "-o", "csv")] {
      #expect(run.status == 0, "\(run.errors)")
      #expect(run.output.contains("\nlistening,\(getpid())\n"), "\(run.output)")
    }
  }

  @Test("A long query says on a terminal how long it has gone on; elsewhere it does not")
  func progress() throws {
    let endless = "WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t) SELECT max(n) FROM t"
    let environment = ["database": host.path, "query": endless]
    let line = #"\"$sockeye\" sql --database \"$database\" --max-time 2s \"$query\""#
    let terminal = try Program.shell("script -qec \"\(line)\" /dev/null </dev/null", environment: environment)
    #expect(terminal.output.contains("\r1 s of at most 2 s"), "\(terminal.output)")
    let file = try Program.shell(line.replacing(#"\""#, with: "\""), environment: environment)
    #expect(file.status == 2 && !file.errors.contains("of at most"), "\(file.errors)")
  }

  @Test("live_modules has each program and library of this process once, where /proc/PID/maps has it")
  func modules() throws {
    let run = try Program.run(
      "sql", "--json", "SELECT path, address, deleted FROM live_modules WHERE pid = \(getpid())")
    #expect(run.status == 0, "\(run.errors)")
    var first: [String: UInt64] = [:]
    var executable: Set<String> = []
    let maps = try Program.shell("cat /proc/\(getpid())/maps").output
    for line in maps.split(separator: "\n") {
      let fields = line.split(separator: " ", maxSplits: 5)
      guard fields.count == 6, fields[4] != "0" else { continue }
      let path = fields[5].drop { $0 == " " }
      if first[String(path)] == nil {
        first[String(path)] = UInt64(fields[0].prefix { $0 != "-" }, radix: 16)
      }
      if fields[1].contains("x") { executable.insert(String(path)) }
    }
    #expect(executable.count > 3)
    var found: [String: UInt64] = [:]
    for record in try run.records {
      let path = try #require(record["path"] as? String)
      #expect(found[path] == nil)
      found[path] = (record["address"] as? NSNumber)?.uint64Value
      #expect((record["deleted"] as? NSNumber)?.intValue == 0)
    }
    #expect(found == first.filter { executable.contains($0.key) })
  }

  @Test("No rows are exit status 1, with a header for people and an empty array for programs")
  func nothing() throws {
    let table = try sql("SELECT 1 AS one WHERE 0")
    #expect(table.status == 1)
    #expect(table.output == "one\n")
    let json = try sql("SELECT 1 AS one WHERE 0", "--json")
    #expect(json.status == 1)
    #expect(json.output == "[]\n")
  }
}
