import Foundation
import Testing

extension HostTests {
  /// `sockeye watch` without event probes, against what EventFixture says that it did.
  @Suite struct FallbackTests {
    static let forced = ["SOCKEYE_EVENTS_FROM=polling"]
    static func ordinary(with capabilities: [String] = []) -> [String] {
      let set = (["-all"] + capabilities.map { "+" + $0 }).joined(separator: ",")
      return [
        "setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--inh-caps=\(set)",
        "--ambient-caps=\(set)",
      ]
    }

    @Test(
      "23 connections that live longer than a look are named at both ends, opening and close, with their bytes"
    )
    func held() throws {
      let watch = try BackgroundWatch(["socket"], wrapper: Self.forced)
      let watching = try watch.end(facts: try watch.hold(23))
      try Self.expectHeld(watching, 23)
    }

    @Test("CAP_NET_ADMIN, CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH name another user's connections without BPF")
    func withoutBPF() throws {
      let copy = try PublicCopy()
      let watch = try BackgroundWatch(
        ["socket"], wrapper: Self.ordinary(with: ["net_admin", "sys_ptrace", "dac_read_search"]),
        binary: copy.path)
      let watching = try watch.end(facts: try watch.hold(23))
      try Self.expectHeld(watching, 23)
      #expect(watching.errors.contains("other network namespaces"))
      #expect(watching.errors.contains("no CAP_BPF"))
    }

    @Test("Root without the capabilities of BPF is told the same")
    func boundedRoot() throws {
      let watch = try BackgroundWatch(
        ["socket"], wrapper: ["setpriv", "--bounding-set=-bpf,-perfmon,-sys_admin"])
      let watching = try watch.end(facts: try watch.hold(7))
      try Self.expectHeld(watching, 7)
    }

    @Test("An ordinary user is named his own connections, and of others' told that nobody can be named")
    func ordinaryUser() throws {
      let copy = try PublicCopy()
      let own = try BackgroundWatch(["socket"], wrapper: Self.ordinary(), binary: copy.path)
      let seen = try own.end(
        facts: try own.hold(7, wrapper: Self.ordinary(), fixture: copy.eventFixture))
      try Self.expectHeld(seen, 7)
      let other = try BackgroundWatch(["socket"], wrapper: Self.ordinary(), binary: copy.path)
      let unnamed = try other.end(facts: try other.hold(7))
      let port = try #require(unnamed.facts("listen").first.flatMap { Int($0[1]) })
      let connects = unnamed.events("connect").filter { $0.peerPort == port }
      #expect(connects.count == 7)
      #expect(connects.allSatisfy { $0.at("process") == nil && $0.evidence == "polling" })
      #expect(unnamed.errors.contains("of other users' processes"))
    }

    @Test("Connections in another namespace are found and named there")
    func namespace() throws {
      let watch = try BackgroundWatch(["socket"], wrapper: Self.forced)
      let script = "ip link set lo up; readlink /proc/self/ns/net; exec \"$0\" \"$@\""
      let watching = try watch.end(facts: try watch.hold(7, wrapper: ["unshare", "-n", "sh", "-c", script]))
      try Self.expectHeld(watching, 7)
      let port = try #require(watching.facts("listen").first.flatMap { Int($0[1]) })
      let netns = watching.events("connect").filter { $0.peerPort == port }.compactMap {
        $0.at("socket", "netns") as? Int
      }
      #expect(
        Set(netns.map { "net:[\($0)]" })
          == Set(watching.facts.filter { $0[0].hasPrefix("net:") }.map { $0[0] }))
    }

