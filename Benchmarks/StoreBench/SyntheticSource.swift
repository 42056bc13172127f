import Model

/// Connections as a busy host makes them, without randomness of its own between runs.
///
/// 3 in 4 are outbound, of 400 programs; peers follow a law in which few are asked often and many once; 1 in 16 comes from a
/// process of its own, 1 in 64 lasts for minutes to days, 1 in 40 is refused, 1 in 8 is IPv6.
struct SyntheticSource {
  private var state: UInt64
  private(set) var sequence: UInt64 = 0
  private var pid: Int32 = 1000
  private var programs: [Process] = []
  private var ends: [(time: UInt64, event: Event)] = []
  static let bootOffset: UInt64 = 1_790_000_000_000_000_000

  init(seed: UInt64) {
    state = seed
    programs = (0..<400).map { index in Self.process(Int32(100 + index), UInt64(index), program: index) }
  }

  mutating func next() -> UInt64 {
    state ^= state << 13
    state ^= state >> 7
    state ^= state << 17
    return state
  }

  private static func process(_ pid: Int32, _ ticks: UInt64, program: Int) -> Process {
    var process = Process(
      identity: ProcessIdentity(pid: ProcessID(pid), startTicks: ticks), name: RawText("program-\(program)"),
      parentPID: ProcessID(1))
    process.executable = RawText("/usr/lib/application/bin/program-\(program)")
    process.executableFile = FileIdentity(device: 1, inode: UInt64(program), changed: 1)
    process.arguments = [RawText("program-\(program)"), "--serve", RawText("--instance=\(program % 7)")]
    process.user = User(id: UInt32(program % 20), name: "user\(program % 20)")
    process.entityID = "0123456789abcdef"
    process.systemdUnit = "application-\(program % 50).service"
    process.ancestors = [
      Ancestor(identity: ProcessIdentity(pid: ProcessID(1), startTicks: 1), name: "systemd", entityID: nil)
    ]
    return process
  }

  /// Adds one connection that opens at `time`, boot clock in ns; its end comes when its time has.
  mutating func connect(at time: UInt64, into events: inout [Event]) {
    sequence += 1
    let draw = next()
    var process = programs[Int(min(draw % 400, next() % 400))]
    if draw >> 10 % 16 == 0 {
      pid = pid == 4_000_000 ? 1000 : pid + 1
      process = Self.process(pid, sequence, program: Int(draw >> 20 % 400))
    }
    var socket = EventSocketFacts()
    socket.netns = NetworkNamespace(4_026_531_840)
    socket.cookie = SocketCookie(sequence)
    socket.family = .inet
    socket.type = .stream
    socket.protocol = .tcp
    // Few peers often, many seldom: the square of an even draw, over 200,000.
    let even = Double(next() % 1_000_000) / 1e6
    let peer = UInt32(even * even * even * 200_000)
    let ephemeral = UInt16(32_768 + next() % 28_232)
    let service: UInt16 = [443, 443, 443, 80, 5432, 6379, 53, 8080][Int(draw >> 40 % 8)]
    let isOutbound = draw >> 30 % 4 != 0
    socket.origin = isOutbound ? .connect : .accept
    socket.local = Endpoint(IPAddress(v4: 0x0a00_020f), port: isOutbound ? ephemeral : 8443)
    socket.peer = Endpoint(IPAddress(v4: 0x0b00_0000 &+ peer &* 37), port: isOutbound ? service : ephemeral)
    if draw >> 50 % 8 == 0 {
      socket.family = .inet6
      socket.peer.address = IPAddress(v6High: 0x2001_0db8_0000_0000, low: UInt64(peer))
      socket.local.address = IPAddress(v6High: 0x2001_0db8_0000_0001, low: 1)
    }
    let isRefused = isOutbound && draw >> 54 % 40 == 0
    var event = Event(
      action: isRefused ? .connectFailed : isOutbound ? .connect : .accept, bootNanoseconds: time,
      wallNanoseconds: time &+ Self.bootOffset)
    event.process = process
    event.socket = socket
    if isRefused {
      event.reason = "ECONNREFUSED"
      event.socket?.durationNanoseconds = 120_000
      return events.append(event)
    }
    events.append(event)
    var duration = 1_000_000 + next() % 400_000_000
    if draw >> 44 % 64 == 0 { duration *= 10 + next() % 200_000 }
    event.action = .close
    event.bootNanoseconds = time + duration
    socket.sentBytes = next() % 4096
    socket.receivedBytes = next() % 65_536
    socket.roundTripMicroseconds = UInt32(next() % 20_000)
    socket.retransmits = 0
    socket.durationNanoseconds = duration
    event.socket = socket
    push((event.bootNanoseconds, event))
  }

  /// The ends that are due.
  mutating func close(until time: UInt64, into events: inout [Event]) {
    while let first = ends.first, first.time <= time { events.append(pop()) }
  }

  // A heap: the next end first.
  private mutating func push(_ end: (time: UInt64, event: Event)) {
    ends.append(end)
    var index = ends.count - 1
    while index > 0, ends[index].time < ends[(index - 1) / 2].time {
      ends.swapAt(index, (index - 1) / 2)
      index = (index - 1) / 2
    }
  }
  private mutating func pop() -> Event {
    ends.swapAt(0, ends.count - 1)
    let event = ends.removeLast().event
    var index = 0
    while 2 * index + 1 < ends.count {
      var child = 2 * index + 1
      if child + 1 < ends.count, ends[child + 1].time < ends[child].time { child += 1 }
      if ends[index].time <= ends[child].time { break }
      ends.swapAt(index, child)
      index = child
    }
    return event
  }
}
