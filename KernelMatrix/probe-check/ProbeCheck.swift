import CLinux
import KernelBPF
import KernelSystem

/// usage: probe-check [--quiet] [COMMAND ARGUMENTS...]
///
/// Prints the verdict on each hook and the plan, opens the session, runs COMMAND if there is one (else waits 1 s),
/// and prints how many events of each kind came, and the losses. Exit status 0 if the session opened and the
/// command ended with 0.
@main struct ProbeCheck {
  static func main() {
    var arguments = Array(CommandLine.arguments.dropFirst())
    var request = ProbePlan.Request()
    if arguments.first == "--quiet" {
      request.avoidsCallTax = true
      arguments.removeFirst()
    }
    do throws(BPFError) {
      exit(try check(request, command: arguments))
    } catch {
      print("probe-check: \(error)")
      exit(1)
    }
  }

  private static func check(_ request: ProbePlan.Request, command: [String]) throws(BPFError) -> Int32 {
    let verdicts = try HookTrial().verdicts(for: request.facts)
    for (need, verdict) in verdicts.sorted(by: { "\($0.key)" < "\($1.key)" }) {
      print("hook \(need): \(verdict)")
    }
    let before = KernelClock.bootTimeNanoseconds
    let session = try ProbeSession.open(request, settings: .init(), verdicts: verdicts)
    print("opened in \((KernelClock.bootTimeNanoseconds - before) / 1_000_000) ms")
    print(session.plan)

    let counts = LockedValue<[EventKind: Int]>([:])
    let undecoded = LockedValue(0)
    let ring = try session.makeRing { (batch) in
      let refused = counts.withLock { (counts) in batch.forEach { counts[$0.kind, default: 0] += 1 } }
      undecoded.withLock { $0 += refused }
    }
    guard let reader = start(ring) else { return 1 }
    let status = run(command)
    usleep(200_000)
    reader.stop()
    for (kind, count) in counts.withLock({ $0 }).sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
      print("events \(kind): \(count)")
    }
    print("undecoded \(undecoded.withLock { $0 }), losses \(session.losses())")
    print("skipped runs \(session.recursionMisses().filter { $0.value > 0 })")
    return status
  }

  private static func start(_ ring: consuming EventRing) -> EventReader? {
    do throws(SystemError) { return try EventReader(ring) } catch {
      print("probe-check: \(error)")
      return nil
    }
  }

  /// Runs the command to its end: its exit status.
  private static func run(_ command: [String]) -> Int32 {
    guard let program = command.first else {
      usleep(1_000_000)
      return 0
    }
    var pid = pid_t()
    var strings = unsafe command.map { unsafe strdup($0) }
    unsafe strings.append(nil)
    defer { unsafe strings.forEach { unsafe free($0) } }
    // An empty environment: the command needs none.
    let failure = unsafe posix_spawnp(&pid, program, nil, nil, strings, nil)
    guard failure == 0 else {
      print("probe-check: \(program): \(Errno(rawValue: failure))")
      return 127
    }
    var status: Int32 = 0
    while unsafe waitpid(pid, &status, 0) < 0 && Errno.current == .interrupted {}
    return status & 0x7f == 0 ? status >> 8 & 0xff : 128 + status & 0x7f
  }
}
