import KernelProc
import KernelSystem
import Model

/// Reads what a snapshot wants to know about each process, through one directory descriptor a process.
///
/// A process that ended, or whose pid means another one by now, keeps its identity and gets no facts.
struct ProcessFactsReader: ~Copyable {
  private let proc: ProcFileSystem
  private let facts: ProcessFacts
  private let identifiers: EntityIdentifiers?
  private var buffer = ReadBuffer()
  private var users = UserNames()
  private var containers = ContainerNames()
  private var lineage = LineageReader()
  /// CLOCK_REALTIME minus CLOCK_BOOTTIME, nanoseconds: when the host booted.
  private let bootWallNanoseconds: UInt64

  init(_ facts: ProcessFacts) throws(SystemError) {
    proc = try ProcFileSystem()
    self.facts = facts
    identifiers = facts.contains(.entityID) ? EntityIdentifiers.ofThisHost(proc) : nil
    bootWallNanoseconds = KernelClock.wallTimeNanoseconds &- KernelClock.bootTimeNanoseconds
  }

  /// Whether the process was there, and is the one that is meant.
  enum Outcome { case read, gone }

  mutating func fill(_ process: inout Process) -> Outcome {
    process.startWallNanoseconds =
      bootWallNanoseconds &+ process.identity.startTicks &* (1_000_000_000 / KernelClock.ticksPerSecond)
    process.entityID = identifiers?.identifier(of: process.identity)
    guard case .value(let directory) = proc.process(process.identity.pid.rawValue) else { return .gone }
    // Before `stat`, which shows that the process was still there.
    let user = facts.contains(.user) ? directory.effectiveUserID() : nil
    guard let stat = directory.stat(&buffer).value, stat.startTicks == process.identity.startTicks else {
      return .gone
    }
    take(stat, into: &process)
    if let user { process.user = users.user(user) }
    if facts.contains(.arguments), let line = directory.commandLine(&buffer).value {
      process.arguments = line.arguments.map { RawText($0) }
    }
    if facts.contains(.executable) { takeExecutable(directory, into: &process) }
    if facts.contains(.workingDirectory), let path = directory.workingDirectory().value {
      process.workingDirectory = RawText(path)
    }
    if facts.contains(.namespace), let inode = directory.namespace(.net).value {
      process.netns = NetworkNamespace(UInt32(truncatingIfNeeded: inode))
    }
    if facts.contains(.cgroup), let lines = directory.cgroups(&buffer).value {
      take(CgroupPath(lines), into: &process)
    }
    if facts.contains(.lineage) { lineage.fill(&process, proc, identifiers) }
    return .read
  }

  /// A process by its pid, with what is asked for; nil when there is none.
  mutating func read(_ pid: Int32) -> Process? {
    guard case .value(let directory) = proc.process(pid), let stat = directory.stat(&buffer).value else {
      return nil
    }
    let identity = ProcessIdentity(pid: ProcessID(pid), startTicks: stat.startTicks)
    var process = Process(identity: identity, name: RawText(stat.name), parentPID: ProcessID(stat.parentPID))
    return fill(&process) == .read ? process : nil
  }

  /// Every process that the mount shows.
  mutating func readAll() throws(SystemError) -> [Process] {
    var processes: [Process] = []
    for pid in try proc.processIDs() {
      if let process = read(pid) { processes.append(process) }
    }
    return processes
  }

  /// The file's identity goes with the path only if no exec came between the two.
  private func takeExecutable(_ directory: borrowing ProcessDirectory, into process: inout Process) {
    let file = facts.contains(.executableFile) ? directory.executableFile() : nil
    guard let link = directory.executable().value else { return }
    process.executable = RawText(link.path)
    if let file, file == directory.executableFile() { process.executableFile = FileIdentity(file) }
  }

  private func take(_ stat: ProcessStat, into process: inout Process) {
    process.name = RawText(stat.name)
    process.parentPID = ProcessID(stat.parentPID)
    process.state = stat.state
    process.sessionID = ProcessID(stat.session)
    process.terminal = TerminalName.name(of: stat.terminal)
    process.isKernelThread = stat.isKernelThread
  }

  private mutating func take(_ cgroup: CgroupPath, into process: inout Process) {
    process.systemdUnit = cgroup.unit.map { String(decoding: $0, as: UTF8.self) }
    guard let found = cgroup.container, !found.isMonitor else { return }
    process.container = containers.container(found, podUID: cgroup.podUID)
  }
}

/// Names of containers, each looked up once.
private struct ContainerNames {
  private var known: [CgroupContainer: Container] = [:]

  mutating func container(_ found: CgroupContainer, podUID: [UInt8]?) -> Container {
    if let container = known[found] { return container }
    var container = Container(
      id: String(decoding: found.id, as: UTF8.self), runtime: found.runtime.rawValue,
      podUID: podUID.map { String(decoding: $0, as: UTF8.self) })
    var buffer = ReadBuffer()
    if let root = try? HostRoot() {  // a root that cannot be opened has no names for us
      container.name = root.containerName(found, &buffer).value.map {
        String(decoding: $0.name, as: UTF8.self)
      }
    }
    known[found] = container
    return container
  }
}
