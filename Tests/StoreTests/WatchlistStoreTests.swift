import Foundation
import Model
import Randomness
import Testing

@testable import Store

/// Hits as they are recorded, and the hunt through what was recorded before.
@Suite struct WatchlistStoreTests {
  let scratch: Scratch
  init() throws { scratch = try Scratch() }

  private static let digest = String(repeating: "ab", count: 32)
  private static let file = FileIdentity(device: 1, inode: 2, changed: 3)
  private static let day = 86_400.0

  private func list(_ text: String) throws -> Watchlist {
    var list = Watchlist()
    try list.add(list: "list", Array(text.utf8))
    return list
  }
  private func tool(_ pid: Int32) -> Model.Process {
    var process = Sample.process(pid, ticks: UInt64(pid), "/tmp/tool")
    process.executableFile = Self.file
    return process
  }
  private func answer(
    _ question: String, _ address: String, at seconds: Double, _ process: Model.Process? = nil
  )
    -> Event
  {
    var event = Event(
      action: .dns, bootNanoseconds: Sample.time(seconds).boot, wallNanoseconds: Sample.time(seconds).wall)
    event.detail = .dns(NameAnswer(question: RawText(question), addresses: [IPAddress(address)!]))
    event.process = process
    return event
  }
  private let hits = """
    SELECT indicator, matched, connection_id IS NOT NULL, pid FROM watchlist_hits ORDER BY id
    """

