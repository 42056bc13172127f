import Glibc
import Model
import Store

/// Writes `count` connections, spread evenly over `span` seconds of the store's clock, as fast as the writer takes them.
func fill(_ path: String, _ count: Int, _ span: Double) throws(StoreError) {
  var source = SyntheticSource(seed: 23)
  let start: UInt64 = 1_000_000_000_000
  let step = UInt64(span * 1e9 / Double(count))
  var settings = StoreSettings(bootID: "bench", version: "bench")
  // The store's clock runs faster than ours: a batch is what a second of 50,000 connections would bring.
  settings.flushInterval = .seconds(1_000_000)
  let writer = try StoreWriter(
    path: path, settings: settings, now: StoreTime(boot: start, wall: start &+ SyntheticSource.bootOffset))
  writer.take(
    (0..<400).map { (FileIdentity(device: 1, inode: UInt64($0), changed: 1), .sha256(syntheticHash($0))) })
  var answer = Event(
    action: .dns, bootNanoseconds: start, wallNanoseconds: start &+ SyntheticSource.bootOffset)
  answer.detail = .dns(
    NameAnswer(question: "a.rare.example", addresses: [IPAddress(v4: 0x0b00_0000 + 195_000 * 37)]))
  try writer.take([answer], now: StoreTime(boot: start, wall: start &+ SyntheticSource.bootOffset))
  var (wall, cpu, longest) = (0.0, 0.0, 0.0)
  var events: [Event] = []
  var done = 0
  while done < count {
    events.removeAll(keepingCapacity: true)
    var time = start
    for _ in 0..<min(1000, count - done) {
      time = start + UInt64(done) * step
      source.close(until: time, into: &events)
      source.connect(at: time, into: &events)
      done += 1
    }
    let (wallBefore, cpuBefore) = (seconds(CLOCK_MONOTONIC), seconds(CLOCK_THREAD_CPUTIME_ID))
    try writer.take(events, now: StoreTime(boot: time, wall: time &+ SyntheticSource.bootOffset))
    let took = seconds(CLOCK_MONOTONIC) - wallBefore
    wall += took
    longest = max(longest, took)
    cpu += seconds(CLOCK_THREAD_CPUTIME_ID) - cpuBefore
    if done % (count / 10) < 1000 {
      print("  \(done): \(Int(Double(done) / wall))/s so far, \(Int(Double(done) / cpu))/s of CPU time")
    }
  }
  let end = StoreTime(
    boot: start + UInt64(count) * step, wall: start + UInt64(count) * step &+ SyntheticSource.bootOffset)
  let before = seconds(CLOCK_MONOTONIC)
  try writer.stop(end)
  wall += seconds(CLOCK_MONOTONIC) - before
  var status = stat()
  unsafe stat(path, &status)
  var usage = rusage()
  unsafe getrusage(0, &usage)
  print(
    "stored \(count) connections: \(Int(Double(count) / wall))/s, \(Int(Double(count) / cpu))/s of CPU time")
  print(
    "longest call \(rounded(longest * 1000)) ms, \(writer.counters.batches) batches, lost \(writer.counters.lost)"
  )
  print("\(status.st_size) bytes, \(rounded(Double(status.st_size) / Double(count))) a connection")
  print("peak RSS of the whole bench \(usage.ru_maxrss / 1024) MiB")
}