    @Test(
      "97 connections that end between two looks are 194 closes with their bytes, and nobody's name is made up"
    )
    func short() throws {
      let watch = try BackgroundWatch(["socket"], wrapper: Self.forced)
      let watching = try watch.end(facts: try ToolRun.run([Watching.fixture, "hold", "97", "0"]))
      let port = try #require(watching.facts("listen").first.flatMap { Int($0[1]) })
      let closes = watching.events("close")
      let accepts = Dictionary(grouping: closes.filter { $0.localPort == port }) { $0.peerPort ?? 0 }
      let connects = Dictionary(grouping: closes.filter { $0.peerPort == port }) { $0.localPort ?? 0 }
      for fact in watching.facts("client") {
        let close = try #require(connects[Int(fact[3]) ?? 0]?.first, "client \(fact[0]) has no close")
        #expect(connects[Int(fact[3]) ?? 0]?.count == 1)
        #expect(close.at("tcp", "bytes_sent") as? Int == Int(fact[4]))
        // A look may have come in between: then it has found the right one.
        #expect(close.pid == nil ? close.evidence == "destroy_multicast" : close.pid == Int(fact[1]))
      }
      for fact in watching.facts("accept") {
        let close = try #require(
          accepts[Int(fact[1]) ?? 0]?.first, "the server's end of \(fact[1]) has no close")
        #expect(close.at("tcp", "bytes_sent") as? Int == Int(fact[2]))
        #expect(close.pid == nil || close.pid == Int(fact[0]))
      }
      #expect(connects.count == 97)
      #expect(closes.count { $0.evidence == "destroy_multicast" } > 97, "most of them are short")
    }

    @Test("Connects that failed are no connections: nothing is made up of their ends")
    func failures() throws {
      let watch = try BackgroundWatch(["socket"], wrapper: Self.forced)
      let watching = try watch.end(facts: try ToolRun.run([Watching.fixture, "failures"]))
      let ports = Set(
        ["refused", "refused-later", "unreachable"].compactMap { watching.facts($0).first?[1] })
      #expect(ports.count == 3)
      #expect(watching.events.filter { ports.contains("\($0.peerPort ?? 0)") }.isEmpty)
    }

    /// Each connection of `hold COUNT`: connect, accept and close of either end by the right process.
    static func expectHeld(
      _ watching: Watching, _ count: Int, sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
      let listen = try #require(watching.facts("listen").first, sourceLocation: sourceLocation)
      let port = Int(listen[1])
      let server = try #require(watching.facts("server").first.flatMap { Int($0[0]) })
      let listens = watching.events("listen").filter { $0.localPort == port }
      #expect(listens.map(\.pid) == [Int(listen[0])], sourceLocation: sourceLocation)
      #expect(listens.map(\.evidence) == ["fd_scan"], sourceLocation: sourceLocation)
      func events(_ action: String, _ isClient: Bool) -> [Int: [[String: Any]]] {
        let mine = watching.events(action).filter {
          (isClient ? $0.peerPort : $0.localPort) == port && $0.peerPort != 0
        }
        return Dictionary(grouping: mine) { (isClient ? $0.localPort : $0.peerPort) ?? 0 }
      }
      let (connects, accepts) = (events("connect", true), events("accept", false))
      let (ends, serverEnds) = (events("close", true), events("close", false))
      for fact in watching.facts("client") {
        let (pid, own) = (Int(fact[1]), Int(fact[3]) ?? 0)
        #expect(connects[own]?.map(\.pid) == [pid], "client \(fact[0])", sourceLocation: sourceLocation)
        // Who listens, where the look came before the accept.
        #expect(
          [server, Int(listen[0])].contains(connects[own]?.first?.at("peer_process", "pid") as? Int),
          sourceLocation: sourceLocation)
        #expect(
          connects[own]?.first?.arguments.last == "--a name longer than sixteen bytes=\(fact[0])",
          sourceLocation: sourceLocation)
        #expect(connects[own]?.first?.at("process", "parent", "pid") as? Int == Int(fact[2]))
        #expect(ends[own]?.map(\.pid) == [pid], "client \(fact[0])", sourceLocation: sourceLocation)
        #expect(
          ends[own]?.first?.at("tcp", "bytes_sent") as? Int == Int(fact[4]), sourceLocation: sourceLocation)
        let received = ends[own]?.first?.at("tcp", "bytes_received") as? Int ?? -1
        #expect(
          [Int(fact[5]), Int(fact[5]).map { $0 + 1 }].contains(received), sourceLocation: sourceLocation)
      }
      for fact in watching.facts("accept") {
        let peer = Int(fact[1]) ?? 0
        #expect(accepts[peer]?.map(\.pid) == [server], "accept of \(peer)", sourceLocation: sourceLocation)
        #expect(serverEnds[peer]?.map(\.pid) == [server], "close of \(peer)", sourceLocation: sourceLocation)
        #expect(serverEnds[peer]?.first?.at("tcp", "bytes_sent") as? Int == Int(fact[2]))
      }
      let datagram = try #require(watching.facts("datagram").first)
      let conversation = watching.events.filter { $0.localPort == Int(datagram[1]) && $0.peerPort == 9 }
      #expect(conversation.map { $0.at("event", "action") as? String } == ["connect", "close"])
      #expect(
        conversation.map(\.pid) == [Int(datagram[0]), Int(datagram[0])], sourceLocation: sourceLocation)
      #expect(watching.facts("client").count == count, sourceLocation: sourceLocation)
      #expect(connects.count == count && accepts.count == count, sourceLocation: sourceLocation)
    }
  }
}

extension [String: Any] {
  var localPort: Int? { at("network", "local", "port") as? Int }
  var peerPort: Int? { at("network", "peer", "port") as? Int }
  var evidence: String? { at("evidence") as? String }
}
