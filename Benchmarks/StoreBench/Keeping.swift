import Glibc
import Store

/// Shrinks a filled store to nine tenths of its size, step by step, and says what the longest step took.
func keep(_ path: String) throws(StoreError) {
  var newest = Int64(0)
  try StoreSQL(path: path).run("SELECT max(flushed) FROM recording") { row in
    if case .integer(let value) = row[0] { newest = value }
    return true
  }
  let wall = UInt64(newest + 1_000_000) * 1000
  let now = StoreTime(boot: wall &- SyntheticSource.bootOffset, wall: wall)
  let writer = try StoreWriter(
    path: path, settings: StoreSettings(bootID: "bench", version: "bench"), now: now)
  let retention = Retention(size: try writer.usedBytes() * 9 / 10)
  var times: [Double] = []
  var more = true
  while more {
    let before = seconds(CLOCK_MONOTONIC)
    more = try writer.keep(to: retention, now)
    times.append((seconds(CLOCK_MONOTONIC) - before) * 1000)
  }
  times.sort()
  print("kept to nine tenths in \(times.count) steps, \(rounded(times.reduce(0, +) / 1000)) s")
  print(
    "a step: median \(rounded(times[times.count / 2])) ms, 99 % \(rounded(times[times.count * 99 / 100])) ms,"
  )
  print("  longest \(rounded(times[times.count - 1])) ms")
  try writer.stop(now)
}
