import Glibc
import Model
import Store

// Records numbered connections until it is killed: `store-fixture PATH`. After each batch it says on its output how many
// are safe, by the number of the last.

func now() -> StoreTime {
  func read(_ clock: clockid_t) -> UInt64 {
    var time = timespec()
    unsafe clock_gettime(clock, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
  }
  return StoreTime(boot: read(CLOCK_BOOTTIME), wall: read(CLOCK_REALTIME))
}

do {
  var settings = StoreSettings(bootID: "fixture", version: "fixture")
  settings.flushInterval = .milliseconds(20)
  let writer = try StoreWriter(path: CommandLine.arguments[1], settings: settings, now: now())
  var number: UInt64 = 0
  while true {
    var events: [Event] = []
    for _ in 0..<97 {
      number += 1
      let time = now()
      var event = Event(action: .connect, bootNanoseconds: time.boot, wallNanoseconds: time.wall)
      var socket = EventSocketFacts()
      socket.cookie = SocketCookie(number)
      socket.netns = NetworkNamespace(4_026_531_840)
      socket.family = .inet
      socket.type = .stream
      socket.protocol = .tcp
      socket.origin = .connect
      socket.peer = Endpoint(IPAddress(v4: UInt32(truncatingIfNeeded: number)), port: 443)
      event.socket = socket
      var process = Process(
        identity: ProcessIdentity(pid: ProcessID(Int32(number % 1000 + 1)), startTicks: number / 1000),
        name: "fixture", parentPID: ProcessID(1))
      process.executable = RawText("/bin/fixture-\(number % 23)")
      event.process = process
      events.append(event)
      if number % 3 != 0 {
        event.action = .close
        events.append(event)
      }
    }
    let before = writer.counters.batches
    try writer.take(events, now: now())
    if writer.counters.batches != before {
      // What was taken up to now is in the batch.
      let line = "\(number)\n"
      _ = unsafe write(1, line, line.utf8.count)
    }
  }
} catch {
  print("failed: \(error)")
  exit(1)
}
