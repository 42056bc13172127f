import KernelProc
import KernelSystem
import Model

/// Finds the ancestors of processes, up to where their work entered the host.
struct LineageReader {
  /// Deeper trees are cut: a fork bomb is no lineage.
  private static let limit = 64

  private struct Step {
    let identity: ProcessIdentity
    let name: RawText
    let parent: Int32
    let isKernelThread: Bool
  }
  private var steps: [Int32: Step?] = [:]

  /// Fills `ancestors` (nearest first, the entry leader last) and `entry`.
  mutating func fill(
    _ process: inout Process, _ proc: borrowing ProcFileSystem, _ identifiers: EntityIdentifiers?
  ) {
    var leader = process.identity.pid
    if let kind = entry(parent: process.parentPID, isKernelThread: process.isKernelThread, proc) {
      process.entry = EntryLeader(kind: kind, pid: leader)
      return
    }
    var next = process.parentPID.rawValue
    var previousStart = process.identity.startTicks
    while next > 0, process.ancestors.count < Self.limit {
      // A parent that is younger than its child is another process with the parent's old pid.
      guard let step = step(next, proc), step.identity.startTicks <= previousStart else { return }
      if let kind = Self.door(step.name) {
        let isDoorItself = kind == .sshd || kind == .cron
        process.entry = EntryLeader(kind: kind, pid: isDoorItself ? step.identity.pid : leader)
        if isDoorItself { append(step, to: &process, identifiers) }
        return
      }
      append(step, to: &process, identifiers)
      leader = step.identity.pid
      if let kind = entry(parent: ProcessID(step.parent), isKernelThread: step.isKernelThread, proc) {
        process.entry = EntryLeader(kind: kind, pid: leader)
        return
      }
      previousStart = step.identity.startTicks
      next = step.parent
    }
  }

  private func append(_ step: Step, to process: inout Process, _ identifiers: EntityIdentifiers?) {
    process.ancestors.append(
      Ancestor(
        identity: step.identity, name: step.name, entityID: identifiers?.identifier(of: step.identity)))
  }

  private mutating func step(_ pid: Int32, _ proc: borrowing ProcFileSystem) -> Step? {
    if let known = steps[pid] { return known }
    let read = Self.read(pid, proc)
    steps[pid] = .some(read)
    return read
  }

  private static func read(_ pid: Int32, _ proc: borrowing ProcFileSystem) -> Step? {
    var buffer = ReadBuffer(capacity: 1024)
    guard case .value(let directory) = proc.process(pid), let stat = directory.stat(&buffer).value else {
      return nil
    }
    return Step(
      identity: ProcessIdentity(pid: ProcessID(pid), startTicks: stat.startTicks), name: RawText(stat.name),
      parent: stat.parentPID, isKernelThread: stat.isKernelThread)
  }

  /// A process whose children are entries: logins, jobs, containers.
  private static func door(_ name: RawText) -> EntryLeader.Kind? {
    switch name.lossyString {
    case "sshd", "sshd-session", "dropbear": .sshd
    case "cron", "crond", "atd", "anacron": .cron
    case "login", "agetty", "gdm-session-wor", "sddm-helper": .terminal
    case "conmon", "crio", "lxc-start", "systemd-nspawn", "docker-containe": .container
    case let other where other.hasPrefix("containerd-shim"): .container
    default: nil
    }
  }

  /// A process that is an entry by its place: pid 1, its children, the kernel's threads, the first process of a
  /// pid namespace that we are in.
  private mutating func entry(
    parent: ProcessID, isKernelThread: Bool, _ proc: borrowing ProcFileSystem
  ) -> EntryLeader.Kind? {
    if isKernelThread { return .kthread }
    switch parent.rawValue {
    case 0: return .`init`
    case 1: return step(1, proc)?.name == "systemd" ? .systemd : .`init`
    default: return nil
    }
  }
}
