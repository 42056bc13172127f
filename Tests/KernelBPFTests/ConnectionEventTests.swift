import CLinux
import KernelSystem
import Testing

@testable import KernelBPF

@Suite(
  "Connection events of the real kernel", .serialized, .enabled(if: mayTrace, "needs CAP_BPF and CAP_PERFMON")
)
struct ConnectionEventTests {
  @Test("23 processes that each connect once and end are all named, with path, arguments and parent")
  func shortLivedProcesses() throws {
    try checkStorm(count: 23, servers: 3, parallel: 1)
  }

  @Test(
    "20,000 short-lived processes are all named, and every accept, and every byte",
    .enabled(if: environmentNumber("SOCKEYE_STORM") != nil, "takes a minute: set SOCKEYE_STORM to the count"))
  func manyProcesses() throws {
    let count = environmentNumber("SOCKEYE_STORM") ?? 20_000
    try checkStorm(count: max(count, 23), servers: 3, parallel: 2)
  }

  private func checkStorm(count: Int, servers: Int, parallel: Int) throws {
    let recording = try Recording.of(["storm", "\(count)", "\(servers)", "\(parallel)"])
    let netns = try #require(recording.number("netns"))
    #expect(recording.undecoded == 0)
    #expect(recording.losses.ringLost == 0)
    #expect(recording.losses.kernelMissed == 0)
    checkClients(recording, netns: netns, count: count)
    checkAccepts(recording, netns: netns, count: count)
    checkCloses(recording, netns: netns, count: count)
    if count > 23 {
      print("storm of \(count): \(recording.events.count) events, \(recording.losses)")
    }
  }

  private func checkClients(_ recording: Recording, netns: UInt32, count: Int) {
    let facts = recording.facts("client")
    #expect(facts.count == count)
    var connects: [ProcessKey?: KernelEvent] = [:]
    for event in recording.events(.connect, netns: netns) { connects[ProcessKey(event)] = event }
    let execs = recording.execs(of: "client", netns: netns)
    var established: [UInt64: KernelEvent] = [:]
    for event in recording.events(.established, netns: netns) {
      established[event.socket?.cookie ?? 0] = event
    }

    var wrong = 0
    for fact in facts {
      let numbers = fact.map { UInt32($0) ?? 0 }
      let (index, pid, parent, port) = (numbers[0], numbers[1], numbers[2], numbers[3])
      let exec = execs[index]?.exec, connect = connects[ProcessKey(execs[index])]
      let whole = connect?.socket.flatMap { established[$0.cookie] }
      let isRight =
        connect?.actor?.tgid == pid && connect?.actor?.parent_tgid == parent
        && whole?.socket?.local_port == UInt16(port)
        && connect?.actor?.exec_generation == execs[index]?.actor?.exec_generation
        && text(exec?.path).hasSuffix("/EventFixture")
        && exec?.argumentList.count == 5
        && text(exec?.argumentList.last) == "--a name longer than sixteen bytes=\(index)"
      if !isRight { wrong += 1 }
    }
    #expect(wrong == 0)
  }

  private func checkAccepts(_ recording: Recording, netns: UInt32, count: Int) {
    let facts = recording.facts("accept")
    #expect(facts.count == count)
    var accepts: [UInt16: [KernelEvent]] = [:]
    for event in recording.events(.accept, netns: netns) {
      accepts[event.socket?.peer_port ?? 0, default: []].append(event)
    }
    let wrong = facts.filter { fact in
      let seen = accepts[UInt16(fact[1]) ?? 0] ?? []
      return !seen.contains {
        $0.actor?.tgid == UInt32(fact[0]) && $0.socket?.cookie != 0 && $0.socket?.inode != 0
      }
    }
    #expect(wrong.isEmpty)
  }

  private func checkCloses(_ recording: Recording, netns: UInt32, count: Int) {
    struct Ports: Hashable { var local: UInt16, peer: UInt16 }
    let port = UInt16(recording.facts("listen").first?[1] ?? "") ?? 0
    var closes: [Ports: [EventTotals]] = [:]
    for event in recording.events(.close, netns: netns) where event.socket?.old_state != 10 {
      guard let socket = event.socket, let totals = event.totals else { continue }
      closes[Ports(local: socket.local_port, peer: socket.peer_port), default: []].append(totals)
    }
    var missing = 0, wrong = 0
    func check(_ ports: Ports, sent: String, received: String) {
      guard let totals = closes[ports] else {
        missing += 1
        return
      }
      if !totals.contains(where: { "\($0.bytes_sent)" == sent && "\($0.bytes_received)" == received }) {
        wrong += 1
      }
    }
    for fact in recording.facts("client") {
      check(Ports(local: UInt16(fact[3]) ?? 0, peer: port), sent: fact[4], received: fact[5])
    }
    for fact in recording.facts("accept") {
      check(Ports(local: port, peer: UInt16(fact[1]) ?? 0), sent: fact[2], received: fact[3])
    }
    #expect(missing == 0)
    #expect(wrong == 0)
  }

  @Test("A flood of connections loses no close and no byte")
  func flood() throws { try checkFlood(count: 997) }

  @Test(
    "50,000 connections at the highest rate: 100,000 closes, none missing, every byte",
    .enabled(if: environmentNumber("SOCKEYE_STORM") != nil, "set SOCKEYE_STORM"))
  func largeFlood() throws { try checkFlood(count: 50_000) }

