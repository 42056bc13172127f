import Model
import Randomness
import Testing

@testable import Attribution

@Suite("Connection table") struct ConnectionTableTests {
  private static func endpoint(_ address: UInt32, _ port: UInt16) -> Endpoint {
    Endpoint(IPAddress(v4: address), port: port)
  }

  private func connect(
    _ table: inout ConnectionTable, netns: UInt32 = 1, cookie: UInt64, from local: Endpoint,
    to peer: Endpoint,
    at time: UInt64 = 1, pid: Int32 = 23, origin: SocketOrigin = .connect
  ) {
    table.update(netns: netns, cookie: cookie) { connection in
      connection.family =
        local.address.version == .v4 ? AddressFamily.inet.rawValue : AddressFamily.inet6.rawValue
      connection.protocol = 6
      connection.local = local
      connection.peer = peer
      connection.opened = time
      connection.origin = origin
      connection.process = ProcessIdentity(pid: ProcessID(pid), startTicks: 7)
    }
  }

  @Test("Both ends of a local connection are paired, also where one is an IPv4-mapped address")
  func pairs() {
    var table = ConnectionTable()
    let (client, server) = (Self.endpoint(0x7f00_0001, 40_001), Self.endpoint(0x7f00_0001, 443))
    connect(&table, cookie: 1, from: client, to: server, pid: 23)
    func mapped(_ end: Endpoint) -> Endpoint {
      Endpoint(IPAddress(v6High: 0, low: 0xffff_0000_0000 | end.address.low), port: end.port)
    }
    connect(&table, cookie: 2, from: mapped(server), to: mapped(client), pid: 29, origin: .accept)
    #expect(table.otherEnd(netns: 1, cookie: 1)?.pid == 29)
    #expect(table.otherEnd(netns: 1, cookie: 2)?.pid == 23)
  }

  @Test("Equal tuples in two namespaces are two connections, and not each other's ends")
  func namespaces() {
    var table = ConnectionTable()
    let (client, server) = (Self.endpoint(0x7f00_0001, 40_001), Self.endpoint(0x7f00_0001, 443))
    connect(&table, netns: 1, cookie: 1, from: client, to: server, pid: 23)
    connect(&table, netns: 2, cookie: 2, from: client, to: server, pid: 29)
    connect(&table, netns: 2, cookie: 3, from: server, to: client, pid: 31)
    #expect(table.count == 3)
    #expect(table.otherEnd(netns: 1, cookie: 1) == nil)
    #expect(table.otherEnd(netns: 2, cookie: 2)?.pid == 31)
    #expect(table[1, 2] == nil, "the cookie alone is not the key")
    #expect(table.find(netns: 1, protocol: 6, local: client, peer: server)?.cookie == 1)
    #expect(table.find(netns: 3, protocol: 6, local: client, peer: server) == nil)
  }

  @Test("A closed connection is found for the time to keep, and not longer")
  func keeps() {
    var table = ConnectionTable(keepNanoseconds: 60)
    connect(&table, cookie: 1, from: Self.endpoint(1, 1), to: Self.endpoint(2, 2))
    let (first, second) = (
      table.close(netns: 1, cookie: 1, at: 100), table.close(netns: 1, cookie: 1, at: 101)
    )
    #expect(first && !second, "it closes once")
    table.expire(at: 159)
    #expect(table[1, 1]?.closed == 100)
    #expect(table[1, 1]?.process?.pid == ProcessID(23), "the originator stays")
    table.expire(at: 160)
    #expect(table[1, 1] == nil)
    #expect(table.count == 0 && table.closedCount == 0)
  }

