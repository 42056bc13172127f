import KernelSystem
import Model

/// Looks up the names of a snapshot's addresses and ports, several at a time, and stops waiting after a while.
public enum NameResolver {
  private static let threads = 16
  private static let pollMilliseconds = 5

  /// Adds names to the snapshot; what took longer than `limit` stays a number and is counted as a gap.
  public static func resolve(_ snapshot: inout Snapshot, _ sockets: [Int], within limit: Duration) {
    let (names, open) = answers(to: questions(snapshot, sockets), within: limit)
    snapshot.resolvedNames = names
    guard open > 0 else { return }
    snapshot.gaps.append(gap(open, limit))
  }

  /// The names of hosts by unmapped address, and a gap if some were not found in time.
  public static func hosts(
    _ addresses: Set<IPAddress>, within limit: Duration
  ) -> (names: [IPAddress: RawText], gap: Gap?) {
    let (names, open) = answers(to: addresses.map { .host($0.unmapped) }, within: limit)
    return (names.hosts, open > 0 ? gap(open, limit) : nil)
  }

  private static func gap(_ open: Int, _ limit: Duration) -> Gap {
    Gap(
      kind: .sourceFailed, count: open,
      message: (open == 1 ? "1 name was" : "\(open) names were") + " not found within \(limit)",
      remedy: "look at this host's DNS")
  }

  private static func answers(to questions: [Question], within limit: Duration) -> (ResolvedNames, Int) {
    let board = Board(questions)
    for _ in 0..<min(threads, questions.count) {
      // Fewer threads than wished for only means that it takes longer.
      try? DetachedThread.start { while board.answerNext() {} }
    }
    let clock = ContinuousClock()
    let deadline = clock.now + limit
    while board.openCount > 0 && clock.now < deadline { DetachedThread.sleep(milliseconds: pollMilliseconds) }
    return board.result
  }

  private static func questions(_ snapshot: Snapshot, _ sockets: [Int]) -> [Question] {
    var questions: Set<Question> = []
    for index in sockets {
      let socket = snapshot.sockets[index]
      guard socket.family.isInternet else { continue }
      for endpoint in [socket.local, socket.peer] {
        if !endpoint.address.isUnspecified { questions.insert(.host(endpoint.address.unmapped)) }
        if endpoint.port != 0 {
          questions.insert(.service(ResolvedNames.Service(table: socket.table, port: endpoint.port)))
        }
      }
    }
    return Array(questions)
  }
}

private enum Question: Hashable, Sendable {
  case host(IPAddress)
  case service(ResolvedNames.Service)
}

/// Questions and answers, shared by the threads; it outlives those that answer too late.
private final class Board: Sendable {
  private struct State {
    var waiting: [Question]
    var open: Int
    var names = ResolvedNames()
  }
  private let state: LockedValue<State>

  init(_ questions: [Question]) { state = LockedValue(State(waiting: questions, open: questions.count)) }

  var openCount: Int { state.withLock { $0.open } }
  var result: (ResolvedNames, Int) { state.withLock { ($0.names, $0.open) } }

  /// Takes a question and answers it; false when none is left.
  func answerNext() -> Bool {
    guard let question = state.withLock({ $0.waiting.popLast() }) else { return false }
    switch question {
    case .host(let address):
      let name = HostNames.host(high: address.high, low: address.low, isIPv6: address.version == .v6)
      state.withLock {
        $0.open -= 1
        if let name { $0.names.hosts[address] = RawText(name) }
      }
    case .service(let service):
      let transport = service.table == .udp || service.table == .udplite ? "udp" : "tcp"
      let name = HostNames.service(atPort: service.port, transport: transport)
      state.withLock {
        $0.open -= 1
        if let name { $0.names.services[service] = RawText(name) }
      }
    }
    return true
  }
}
