import Foundation
import Testing

extension HostTests {
  @Suite struct WatchKindTests {
    @Test("Unix connects and accepts name both processes, the name, and the inodes of both ends")
    func unix() throws {
      let watching = try Watching.run(["unix"], [Watching.fixture, "unix"])
      for name in ["stream", "packet"] {
        let listener = try #require(watching.facts("\(name)-listener").first)
        let client = try #require(watching.facts("\(name)-client").first)
        let server = try #require(watching.facts("\(name)-server").first)
        let connect = try #require(watching.events("unix_connect").first { $0.pid == Int(client[0]) })
        #expect(connect.at("network", "peer", "path") as? String == listener[1])
        #expect(connect.at("socket", "inode") as? Int == Int(client[1]))
        #expect(connect.at("peer_process", "pid") as? Int == Int(server[0]), "who accepted, not who listened")
        #expect(connect.at("network", "transport") as? String == "unix")
        let accept = try #require(watching.events("unix_accept").first { $0.pid == Int(server[0]) })
        #expect(accept.at("network", "local", "path") as? String == listener[1])
        #expect(accept.at("socket", "inode") as? Int == Int(server[1]))
        #expect(accept.at("socket", "peer_inode") as? Int == Int(client[1]))
        #expect(accept.at("peer_process", "pid") as? Int == Int(client[0]))
      }
      let failures = watching.events("unix_connect_failed")
      #expect(failures.count == 1)
      #expect(failures.first?.at("event", "reason") as? String == "ECONNREFUSED")
    }

    @Test("A filter on the name at the other end finds connects to it, done and failed, and no accept")
    func unixFilter() throws {
      let watching = try Watching.run(
        ["unix"], options: ["--where", "dst unix:/tmp/sockeye-fixture-*"], [Watching.fixture, "unix"])
      #expect(
        watching.events.compactMap { $0.at("event", "action") as? String } == [
          "unix_connect", "unix_connect_failed",
        ])
      #expect(!watching.errors.contains("could not be judged"), "\(watching.errors)")
    }

    @Test("Unix connections are not among the default kinds, nor in socket")
    func unixIsAskedFor() throws {
      for kinds in [[], ["socket"]] {
        let watching = try Watching.run(kinds, [Watching.fixture, "unix"])
        #expect(watching.events.allSatisfy { $0.at("socket", "family") as? String != "unix" })
      }
    }

    @Test("A connect without an answer is told after a second, and again when it has one")
    func hanging() throws {
      let watching = try Watching.run(["connect", "connect_failed"], [Watching.fixture, "hang"])
      let hanging = watching.events("connect").filter { $0.at("event", "outcome") as? String == "unknown" }
      let late = try #require(watching.facts("answered-late").first)
      let given = try #require(watching.facts("timed-out").first)
      #expect(Set(hanging.map(\.pid)) == [Int(late[0]), Int(given[0])])
      for event in hanging {
        #expect(event.at("socket", "state") as? String == "syn-sent")
        // What is not known is not there.
        #expect(event.at("network", "local", "port") == nil)
        let waited = event.at("event", "duration_ns") as? Int ?? 0
        #expect(waited >= 1_000_000_000 && waited < 2_000_000_000)
      }
      let answered = watching.events("connect").filter {
        $0.pid == Int(late[0]) && $0.at("network", "peer", "port") as? Int == Int(late[1])
          && $0.at("event", "outcome") as? String == "success"
      }
      // The first connect fills the listener's queue.
      #expect(answered.count == 2)
      #expect((answered.last?.at("event", "duration_ns") as? Int ?? 0) > 1_500_000_000)
      let failed = try #require(watching.events("connect_failed").first)
      #expect(failed.pid == Int(given[0]))
      #expect(failed.at("event", "reason") as? String == "ETIMEDOUT")
      #expect(
        (failed.at("event", "sequence") as? Int ?? 0) > (hanging.last?.at("event", "sequence") as? Int ?? 0))
    }

    @Test("Changes of ids and namespaces tell what was before and after")
    func identity() throws {
      let watching = try Watching.run(["set_id", "set_namespace"], [Watching.fixture, "identity"])
      let ids = watching.facts("ids")
      let after = try #require(ids.first { $0[0] == "after" })
      let change = try #require(
        watching.events("set_id").first {
          $0.pid == Int(after[1]) && $0.at("credentials", "user") != nil
        })
      #expect(change.at("credentials", "user", "old", "effective") as? Int == 0)
      #expect(change.at("credentials", "user", "new", "real") as? Int == Int(after[2]))
      #expect(change.at("credentials", "user", "new", "effective") as? Int == Int(after[3]))
      #expect(change.at("credentials", "user", "new", "saved") as? Int == Int(after[4]))
      #expect(change.at("credentials", "group") == nil)
      #expect(change.at("process", "user", "id") as? Int == Int(after[2]))
      let namespaces = watching.facts("namespaces").filter { $0[0] == "before" || $0[0] == "after" }
      let entered = try #require(watching.events("set_namespace").first)
      #expect(entered.at("namespaces", "net", "old") as? Int == Int(namespaces[0][2]))
      #expect(entered.at("namespaces", "net", "new") as? Int == Int(namespaces[1][2]))
      #expect(entered.at("namespaces", "mnt") == nil)
    }

    @Test("Raw, ICMP and packet conversations have their transport, their peer, and their counts at the end")
    func raw() throws {
      let watching = try Watching.run(["udp_flow", "close"], [Watching.fixture, "raw"])
      for (name, transport, peer) in [
        ("raw4", "raw", "127.0.0.1"), ("raw6", "raw", "::1"), ("icmp4", "icmp", "127.0.0.1"),
        ("icmp6", "icmp", "::1"), ("connected", "raw", "127.0.0.1"), ("packet", "packet", nil),
      ] {
        guard let fact = watching.facts(name).first else { continue }
        let closes = watching.events("close").filter {
          $0.pid == Int(fact[0]) && $0.at("network", "transport") as? String == transport
            && $0.at("network", "peer", "address") as? String == peer
            && $0.at("flow", "packets_sent") as? Int == Int(fact[1])
        }
        let close = try #require(closes.first, "\(name)")
        if name == "packet" {
          #expect(close.at("network", "peer", "mac") as? String == "02-00-5E-00-53-FF")
          #expect(close.at("socket", "interface", "index") as? Int == 1)
        }
        #expect(close.at("flow", "bytes_sent") as? Int == Int(fact[2]), "\(name)")
        #expect(close.at("flow", "packets_received") as? Int == Int(fact[3]), "\(name)")
        #expect(close.at("flow", "bytes_received") as? Int == Int(fact[4]), "\(name)")
      }
    }
  }
}
