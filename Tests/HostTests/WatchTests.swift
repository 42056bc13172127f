import Foundation
import ProgramRuns
import Testing

extension HostTests {
  @Suite struct WatchTests {
    @Test(
      "23 processes that each connect once are all named, with path, arguments and parent, and so is who accepts"
    )
    func storm() throws {
      let watching = try Watching.run(
        ["connect", "accept", "close"], [Watching.fixture, "storm", "23", "3", "1"])
      #expect(watching.status == 0, "\(watching.errors)")
      let connects = Dictionary(grouping: watching.events("connect")) { $0.pid ?? 0 }
      for fact in watching.facts("client") {
        let (index, pid, parent, port) = (fact[0], Int(fact[1]) ?? -1, Int(fact[2]), Int(fact[3]))
        let event = try #require(connects[pid]?.first, "client \(index), process \(pid), has no connect")
        #expect(connects[pid]?.count == 1)
        #expect((event.at("process", "executable") as? String)?.hasSuffix("/EventFixture") == true)
        #expect(event.arguments.last == "--a name longer than sixteen bytes=\(index)")
        #expect(event.at("process", "parent", "pid") as? Int == parent)
        #expect(event.at("network", "local", "port") as? Int == port)
        // The other end is one of the servers.
        let servers = Set(
          watching.facts("accept").compactMap { Int($0[0]) }
            + watching.facts("listen").compactMap { Int($0[0]) })
        #expect(
          servers.contains(event.at("peer_process", "pid") as? Int ?? -1), "client \(index) has no peer")
      }
      #expect(watching.facts("client").count == 23)
      checkServers(watching)
    }

    private func checkServers(_ watching: Watching) {
      let accepts = Dictionary(grouping: watching.events("accept")) {
        $0.at("network", "peer", "port") as? Int ?? 0
      }
      for fact in watching.facts("accept") {
        let found = accepts[Int(fact[1]) ?? -1] ?? []
        #expect(found.count == 1 && found.first?.pid == Int(fact[0]), "accept from port \(fact[1])")
      }
      #expect(watching.facts("accept").count == 23)
      let closes = watching.events("close").filter { $0.at("socket", "origin") as? String == "connect" }
      for fact in watching.facts("client") {
        let close = closes.first { $0.at("network", "local", "port") as? Int == Int(fact[3]) }
        #expect(close?.at("tcp", "bytes_sent") as? Int == Int(fact[4]))
        #expect(close?.at("tcp", "bytes_received") as? Int == Int(fact[5]))
        #expect(close?.pid == Int(fact[1]))
      }
    }

    @Test(
      "Refused, refused later and unreachable connects are one event each, with the errno and the process")
    func failures() throws {
      let watching = try Watching.run(["connect", "connect_failed"], [Watching.fixture, "failures"])
      let failures = watching.events("connect_failed")
      #expect(failures.count == 4, "\(failures)")
      #expect(watching.events("connect").isEmpty)
      for (name, reason) in [
        ("refused", "ECONNREFUSED"), ("refused-later", "ECONNREFUSED"), ("unreachable", "ENETUNREACH"),
        ("no-host", "EHOSTUNREACH"),
      ] {
        let fact = try #require(watching.facts(name).first)
        let event = failures.first { $0.pid == Int(fact[0]) }
        #expect(event?.at("event", "reason") as? String == reason, "\(name)")
        #expect(event?.at("event", "outcome") as? String == "failure")
        #expect(event?.at("network", "peer", "port") as? Int == Int(fact[1]))
      }
    }

    @Test("Processes are told with arguments, exit code, signal, and failed execs")
    func life() throws {
      let watching = try Watching.run(["process", "thread"], [Watching.fixture, "life"])
      func exit(_ name: String) throws -> (exit: [String: Any]?, exec: [String: Any]?) {
        let pid = try #require(watching.facts(name).first.flatMap { Int($0[0]) })
        return (
          watching.events("exit").first { $0.pid == pid }, watching.events("exec").first { $0.pid == pid }
        )
      }
      let normal = try exit("exit")
      #expect(normal.exit?.at("process", "exit_code") as? Int == 23)
      #expect(normal.exec?.arguments == ["EventFixture", "exit", "23", "an argument"])
      #expect((normal.exit?.at("process", "cpu_ns") as? Int ?? 0) > 30_000_000)
      let killed = try exit("killed")
      #expect(killed.exit?.at("process", "signal") as? Int == 9)
      let long = try exit("long")
      #expect(long.exec?.at("process", "args_truncated") as? Bool == true)
      let failed = try #require(watching.events("exec_failed").first)
      #expect(failed.at("exec", "path") as? String == "/nonexistent/of/sockeye")
      #expect(failed.at("event", "reason") as? String == "ENOENT")
      let thread = try #require(watching.facts("thread").first)
      let ended = watching.events("thread_exit").first {
        "\($0.at("process", "thread", "id") ?? "")" == thread[1]
      }
      #expect(ended?.at("process", "thread", "name") as? String == "eye-thread")
    }

