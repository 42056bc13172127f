import CLinux
import KernelSystem
import Testing

@testable import KernelBPF

/// Whether the event probes can run here.
let mayTrace = Privileges.ofThisThread().mayTrace

/// The ways of probing that this kernel has: where trampolines are allowed, that without them is tested as well.
let probingWays: [ProbingWay] = {
  guard mayTrace, let trial = try? HookTrial() else { return [.best] }  // no BTF: the suites are skipped
  return trial.verdict(on: .exit("udp_sendmsg")) == .available ? [.best, .withoutTrampolines] : [.best]
}()

enum ProbingWay { case best, withoutTrampolines }

/// The events of one run of `EventFixture`, and the fixture's own account.
struct Recording {
  var plan: ProbePlan
  var events: [KernelEvent]
  /// The fixture's lines, split at blanks.
  var facts: [[String]]
  var losses: EventLosses
  var undecoded: Int

  /// Attaches the probes, runs the fixture to its end, and takes what they saw.
  static func of(
    _ arguments: [String], request: ProbePlan.Request = .init(), settings: ProbeSettings = .init(),
    way: ProbingWay = .best, isReadLate: Bool = false, isStarting: Bool = true,
    atEnd: (borrowing ProbeSession) -> Void = { _ in }
  ) throws -> Recording {
    var verdicts = try HookTrial().verdicts(for: request.facts)
    if way == .withoutTrampolines {
      for need in verdicts.keys {
        switch need {
        case .entry, .exit: verdicts[need] = .refused("not tried")
        default: continue
        }
      }
    }
    let session = try ProbeSession.open(request, settings: settings, verdicts: verdicts)
    if !isStarting { session.endStart() }
    let batches = LockedValue<[EventBatch]>([])
    let ring = try session.makeRing { (batch) in batches.withLock { $0.append(batch) } }
    let early: String? = isReadLate ? try run(arguments) : nil
    let reader = try EventReader(ring)
    let output = try early ?? run(arguments)
    // The last sockets are closed by softirqs a little later.
    usleep(150_000)
    reader.stop()
    atEnd(session)
    var recording = Recording(
      plan: session.plan, events: [], facts: [], losses: session.losses(), undecoded: 0)
    for batch in batches.withLock({ $0 }) {
      recording.undecoded += batch.forEach { recording.events.append($0) }
    }
    recording.events.sort { $0.time < $1.time }
    recording.facts = output.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
    return recording
  }

  /// Runs the fixture, built next to the tests, to its end: what it printed.
  ///
  /// Without Foundation, whose Glibc module contradicts CLinux's kernel headers.
  private static func run(_ arguments: [String]) throws -> String {
    let tests = CommandLine.arguments[0]
    let program = tests.prefix(upTo: tests.lastIndex(of: "/") ?? tests.startIndex) + "/EventFixture"
    var ends: [Int32] = [-1, -1]
    try #require(pipe(&ends) == 0)
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    posix_spawn_file_actions_adddup2(&actions, ends[1], 1)
    posix_spawn_file_actions_addclose(&actions, ends[0])
    posix_spawn_file_actions_addclose(&actions, ends[1])
    defer { posix_spawn_file_actions_destroy(&actions) }
    var strings = (["EventFixture"] + arguments).map { strdup($0) }
    strings.append(nil)
    defer { for string in strings { free(string) } }
    var pid = pid_t()
    let failure = posix_spawn(&pid, String(program), &actions, nil, strings, nil)
    close(ends[1])
    defer { close(ends[0]) }
    try #require(failure == 0, "\(program): \(Errno(rawValue: failure))")

    var output: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = read(ends[0], &chunk, chunk.count)
      if count <= 0 { break }
      output += chunk[..<count]
    }
    var status: Int32 = 0
    while waitpid(pid, &status, 0) < 0 && Errno.current == .interrupted {}
    #expect(status == 0, "EventFixture \(arguments)")
    return String(decoding: output, as: UTF8.self)
  }

  func facts(_ name: String) -> [[String]] {
    facts.filter { $0.first == name }.map { Array($0.dropFirst()) }
  }

  /// The exec of each short-lived process of the fixture, by the index among its arguments.
  ///
  /// Not by pid: 20,000 processes wrap the pids round, and another storm may run at the same time.
  func execs(of command: String, netns: UInt32) -> [UInt32: KernelEvent] {
    var execs: [UInt32: KernelEvent] = [:]
    for event in events where event.kind == .exec && event.actor?.netns == netns {
      let list = event.exec?.argumentList ?? []
      if list.count >= 4, text(list[1]) == command, let index = UInt32(text(list[3])) { execs[index] = event }
    }
    return execs
  }

  func number(_ name: String) -> UInt32? { facts(name).first?.first.flatMap { UInt32($0) } }

  func events(_ kind: EventKind, pid: UInt32? = nil) -> [KernelEvent] {
    events.filter { $0.kind == kind && (pid == nil || $0.actor?.tgid == pid) }
  }

  /// Those about sockets of the fixture's own network namespace.
  func events(_ kind: EventKind, netns: UInt32) -> [KernelEvent] {
    events.filter { $0.kind == kind && $0.socket?.netns == netns }
  }
}

extension KernelEvent {
  var exec: ExecDetail? { if case .exec(let detail) = detail { detail } else { nil } }
  var exit: EventExit? { if case .exit(let exit) = detail { exit } else { nil } }
  var fork: EventFork? { if case .fork(let fork) = detail { fork } else { nil } }
  var flow: EventFlow? { if case .flow(let flow) = detail { flow } else { nil } }
}

/// A process as the events name it.
struct ProcessKey: Hashable {
  var tgid: UInt32
  var start: UInt64

  init?(_ event: KernelEvent?) {
    guard let actor = event?.actor else { return nil }
    tgid = actor.tgid
    start = actor.start
  }
}

func text(_ bytes: [UInt8]?) -> String { bytes.map { String(decoding: $0, as: UTF8.self) } ?? "" }

/// The number in an environment variable; nil if it is not set, 0 if it is no number.
func environmentNumber(_ name: String) -> Int? {
  getenv(name).map { Int(String(cString: $0)) ?? 0 }
}
