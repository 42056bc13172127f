import Foundation
import ProgramRuns
import Testing

extension HostTests {
  /// What the name server of `EventFixture names` says is in `Tests/EventFixture/names.c`.
  @Suite struct NameTests {
    /// The name that each visit must have; nil is none.
    private let names: [String: String?] = [
      // By two CNAMEs, over UDP; then a conversation of datagrams.
      "chain": "c1chain.test", "datagram": "c1chain.test",
      "udp6": "6udp6.test",
      // Over TCP: byte by byte, to an IPv6 server, and more than one record of the ring.
      "split": "s2split.test", "tcp6": "p3tcp6.test", "big": "bbig.test",
      "hostile": "p4\u{1b}[31m\n\\.x.test",
      // Before the answer; an address of another name in the answer; no such name; a child; another process.
      "early": nil, "unasked": nil, "nowhere": nil, "child": nil, "stranger": nil,
    ]

    @Test("Peers have the names that the very process was told for them, by UDP and TCP, and nobody else's")
    func peers() throws {
      let watching = try Watching.run(
        ["connect", "close", "udp_flow"], options: ["--names"], [Watching.fixture, "names"])
      #expect(watching.status == 0, "\(watching.errors)")
      let visits = watching.facts("connected")
      #expect(Set(visits.map { $0[0] }) == Set(names.keys))
      for visit in visits {
        let (pid, port) = (Int(visit[1]), Int(visit[2]))
        let own = watching.events.filter {
          $0.pid == pid && $0.at("network", "local", "port") as? Int == port
            && $0.at("network", "direction") as? String == "outbound"
        }
        let actions = Set(own.compactMap { $0.at("event", "action") as? String })
        #expect(
          actions.isSuperset(of: visit[0] == "datagram" ? ["udp_flow", "close"] : ["connect", "close"]))
        for event in own {
          let name = event.at("network", "peer", "name") as? String
          #expect(name == names[visit[0]], "\(visit[0]): \(event.at("event", "action") ?? "")")
          let age = event.at("network", "peer", "name_age_ns") as? Int
          // The look-up and the connect are some system calls apart.
          #expect(
            name == nil ? age == nil : (1..<60_000_000_000).contains(age ?? 0), "\(visit[0]): \(age ?? -1)")
        }
      }
      // The other end did not ask, and the servers have no names for who asks them.
      #expect(
        watching.events.allSatisfy {
          $0.at("network", "direction") as? String == "outbound" || $0.at("network", "peer", "name") == nil
        })
    }

    @Test("A dns event has the question, the addresses, the process, and the reason of a refusal")
    func answers() throws {
      let watching = try Watching.run(["dns"], [Watching.fixture, "names"])
      let byName = Dictionary(grouping: watching.events("dns")) {
        $0.at("dns", "question", "name") as? String ?? ""
      }
      #expect(byName.count == 7, "\(byName.keys)")
      #expect(byName.values.allSatisfy { $0.count == 1 })
      #expect(byName["c1chain.test"]?.first?.at("dns", "resolved_ip") as? [String] == ["127.1.0.1"])
      #expect((byName["bbig.test"]?.first?.at("dns", "resolved_ip") as? [String])?.count == 1201)
      #expect(byName["bbig.test"]?.first?.at("network", "transport") as? String == "tcp")
      #expect(byName["6udp6.test"]?.first?.at("network", "type") as? String == "ipv6")
      let refused = byName["n5no.test"]?.first
      #expect(refused?.at("event", "reason") as? String == "NXDOMAIN")
      let asker = watching.facts("connected").first { $0[0] == "hostile" }
      #expect(refused?.pid == asker.flatMap { Int($0[1]) })
    }

    @Test("In text a name stands behind its address, with its age, and a hostile one is one line")
    func text() throws {
      let run = try ToolRun.run([
        BuiltProducts.sockeye, "watch", "connect", "udp_flow", "--names", "--", Watching.fixture, "names",
      ])
      let lines = String(decoding: run.output, as: UTF8.self).split(separator: "\n")
      let named = lines.filter { $0.contains("→ 127.1.0.1:") && $0.contains("(c1chain.test, told ") }
      #expect(named.count == 2, "the stream and the datagrams")
      #expect(lines.contains { $0.contains("(p4\\x1b[31m\\n\\\\.x.test, told ") && $0.contains(" before)") })
    }
  }
}
