import Foundation
import ProgramRuns
import Testing

extension HostTests {
  /// The recorder when something changes under it.
  @Suite struct RecordChangeTests {
    @Test("SIGHUP changes retention, says what waits for the next start, and refuses a wrong file whole")
    func reload() throws {
      let file = FileManager.default.temporaryDirectory.appending(path: "sockeye-\(UUID().uuidString).toml")
      defer { try? FileManager.default.removeItem(at: file) }
      try Data("keep-days = 7\n".utf8).write(to: file)
      let record = try BackgroundRecord(["--config", file.path])
      #expect(record.errors.contains("keep 7 days"))
      try Data("keep-days = 3\nmax-size = \"64M\"\nmodules = true\n".utf8).write(to: file)
      record.send(SIGHUP)
      try record.wait(for: "reloaded (keep 3 days, at most 64 MiB)")
      try record.wait(for: "at the next start: modules")
      try Data("keep-days = 5\ncolour = 1\n".utf8).write(to: file)
      record.send(SIGHUP)
      try record.wait(for: "not reloaded: sockeye: \(file.path): there is no key 'colour'")
      #expect(!record.errors.contains("keep 5 days"))
      #expect(record.end() == 0)
    }

    @Test("Without room on the disk the recorder goes on, counts what is lost, and says when it writes again")
    func full() throws {
      let folder = try BackgroundRecord.makeFolder()
      defer { try? FileManager.default.removeItem(at: folder) }
      let mount = try ToolRun.run(["mount", "-t", "tmpfs", "-o", "size=48m", "none", folder.path])
      try #require(mount.status == 0, "tmpfs cannot be mounted: \(mount.errors)")
      defer { _ = try? ToolRun.run(["umount", folder.path]) }
      let record = try BackgroundRecord(in: folder)
      let ballast = folder.appending(path: "ballast")
      _ = try? ToolRun.run(["dd", "if=/dev/zero", "of=\(ballast.path)", "bs=4k"])
      _ = try ToolRun.run([Watching.fixture, "flood", "2003", "3", "2"])
      try record.wait(for: "no room for the store")
      #expect(record.isRunning)
      try FileManager.default.removeItem(at: ballast)
      _ = try ToolRun.run([Watching.fixture, "storm", "11", "1", "1"])
      try record.wait(for: "the store can be written again")
      let truth = try Watching(ToolRun.run([Watching.fixture, "storm", "23", "1", "1"]))
      #expect(record.end() == 0)
      let lost = try #require(record.errors.firstMatch(of: /store_lost (\d+)/).flatMap { Int($0.1) })
      #expect(lost > 0)
      #expect(try record.number("SELECT sum(count) FROM gaps WHERE kind = 'store_lost'") == lost)
      // Not by namespace: the kernel gives the inode of one that has gone to the next.
      let port = try #require(truth.facts("listen").first?[1])
      let found = try record.text(
        """
        SELECT direction, outcome, count(*) FROM connections WHERE \(port) IN (local_port, peer_port) AND protocol = 'tcp'
          GROUP BY 1, 2
        """)
      #expect(found == ["inbound closed 23", "outbound closed 23"], "\(record.errors)")
    }

    @Test("A database that grows beyond --max-size loses its oldest connections, and gives the room back")
    func size() throws {
      let record = try BackgroundRecord(["--max-size", "16M"])
      // 132 bytes a connection here, two ends each: 21 MB.
      _ = try ToolRun.run([Watching.fixture, "flood", "80021", "3", "2"])
      let truth = try Watching(ToolRun.run([Watching.fixture, "storm", "23", "1", "1"]))
      let port = try #require(truth.facts("listen").first?[1])
      let mine =
        "SELECT count(*) FROM connections WHERE \(port) IN (local_port, peer_port) AND outcome = 'closed'"
      try record.wait(
        until: mine
          + " AND executable LIKE '%/EventFixture' AND id > (SELECT max(id) - 9999 FROM connection)",
        is: 46)
      // The oldest segment of 16,384 is gone, or about to go.
      try record.wait(until: "SELECT min(id) > 0 FROM segment", is: 1)
      #expect(record.end() == 0)
      let size = try FileManager.default.attributesOfItem(atPath: record.database)[.size] as? Int ?? 0
      #expect(size < 20 << 20, "\(size) bytes")
      #expect(try #require(try record.number("SELECT count(*) FROM connection")) < 160_042)
      #expect(record.errors.contains("queue_lost 0, store_lost 0; CPU "), "\(record.errors)")
    }

