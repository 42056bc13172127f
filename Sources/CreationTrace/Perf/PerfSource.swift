import KernelBPF
import KernelProc
import KernelSystem
import KernelTracefs
import Model

/// Follows a tree by perf's samples of the whole host, where BPF may not be used: the same records as the probes'.
///
/// Which processes belong to the tree is known only when the samples of all CPUs stand in their order: they wait so long.
final class PerfSource: CreationSource {
  private let session: PerfSession
  private let proc: ProcFileSystem
  private var buffer = ReadBuffer()
  private var waiting = Backlog<PerfRecord>()
  private var tree: PerfTree
  /// Before the trace began.
  private let lostBefore: UInt64

  init(wholeHost: Bool, places: [CreationPlace], whenMapped: () -> Void) throws(SystemError) {
    proc = try ProcFileSystem()
    tree = PerfTree(wholeHost: wholeHost)
    let directory = try TraceDirectory()
    session = try PerfSession(places: places, whenMapped: whenMapped) { (group, name) throws(SystemError) in
      try directory.text("events/\(group)/\(name)/format")
    }
    session.drain { (_) in }
    lostBefore = session.lostRecords()
    // Where the kernel does not tell which thread of a process is the last, they are counted.
    if wholeHost { for process in try proc.processIDs() { follow(process) } }
  }

  func follow(_ process: Int32) {
    guard case .value(let directory) = proc.process(process), case .value(let threads) = directory.threadIDs()
    else { return }
    tree.begin(process, threads: threads)
    for thread in threads { tree.name(thread, name(of: thread)) }
  }

  /// Any thread has a directory by its number.
  private func name(of thread: Int32) -> [UInt8] {
    guard case .value(let directory) = proc.process(thread), case .value(let stat) = directory.stat(&buffer)
    else { return [] }
    return stat.name
  }

  /// Lets the wait end when something is to be read at once.
  func join(_ wait: WaitPoint) throws(SystemError) { try session.join(wait) }

  func drain(isLast: Bool, _ body: (CreationRecord) -> Void) {
    session.drain { (record) in
      if case .sample(var sample) = record, sample.origin == .tracepoint(.executed) {
        readArguments(of: &sample)
        waiting.add(.sample(sample))
      } else {
        waiting.add(record)
      }
    }
    let limit = isLast ? .max : KernelClock.bootTimeNanoseconds &- Backlog<PerfRecord>.settleTime
    for record in waiting.take(before: limit) { tree.take(record, body) }
  }

  /// The kernel leaves a random gap between a new stack and the arguments' text: where a page of it was never touched,
  /// the copy ends before the text, and the process is asked while it still has it.
  private func readArguments(of sample: inout PerfSample) {
    guard let image = ProcessStart(sample), image.arguments == nil,
      case .value(let directory) = proc.process(sample.process),
      case .value(let line) = directory.commandLine(&buffer), image.matches(line.arguments)
    else { return }
    sample.text = ProcessStart.joined(line.arguments)
  }

  /// Of mappings too: they share the rings.
  func lostRecords() -> UInt64 { session.lostRecords() - lostBefore }
  func lostMappings() -> UInt64 { 0 }
  func missedRuns() -> UInt64 { session.throttled }
  var refusedPlaces: [String] { session.refusedPlaces }
}
