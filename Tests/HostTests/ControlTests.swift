import Foundation
import ProgramRuns
import Testing

extension HostTests {
  /// The control socket of `sockeye record`.
  @Suite struct ControlTests {
    private func ask(
      _ record: BackgroundRecord, _ options: String..., wrapper: [String] = [], program: String? = nil
    )
      throws -> ToolRun
    {
      try ToolRun.run(
        wrapper + [
          program ?? BuiltProducts.sockeye, "record", "--config", "/dev/null", "--database", record.database,
        ]
          + options)
    }

    private func status(_ record: BackgroundRecord) throws -> [String: Any] {
      let run = try ask(record, "--status", "-o", "json")
      #expect(run.status == 0, "\(run.errors)")
      let object = try #require(try JSONSerialization.jsonObject(with: run.output) as? [String: Any])
      #expect(object["schema"] as? String == "sockeye/1")
      return try #require(object["recorder"] as? [String: Any])
    }

    /// The connections of one storm: those who connect and those who accept.
    private func storm(_ count: Int) throws -> String {
      let truth = try Watching(ToolRun.run([Watching.fixture, "storm", "\(count)", "1", "1"]))
      let netns = try #require(truth.facts("netns").first?.first)
      return "netns = \(netns) AND protocol = 'tcp' AND executable LIKE '%/EventFixture'"
    }

    @Test(
      "The status has the recorder's pid, its counts as the database has them, sizes, losses and ceilings")
    func status() throws {
      let record = try BackgroundRecord()
      _ = try storm(23)
      #expect(try ask(record, "--flush").status == 0)
      let status = try status(record)
      #expect(status["pid"] as? Int == Int(record.pid) && status["user_id"] as? Int == Int(geteuid()))
      #expect(try status["connections"] as? Int == record.number("SELECT count(*) FROM connections"))
      let database = try #require(status["database"] as? [String: Any])
      #expect(database["path"] as? String == record.database)
      let attributes = try FileManager.default.attributesOfItem(atPath: record.database)
      #expect(database["bytes"] as? Int == attributes[.size] as? Int)
      #expect(try #require(status["lost"] as? [String: Int]).values.allSatisfy { $0 == 0 })
      let occupancy = try #require(status["occupancy"] as? [String: [String: Int]])
      for name in ["ring_bytes_at_most", "queue_bytes", "waiting_records", "open_connections", "processes"] {
        let (used, ceiling) = (occupancy[name]?["used"] ?? -1, occupancy[name]?["ceiling"] ?? 0)
        #expect(used >= 0 && used <= ceiling && ceiling > 0, "\(name)")
      }
      let resident = try String(contentsOfFile: "/proc/\(record.pid)/status", encoding: .utf8)
        .firstMatch(of: /VmHWM:\s+(\d+) kB/).flatMap { Int($0.1) }
      let memory = try #require(status["memory"] as? [String: Int])
      #expect(abs((memory["peak_resident_bytes"] ?? 0) / 1024 - (resident ?? 0)) < 2048)
      let table = String(decoding: try ask(record, "--status").output, as: UTF8.self)
      #expect(table.contains("pid \(record.pid), user") && table.contains("lost         kernel_missed 0, "))
      record.end()
      #expect(try ask(record, "--status").status == 1)
      #expect(!FileManager.default.fileExists(atPath: record.database + "-control"))
    }

    @Test(
      "What has happened before --flush, or before a query, is in the database when it returns, time after time",
      arguments: ["probes", "polling"])
    func flush(_ way: String) throws {
      let record = try BackgroundRecord(wrapper: ["env", "SOCKEYE_EVENTS_FROM=\(way)"])
      for round in 1...3 {
        let held = try HeldConnections(7)
        #expect(try ask(record, "--flush").status == 0)
        let open = "SELECT count(*) FROM connections WHERE \(held.condition) AND outcome = 'open'"
        #expect(try record.number(open) == 14, "round \(round)")
        _ = try held.end()
        if way == "polling" { continue }
        // Of a name of its own: others may run the same fixture at the same time.
        let copy = try PublicCopy()
        _ = try ToolRun.run([copy.eventFixture, "storm", "23", "1", "1"])
        let query = "SELECT count(*) FROM connections WHERE executable = '\(copy.eventFixture)'"
        let found = try ToolRun.run([
          BuiltProducts.sockeye, "sql", "--database", record.database, "-o", "csv", query,
        ])
        #expect(
          String(decoding: found.output, as: UTF8.self) == "count(*)\n46\n", "round \(round)")
        #expect(found.errors == "")
      }
      #expect(record.end() == 0)
    }

