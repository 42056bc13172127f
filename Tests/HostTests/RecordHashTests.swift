import Foundation
import ProgramRuns
import Testing

/// A copy of sleep(1) that runs until it is told to end.
private final class Sleeper {
  private let process = Process()
  var pid: Int32 { process.processIdentifier }

  init(_ file: URL) throws {
    try FileManager.default.copyItem(atPath: "/bin/sleep", toPath: file.path)
    process.executableURL = file
    process.arguments = ["600"]
    try process.run()
  }

  func end() {
    if process.isRunning { kill(pid, SIGKILL) }
    process.waitUntilExit()
  }
}

extension HostTests {
  /// Hashes of executables, checked with sha256sum; watch-lists, with the fixture's account.
  @Suite struct RecordHashTests {
    private static func sum(_ path: String) throws -> String {
      let run = try ToolRun.run(["sha256sum", path])
      return String(decoding: run.output.prefix(64), as: UTF8.self)
    }

    @Test(
      "Each process has the hash of the very file that it ran: deleted, replaced or written over; else a reason"
    )
    func files() throws {
      let folder = try BackgroundRecord.makeFolder()
      defer { try? FileManager.default.removeItem(at: folder) }
      let record = try BackgroundRecord()
      let sleepers = try ["deleted", "replaced"].map { try Sleeper(folder.appending(path: $0)) }
      defer { for sleeper in sleepers { sleeper.end() } }
      _ = try ToolRun.run([
        "bash", "-c",
        """
        cd '\(folder.path)'; chmod 700 deleted; rm deleted; cp /bin/true new; mv new replaced; ./replaced
        cp /bin/true short; ./short; cp /bin/true gone; ./gone; rm gone
        cp /bin/true over; ./over; cat /bin/false > over; ./over
        """,
      ])
      // Those that live are read through /proc, whatever became of their names.
      let pids = sleepers.map { "\($0.pid)" }.joined(separator: ", ")
      try record.wait(
        until:
          "SELECT count(*) FROM processes WHERE sha256 IS NOT NULL AND executable LIKE '\(folder.path)/%' AND pid IN (\(pids))",
        is: 2)
      #expect(record.end() == 0)
      let (yes, no, sleep) = (
        try Self.sum("/bin/true"), try Self.sum("/bin/false"), try Self.sum("/bin/sleep")
      )
      func hashes(_ name: String) throws -> [String] {
        try record.text(
          """
          SELECT coalesce(sha256, sha256_missing), count(*) FROM processes WHERE executable = '\(folder.path)/\(name)'
          GROUP BY 1 ORDER BY 2 DESC, min(began_us)
          """
        ).map { String($0.split(separator: " ")[0]) }
      }
      #expect(try hashes("short") == [yes])
      let deleted = try hashes("deleted")
      let replaced = try hashes("replaced")
      #expect(deleted == [sleep])
      #expect(Set(replaced) == [sleep, yes])
      // What was written over is not what was run: never its hash.
      let over = try record.text(
        """
        SELECT exit_code, coalesce(sha256, sha256_missing) FROM processes
        WHERE executable = '\(folder.path)/over' ORDER BY exit_code
        """)
      #expect(over == ["0 changed", "1 \(no)"] || over == ["0 \(yes)", "1 \(no)"], "\(over)")
      #expect([["gone"], [yes]].contains(try hashes("gone")))
      #expect(record.errors.contains(/, \d+ executables hashed/), "\(record.errors)")
      #expect(record.errors.contains("queue_lost 0, store_lost 0; CPU "), "\(record.errors)")
    }

