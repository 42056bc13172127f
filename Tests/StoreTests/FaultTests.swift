import Foundation
import Model
import Testing

@testable import Store

@Suite struct FaultTests {
  let scratch: Scratch
  init() throws { scratch = try Scratch() }

  private func connects(_ numbers: ClosedRange<UInt64>, at seconds: Double) -> [Event] {
    numbers.map { number in
      Sample.event(
        .connect, seconds, cookie: number,
        process: Sample.process(Int32(number), ticks: number, "/bin/p\(number)"),
        peer: "10.1.\(number / 256).\(number % 256)")
    }
  }

  @Test("A full disk loses whole batches, counts them, and is told of when there is room again") func full()
    throws
  {
    var settings = Sample.settings
    settings.maximumPages = 80
    let writer = try Sample.writer(scratch.database, settings)
    try writer.take(connects(1...10, at: 1001), now: Sample.time(1001))
    try writer.flush(Sample.time(1001))
    try writer.take(connects(11...2000, at: 1002), now: Sample.time(1001.5))
    let error = #expect(throws: StoreError.self) { try writer.flush(Sample.time(1003)) }
    guard case .full = error else { return #expect(Bool(false), "\(String(describing: error))") }
    // A process and a connection each.
    #expect(writer.counters.lost == 2 * 1990)
    #expect(try only(scratch.database, "SELECT count(*) FROM connections") == "10")
    #expect(try only(scratch.database, "PRAGMA integrity_check") == "ok")
    try writer.connection.run("PRAGMA max_page_count = 100000")
    // What is known already, and lost, and new; the close of a connection that has a row.
    try writer.take(connects(2001...2010, at: 1005) + [Sample.close(1006, cookie: 3)], now: Sample.time(1006))
    try writer.flush(Sample.time(1006))
    #expect(
      try ask(scratch.database, "SELECT kind, count, began_us, ended_us FROM gaps")
        == [["store_lost", "3980", "\(Sample.microseconds(1002))", "\(Sample.microseconds(1006))"]])
    #expect(
      try only(scratch.database, "SELECT count(*) FROM connections WHERE executable IS NOT NULL") == "20")
    #expect(try only(scratch.database, "SELECT outcome FROM connections WHERE cookie = 3") == "closed")
    #expect(try only(scratch.database, "PRAGMA integrity_check") == "ok")
  }

  @Test(
    "A batch that fails at its start, in the middle or at its end leaves nothing of itself", arguments: 1...23
  )
  func failureAtEachWrite(_ pages: Int) throws {
    let writer = try Sample.writer(scratch.database)
    try writer.take(connects(1...10, at: 1001), now: Sample.time(1001))
    try writer.flush(Sample.time(1001))
    let before = try #require(try writer.connection.integer("PRAGMA page_count"))
    try writer.connection.run("PRAGMA max_page_count = \(before + Int64(pages))")
    try writer.take(connects(11...3000, at: 1001.5), now: Sample.time(1001.5))
    #expect(throws: StoreError.self) { try writer.flush(Sample.time(1003)) }
    try writer.connection.run("PRAGMA max_page_count = 100000")
    try writer.take(connects(11...20, at: 1004), now: Sample.time(1004))
    try writer.flush(Sample.time(1004))
    let rows = try ask(
      scratch.database, "SELECT cookie, executable, peer_address FROM connections ORDER BY id")
    #expect(rows == (1...20).map { ["\($0)", "/bin/p\($0)", "10.1.0.\($0)"] })
    #expect(try ask(scratch.database, "SELECT count(*) FROM gaps") == [["1"]])
  }

  @Test("A database that may not be written to says so, and recording goes on when it may") func readOnly()
    throws
  {
    let writer = try Sample.writer(scratch.database)
    try writer.connection.run("PRAGMA query_only = ON")
    try writer.take(connects(1...3, at: 1000.5), now: Sample.time(1000.5))
    let error = #expect(throws: StoreError.self) { try writer.flush(Sample.time(1001)) }
    guard case .readOnly = error else { return #expect(Bool(false), "\(String(describing: error))") }
    try writer.connection.run("PRAGMA query_only = OFF")
    try writer.flush(Sample.time(1003))
    #expect(try only(scratch.database, "SELECT count FROM gaps") == "6")
  }

  @Test("A second recorder of the same database is refused, until the first has gone") func second() throws {
    var writer: StoreWriter? = try Sample.writer(scratch.database)
    #expect(throws: StoreError.locked(path: scratch.database)) { try Sample.writer(scratch.database) }
    // A reader is welcome.
    #expect(try StoreReader(path: scratch.database).history(HistoryQuery()).connections.isEmpty)
    try writer?.stop(Sample.time(1001))
    writer = nil
    _ = try Sample.writer(scratch.database, at: 1002)
  }

  @Test("A file that is no database is refused and left as it is; set aside on demand") func noDatabase()
    throws
  {
    let garbage = Data((0..<8192).map { UInt8(truncatingIfNeeded: $0 &* 31) })
    try garbage.write(to: URL(filePath: scratch.database))
    let error = #expect(throws: StoreError.self) { try Sample.writer(scratch.database) }
    guard case .corrupted = error else { return #expect(Bool(false), "\(String(describing: error))") }
    #expect(try Data(contentsOf: URL(filePath: scratch.database)) == garbage)
    let aside = try StoreWriter.setAside(path: scratch.database, now: Sample.time(1001))
    #expect(try Data(contentsOf: URL(filePath: aside)) == garbage)
    _ = try Sample.writer(scratch.database)
    // Again in the same second: what was set aside is not overwritten.
    #expect(throws: StoreError.self) {
      try StoreWriter.setAside(path: scratch.database, now: Sample.time(1001))
    }
  }

  @Test("Damaged pages are told of by queries") func damagedPages() throws {
    do {
      let writer = try Sample.writer(scratch.database)
      try writer.take(connects(1...3000, at: 1001), now: Sample.time(1001))
      try writer.stop(Sample.time(1002))
    }
    var data = try Data(contentsOf: URL(filePath: scratch.database))
    data.replaceSubrange(8192..<data.count, with: Data(repeating: 0xee, count: data.count - 8192))
    try data.write(to: URL(filePath: scratch.database))
    let error = #expect(throws: StoreError.self) {
      try StoreReader(path: scratch.database).history(HistoryQuery()).connections.count
    }
    guard case .corrupted = error else { return #expect(Bool(false), "\(String(describing: error))") }
  }

  @Test("A missing folder and a store of the future have errors of their own") func others() throws {
    let missing = #expect(throws: StoreError.self) { try Sample.writer("/nonexistent/history.db") }
    guard case .cannotOpen = missing else { return #expect(Bool(false), "\(String(describing: missing))") }
    try Sample.writer(scratch.database).connection.run("PRAGMA user_version = 99")
    let newer = StoreError.newer(path: scratch.database, schema: 99)
    #expect(throws: newer) { try Sample.writer(scratch.database) }
    #expect(throws: newer) { try StoreReader(path: scratch.database) }
  }

  @Test("Without a stop, the next start writes the gap and ends what was open") func crash() throws {
    do {
      let writer = try Sample.writer(scratch.database)
      try writer.take(connects(1...2, at: 1001), now: Sample.time(1001))
      try writer.flush(Sample.time(1020))
      try writer.take(connects(3...3, at: 1021) + [Sample.event(.listen, 1021)], now: Sample.time(1021))
      try writer.flush(Sample.time(1022))
      try writer.take(connects(4...4, at: 1022.5), now: Sample.time(1022.5))
    }
    // Nobody has come after it: it is taken to run for as long as an idle one may be silent.
    let before = try StoreReader(path: scratch.database)
      .coverage(since: Sample.microseconds(1010), until: Sample.microseconds(1100))
    #expect(before.unrecorded == [(Sample.microseconds(1083) + 1)...Sample.microseconds(1100)])
    let writer = try Sample.writer(scratch.database, at: 1100)
    #expect(
      try ask(scratch.database, "SELECT kind, began_us, ended_us FROM gaps")
        == [["recorder_crashed", "\(Sample.microseconds(1022))", "\(Sample.microseconds(1100))"]])
    #expect(
      try ask(scratch.database, "SELECT outcome, duration_us FROM connections ORDER BY id")
        == [["unknown", "21000000"], ["unknown", "21000000"], ["unknown", "1000000"]])
    #expect(try only(scratch.database, "SELECT count(*) FROM listening_ports") == "0")
    try writer.stop(Sample.time(1200))
    let coverage = try StoreReader(path: scratch.database)
      .coverage(since: Sample.microseconds(1010), until: Sample.microseconds(1300))
    #expect(coverage.gaps.map(\.kind) == ["recorder_crashed"])
    #expect(
      coverage.unrecorded == [
        (Sample.microseconds(1022) + 1)...(Sample.microseconds(1100) - 1),
        (Sample.microseconds(1200) + 1)...Sample.microseconds(1300),
      ])
  }

  @Test("What a recording cannot see is a gap as long as the recording, whether it runs, stops or crashes")
  func lastingGap() throws {
    let gap = "SELECT kind, began_us, ended_us, message FROM gaps WHERE kind = 'no_probes'"
    func row(_ from: Double, _ to: Double) -> [String?] {
      ["no_probes", "\(Sample.microseconds(from))", "\(Sample.microseconds(to))", "by looking"]
    }
    do {
      let writer = try Sample.writer(scratch.database)
      writer.note(lasting: "no_probes", "by looking")
      #expect(writer.isWaiting)
      try writer.connection.run("PRAGMA query_only = ON")
      #expect(throws: StoreError.self) { try writer.flush(Sample.time(1001)) }
      try writer.connection.run("PRAGMA query_only = OFF")
      try writer.flush(Sample.time(1001))
      #expect(try ask(scratch.database, gap) == [row(1000, 1062)])
      #expect(!writer.isWaiting)
      try writer.flushIfDue(Sample.time(1061))
      // Still there for a question about the time since the last sign of life.
      let now = Sample.microseconds(1110)
      let coverage = try StoreReader(path: scratch.database).coverage(since: now, until: now)
      #expect(coverage.gaps.map(\.message) == ["by looking"])
    }
    let second = try Sample.writer(scratch.database, at: 1200)
    second.note(lasting: "no_probes", "by looking")
    #expect(try ask(scratch.database, gap) == [row(1000, 1061)])
    try second.stop(Sample.time(1300))
    #expect(try ask(scratch.database, gap + " ORDER BY began_us") == [row(1000, 1061), row(1200, 1300)])
  }

  @Test("The end of a connection that fell into a failed batch is written by the next") func closeTriedAgain()
    throws
  {
    let writer = try Sample.writer(scratch.database)
    try writer.take(connects(1...2, at: 1001), now: Sample.time(1001))
    try writer.flush(Sample.time(1001))
    try writer.connection.run("PRAGMA query_only = ON")
    try writer.take([Sample.close(1001.5, cookie: 1)], now: Sample.time(1001.5))
    #expect(throws: StoreError.self) { try writer.flush(Sample.time(1002)) }
    #expect(writer.counters.lost == 0)
    try writer.connection.run("PRAGMA query_only = OFF")
    try writer.flush(Sample.time(1003))
    #expect(
      try ask(scratch.database, "SELECT outcome, duration_us FROM connections ORDER BY id")
        == [["closed", "500000"], ["open", nil]])
    #expect(try ask(scratch.database, "SELECT kind FROM gaps") == [])
  }

  @Test("Nobody but the owner may read the database and its log") func modes() throws {
    let writer = try Sample.writer(scratch.database)
    try writer.take(connects(1...2, at: 1001), now: Sample.time(1001))
    try writer.flush(Sample.time(1001))
    for suffix in ["", "-wal", "-shm", "-recorder"] {
      let attributes = try FileManager.default.attributesOfItem(atPath: scratch.database + suffix)
      #expect(attributes[.posixPermissions] as? Int == 0o600, "\(suffix)")
    }
  }
}
