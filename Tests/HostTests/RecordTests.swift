import Foundation
import ProgramRuns
import Testing

extension HostTests {
  @Suite struct RecordTests {
    private static let connection =
      "SELECT pid, local_port, peer_port, sent_bytes, received_bytes, direction, outcome FROM connections"

    private func run(_ arguments: String...) throws -> Watching {
      try Watching(ToolRun.run([Watching.fixture] + arguments))
    }

    @Test(
      "23 processes that each connect once are in the database with ends, bytes, executable and parent, and so is who accepts",
      arguments: ["open", "close"])
    func storm(_ rowAt: String) throws {
      let record = try BackgroundRecord(["--row-at", rowAt])
      let truth = try run("storm", "23", "3", "1")
      #expect(record.end() == 0, "\(record.errors)")
      let netns = try #require(truth.facts("netns").first?.first)
      let port = try #require(truth.facts("listen").first?[1])
      let clients = truth.facts("client").map {
        "\($0[1]) \($0[3]) \(port) \($0[4]) \($0[5]) outbound closed"
      }
      let accepts = truth.facts("accept").map { "\($0[0]) \(port) \($0[1]) \($0[2]) \($0[3]) inbound closed" }
      #expect(clients.count == 23 && accepts.count == 23)
      let found = try record.text("\(Self.connection) WHERE netns = \(netns) AND protocol = 'tcp'")
      #expect(found.sorted() == (clients + accepts).sorted())
      let parents = try record.text(
        """
        SELECT p.pid, p.parent_pid, p.exit_code FROM connections c JOIN processes p ON p.id = c.process_id
        WHERE c.netns = \(netns) AND c.direction = 'outbound' AND p.executable LIKE '%/EventFixture'
          AND p.arguments LIKE '%--a\\ name\\ longer\\ than\\ sixteen\\ bytes=%'
        """)
      let index = truth.facts("client").map { "\($0[1]) \($0[2]) \((Int($0[0]) ?? 0) % 251)" }
      #expect(parents.sorted() == index.sorted())
      #expect(try record.text("SELECT count(*) FROM recording WHERE stopped IS NOT NULL") == ["1"])
      #expect(try record.text("SELECT kind FROM gaps").isEmpty)
      #expect(record.errors.contains("lost: kernel_missed 0, ring_lost 0, queue_lost 0, store_lost 0; CPU "))
    }

    @Test("Datagram conversations and failed connects are recorded with process, bytes and errno")
    func otherOutcomes() throws {
      let record = try BackgroundRecord()
      let datagrams = try run("datagrams", "23")
      let failures = try run("failures")
      #expect(record.end() == 0)
      for fact in datagrams.facts("datagram") {
        let sent = try record.text(
          "SELECT sent_bytes FROM connections WHERE protocol = 'udp' AND pid = \(fact[1])")
        #expect(sent == [fact[4]], "datagram \(fact[0])")
      }
      #expect(datagrams.facts("datagram").count == 23)
      for (name, reason) in [
        ("refused", "ECONNREFUSED"), ("refused-later", "ECONNREFUSED"), ("unreachable", "ENETUNREACH"),
        ("no-host", "EHOSTUNREACH"),
      ] {
        let fact = try #require(failures.facts(name).first)
        let found = try record.text(
          "SELECT outcome, reason FROM connections WHERE pid = \(fact[0]) AND peer_port = \(fact[1])")
        #expect(found == ["failed \(reason)"], "\(name)")
      }
    }

    @Test("Connections from before the start are recorded, marked so, once, and with their end and bytes")
    func before() throws {
      let held = try HeldConnections(7)
      let record = try BackgroundRecord()
      try record.wait(
        until:
          "SELECT count(*) FROM connections WHERE outcome = 'open' AND opened_before AND \(held.condition)",
        is: 14)
      let truth = try held.end()
      #expect(record.end() == 0)
      let clients = truth.facts("client").map { "\($0[1]) \($0[3]) \($0[4]) \($0[5]) outbound closed 1" }
      let accepts = truth.facts("accept").map { "\($0[0]) \($0[1]) \($0[2]) \($0[3]) inbound closed 1" }
      let found = try record.text(
        """
        SELECT pid, CASE direction WHEN 'outbound' THEN local_port ELSE peer_port END, sent_bytes, received_bytes,
          direction, outcome, opened_before FROM connections WHERE \(held.condition)
        """)
      #expect(clients.count == 7 && found.sorted() == (clients + accepts).sorted())
    }

    @Test("After kill -9 the next recorder says what was not recorded, and loses nothing that was written")
    func crash() throws {
      let folder = try BackgroundRecord.makeFolder()
      defer { try? FileManager.default.removeItem(at: folder) }
      let first = try BackgroundRecord(in: folder)
      let held = try HeldConnections(3)
      let truth = try run("storm", "11", "1", "1")
      let netns = try #require(truth.facts("netns").first?.first)
      let closed =
        "SELECT count(*) FROM connections WHERE netns = \(netns) AND outcome = 'closed' AND protocol = 'tcp'"
      try first.wait(until: closed, is: 22)
      let open = "SELECT count(*) FROM connections WHERE \(held.condition) AND outcome = 'open'"
      try first.wait(until: open, is: 6)
      #expect(first.end(SIGKILL) == SIGKILL)
      let second = try BackgroundRecord(in: folder)
      #expect(try second.number(closed) == 22)
      #expect(try second.text("SELECT kind FROM gaps") == ["recorder_crashed"])
      #expect(
        try second.number("SELECT count(*) FROM connections WHERE \(held.condition) AND outcome = 'unknown'")
          == 6)
      // The new recording finds them again.
      try second.wait(until: open + " AND opened_before", is: 6)
      _ = try held.end()
      #expect(second.end() == 0)
      #expect(try second.text("SELECT count(*) FROM gaps") == ["1"])
    }

    @Test("A second recorder of the same database is refused, and harms nothing")
    func second() throws {
      let record = try BackgroundRecord()
      let other = try ToolRun.run([
        BuiltProducts.sockeye, "record", "--config", "/dev/null", "--database", record.database,
      ])
      #expect(other.status == 2)
      #expect(other.errors.contains("another recorder writes to \(record.database)"), "\(other.errors)")
      #expect(record.isRunning && record.end() == 0)
    }

    @Test("The folder is made for its owner alone, and so are the files")
    func modes() throws {
      let outer = try BackgroundRecord.makeFolder()
      defer { try? FileManager.default.removeItem(at: outer) }
      let record = try BackgroundRecord(in: outer.appending(path: "made"))
      func mode(_ path: String) throws -> Int? {
        try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
      }
      #expect(try mode(record.folder.path) == 0o700)
      for suffix in ["", "-wal", "-shm", "-recorder"] {
        #expect(try mode(record.database + suffix) == 0o600, "\(suffix)")
      }
      #expect(record.end(SIGINT) == 0)
    }
  }
}
