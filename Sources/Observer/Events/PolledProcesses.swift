import Attribution
import KernelProc
import KernelSystem
import Model

/// Finds the processes that begin and end by listing /proc, where there is no proc connector.
struct PolledProcesses {
  private var known: [Int32: ProcessIdentity] = [:]
  /// Found by the last look: they are read once more, for many execute something else at once.
  private var young: [ProcessIdentity] = []

  mutating func seed(_ live: [ProcessIdentity]) {
    known = Dictionary(live.map { ($0.pid.rawValue, $0) }) { first, _ in first }
    young = live
  }

  mutating func look(_ proc: borrowing ProcFileSystem, _ resolver: inout EventResolver, at time: UInt64) {
    // The own /proc was read at the start: this is a passing failure, and the next look finds the same.
    guard let pids = try? proc.processIDs() else { return }
    for identity in young { lookAgain(identity, &resolver, at: time) }
    young = []
    for pid in pids where known[pid] == nil {
      guard let process = resolver.reader.read(pid) else { continue }
      known[pid] = process.identity
      young.append(process.identity)
      let parent = resolver.tree.identity(of: process.parentPID)
      resolver.tree.seed(process, parent: parent)
      tell(.fork, process.identity, &resolver, at: time)
      if let parent, let before = resolver.tree.process(parent), process.runsAnother(than: before) {
        tell(.exec, process.identity, &resolver, at: time)
      }
    }
    let there = Set(pids)
    for (pid, identity) in known where !there.contains(pid) {
      known[pid] = nil
      tell(.exit, identity, &resolver, at: time)
      resolver.tree.exit(identity, at: time)
    }
  }

  private func lookAgain(_ identity: ProcessIdentity, _ resolver: inout EventResolver, at time: UInt64) {
    guard let before = resolver.tree.process(identity),
      let process = resolver.reader.read(identity.pid.rawValue),
      process.identity == identity, process.state != UInt8(ascii: "Z"), process.runsAnother(than: before)
    else { return }
    resolver.tree.seed(process, parent: nil)
    tell(.exec, identity, &resolver, at: time)
  }

  private func tell(
    _ action: EventAction, _ identity: ProcessIdentity, _ resolver: inout EventResolver, at time: UInt64
  ) {
    var event = resolver.event(action, at: time)
    event.evidence = .polling
    resolver.emit(event, by: identity)
  }
}

extension Process {
  fileprivate func runsAnother(than other: Process) -> Bool {
    executable != other.executable || arguments != other.arguments
  }
}