    @Test("who --at and history tell the hash of a process that has ended, and list does not ask for any")
    func told() throws {
      let record = try BackgroundRecord()
      let truth = try Watching(ToolRun.run([Watching.fixture, "storm", "23", "3", "1"]))
      let hashed = "SELECT count(sha256) > 0 FROM processes WHERE executable = '\(Watching.fixture)'"
      try record.wait(until: hashed, is: 1)
      #expect(record.end() == 0)
      let (sum, port) = (try Self.sum(Watching.fixture), try #require(truth.facts("listen").first?[1]))
      let history = try ToolRun.run([
        BuiltProducts.sockeye, "history", "-o", "jsonl", "--database", record.database,
        "port = :\(port) and tcp",
      ])
      let lines = String(decoding: history.output, as: UTF8.self).split(separator: "\n")
      let hash = "\"hash\":{\"sha256\":\"\(sum)\"}"
      #expect(lines.count { $0.contains(hash) } == 46, "\(history.errors)")
      let who = try ToolRun.run([
        BuiltProducts.sockeye, "who", ":\(port)", "--since", "5m ago", "--limit", "1", "--database",
        record.database,
      ])
      #expect(String(decoding: who.output, as: UTF8.self).contains(sum), "\(who.errors)")
    }

    @Test(
      "What is on a list is told of at once with its lineage, stored with its connection, and found again by a hunt"
    )
    func watchlist() throws {
      let folder = try BackgroundRecord.makeFolder()
      defer { try? FileManager.default.removeItem(at: folder) }
      let list = folder.appending(path: "list.txt")
      try Data("127.0.0.0/30 loop\n\(try Self.sum(Watching.fixture)) fixture\nC1Chain.test.\n".utf8).write(
        to: list)
      let record = try BackgroundRecord(["--watchlist", list.path])
      let truth = try Watching(ToolRun.run([Watching.fixture, "storm", "23", "3", "1"]))
      let names = try Watching(ToolRun.run([Watching.fixture, "names"]))
      // Large executables of others may be in front of the queue.
      try record.wait(until: "SELECT count(*) > 0 FROM watchlist_hits WHERE kind = 'file'", is: 1)
      #expect(record.end() == 0)
      let port = try #require(truth.facts("listen").first?[1])
      let join = """
        FROM watchlist_hits h JOIN connections c ON c.id = h.connection_id
        WHERE \(port) IN (c.local_port, c.peer_port) AND c.protocol = 'tcp'
        """
      #expect(
        try record.text(
          "SELECT h.indicator, h.matched, count(*) \(join) AND h.kind = 'ipv4-addr' GROUP BY 1, 2")
          == ["127.0.0.0/30 127.0.0.1 46"])
      let clients = truth.facts("client").map { $0[1] }
      let processes = try record.text(
        "SELECT DISTINCT pid FROM watchlist_hits WHERE kind = 'file' AND note = 'fixture'")
      #expect(Set(clients).isSubset(of: processes))
      // A hundred lines a second; the rest is counted.
      let line = #/watch-list: sha256 [0-9a-f]{16}… \(fixture; .*\): .*\[\d+\]; .*; from /#
      #expect(record.errors.contains(line), "\(record.errors.suffix(300))")
      let told = record.errors.split(separator: "\n").count {
        $0.contains("sockeye: watch-list: ") && !$0.hasSuffix("which are stored")
      }
      let untold = record.errors.matches(of: /watch-list: (\d+) more hits, which are stored/).compactMap {
        Int($0.1)
      }
      #expect(try record.number("SELECT count(*) FROM watchlist_hits") == told + untold.reduce(0, +))
      let visits = names.facts("connected").filter { $0[0] == "chain" || $0[0] == "datagram" }.map { $0[1] }
      let named = try record.text(
        """
        SELECT DISTINCT c.pid FROM watchlist_hits h JOIN connections c ON c.id = h.connection_id
        WHERE h.indicator = 'c1chain.test' AND h.matched = 'c1chain.test' AND c.direction = 'outbound'
        """)
      #expect(Set(named) == Set(visits), "\(record.errors.suffix(300))")
      #expect(
        try record.number(
          "SELECT count(*) > 0 FROM watchlist_hits WHERE matched = 'c1chain.test' AND connection_id IS NULL")
          == 1)
      let counted = try #require(record.errors.firstMatch(of: /(\d+) hits of the watch-list/)).1
      #expect(try record.number("SELECT count(*) FROM watchlist_hits") == Int(counted))
      // A list of later.
      try Data("127.0.0.1\n".utf8).write(to: list)
      let hunt = try ToolRun.run([
        BuiltProducts.sockeye, "history", "-o", "jsonl", "--watchlist", list.path, "--limit", "1000",
        "--database",
        record.database, "port = :\(port) and tcp",
      ])
      #expect(
        hunt.errors.contains("sockeye: 46 connections on the watch-list, by 1 of its 1 entries"),
        "\(hunt.errors)")
      #expect(
        String(decoding: hunt.output, as: UTF8.self).split(separator: "\n").count {
          $0.contains("\"threat\":{\"enrichments\"")
        }
          == 46)
    }

    @Test("watch marks what is on a list, by address, name and hash, and counts it")
    func watch() throws {
      let folder = try BackgroundRecord.makeFolder()
      defer { try? FileManager.default.removeItem(at: folder) }
      let list = folder.appending(path: "list.txt")
      try Data("\(try Self.sum(Watching.fixture))\n*.c1chain.test\n".utf8).write(to: list)
      let watching = try Watching.run(
        ["connect", "exec", "udp_flow"], options: ["--watchlist", list.path], [Watching.fixture, "names"])
      func fields(_ event: [String: Any]) -> [String] {
        (event.at("threat", "enrichments") as? [[String: Any]] ?? []).compactMap {
          $0.at("matched", "field") as? String
        }
      }
      let own = watching.events.filter { ($0.at("process", "executable") as? String) == Watching.fixture }
      #expect(own.count > 10 && own.allSatisfy { fields($0).contains("process.hash.sha256") })
      let named = watching.events.filter { $0.at("network", "peer", "name") as? String == "c1chain.test" }
      #expect(named.count == 2 && named.allSatisfy { fields($0).contains("network.peer.name") })
      #expect(
        watching.errors.contains(", \(watching.events.count { !fields($0).isEmpty }) on the watch-list; "))
    }

    @Test("SIGHUP reads the lists again; a wrong one changes nothing, with its file and line")
    func reload() throws {
      let folder = try BackgroundRecord.makeFolder()
      defer { try? FileManager.default.removeItem(at: folder) }
      let list = folder.appending(path: "list.txt")
      try Data("192.0.2.1\n".utf8).write(to: list)
      let record = try BackgroundRecord(["--watchlist", list.path])
      try Data("127.0.0.1\nnonsense\n".utf8).write(to: list)
      record.send(SIGHUP)
      try record.wait(for: "not reloaded: sockeye: \(list.path):2: 'nonsense' is no indicator")
      try Data("127.0.0.1 self\n192.0.2.1\n".utf8).write(to: list)
      record.send(SIGHUP)
      try record.wait(for: "; 2 on the watch-list)")
      let truth = try Watching(ToolRun.run([Watching.fixture, "storm", "3", "1", "1"]))
      #expect(record.end() == 0)
      let port = try #require(truth.facts("listen").first?[1])
      #expect(
        try record.number(
          """
          SELECT count(*) FROM watchlist_hits h JOIN connections c ON c.id = h.connection_id
          WHERE \(port) IN (c.local_port, c.peer_port) AND h.note = 'self'
          """) == 6)
    }
  }
}
