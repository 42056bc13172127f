import Foundation
import Model
import Testing

@testable import Store

@Suite struct SchemaTests {
  /// Made by a sockeye of that version, with `SOCKEYE_WRITE_FIXTURE=FILE swift test --filter SchemaTests`; never made again.
  static func fixture(_ version: Int) -> String {
    URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures/v\(version).db").path
  }

  private static let hash = String(repeating: "0123456789abcdef", count: 4)

  private static func write(_ path: String) throws {
    let writer = try Sample.writer(path)
    let file = FileIdentity(device: 0xfe0_0001, inode: 4711, changed: 1_795_255_200_000_000_000)
    var list = Watchlist()
    try list.add(list: "list.txt", Array("203.0.113.0/24 a note\n".utf8))
    writer.watch(for: list, [:])
    writer.take([(file, .sha256(hash))])
    var curl = Sample.process(7)
    curl.executableFile = file
    var dns = Event(action: .dns, bootNanoseconds: Sample.time(1001).boot, wallNanoseconds: 0)
    dns.detail = .dns(NameAnswer(question: "example.org", addresses: [IPAddress("203.0.113.9")!]))
    var load = Event(action: .moduleLoad, bootNanoseconds: Sample.time(1001).boot, wallNanoseconds: 0)
    load.process = Sample.process(7)
    load.detail = .module(
      ModuleFacts(path: "/lib/libc.so.6", address: 4096, size: 2_000_000, buildID: [0xab]))
    try writer.take(
      [
        dns, load, Sample.event(.connect, 1001, process: curl), Sample.close(1003),
        Sample.event(
          .accept, 1004, cookie: 2, process: Sample.process(8, "/usr/sbin/nginx"), peer: "2001:db8::1"),
      ], now: Sample.time(1004))
    try writer.stop(Sample.time(1005))
  }

  @Test("A database of each version is opened, and tells what it holds", arguments: 1...StoreSchema.version)
  func versions(_ version: Int) throws {
    let scratch = try Scratch()
    try FileManager.default.copyItem(atPath: Self.fixture(version), toPath: scratch.database)
    // Reading needs no writer before it, and so no migration.
    try expectContents(scratch, version, recordings: 1)
    _ = try Sample.writer(scratch.database, at: 2000).stop(Sample.time(2001))
    try expectContents(scratch, version, recordings: 2)
    #expect(try only(scratch.database, "PRAGMA user_version") == "\(StoreSchema.version)")
    #expect(try only(scratch.database, "PRAGMA integrity_check") == "ok")
    #expect(
      try ask(scratch.database, "SELECT indicator, matched, note FROM watchlist_hits")
        == (version < 2 ? [] : [["203.0.113.0/24", "203.0.113.9", "a note"]]))
    #expect(
      try ask(scratch.database, "SELECT sha256 FROM processes ORDER BY pid") == [
        [version < 2 ? nil : Self.hash], [nil],
      ])
  }

  private func expectContents(_ scratch: Scratch, _ version: Int, recordings: Int) throws {
    var query = HistoryQuery()
    query.order = .oldest
    let found = try StoreReader(path: scratch.database).history(query).connections
    #expect(found.map(\.socket.peer.address) == [IPAddress("203.0.113.9"), IPAddress("2001:db8::1")])
    #expect(found.map(\.process?.process.executable) == ["/usr/bin/curl", "/usr/sbin/nginx"])
    #expect(found.map(\.duration) == [2_000_000, 1_000_000])
    #expect(found.map(\.outcome) == [.normal, .unknown])
    #expect(found.map(\.peerName) == ["example.org", nil])
    let hash = FileHash.sha256(Self.hash)
    #expect(found.map(\.process?.process.executableHash) == [version < 2 ? nil : hash, nil])
    #expect(try only(scratch.database, "SELECT count(*) FROM recording") == "\(recordings)")
  }

  @Test("Today's schema is the one of the newest fixture: a change needs a version and a migration")
  func unchanged() throws {
    let scratch = try Scratch()
    if let path = ProcessInfo.processInfo.environment["SOCKEYE_WRITE_FIXTURE"] {
      try Self.write(scratch.database)
      try FileManager.default.copyItem(atPath: scratch.database, toPath: path)
    }
    _ = try Sample.writer(scratch.database)
    let schema = "SELECT type, name, sql FROM sqlite_schema ORDER BY name"
    // A copy: a reader writes beside what it opens.
    let newest = try Scratch()
    try FileManager.default.copyItem(atPath: Self.fixture(StoreSchema.version), toPath: newest.database)
    #expect(try ask(scratch.database, schema) == ask(newest.database, schema))
    #expect(try only(scratch.database, "PRAGMA user_version") == "\(StoreSchema.version)")
    #expect(try only(scratch.database, "PRAGMA auto_vacuum") == "2")
    #expect(try only(scratch.database, "PRAGMA journal_mode") == "wal")
  }
}