    @Test("Those who are neither root nor the recorder's user are told that they may not ask")
    func refused() throws {
      let record = try BackgroundRecord()
      let program = try PublicCopy()
      let nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
      try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: record.folder.path)
      for (mode, message) in [
        (0o600, "root and the recorder's own user may ask"),
        (0o666, "user 65534 may not ask: root and user 0 may"),
      ] {
        let attributes = try FileManager.default.attributesOfItem(atPath: record.database + "-control")
        if mode == 0o600 { #expect(attributes[.posixPermissions] as? Int == mode) }
        try FileManager.default.setAttributes(
          [.posixPermissions: mode], ofItemAtPath: record.database + "-control")
        for question in ["--status", "--flush"] {
          let run = try ask(record, question, wrapper: nobody, program: program.path)
          #expect(run.status == 2 && run.output.isEmpty)
          #expect(run.errors.contains(message), "\(run.errors)")
        }
      }
      #expect(try ask(record, "--status").status == 0)
      #expect(record.end() == 0)
    }

    @Test(
      "Running, it has no more capabilities than it needs, no thread can gain any, and a look after a loss succeeds all the same",
      arguments: [
        ("probes", ["bpf", "perfmon", "sys_ptrace", "dac_read_search", "sys_admin"]),
        ("polling", ["net_admin", "sys_ptrace", "dac_read_search", "sys_admin"]),
      ])
    func privileges(_ way: String, _ needed: [String]) throws {
      let record = try BackgroundRecord(
        ["--ring-size", "4k"], wrapper: ["env", "SOCKEYE_EVENTS_FROM=\(way)"])
      if way == "probes" {
        _ = try ToolRun.run([Watching.fixture, "flood", "2003", "3", "2"])
        try record.wait(until: "SELECT count(*) > 0 FROM gaps WHERE kind = 'ring_lost'", is: 1)
        try record.wait(until: "SELECT count(*) > 0 FROM listening_ports", is: 1)
      }
      let held = try HeldConnections(3)
      #expect(try ask(record, "--flush").status == 0)
      let open =
        "SELECT count(*) FROM connections WHERE \(held.condition) AND outcome = 'open' AND pid IS NOT NULL"
      // By their events, or by the look after the next loss: the ring holds no more than this host may tell at once.
      try record.wait(until: open, is: 6)
      // By another program: what it makes of the numbers is not ours.
      let names = try ToolRun.run(["capsh", "--decode=\(try capabilities(of: record.pid, "CapEff"))"])
      let found = String(decoding: names.output, as: UTF8.self).trimmingCharacters(
        in: .whitespacesAndNewlines)
      let kept = try #require(found.split(separator: "=").last).split(separator: ",").map(String.init)
      #expect(kept.sorted() == needed.map { "cap_" + $0 }.sorted())
      #expect(try capabilities(of: record.pid, "CapPrm") == capabilities(of: record.pid, "CapEff"))
      let threads = try FileManager.default.contentsOfDirectory(atPath: "/proc/\(record.pid)/task")
      // The reader of the ring has none; that of executables, while there are any, what /proc/PID/exe takes.
      let hashing = UInt64(1 << 19 | 1 << 2)
      for thread in threads.compactMap({ Int32($0) }) where thread != record.pid {
        let kept = try UInt64(capabilities(of: thread, "CapPrm"), radix: 16)
        #expect(kept == 0 || kept == hashing)
      }
      for thread in threads.compactMap({ Int32($0) }) {
        #expect(try capabilities(of: thread, "NoNewPrivs") == "1")
        #expect(try UInt64(capabilities(of: thread, "CapAmb"), radix: 16) == 0)
      }
      #expect((0...1).contains(threads.count - (way == "probes" ? 2 : 1)))
      #expect(try status(record)["capabilities"] as? [String] != nil)
      #expect(record.end() == 0)
      #expect(!record.errors.contains("not known") && !record.errors.contains("failed:"), "\(record.errors)")
    }

    private func capabilities(of thread: Int32, _ name: String) throws -> String {
      let file = try FileHandle(forReadingFrom: URL(filePath: "/proc/\(thread)/status"))
      let text = String(decoding: try file.readToEnd() ?? Data(), as: UTF8.self)
      let line = try #require(text.split(separator: "\n").first { $0.hasPrefix(name + ":") })
      return String(line.split(separator: "\t").last ?? "")
    }

    @Test("A query whose recorder does not answer says that something may be missing, and answers")
    func unreachable() throws {
      let record = try BackgroundRecord()
      let condition = try storm(11)
      #expect(try ask(record, "--flush").status == 0)
      record.send(SIGSTOP)
      defer { record.send(SIGCONT) }
      let run = try ToolRun.run([
        BuiltProducts.sockeye, "sql", "--database", record.database, "-o", "csv",
        "SELECT count(*) FROM connections WHERE \(condition)",
      ])
      #expect(run.errors.contains("what the recorder has not yet written is missing here: "), "\(run.errors)")
      #expect(String(decoding: run.output, as: UTF8.self) == "count(*)\n22\n")
    }