  @Test("At the ceiling the first closed one goes, then the one that is open longest, and each is counted")
  func evicts() {
    var table = ConnectionTable(ceiling: 3, keepNanoseconds: 1000)
    for cookie in 1...3 as ClosedRange<UInt64> {
      connect(&table, cookie: cookie, from: Self.endpoint(1, UInt16(cookie)), to: Self.endpoint(2, 2))
    }
    table.close(netns: 1, cookie: 2, at: 5)
    connect(&table, cookie: 4, from: Self.endpoint(1, 4), to: Self.endpoint(2, 2))
    #expect(table[1, 2] == nil && table.evictedClosed == 1 && table.evictedOpen == 0)
    connect(&table, cookie: 5, from: Self.endpoint(1, 5), to: Self.endpoint(2, 2))
    #expect(table[1, 1] == nil && table.evictedOpen == 1)
    #expect(table.count == 3)
  }

  @Test("A million entries take less than 200 bytes each, indexes included")
  func size() {
    #expect(MemoryLayout<Connection>.stride <= 120)
    var table = ConnectionTable(ceiling: 1_000_000)
    for number in 0..<1_000_000 as Range<UInt64> {
      let local = Self.endpoint(0x0a00_0000 + UInt32(number >> 14), UInt16(number & 0x3fff) + 1)
      connect(&table, cookie: number + 1, from: local, to: Self.endpoint(9, 443))
    }
    #expect(table.count == 1_000_000)
    #expect(table.byteCount < 200 * 1_000_000, "\(table.byteCount / 1_000_000) bytes an entry")
    print("connection table: \(table.byteCount / 1_000_000) bytes an entry at 1,000,000")
  }

  /// What the table should say, the slow way.
  private struct Oracle {
    struct Entry {
      var local: Endpoint
      var peer: Endpoint
      var closed: UInt64?
    }
    var entries: [UInt64: Entry] = [:]
  }

  @Test(
    "After any sequence of steps it has what a plain dictionary has, and pairs are mutual", arguments: 1...23)
  func anySequence(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    var table = ConnectionTable(ceiling: 4096, keepNanoseconds: 50)
    var oracle = Oracle()
    for time in 1...2000 as ClosedRange<UInt64> {
      let cookie = UInt64.random(in: 1...97, using: &random)
      switch Int.random(in: 0..<10, using: &random) {
      case 0..<6 where oracle.entries[cookie]?.closed == nil:
        let ends = (0..<2).map { _ in
          Self.endpoint(UInt32.random(in: 1...2, using: &random), UInt16.random(in: 1...5, using: &random))
        }
        connect(&table, cookie: cookie, from: ends[0], to: ends[1], at: time)
        oracle.entries[cookie] = Oracle.Entry(local: ends[0], peer: ends[1])
      case 6..<9:
        let isOpen = oracle.entries[cookie].map { $0.closed == nil } ?? false
        let hasClosed = table.close(netns: 1, cookie: cookie, at: time)
        #expect(hasClosed == isOpen, "seed \(seed), step \(time)")
        if isOpen { oracle.entries[cookie]?.closed = time }
      default:
        table.expire(at: time)
        oracle.entries = oracle.entries.filter { entry in entry.value.closed.map { $0 + 50 > time } ?? true }
      }
      guard check(table, oracle, seed, time) else { return }
    }
  }

  /// False after the first difference.
  private func check(_ table: ConnectionTable, _ oracle: Oracle, _ seed: UInt64, _ time: UInt64) -> Bool {
    func differs(_ what: String) -> Bool {
      Issue.record("seed \(seed), step \(time): \(what)")
      return false
    }
    if table.count != oracle.entries.count { return differs("\(table.count), not \(oracle.entries.count)") }
    for (cookie, entry) in oracle.entries {
      let found = table[1, cookie]
      let isSame =
        found?.local == entry.local && found?.peer == entry.peer && found?.isOpen == (entry.closed == nil)
      if !isSame { return differs("cookie \(cookie)") }
      guard let other = table.otherEnd(netns: 1, cookie: cookie) else { continue }
      let isMutual = table.otherEnd(netns: 1, cookie: other.cookie)?.cookie == cookie
      let isReversed = other.local == entry.peer && other.peer == entry.local
      if !isMutual || !isReversed { return differs("a false pair \(cookie), \(other.cookie)") }
    }
    return true
  }
}
