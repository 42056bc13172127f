import Foundation
import ProgramRuns
import Testing

extension HostTests {
  /// What `sockeye watch` cannot see, or could not have seen: before it began, and when the ring is full.
  @Suite struct WatchLossTests {
    @Test(
      "Connections made while the probes attach: from the first one told on all are told, once, and none without process"
    )
    func startUp() throws {
      let fixture = try Background([Watching.fixture, "steady", "1000", "16", "31000", "0"])
      try fixture.wait(for: "server ")
      let started = try Watching(ToolRun(status: 0, output: fixture.output, errors: ""))
      let (netns, pid) = (started.facts("netns")[0][0], started.facts("client")[0][0])
      // Else its number is given to the next namespace of anybody as soon as the fixture has ended.
      let namespace = open("/proc/\(pid)/ns/net", O_RDONLY | O_CLOEXEC)
      defer { close(namespace) }
      let watch = try Background([
        BuiltProducts.sockeye, "watch", "connect", "accept", "close", "-o", "jsonl", "--where",
        "netns = \(netns)",
      ])
      try watch.wait(for: #""action":"close""#, count: 101) {
        // It has made all that it can.
        String(decoding: try fixture.output, as: UTF8.self).contains("opened ")
      }
      try fixture.closeInput()
      let truth = try fixture.finish()
      watch.terminate()
      let watching = try watch.finish()
      #expect(watching.errors.contains("lost: kernel_missed 0, ring_lost 0, queue_lost 0"))
      let client = try #require(truth.facts("client").first.flatMap { Int($0[0]) })
      let server = try #require(truth.facts("server").first.flatMap { Int($0[0]) })
      let made = truth.facts("made").map {
        (port: Int($0[1]) ?? -1, began: Int($0[2]) ?? -1, closed: Int($0[3]) ?? -1)
      }
      checkSuffix(watching.byLocalPort("connect"), made.map { ($0.port, $0.began) }, by: client)
      checkSuffix(watching.byPeerPort("accept"), made.map { ($0.port, $0.began) }, by: server)
      // Those that stay open until the end close last.
      let closes = made.sorted { $0.closed < $1.closed }.map { ($0.port, $0.closed) }
      checkSuffix(watching.byLocalPort("close"), closes, by: client)
      checkSuffix(watching.byPeerPort("close"), closes, by: server)
      // The test is of those from before, too.
      #expect(
        watching.events("close").count > watching.events("connect").count + watching.events("accept").count)
    }

    /// Of `truth` (ports in the order of time) a beginning may be missing; each other is told once, of process `pid`.
    private func checkSuffix(_ told: [Int: [[String: Any]]], _ truth: [(port: Int, time: Int)], by pid: Int) {
      let first = truth.firstIndex { told[$0.port] != nil } ?? truth.count
      #expect(first < truth.count, "nothing was told")
      let wrong = truth[first...].filter { told[$0.port]?.map(\.pid) != [pid] }
      let sample = wrong.prefix(3).map { "\($0.port): \(told[$0.port]?.map { $0.at("process") } ?? [])" }
      #expect(wrong.isEmpty, "\(wrong.count) of \(truth.count - first), first at \(first): \(sample)")
    }

    @Test(
      "A ring that is too small: gaps with counts, and afterwards the sockets that are still open are known")
    func overflow() throws {
      let watch = try Background([
        BuiltProducts.sockeye, "watch", "connect", "accept", "close", "-o", "jsonl", "--ring-size", "16k",
      ])
      // Attached: the first event of anybody.
      let fixture = try Background([Watching.fixture, "steady", "0", "61", "6007", "0"])
      try fixture.wait(for: "opened ")
      // A gap is told after the look at everything that it asks for.
      try watch.wait(for: #""action":"gap""#)
      sleep(3)
      try fixture.closeInput()
      let truth = try fixture.finish()
      watch.terminate()
      let watching = try watch.finish()
      let gaps = watching.events("gap")
      let lost = gaps.compactMap { $0.at("gap", "count") as? Int }
      #expect(lost.count == gaps.count && lost.allSatisfy { $0 > 0 })
      let kinds = Set(gaps.compactMap { $0.at("gap", "kind") as? String })
      #expect(kinds == ["ring_lost"])
      #expect(watching.errors.contains("ring_lost \(lost.reduce(0, +)),"), "\(watching.errors)")
      let client = try #require(truth.facts("client").first.flatMap { Int($0[0]) })
      let held = truth.facts("made").filter { (Int($0[0]) ?? 1) % 61 == 0 }.compactMap { Int($0[1]) }
      #expect(held.count == 99)
      let own = Dictionary(
        grouping: watching.byLocalPort("close").values.joined().filter { $0.pid == client }
      ) {
        $0.at("network", "local", "port") as? Int ?? 0
      }
      let known = held.filter { own[$0]?.count == 1 }
      #expect(known.count == held.count, "\(known.count)")
    }
  }
}