  private func checkFlood(count: Int) throws {
    let request = ProbePlan.Request(facts: [.connections, .accept, .ringAccept, .fork, .exec, .exit])
    let before = KernelClock.bootTimeNanoseconds
    let recording = try Recording.of(["flood", "\(count)", "3", "2"], request: request)
    let netns = try #require(recording.number("netns"))
    #expect(recording.losses.ringLost == 0)
    #expect(recording.losses.kernelMissed == 0)
    checkAccepts(recording, netns: netns, count: count)
    checkCloses(recording, netns: netns, count: count)
    let closes = recording.events(.close, netns: netns).filter { $0.socket?.old_state != 10 }
    // The twin may, rarely, tell a second time what its first program was interrupted in.
    #expect(Set(closes.compactMap { $0.socket?.cookie }).count == 2 * count)
    #expect(closes.count < 2 * count + 10)
    #expect(recording.events(.connect, netns: netns).count == count)
    #expect(recording.events(.established, netns: netns).count == count)
    if count > 1_000 {
      let first = recording.events(.connect, netns: netns).first?.time ?? before
      let seconds = Double((closes.last?.time ?? before) - first) / 1e9
      print("flood of \(count): \(recording.events.count) events in \(seconds) s, \(recording.losses)")
    }
  }

  @Test("Without a tax on every call, accepts that ask for the address are named")
  func acceptByGetpeername() throws {
    let recording = try Recording.of(
      ["storm", "23", "2", "1"], request: ProbePlan.Request(avoidsCallTax: true))
    let netns = try #require(recording.number("netns"))
    let accepts = recording.events(.accept, netns: netns)
    for fact in recording.facts("accept") {
      let seen = accepts.filter { "\($0.socket?.peer_port ?? 0)" == fact[1] }
      #expect(seen.contains { "\($0.actor?.tgid ?? 0)" == fact[0] })
    }
  }

  @Test("Refused, refused later and unreachable connects carry the process and the errno")
  func failures() throws {
    let recording = try Recording.of(["failures"])
    let netns = try #require(recording.number("netns"))

    let refused = try #require(recording.facts("refused").first)
    let close = recording.events(.close, netns: netns).first { $0.socket?.peer_port == 7 }
    #expect(close?.socket?.error == ECONNREFUSED)
    let failed = recording.events(.connectFailed, netns: netns).first { $0.socket?.peer_port == 7 }
    #expect(failed?.actor?.tgid == UInt32(refused[0]))
    #expect(failed?.socket?.error == ECONNREFUSED)

    let later = try #require(recording.facts("refused-later").first)
    let laterClose = recording.events(.close, netns: netns).first { $0.socket?.peer_port == 9 }
    #expect(laterClose?.socket?.error == ECONNREFUSED)
    let connect = recording.events(.connect, netns: netns).first {
      $0.socket?.cookie == laterClose?.socket?.cookie
    }
    #expect(connect?.actor?.tgid == UInt32(later[0]))

    let unreachable = try #require(recording.facts("unreachable").first)
    #expect(failed?.socket?.cookie == close?.socket?.cookie)
    let denied = recording.events(.connectFailed, netns: netns).first { $0.socket?.error == ENETUNREACH }
    #expect(denied?.actor?.tgid == UInt32(unreachable[0]))
    #expect(denied?.socket?.peer_port == 11)
    #expect(denied?.socket?.peer.low == 0xc000_0201)

    let noHost = try #require(recording.facts("no-host").first)
    let rejected = recording.events(.connectFailed, netns: netns).first { $0.socket?.error == EHOSTUNREACH }
    #expect(rejected?.actor?.tgid == UInt32(noHost[0]))
    #expect(rejected?.socket?.peer_port == 13)
  }

  @Test("A connect that nobody answers is told when it begins, and with ETIMEDOUT when it is given up")
  func timeOut() throws {
    let recording = try Recording.of(["hang"])
    let netns = try #require(recording.number("netns"))
    let fact = try #require(recording.facts("timed-out").first)
    #expect(fact[2] == "\(ETIMEDOUT)")
    let failed = recording.events(.connectFailed, netns: netns).first { $0.actor?.tgid == UInt32(fact[0]) }
    #expect(failed?.socket?.error == ETIMEDOUT)
    #expect("\(failed?.socket?.peer_port ?? 0)" == fact[1])
    let begun = recording.events(.connect, netns: netns).first { $0.socket?.cookie == failed?.socket?.cookie }
    #expect((failed?.time ?? 0) - (begun?.time ?? 0) > 2_500_000_000)
    let close = recording.events(.close, netns: netns).first { $0.socket?.cookie == failed?.socket?.cookie }
    #expect(close?.socket?.error == ETIMEDOUT)
  }

  @Test("A filter on the port and one on the namespace let nothing else through")
  func filters() throws {
    var settings = ProbeSettings()
    settings.port = 7
    let recording = try Recording.of(["failures"], settings: settings)
    // Whatever else happens on the host.
    let netns = try #require(recording.number("netns"))
    #expect(recording.events(.connect).allSatisfy { $0.socket?.peer_port == 7 })
    #expect(recording.events(.connect, netns: netns).map { $0.socket?.peer_port } == [7])
    settings.port = nil
    settings.netns = 1
    let nothing = try Recording.of(["failures"], settings: settings)
    #expect(nothing.events.filter { $0.socket != nil }.isEmpty)
  }

  @Test("A ring too small for a storm counts every record that it lost")
  func tinyRing() throws {
    var settings = ProbeSettings()
    settings.ringByteCount = 4096
    let recording = try Recording.of(["storm", "53", "2", "2"], settings: settings, isReadLate: true)
    #expect(recording.losses.ringLost > 0)
    #expect(recording.undecoded == 0)
  }
}
