import Foundation
import Model
import Randomness
import Testing

@testable import Store

/// A connection as the test remembers it: the truth that queries are compared with.
private struct Known {
  var cookie: UInt64
  var opened: Int64
  /// nil while it is open.
  var closed: Int64?
  var peer: String
  var port: UInt16
  var pid: Int32
  var program: String
  var isFailed: Bool

  func isAlive(_ since: Int64, _ until: Int64) -> Bool { opened <= until && closed ?? .max >= since }
}

@Suite struct QueryTests {
  static let seeds: [UInt64] = [1, 23, 4711]

  /// 30 days, a segment each, with connections from milliseconds to weeks.
  private static func fill(_ path: String, _ random: inout SeededRandom, count: Int = 1500) throws -> [Known]
  {
    let writer = try Sample.writer(path)
    var known: [Known] = []
    var ends: [(Double, Int)] = []
    let span = 30 * 86_400.0
    var ahead = 0.0
    for index in 0..<count {
      let at = 1001 + (Double(index) / Double(count) * span * 1000).rounded() / 1000
      while let next = ends.min(by: { $0.0 < $1.0 }), next.0 <= at {
        ends.removeAll { $0.1 == next.1 }
        let one = known[next.1]
        try writer.take([Sample.close(next.0, cookie: one.cookie, peer: one.peer)], now: Sample.time(next.0))
        known[next.1].closed = Sample.microseconds(next.0)
      }
      let pid = Int32.random(in: 1...40, using: &random)
      let program = "/bin/program-\(pid % 7)"
      let peer =
        Bool.random(using: &random)
        ? "10.0.\(Int.random(in: 0...3, using: &random)).\(Int.random(in: 1...9, using: &random))"
        : "2001:db8::\(Int.random(in: 1...9, using: &random))"
      let isFailed = Int.random(in: 0..<10, using: &random) == 0
      let port = [22, 80, 443, 8080].randomElement(using: &random)! as UInt16
      var event = Sample.event(
        isFailed ? .connectFailed : .connect, at, cookie: UInt64(index + 1),
        process: Sample.process(pid, program),
        peer: peer, port: port)
      if isFailed { event.socket?.durationNanoseconds = 0 }
      try writer.take([event], now: Sample.time(at))
      let time = Sample.microseconds(at)
      known.append(
        Known(
          cookie: UInt64(index + 1), opened: time, closed: isFailed ? time : nil, peer: peer, port: port,
          pid: pid,
          program: program, isFailed: isFailed))
      if !isFailed {
        // Even over the orders of magnitude: 1 ms to 2 months.
        let duration = exp(Double.random(in: log(0.001)...log(5_000_000), using: &random))
        ends.append((at + (duration * 1000).rounded(.up) / 1000, index))
      }
      ahead = at
    }
    try writer.flush(Sample.time(ahead + 100))
    return known
  }

  @Test("Every query finds what a look at each connection would find", arguments: seeds) func property(
    _ seed: UInt64
  )
    throws
  {
    var random = SeededRandom(seed: seed)
    let scratch = try Scratch()
    let known = try Self.fill(scratch.database, &random)
    let segments = try only(scratch.database, "SELECT count(*) FROM segment")
    #expect(segments.flatMap { Int($0) } ?? 0 >= 25)
    let reader = try StoreReader(path: scratch.database)
    for round in 0..<150 {
      var query = HistoryQuery()
      query.limit = Int.random(in: 1...40, using: &random)
      query.order = Bool.random(using: &random) ? .newest : .oldest
      var wanted = known
      if Bool.random(using: &random) {
        let one = known.randomElement(using: &random)!
        let width = [0, 1_000_000, 3_600_000_000, 200_000_000_000].randomElement(using: &random)! as Int64
        let since = one.opened + Int64.random(in: -10_000_000...10_000_000, using: &random)
        (query.since, query.until) = (since, since + width)
        wanted = wanted.filter { $0.isAlive(since, since + width) }
      }
      switch Int.random(in: 0...6, using: &random) {
      case 0:
        let peer = known.randomElement(using: &random)!.peer
        query.addresses = [AddressPrefix(IPAddress(peer)!)]
        wanted = wanted.filter { $0.peer == peer }
      case 1:
        query.peerAddresses = [AddressPrefix(IPAddress("10.0.2.0")!, length: 24)]
        wanted = wanted.filter { $0.peer.hasPrefix("10.0.2.") }
      case 2:
        query.port = 443
        wanted = wanted.filter { $0.port == 443 }
      case 3:
        query.processes.pid = ProcessID(7)
        wanted = wanted.filter { $0.pid == 7 }
      case 4:
        query.processes.executable = "/bin/program-3"
        wanted = wanted.filter { $0.program == "/bin/program-3" }
      case 5:
        query.bounds = [
          HistoryBound(.peerPort, .greater, 22), HistoryBound(.peerPort, .lessOrEqual, 443),
          HistoryBound(.sent, .less, 0),
        ]
        // What was sent is known at the end only.
        wanted = wanted.filter { $0.port > 22 && $0.port <= 443 && ($0.closed == nil || $0.isFailed) }
      default: break
      }
      if Int.random(in: 0...3, using: &random) == 0 {
        query.outcome = .failed
        wanted = wanted.filter(\.isFailed)
      }
      var expected = wanted.map(\.cookie)
      if query.order == .newest { expected.reverse() }
      var found: [UInt64] = []
      repeat {
        let page = try reader.history(query)
        #expect(page.connections.count <= query.limit)
        found += page.connections.map(\.socket.cookie.rawValue)
        query.after = page.next
      } while query.after != nil
      #expect(found == expected, "seed \(seed), round \(round): \(query)")
    }
  }