  @Test("A connection hits once, when it opens or fails; a look, a name and a question hit too")
  func connections() throws {
    let writer = try Sample.writer(scratch.database)
    writer.watch(for: try list("203.0.113.0/24 net\nexample.org\n"), [:])
    let other = Sample.process(8)
    try writer.take(
      [
        Sample.event(.connect, 1001, cookie: 1, process: Sample.process(7)),
        Sample.event(.connectFailed, 1001, cookie: 2, process: Sample.process(7), peer: "203.0.113.1"),
        Sample.event(.connect, 1001, cookie: 3, process: other, peer: "198.51.100.1") {
          $0.peerName = PeerName(name: "a.example.org", ageNanoseconds: 1)
        },
        Sample.event(.connect, 1001, cookie: 4, process: other, peer: "198.51.100.1"),
        answer("b.example.org", "192.0.2.1", at: 1001, other), Sample.close(1002, cookie: 1),
      ], now: Sample.time(1002))
    try writer.flush(Sample.time(1002))
    var snapshot = Snapshot()
    var socket = Sample.event(.connect, 1003, cookie: 9, peer: "203.0.113.77").socket!.plain
    socket.state = .established
    snapshot.sockets = [socket]
    try writer.take(snapshot, lookBegan: Sample.time(1003).boot, now: Sample.time(1003))
    #expect(writer.takeHits().map(\.hit.matched).count == 5 && writer.takeHits().isEmpty)
    #expect(writer.counters.hits == 5)
    try writer.stop(Sample.time(1004))
    #expect(
      try ask(scratch.database, hits) == [
        ["203.0.113.0/24", "203.0.113.9", "1", "7"], ["203.0.113.0/24", "203.0.113.1", "1", "7"],
        ["example.org", "a.example.org", "1", "8"], ["example.org", "b.example.org", "0", "8"],
        ["203.0.113.0/24", "203.0.113.77", "1", nil],
      ])
    #expect(
      try ask(scratch.database, "SELECT DISTINCT kind, note, list FROM watchlist_hits ORDER BY 1")
        == [["domain-name", "", "list"], ["ipv4-addr", "net", "list"]])
    #expect(
      try only(
        scratch.database,
        "SELECT count(*) FROM watchlist_hits h JOIN connections c ON c.id = h.connection_id WHERE c.peer_address = h.matched"
      ) == "3")
  }

  @Test(
    "A process hits when its hash is found out, whether that is before it or after, and so do its connections"
  )
  func executables() throws {
    let writer = try Sample.writer(scratch.database)
    writer.watch(for: try list(Self.digest), [:])
    try writer.take(
      [Sample.event(.connect, 1001, cookie: 1, process: tool(7))], now: Sample.time(1000.5))
    #expect(writer.takeHits().isEmpty)
    writer.take([(Self.file, .sha256(Self.digest))])
    try writer.take(
      [
        Sample.event(.connect, 1002, cookie: 2, process: tool(7)),
        Sample.event(.connect, 1002, cookie: 3, process: tool(8)),
      ], now: Sample.time(1002))
    try writer.stop(Sample.time(1003))
    #expect(
      try ask(scratch.database, "SELECT pid, connection_id IS NULL FROM watchlist_hits ORDER BY 1, 2")
        == [["7", "0"], ["7", "1"], ["8", "0"], ["8", "1"]])
    #expect(writer.takeHits().map { $0.process?.identity.pid.rawValue } == [7, 7, 8, 8])
  }

  @Test("A list that comes later marks what comes later, and the processes that run already") func reload()
    throws
  {
    let writer = try Sample.writer(scratch.database)
    try writer.take([Sample.event(.connect, 1001, cookie: 1, process: tool(7))], now: Sample.time(1001))
    writer.watch(for: try list("\(Self.digest)\n203.0.113.9"), [Self.file: Self.digest])
    #expect(writer.takeHits().map(\.hit.subject) == [.executable])
    writer.watch(for: Watchlist(), [Self.file: Self.digest])
    try writer.take([Sample.event(.connect, 1002, cookie: 2, process: tool(8))], now: Sample.time(1002))
    #expect(writer.takeHits().isEmpty)
  }

  @Test("The hit of a connection that retention moves goes with it; those of what is gone go") func moved()
    throws
  {
    let writer = try Sample.writer(scratch.database)
    writer.watch(for: try list("203.0.113.9"), [:])
    for number in 0..<3 {
      let seconds = 1001 + Double(number) * 1.5 * Self.day
      let open = [Sample.event(.connect, seconds, cookie: UInt64(2 * number + 1))]
      let closed = [
        Sample.event(.connect, seconds, cookie: UInt64(2 * number + 2)),
        Sample.close(seconds + 1, cookie: UInt64(2 * number + 2)),
      ]
      try writer.take(open + closed, now: Sample.time(seconds + 1))
      try writer.flush(Sample.time(seconds + 1))
    }
    while try writer.keep(to: Retention(age: .seconds(86_400)), Sample.time(1010 + 3 * Self.day)) {}
    let joined = """
      SELECT c.cookie FROM watchlist_hits h JOIN connections c ON c.id = h.connection_id ORDER BY c.cookie
      """
    #expect(try ask(scratch.database, joined) == [["1"], ["3"], ["5"], ["6"]])
    #expect(try only(scratch.database, "SELECT count(*) FROM hit") == "4")
    #expect(try only(scratch.database, "SELECT count(*) FROM connection") == "4")
  }

  @Test(
    "A hunt finds what a look at each connection finds, by few entries and by many, in every order and window"
  )
  func hunt() throws {
    var random = SeededRandom(seed: 11)
    let writer = try Sample.writer(scratch.database)
    writer.take([(Self.file, .sha256(Self.digest))])
    for number in 0..<2000 {
      // Some twelve segments: each is closed after a day.
      let seconds = 1001 + Double(number) * 540
      let peer = UInt32.random(in: 0..<3000, using: &random)
      let process =
        number % 50 == 0 ? tool(Int32(number + 10)) : Sample.process(Int32(number % 7 + 1), "/bin/p")
      var events = [
        Sample.event(
          .connect, seconds, cookie: UInt64(number), process: process,
          peer: IPAddress(v4: 0x0b00_0000 + peer).text)
      ]
      if number % 9 != 0 { events.append(Sample.close(seconds + 1, cookie: UInt64(number))) }
      if number % 10 == 0 {
        events.insert(
          answer("n\(peer % 20).example.org", IPAddress(v4: 0x0b00_0000 + peer).text, at: seconds), at: 0)
      }
      if number > 200 && number % 9 == 0 {
        events.append(Sample.close(seconds + 2, cookie: UInt64(number - 180)))
      }
      try writer.take(events, now: Sample.time(seconds + 1))
    }
    try writer.stop(Sample.time(1_090_000))
    let reader = try StoreReader(path: scratch.database)
    #expect(try #require(Int(try only(scratch.database, "SELECT count(*) FROM segment") ?? "")) > 10)
    let lists = [
      try list("11.0.0.77\n11.0.1.0/28\n9.9.9.9"), try list("11.0.0.0/21"), try list("n7.example.org"),
      try list(Self.digest), try list("n3.example.org\n11.0.0.5\n\(Self.digest)\n11.0.8.0/22"),
      try list("8.8.8.8"),
    ]
    for list in lists {
      for (order, window) in [
        (HistoryQuery.Order.newest, nil), (.oldest, nil), (.longest, nil), (.newest, 500_000.0),
        (.oldest, 40_000.0),
      ] {
        var query = HistoryQuery()
        (query.order, query.limit) = (order, 10_000)
        if let window {
          (query.since, query.until) = (Sample.microseconds(window), Sample.microseconds(window + 90_000))
        }
        let all = try reader.history(query).connections
        let wanted = all.filter { !list.hits(of: $0).isEmpty }.map(\.id)
        query.hunt = try reader.hunt(list)
        let found = try reader.history(query).connections
        // Names are necessary, not sufficient: who asks judges once more.
        #expect(found.filter { !list.hits(of: $0).isEmpty }.map(\.id) == wanted)
        #expect(list.hasDomains || found.count == wanted.count)
        query.limit = 7
        #expect(try Array(reader.history(query).connections.map(\.id)) == Array(found.prefix(7).map(\.id)))
      }
    }
  }
}
