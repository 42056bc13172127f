import Foundation
import ProgramRuns
import Testing

@testable import Store

@Suite struct KillTests {
  @Test("Killed at any moment, the store is whole, has all that was flushed, and tells the gap") func kill()
    throws
  {
    // 20 of them here; `SOCKEYE_KILLS=200` for the promise.
    let kills = Int(ProcessInfo.processInfo.environment["SOCKEYE_KILLS"] ?? "") ?? 20
    let scratch = try Scratch()
    var seed: UInt64 = 0x5eed
    for kill in 1...kills {
      seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      let told = try runAndKill(scratch.database, after: .microseconds(20_000 + Int(seed >> 40) % 300_000))
      // Before anybody writes again. The first look also replays the log, as the next start would.
      let found = try ask(
        scratch.database,
        """
        SELECT count(*), coalesce(max(cookie), 0), count(process) FROM connection
        WHERE opened >= (SELECT max(started) FROM recording)
        """)
      let count = try #require(found[0][0].flatMap { Int($0) })
      #expect(count >= told, "kill \(kill): \(count) found of \(told) that were safe")
      #expect(found[0] == ["\(count)", "\(count)", "\(count)"], "kill \(kill): a hole")
      #expect(try ask(scratch.database, "PRAGMA integrity_check") == [["ok"]])
      let now = clock()
      try StoreWriter(path: scratch.database, settings: Sample.settings, now: now).stop(now)
      #expect(
        try only(scratch.database, "SELECT count(*) FROM gaps WHERE kind = 'recorder_crashed'") == "\(kill)")
      #expect(try only(scratch.database, "SELECT count(*) FROM connections WHERE outcome = 'open'") == "0")
    }
  }

  @Test("A file that may not grow is a full disk: the error says so, and what was safe is there")
  func fileLimit() throws {
    let scratch = try Scratch()
    // Without the signal, write(2) fails with EFBIG.
    let run = try FinishedRun.of([
      "sh", "-c", "trap '' XFSZ; ulimit -f 2000; exec \"$0\" \"$1\"", Self.fixture, scratch.database,
    ])
    #expect(run.status == 1)
    let lines = String(decoding: run.output, as: UTF8.self).split(separator: "\n")
    #expect(lines.last?.hasPrefix("failed: no room for the store") == true, "\(lines.last ?? "")")
    let safe = try #require(lines.compactMap { Int($0) }.last)
    #expect(
      try ask(scratch.database, "SELECT count(*) >= \(safe), count(*) = max(cookie) FROM connection") == [
        ["1", "1"]
      ])
    #expect(try only(scratch.database, "PRAGMA integrity_check") == "ok")
  }

  /// The number of the last connection that the child has called safe.
  private func runAndKill(_ path: String, after delay: Duration) throws -> Int {
    let child = Foundation.Process()
    child.executableURL = URL(filePath: Self.fixture)
    child.arguments = [path]
    let output = Pipe()
    child.standardOutput = output
    try child.run()
    // Its first batch is safe: from here on any moment is as good as another.
    var told = output.fileHandleForReading.availableData
    usleep(UInt32(delay.components.attoseconds / 1_000_000_000_000))
    Foundation.kill(child.processIdentifier, SIGKILL)
    told += output.fileHandleForReading.readDataToEndOfFile()
    child.waitUntilExit()
    let lines = String(decoding: told, as: UTF8.self).split(separator: "\n").compactMap { Int($0) }
    return try #require(lines.last)
  }

  private static let fixture = BuiltProducts.path(of: "store-fixture")

  private func clock() -> StoreTime {
    func read(_ clock: clockid_t) -> UInt64 {
      var time = timespec()
      unsafe clock_gettime(clock, &time)
      return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }
    return StoreTime(boot: read(CLOCK_BOOTTIME), wall: read(CLOCK_REALTIME))
  }
}