    @Test("A damaged database is left as it is, and renamed only on demand")
    func damaged() throws {
      let folder = try BackgroundRecord.makeFolder()
      defer { try? FileManager.default.removeItem(at: folder) }
      let database = folder.appending(path: "history.db")
      let bytes = Data("this is no database, though it is longer than a header of a hundred bytes: ".utf8)
      let damaged = bytes + bytes
      try damaged.write(to: database)
      let refused = try ToolRun.run([
        BuiltProducts.sockeye, "record", "--config", "/dev/null", "--database", database.path,
      ])
      #expect(refused.status == 2 && refused.errors.contains("--set-aside"), "\(refused.errors)")
      #expect(try Data(contentsOf: database) == damaged)
      let record = try BackgroundRecord(["--set-aside"], in: folder)
      #expect(record.end() == 0)
      let aside = try FileManager.default.contentsOfDirectory(atPath: folder.path).filter {
        $0.hasPrefix("history.db.damaged-")
      }
      #expect(try aside.map { try Data(contentsOf: folder.appending(path: $0)) } == [damaged])
    }

    @Test("What polling does not see is a gap of the recording, which every query about that time tells")
    func polling() throws {
      let record = try BackgroundRecord(wrapper: ["env", "SOCKEYE_EVENTS_FROM=polling"])
      let held = try HeldConnections(7)
      func errors(_ arguments: String...) throws -> String {
        try ToolRun.run([BuiltProducts.sockeye] + arguments + ["--database", record.database]).errors
      }
      let words = "connections that end within 200 ms are told at their close only"
      #expect(try errors("history", "--since", "1m ago").contains(words))
      #expect(try errors("who", "pid:\(record.pid)", "--at", "now").contains(words))
      _ = try held.end()
      #expect(record.end() == 0)
      #expect(try errors("history").contains(words))
      #expect(
        try record.text(
          """
          SELECT g.kind, g.began_us = r.started, g.ended_us = r.stopped, g.message LIKE '%\(words)%'
          FROM gaps g, recording r
          """) == ["no_probes 1 1 1"])
      #expect(
        try record.text("SELECT DISTINCT evidence FROM connections WHERE \(held.condition)") == ["polling"])
    }

    @Test(
      "The capabilities of packaging/sockeye.service are enough to record by the probes, and the unit is valid"
    )
    func unit() throws {
      let unit = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "packaging/sockeye.service")
      let text = try String(contentsOf: unit, encoding: .utf8)
      let bounds = try #require(text.firstMatch(of: /CapabilityBoundingSet=(.*)/)).1
      #expect(try #require(text.firstMatch(of: /AmbientCapabilities=(.*)/)).1 == bounds)
      let set =
        "-all,"
        + bounds.split(separator: " ").map { "+" + $0.dropFirst(4).lowercased() }.joined(separator: ",")
      let folder = try BackgroundRecord.makeFolder()
      defer { try? FileManager.default.removeItem(at: folder) }
      let program = try PublicCopy()
      #expect(chown(folder.path, 65534, 65534) == 0)
      let record = try BackgroundRecord(
        in: folder,
        wrapper: [
          "setpriv", "--no-new-privs", "--reuid=65534", "--regid=65534", "--clear-groups",
          "--inh-caps=\(set)",
          "--ambient-caps=\(set)", "--bounding-set=\(set)",
        ], binary: program.path)
      let truth = try Watching(ToolRun.run([Watching.fixture, "storm", "23", "3", "1"]))
      #expect(record.end() == 0)
      let netns = try #require(truth.facts("netns").first?.first)
      let found = try record.text(
        "SELECT DISTINCT pid FROM connections WHERE netns = \(netns) AND direction = 'outbound'")
      #expect(found.sorted() == truth.facts("client").map { $0[1] }.sorted())
      #expect(!record.errors.contains("way: ") && !record.errors.contains("could not"), "\(record.errors)")
      let command = try #require(text.firstMatch(of: /ExecStart=\/usr\/bin\/sockeye (.*)/)).1
      let check = try ToolRun.run(
        [BuiltProducts.sockeye] + command.split(separator: " ").map(String.init)
          + ["--check", "--config", "/dev/null"])
      #expect(check.status == 0 && String(decoding: check.output, as: UTF8.self).contains("keep-days = 30\n"))
    }
  }
}