    @Test(
      "Callers that are silent, many, huge, or speak nonsense neither stop the recorder nor keep others out")
    func hostile() throws {
      let record = try BackgroundRecord()
      let path = record.database + "-control"
      let silent = try (0..<100).map { _ in try RawCaller(path) }
      let huge = try RawCaller(path)
      huge.send([UInt8](repeating: 0x41, count: 100_000))
      let empty = try RawCaller(path)
      empty.send([])
      let answers: [(question: String, answer: String)] = [
        ("sockeye/1 dance", "not understood"), ("sockeye/1", "not understood"),
        ("sockeye/1 status now", "not understood"), ("sockeye/2 status", "speaks sockeye/1"),
        ("\u{0}\u{1b}[31m", "speaks sockeye/1"), ("sockeye/1 status", "sockeye/1 ok\n"),
      ]
      for (question, answer) in answers {
        let caller = try RawCaller(path)
        caller.send(Array(question.utf8))
        #expect(caller.receive().contains(answer), "\(question.debugDescription)")
      }
      #expect(huge.receive() == "" && empty.receive() == "")
      // Those who called first were given up for those who came after them.
      #expect(silent[0].receive() == "")
      let waiting = try (0..<40).map { _ in try RawCaller(path) }
      for caller in waiting { caller.send(Array("sockeye/1 flush".utf8)) }
      let answered = waiting.map { $0.receive() }
      #expect(answered.contains { $0.hasPrefix("sockeye/1 ok\n") })
      #expect(answered.allSatisfy { $0 == "" || $0.hasPrefix("sockeye/1 ") })
      let descriptors = try FileManager.default.contentsOfDirectory(atPath: "/proc/\(record.pid)/fd").count
      #expect(descriptors < 150)
      let condition = try storm(23)
      #expect(try ask(record, "--flush").status == 0)
      #expect(try record.number("SELECT count(*) FROM connections WHERE \(condition)") == 46)
      #expect(record.end() == 0)
    }

    @Test(
      "The socket of a recorder that was killed is replaced; that of one that lives is not, nor is a file of that name"
    )
    func stale() throws {
      let folder = try BackgroundRecord.makeFolder()
      defer { try? FileManager.default.removeItem(at: folder) }
      let first = try BackgroundRecord(in: folder)
      #expect(first.end(SIGKILL) == SIGKILL)
      let path = first.database + "-control"
      #expect(FileManager.default.fileExists(atPath: path))
      #expect(try ask(first, "--status").status == 1)
      let second = try BackgroundRecord(in: folder)
      let other = try ask(second)
      #expect(other.status == 2 && other.errors.contains("another recorder writes to"))
      #expect(try status(second)["pid"] as? Int == Int(second.pid))
      #expect(second.end() == 0)
      try Data("mine".utf8).write(to: URL(filePath: path))
      let third = try BackgroundRecord(in: folder)
      #expect(
        third.errors.contains("nobody can ask this recorder: bind \(path): File exists"), "\(third.errors)")
      #expect(third.end() == 0)
      #expect(try Data(contentsOf: URL(filePath: path)) == Data("mine".utf8))
    }

    @Test("A database whose path is longer than the address of a socket has a control socket as well")
    func longPath() throws {
      let base = try BackgroundRecord.makeFolder()
      defer { try? FileManager.default.removeItem(at: base) }
      let folder = base.appending(path: String(repeating: "x", count: 200))
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: false)
      let record = try BackgroundRecord(in: folder)
      #expect(try status(record)["pid"] as? Int == Int(record.pid))
      #expect(record.end() == 0)
    }
  }
}

/// A connection to a socket file, by the system calls themselves.
private final class RawCaller {
  private let descriptor: Int32

  init(_ path: String) throws {
    descriptor = socket(AF_UNIX, Int32(SOCK_SEQPACKET.rawValue), 0)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(path.utf8)) }
    let size = socklen_t(MemoryLayout<sockaddr_un>.size)
    let status = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(descriptor, $0, size) }
    }
    guard status == 0 else { throw RunFailure("connect \(path): errno \(errno)") }
  }

  deinit { close(descriptor) }

  func send(_ bytes: [UInt8]) {
    _ = bytes.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
  }

  /// Empty when the other side hung up.
  func receive() -> String {
    var bytes = [UInt8](repeating: 0, count: 65_536)
    let count = bytes.withUnsafeMutableBytes { recv(descriptor, $0.baseAddress, $0.count, 0) }
    return String(decoding: bytes.prefix(max(count, 0)), as: UTF8.self)
  }
}