    @Test("One datagram a process: each conversation has its process, and its bytes at the end")
    func datagrams() throws {
      let watching = try Watching.run(["udp_flow", "close"], [Watching.fixture, "datagrams", "23"])
      let closes = Dictionary(grouping: watching.events("close")) { $0.pid ?? 0 }
      let flows = Dictionary(grouping: watching.events("udp_flow")) { $0.pid ?? 0 }
      for fact in watching.facts("datagram") {
        let pid = Int(fact[1]) ?? -1
        #expect(
          flows[pid]?.first?.at("process", "parent", "pid") as? Int == Int(fact[2]), "datagram \(fact[0])")
        #expect(closes[pid]?.first?.at("flow", "bytes_sent") as? Int == Int(fact[4]), "datagram \(fact[0])")
      }
      #expect(watching.facts("datagram").count == 23)
    }

    @Test("Equal tuples in two namespaces are told apart, and never paired across")
    func namespaces() throws {
      let one = "\(Watching.fixture) storm 7 1 1"
      let watching = try Watching.run(["connect", "accept"], ["/bin/sh", "-c", "\(one) & \(one); wait"])
      let netns = Set(watching.events.compactMap { $0.at("socket", "netns") as? Int })
      #expect(netns.count == 2)
      let connects = watching.events("connect")
      #expect(connects.count == 14)
      let accepts = watching.events("accept")
      for connect in connects {
        let peer = try #require(connect.at("peer_process", "pid") as? Int)
        let isSame = accepts.contains {
          $0.pid == peer && $0.at("socket", "netns") as? Int == connect.at("socket", "netns") as? Int
        }
        #expect(isSame, "the peer is in another namespace")
      }
    }

    @Test("A hostile name is escaped in text and whole in JSON")
    func hostile() throws {
      let folder = FileManager.default.temporaryDirectory.appending(
        path: "sockeye\u{1b}[31m\nevil-\(getpid())")
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      defer { try? FileManager.default.removeItem(at: folder) }
      let program = folder.appending(path: "a\u{202e}b")
      try FileManager.default.copyItem(at: URL(filePath: "/bin/true"), to: program)
      let watching = try Watching.run(["exec"], [program.path])
      #expect(watching.events("exec").first?.at("process", "executable") as? String == program.path)
      let text = try ToolRun.run([
        BuiltProducts.sockeye, "watch", "exec", "--color", "always", "--", program.path,
      ])
      let shown = String(decoding: text.output, as: UTF8.self)
      #expect(shown.split(separator: "\n").count == 1, "\(shown)")
      #expect(shown.contains("sockeye\\x1b[31m\\nevil") && shown.contains("\\u{202e}"))
    }

    @Test("A process outside of the tree is not shown, and one that was there before is named")
    func background() throws {
      let sleeper = Process()
      sleeper.executableURL = URL(filePath: "/bin/sh")
      sleeper.arguments = ["-c", "while :; do /bin/true inside; sleep 0.2; done"]
      try sleeper.run()
      defer { sleeper.terminate() }
      let run = try ToolRun.run([
        BuiltProducts.sockeye, "watch", "exec", "--jsonl", "--follow-tree", "\(sleeper.processIdentifier)",
        "--where", "comm = true", "--count", "1", "--duration", "10s",
      ])
      let watching = try Watching(run)
      #expect(watching.status == 0)
      #expect(watching.events.map(\.arguments) == [["/bin/true", "inside"]])
      #expect(watching.events.first?.at("process", "parent", "name") as? String == "sh")
    }

    @Test("The exit status says whether events were seen, and the last line what was lost")
    func ends() throws {
      let seen = try ToolRun.run([BuiltProducts.sockeye, "watch", "exec", "--", "/bin/true"])
      #expect(seen.status == 0)
      let last = try #require(seen.errorLines.last)
      #expect(
        last.hasPrefix("sockeye: 1 event; lost: kernel_missed 0, ring_lost 0, queue_lost 0; CPU "), "\(last)")
      #expect(try ToolRun.run([BuiltProducts.sockeye, "watch", "listen", "--", "/bin/true"]).status == 1)
      #expect(try ToolRun.run([BuiltProducts.sockeye, "watch", "--", "/nonexistent/of/sockeye"]).status == 2)
      #expect(try ToolRun.run([BuiltProducts.sockeye, "watch", "nonsense"]).status == 2)
      #expect(try ToolRun.run([BuiltProducts.sockeye, "watch", "--where", "dport ="]).status == 2)
    }
  }
}
