import Foundation
import Testing

extension HostTests {
  /// Sockets and pids that change hands, through `sockeye watch`, held against the fixture's own account.
  @Suite struct SharingTests {
    @Test("Thirteen processes accept from one listener: each accept is told of the right one, once")
    func preFork() throws {
      let watching = try Watching.run(["accept"], [Watching.fixture, "flood", "211", "13", "3"])
      let accepts = watching.byPeerPort("accept")
      let facts = watching.facts("accept")
      #expect(facts.count == 211)
      #expect(watching.events("accept").count == 211)
      #expect(Set(facts.map { $0[0] }).count > 1, "one process took them all: the test shows nothing")
      // A port may have been used twice, towards two addresses.
      for (port, facts) in Dictionary(grouping: facts, by: { Int($0[1]) ?? -1 }) {
        let told = accepts[port]?.compactMap(\.pid).sorted()
        #expect(told == facts.compactMap { Int($0[0]) }.sorted(), "accept from port \(port)")
      }
    }

    @Test(
      "A listener passed by SCM_RIGHTS: its receiver accepts; a connection passed: its originator is kept")
    func passing() throws {
      let watching = try Watching.run(["connect", "accept", "close"], [Watching.fixture, "passing", "11"])
      let accepts = watching.byPeerPort("accept")
      let toPassed = watching.facts("to-passed")
      #expect(toPassed.count == 11)
      for fact in toPassed {
        #expect(accepts[Int(fact[2]) ?? -1]?.map(\.pid) == [Int(fact[1])], "port \(fact[2])")
      }
      checkHandedOn("passed", watching)
    }

    @Test("A connection that a child inherits and closes is its originator's, with the bytes of both")
    func inherited() throws {
      let watching = try Watching.run(["connect", "accept", "close"], [Watching.fixture, "inherited", "11"])
      checkHandedOn("inherited", watching)
    }

    /// One connect and one close each, by who connected, with what both holders sent.
    private func checkHandedOn(_ name: String, _ watching: Watching) {
      let connects = watching.byLocalPort("connect")
      let closes = watching.byLocalPort("close")
      let facts = watching.facts(name)
      #expect(facts.count == 11)
      for fact in facts {
        let port = Int(fact[2]) ?? -1
        #expect(connects[port]?.map(\.pid) == [Int(fact[0])], "\(name) port \(port)")
        #expect(closes[port]?.map(\.pid) == [Int(fact[0])], "\(name) port \(port)")
        #expect(
          closes[port]?.first?.at("tcp", "bytes_sent") as? Int == Int(fact[3]), "\(name) port \(port)")
      }
    }

    @Test("After an exec the process is the same, under its new executable and the next generation")
    func executing() throws {
      let other = FileManager.default.temporaryDirectory.appending(path: "other-\(UUID().uuidString)")
      try FileManager.default.copyItem(at: URL(filePath: Watching.fixture), to: other)
      defer { try? FileManager.default.removeItem(at: other) }
      let watching = try Watching.run(
        ["connect", "close", "exec"], [Watching.fixture, "executing", other.path])
      let before = try #require(watching.facts("before").first)
      let after = try #require(watching.facts("after").first)
      #expect(before[0] == after[0])
      let first = try #require(watching.byLocalPort("connect")[Int(before[1]) ?? -1]?.first)
      let exec = try #require(watching.events("exec").first { $0.pid == Int(before[0]) })
      let close = try #require(watching.byLocalPort("close")[Int(before[1]) ?? -1]?.first)
      let second = try #require(watching.byLocalPort("connect")[Int(after[1]) ?? -1]?.first)
      #expect((first.at("process", "executable") as? String)?.hasSuffix("/EventFixture") == true)
      #expect(close.at("tcp", "bytes_sent") as? Int == 31 + 37)
      let generation = try #require(first.at("process", "exec_generation") as? Int)
      for event in [exec, close, second] {
        #expect(event.pid == Int(before[0]))
        #expect(event.at("process", "entity_id") as? String == first.at("process", "entity_id") as? String)
        #expect(event.at("process", "executable") as? String == other.path)
        #expect(event.at("process", "exec_generation") as? Int == generation + 1)
      }
    }

    @Test(
      "Two processes of one pid, a clock tick apart: each event is told of the right one",
      .enabled(
        if: FileManager.default.isWritableFile(atPath: "/proc/sys/kernel/ns_last_pid"),
        "needs ns_last_pid (CONFIG_CHECKPOINT_RESTORE)"))
    func reused() throws {
      let watching = try Watching.run(
        ["connect", "close", "process"], [Watching.fixture, "reused", "17"])
      let facts = watching.facts("client")
      #expect(facts.count == 34)
      #expect(Set(facts.map { $0[1] }).count <= 17, "pids were not used twice")
      let exits = watching.events("exit").filter { $0.arguments.contains("brief-client") }
      #expect(exits.count == 34)
      for (action, bytes) in [("connect", nil), ("close", "bytes_sent")] {
        let told = watching.byLocalPort(action)
        for fact in facts {
          let event = try #require(told[Int(fact[2]) ?? -1]?.first, "\(action) of client \(fact[0])")
          #expect(event.pid == Int(fact[1]))
          #expect(event.arguments.last == "--client=\(fact[0])", "\(action) of client \(fact[0])")
          if let bytes { #expect(event.at("tcp", bytes) as? Int == Int(fact[3])) }
        }
      }
    }

    @Test("The same two ends in two namespaces at once are two connections, each with its own processes")
    func twins() throws {
      let watching = try Watching.run(["connect", "accept", "close"], [Watching.fixture, "twins"])
      #expect(watching.facts("twin").count == 2)
      for fact in watching.facts("twin") {
        let connect = watching.events("connect").filter { $0.pid == Int(fact[0]) }
        #expect(connect.map { $0.at("network", "local", "port") as? Int } == [4713])
        #expect(connect.map { $0.at("network", "peer", "port") as? Int } == [4711])
        let close = watching.byLocalPort("close")[4713]?.filter { $0.pid == Int(fact[0]) } ?? []
        #expect(close.map { $0.at("tcp", "bytes_sent") as? Int } == [Int(fact[2])])
        #expect(close.map { $0.at("peer_process", "pid") as? Int } == [Int(fact[1])])
        let accept = watching.events("accept").filter { $0.pid == Int(fact[1]) }
        // Who accepted, or, where that took longer than a connect waits to be told, who listens: his parent.
        let others = [Int(fact[1]), accept.first?.at("process", "parent", "pid") as? Int]
        #expect(connect.map { others.contains($0.at("peer_process", "pid") as? Int) } == [true])
        #expect(accept.map { $0.at("peer_process", "pid") as? Int } == [Int(fact[0])])
      }
      #expect(Set(watching.events("connect").compactMap { $0.at("socket", "netns") as? Int }).count == 2)
    }
  }
}

extension Watching {
  func byLocalPort(_ action: String) -> [Int: [[String: Any]]] {
    Dictionary(grouping: events(action)) { $0.at("network", "local", "port") as? Int ?? 0 }
  }

  func byPeerPort(_ action: String) -> [Int: [[String: Any]]] {
    Dictionary(grouping: events(action)) { $0.at("network", "peer", "port") as? Int ?? 0 }
  }
}
