import Foundation
import Model
import Testing

@testable import Store

@Suite struct RetentionTests {
  let scratch: Scratch
  init() throws { scratch = try Scratch() }
  private static let day = 86_400.0

  /// Each day 40 connections of one minute by processes and to peers of that day, and one that stays open, for `days`.
  private func fill(_ days: Int) throws -> StoreWriter {
    let writer = try Sample.writer(scratch.database)
    var listen = Sample.event(.listen, 1001, cookie: 1_000_000, process: Sample.process(1, "/bin/listener")) {
      $0.local = Endpoint(IPAddress("192.0.2.1")!, port: 80)
    }
    listen.process?.container = Container(id: "c0ffee", runtime: "docker")
    try writer.take([listen], now: Sample.time(1001))
    var cookie: UInt64 = 0
    for day in 0..<days {
      let start = 1001 + Double(day) * Self.day * 1.1
      for number in 0..<40 {
        cookie += 1
        let at = start + Double(number) * 100
        let process = Sample.process(Int32(day + 2), ticks: UInt64(day + 1), "/bin/of-day-\(day)")
        let peer = "10.\(day).0.\(number + 1)"
        try writer.take(
          [Sample.event(.connect, at, cookie: cookie, process: process, peer: peer)], now: Sample.time(at))
        if number == 0 { continue }
        try writer.take([Sample.close(at + 60, cookie: cookie, peer: peer)], now: Sample.time(at + 60))
      }
    }
    try writer.flush(Sample.time(1001 + Double(days) * Self.day * 1.1))
    return writer
  }

  private func keep(_ writer: StoreWriter, _ retention: Retention, at seconds: Double) throws -> Int {
    var steps = 0
    while try writer.keep(to: retention, Sample.time(seconds)) { steps += 1 }
    return steps
  }

  private func expectNothingDangles() throws {
    for (column, table) in [
      ("local", "address"), ("peer", "address"), ("process", "process"), ("program", "text"),
      ("reason", "text"),
    ] {
      #expect(
        try only(
          scratch.database,
          "SELECT count(*) FROM connection WHERE \(column) IS NOT NULL AND \(column) NOT IN (SELECT id FROM \(table))"
        )
          == "0", "\(column)")
    }
    for column in ["name", "executable", "arguments", "user_name"] {
      #expect(
        try only(
          scratch.database, "SELECT count(*) FROM process WHERE \(column) NOT IN (SELECT id FROM text)")
          == "0",
        "\(column)")
    }
    #expect(try only(scratch.database, "PRAGMA integrity_check") == "ok")
  }

  @Test("What is too old goes with its names, what is open stays, what is kept is whole") func age() throws {
    let writer = try fill(30)
    let end = 1001 + 30 * Self.day * 1.1
    #expect(try keep(writer, Retention(age: .seconds(10 * 86_400)), at: end) > 20)
    // Segments are a day or more long, and go when all of them is too old.
    let limit = Sample.microseconds(end - 11.1 * Self.day)
    #expect(
      try only(scratch.database, "SELECT count(*) FROM connections WHERE closed_us < \(limit)") == "0")
    #expect(
      try only(
        scratch.database,
        "SELECT count(*) FROM connections WHERE opened_us >= \(Sample.microseconds(end - 10 * Self.day))")
        == "360")
    #expect(try only(scratch.database, "SELECT count(*) FROM connections WHERE outcome = 'open'") == "30")
    #expect(
      try only(scratch.database, "SELECT count(*) FROM connections WHERE peer_address = '10.3.0.7'") == "0")
    #expect(try only(scratch.database, "SELECT count(*) FROM address WHERE text = '10.3.0.7'") == "0")
    try expectNothingDangles()
    #expect(
      try ask(
        scratch.database,
        "SELECT address, executable, container_id FROM listening_ports l JOIN processes p ON p.pid = l.pid")
        == [["192.0.2.1", "/bin/listener", "c0ffee"]])
    // An open one of the first day is found by its peer, has its process, and can be closed.
    var query = HistoryQuery()
    query.addresses = [AddressPrefix(IPAddress("10.0.0.1")!)]
    let reader = try StoreReader(path: scratch.database)
    let found = try reader.history(query).connections
    #expect(found.map { $0.process?.process.executable } == ["/bin/of-day-0"])
    (query.since, query.until) = (Sample.microseconds(2000), Sample.microseconds(2000))
    #expect(try reader.history(query).connections.map(\.id) == found.map(\.id))
    try writer.take([Sample.close(end + 5, cookie: 1, peer: "10.0.0.1")], now: Sample.time(end + 5))
    try writer.flush(Sample.time(end + 6))
    #expect(try reader.history(query).connections.map(\.outcome) == [.normal])
    #expect(try reader.history(query).connections.first?.duration != nil)
    // What was forgotten comes again.
    try writer.take(
      [
        Sample.event(
          .connect, end + 7, cookie: 9999, process: Sample.process(5, ticks: 4, "/bin/of-day-3"),
          peer: "10.3.0.7")
      ],
      now: Sample.time(end + 7))
    try writer.flush(Sample.time(end + 9))
    try expectNothingDangles()
  }

  @Test("A store that is too large loses its oldest until it fits, and gives the room back") func size()
    throws
  {
    let writer = try fill(60)
    let end = 1001 + 60 * Self.day * 1.1
    let before = try writer.usedBytes()
    let limit = before * 3 / 4
    #expect(try keep(writer, Retention(size: limit), at: end) > 1)
    try writer.stop(Sample.time(end + 1))
    #expect(try writer.usedBytes() <= limit)
    let file = try FileManager.default.attributesOfItem(atPath: scratch.database)[.size] as? Int64
    #expect(file ?? .max <= limit + 64 * 4096)
    let newest = "SELECT count(*) FROM connections WHERE peer_address LIKE '10.59.%'"
    #expect(try only(scratch.database, newest) == "40")
    try expectNothingDangles()
  }

  @Test("Without a limit nothing goes") func nothing() throws {
    let writer = try fill(5)
    #expect(try keep(writer, Retention(), at: 1001 + 500 * Self.day) == 0)
    #expect(try only(scratch.database, "SELECT count(*) FROM connections") == "200")
  }
}
