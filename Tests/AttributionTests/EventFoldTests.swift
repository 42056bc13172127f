import Attribution
import Model
import Randomness
import Testing

@Suite("Floods") struct EventFoldTests {
  private func event(
    _ action: EventAction, pid: Int32 = 23, program: RawText = "/bin/a", at milliseconds: UInt64,
    sent: UInt64? = nil,
    peer: UInt32 = 1
  ) -> Event {
    let time = milliseconds * 1_000_000
    var event = Event(action: action, bootNanoseconds: time, wallNanoseconds: time)
    var process = Process(
      identity: ProcessIdentity(pid: ProcessID(pid), startTicks: 1), name: "a", parentPID: ProcessID(1))
    process.executable = program
    event.process = process
    var socket = EventSocketFacts()
    socket.origin = .connect
    socket.peer = Endpoint(IPAddress(v4: peer), port: 443)
    (socket.sentBytes, socket.receivedBytes) = (sent, sent)
    event.socket = socket
    return event
  }

  private func sums(_ events: [Event]) -> [FoldedFacts] {
    events.compactMap { if case .folded(let facts) = $0.detail { facts } else { nil } }
  }

  @Test("So many are told as they are, the others as one with their sums, at the end of the second")
  func sum() throws {
    var fold = EventFold(rate: 3)
    var told: [Event] = []
    for index in 0..<23 as Range<UInt64> { fold.take(event(.close, at: index, sent: index), into: &told) }
    #expect(told.count == 3)
    fold.expire(at: 999_000_000, into: &told)
    #expect(told.count == 3)
    // The next one of the kind ends the second.
    fold.take(event(.close, at: 1000), into: &told)
    #expect(told.count == 5 && fold.folded == 20)
    let sum = try #require(sums(told).first)
    #expect(sum.count == 20 && sum.sentBytes == (3..<23).reduce(0, +))
    #expect(sum.end == Endpoint(IPAddress(v4: 1), port: 443) && sum.program == "/bin/a")
    #expect(told[3].process?.identity.pid == ProcessID(23) && told[3].bootNanoseconds == 22_000_000)
    #expect(sum.fromWallNanoseconds == 3_000_000)
  }

  @Test("What the events of a sum do not have in common is not in it")
  func common() throws {
    var fold = EventFold(rate: 1)
    var told: [Event] = []
    for pid in 1...7 as ClosedRange<Int32> {
      fold.take(event(.connect, pid: pid, at: 1, peer: UInt32(pid)), into: &told)
    }
    fold.finish(into: &told)
    #expect(told.count == 2 && told[1].process == nil)
    #expect(try #require(sums(told).first).end == nil)
  }

  @Test("Kinds and programs are told apart, and losses are never folded")
  func apart() {
    var fold = EventFold(rate: 1)
    var told: [Event] = []
    for action in [EventAction.connect, .accept, .gap, .gap] {
      for program in ["/bin/a", "/bin/b"] as [RawText] {
        fold.take(event(action, program: program, at: 1), into: &told)
      }
    }
    #expect(told.count == 8 && fold.folded == 0)
  }

  @Test("Without a limit nothing is folded")
  func unlimited() {
    var fold = EventFold(rate: 0)
    var told: [Event] = []
    for _ in 0..<2003 { fold.take(event(.connect, at: 1), into: &told) }
    fold.finish(into: &told)
    #expect(told.count == 2003)
  }

  @Test(
    "Whatever comes, told and folded are what came, by kind and program, and so are the bytes",
    arguments: 0..<23 as Range<UInt64>)
  func exact(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    var fold = EventFold(rate: Int.random(in: 1...30, using: &random))
    var told: [Event] = []
    var truth: [String: (count: UInt64, bytes: UInt64)] = [:]
    var time: UInt64 = 0
    for _ in 0..<5003 {
      time += UInt64.random(in: 0...5, using: &random)
      let action = [EventAction.connect, .close, .udpFlow].randomElement(using: &random) ?? .close
      let program = ["/bin/a", "/bin/b", "/bin/c"].randomElement(using: &random) ?? ""
      let bytes = UInt64.random(in: 0...1000, using: &random)
      truth["\(action) \(program)", default: (0, 0)].count += 1
      truth["\(action) \(program)", default: (0, 0)].bytes += bytes
      fold.take(event(action, program: RawText(program), at: time, sent: bytes), into: &told)
      if Int.random(in: 0..<100, using: &random) == 0 { fold.expire(at: time * 1_000_000, into: &told) }
    }
    fold.finish(into: &told)
    var seen: [String: (count: UInt64, bytes: UInt64)] = [:]
    for event in told {
      var (count, bytes) = (UInt64(1), event.socket?.sentBytes ?? 0)
      var program = event.process?.executable
      if case .folded(let facts) = event.detail {
        (count, bytes, program) = (facts.count, facts.sentBytes ?? 0, facts.program)
      }
      let key = "\(event.action) \(program?.lossyString ?? "")"
      seen[key, default: (0, 0)].count += count
      seen[key, default: (0, 0)].bytes += bytes
    }
    #expect(Set(seen.keys) == Set(truth.keys))
    for (key, value) in truth { #expect(seen[key] ?? (0, 0) == value, "\(key), seed \(seed)") }
    #expect(fold.folded == sums(told).reduce(0) { $0 + $1.count } && fold.folded > 0)
  }
}
