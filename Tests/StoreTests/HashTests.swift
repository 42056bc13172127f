import Foundation
import Model
import Testing

@testable import Store

/// Hashes of executables: found out later than their processes, and stored once a file.
@Suite struct HashTests {
  let scratch: Scratch
  init() throws { scratch = try Scratch() }

  private static let digest = String(repeating: "ab", count: 32)

  private func exec(_ pid: Int32, _ file: FileIdentity?, at seconds: Double) -> Event {
    var event = Event(
      action: .exec, bootNanoseconds: Sample.time(seconds).boot, wallNanoseconds: Sample.time(seconds).wall)
    event.process = Sample.process(pid, ticks: UInt64(pid), "/tmp/tool")
    event.process?.executableFile = file
    return event
  }
  private func file(_ inode: UInt64, changed: Int64 = 5) -> FileIdentity {
    FileIdentity(device: 0xfe0_0001, inode: inode, changed: changed)
  }

  @Test(
    "A hash goes with each process that ran the very file, ended or not, and with no other file of that path")
  func later() throws {
    let writer = try Sample.writer(scratch.database)
    var exit = exec(1, file(1), at: 1001)
    exit.action = .exit
    try writer.take(
      [
        exec(1, file(1), at: 1001), exit, exec(2, file(2), at: 1001), exec(3, file(1, changed: 6), at: 1001),
        exec(4, nil, at: 1001),
        Sample.event(.connect, 1001, process: exec(2, file(2), at: 1001).process),
      ], now: Sample.time(1001))
    try writer.flush(Sample.time(1001))
    writer.take([(file(1), .sha256(Self.digest)), (file(2), .missing(.gone))])
    try writer.take([exec(5, file(1), at: 1002)], now: Sample.time(1002))
    try writer.flush(Sample.time(1002))
    let found = "SELECT pid, sha256, sha256_missing FROM processes ORDER BY pid"
    #expect(
      try ask(scratch.database, found) == [
        ["1", Self.digest, nil], ["2", nil, "gone"], ["3", nil, nil], ["4", nil, nil],
        ["5", Self.digest, nil],
      ])
    #expect(try only(scratch.database, "SELECT count(*) FROM file") == "3")
    // What one process took with it, the next one had.
    writer.take([(file(2), .sha256(Self.digest)), (file(1), .missing(.gone))])
    try writer.stop(Sample.time(1003))
    #expect(try ask(scratch.database, found)[1] == ["2", Self.digest, nil])
    #expect(try ask(scratch.database, found)[0] == ["1", Self.digest, nil])
    #expect(try only(scratch.database, "SELECT sha256 FROM connections") == Self.digest)
    let stored = try StoreReader(path: scratch.database).history(HistoryQuery()).connections.first
    #expect(stored?.process?.process.executableHash == .sha256(Self.digest))
  }

  @Test("A failed batch does not take hashes with it") func failure() throws {
    let writer = try Sample.writer(scratch.database)
    writer.take([(file(1), .sha256(Self.digest))])
    try writer.connection.run("PRAGMA query_only = ON")
    try writer.take([exec(1, file(1), at: 1001)], now: Sample.time(1000.5))
    #expect(throws: StoreError.self) { try writer.flush(Sample.time(1001)) }
    try writer.connection.run("PRAGMA query_only = OFF")
    try writer.take([exec(2, file(1), at: 1002)], now: Sample.time(1002))
    try writer.flush(Sample.time(1003))
    #expect(
      try ask(scratch.database, "SELECT pid, sha256 FROM processes") == [["2", Self.digest]])
  }

  @Test(
    "What an earlier recording of this boot found out is known; of another boot, files have other numbers")
  func known() throws {
    do {
      let writer = try Sample.writer(scratch.database)
      writer.take([(file(1), .sha256(Self.digest)), (file(2), .missing(.changed))])
      try writer.stop(Sample.time(1001))
    }
    #expect(try Sample.writer(scratch.database, at: 1002).knownHashes() == [file(1): Self.digest])
    let other = StoreSettings(bootID: "boot-b", version: "test")
    #expect(try Sample.writer(scratch.database, at: 1003, other).knownHashes().isEmpty)
  }

  @Test("Files go with the last process that ran them") func retention() throws {
    let day = 86_400.0
    let writer = try Sample.writer(scratch.database)
    for number in 0..<4 {
      let seconds = 1001 + Double(number) * 1.5 * day
      let process = exec(Int32(number + 1), file(UInt64(number + 1)), at: seconds).process
      writer.take([(file(UInt64(number + 1)), .sha256(Self.digest))])
      // The second stays open.
      var events = [Sample.event(.connect, seconds, cookie: UInt64(number + 1), process: process)]
      if number != 1 { events.append(Sample.close(seconds + 1, cookie: UInt64(number + 1))) }
      try writer.take(events, now: Sample.time(seconds + 1))
      try writer.flush(Sample.time(seconds + 1))
    }
    let end = Sample.time(1010 + 4.5 * day)
    while try writer.keep(to: Retention(age: .seconds(2 * 86_400)), end) {}
    #expect(
      try ask(scratch.database, "SELECT inode FROM file ORDER BY inode") == [["2"], ["3"], ["4"]])
  }
}