  @Test("Sorted by duration or bytes, pages join without a hole") func sorted() throws {
    var random = SeededRandom(seed: 7)
    let scratch = try Scratch()
    let known = try Self.fill(scratch.database, &random, count: 300)
    let reader = try StoreReader(path: scratch.database)
    var query = HistoryQuery()
    query.order = .longest
    query.limit = 17
    var found: [StoredConnection] = []
    repeat {
      let page = try reader.history(query)
      found += page.connections
      query.after = page.next
    } while query.after != nil
    #expect(Set(found.map(\.socket.cookie.rawValue)) == Set(known.map(\.cookie)))
    #expect(found.count == known.count)
    let durations = found.map { $0.duration ?? .max }
    #expect(durations == durations.sorted(by: >))
  }

  @Test("The map sums each connection once, with both ends where both are known") func edges() throws {
    let scratch = try Scratch()
    let writer = try Sample.writer(scratch.database)
    let curl = Sample.process(7)
    let server = Sample.process(8, "/usr/sbin/nginx")
    var events: [Event] = []
    for number in 1...5 as ClosedRange<UInt64> {
      events.append(Sample.event(.connect, 1001 + Double(number), cookie: number, process: curl))
      events.append(Sample.close(1010 + Double(number), cookie: number))
    }
    var local = Sample.event(.accept, 1030, cookie: 99, process: server, peer: "127.0.0.1", port: 50_000) {
      $0.local.port = 80
    }
    local.peerProcess = curl
    try writer.take(events + [local], now: Sample.time(1030))
    try writer.flush(Sample.time(1031))
    let reader = try StoreReader(path: scratch.database)
    let found = try reader.edges(
      since: Sample.microseconds(1000), until: Sample.microseconds(1100), by: .executable)
    #expect(
      MapEdge.sorted(found) == [
        MapEdge(
          source: .named("/usr/bin/curl"), target: .address(IPAddress("203.0.113.9")!), protocol: .tcp,
          port: 443,
          direction: .outbound, count: 5, sent: 500, received: 10_000, first: Sample.microseconds(1002),
          last: Sample.microseconds(1006)),
        MapEdge(
          source: .named("/usr/bin/curl"), target: .named("/usr/sbin/nginx"), protocol: .tcp, port: 80,
          direction: .inbound, count: 1, first: Sample.microseconds(1030), last: Sample.microseconds(1030)),
      ])
    let later = try reader.edges(
      since: Sample.microseconds(1020), until: Sample.microseconds(1100), by: .process)
    #expect(later.map(\.count) == [1])
  }

  @Test(
    "The map leaves out those that are said to live, unless they had ended before, and says when they were opened"
  )
  func living() throws {
    let scratch = try Scratch()
    let writer = try Sample.writer(scratch.database)
    let process = Sample.process(7)
    try writer.take(
      (1...5).map { Sample.event(.connect, 1000 + Double($0), cookie: $0, process: process) } + [
        Sample.close(1010, cookie: 2), Sample.close(1050, cookie: 3),
      ], now: Sample.time(1050))
    try writer.flush(Sample.time(1051))
    let reader = try StoreReader(path: scratch.database)
    func identities(_ cookies: [UInt64]) throws -> Set<SocketIdentity> {
      let netns = try #require(try reader.history(HistoryQuery()).connections.first).socket.netns
      return Set(cookies.map { SocketIdentity(netns: netns, cookie: SocketCookie($0)) })
    }
    // 2 had ended before; 3 ended just after the look.
    var living = LivingSockets(try identities([1, 2, 3, 99]), at: Sample.microseconds(1040))
    let edges = try reader.edges(
      since: 0, until: Sample.microseconds(1100), by: .executable, leavingOut: &living)
    #expect(edges.map(\.count) == [3])
    #expect(Set(living.opened.keys) == (try identities([1, 3])))
    #expect(Set(living.opened.values) == [Sample.microseconds(1001), Sample.microseconds(1003)])
  }

  @Test("A process is found as it was at a time") func tree() throws {
    let scratch = try Scratch()
    let writer = try Sample.writer(scratch.database)
    func event(_ action: EventAction, _ seconds: Double, _ process: Model.Process) -> Event {
      var event = Event(action: action, bootNanoseconds: Sample.time(seconds).boot, wallNanoseconds: 0)
      event.process = process
      return event
    }
    try writer.take(
      [
        event(.fork, 1001, Sample.process(7, "/bin/sh")),
        event(.exec, 1005, Sample.process(7, "/bin/next")),
        event(.exit, 1009, Sample.process(7, "/bin/next")),
        // The number again, of another.
        event(.fork, 1020, Sample.process(7, ticks: 90, "/bin/other")),
      ], now: Sample.time(1020))
    try writer.flush(Sample.time(1021))
    let reader = try StoreReader(path: scratch.database)
    var query = ProcessQuery()
    query.pid = ProcessID(7)
    func at(_ seconds: Double) throws -> [String?] {
      try reader.processes(query, at: Sample.microseconds(seconds)).map { $0.process.executable?.lossyString }
    }
    #expect(try at(1002) == ["/bin/sh"])
    #expect(try at(1004) == ["/bin/sh"])
    #expect(try at(1007) == ["/bin/next"])
    #expect(try at(1015) == [])
    #expect(try at(1030) == ["/bin/other"])
  }
}
