import Attribution
import KernelNetlink
import KernelProc
import KernelSystem
import Model

/// What the proc connector does not tell, and has to be kept or read: starts, and threads.
struct NoticedProcesses: ~Copyable {
  private let proc: ProcFileSystem
  private var buffer = ReadBuffer()
  /// Threads beside the first. The first may end before them.
  private var threads: [Int32: Set<Int32>] = [:]
  private var withoutLeader: Set<Int32> = []

  init() throws(SystemError) { proc = try ProcFileSystem() }

  /// The threads that are there; those of which the connector has told are not forgotten.
  mutating func seedThreads() throws(SystemError) {
    for pid in try proc.processIDs() {
      guard case .value(let directory) = proc.process(pid), let found = directory.threadIDs().value,
        found.count > 1
      else { continue }
      threads[pid, default: []].formUnion(found.filter { $0 != pid })
    }
  }

  /// After a loss: those that ended unseen are forgotten.
  mutating func reseedThreads() throws(SystemError) {
    threads = [:]
    withoutLeader = []
    try seedThreads()
  }

  mutating func threadBegan(_ task: ProcessNotice.Task) {
    threads[task.process, default: []].insert(task.thread)
  }

  /// The process has one thread again, which is its first: what ended before was not its end.
  mutating func executed(_ pid: Int32) {
    threads[pid] = nil
    withoutLeader.remove(pid)
  }

  /// Whether the process ended with this thread.
  mutating func ended(_ task: ProcessNotice.Task) -> Bool {
    if task.isLeader {
      withoutLeader.insert(task.process)
    } else {
      threads[task.process]?.remove(task.thread)
    }
    guard withoutLeader.contains(task.process), threads[task.process]?.isEmpty ?? true else { return false }
    executed(task.process)
    return true
  }

  /// The process that had the pid at `time`, if it can still be read (also as a zombie).
  mutating func stat(_ pid: Int32, at time: UInt64) -> ProcessStat? {
    guard case .value(let directory) = proc.process(pid), let stat = directory.stat(&buffer).value,
      stat.startTicks <= Self.ticks(time)
    else { return nil }
    return stat
  }

  static let nanosecondsPerTick = 1_000_000_000 / KernelClock.ticksPerSecond
  static func ticks(_ time: UInt64) -> UInt64 { time / nanosecondsPerTick }
}

extension EventResolver {
  /// One message of the proc connector; `time` is its own, as CLOCK_BOOTTIME.
  mutating func take(_ notice: ProcessNotice, at time: UInt64, _ noticed: inout NoticedProcesses) {
    switch notice.kind {
    case .fork(let parent, let child):
      if child.isLeader {
        takeFork(parent.process, child.process, time, &noticed)
      } else {
        noticed.threadBegan(child)
      }
    case .exec(let task):
      noticed.executed(task.process)
      takeExec(task.process, time)
    case .exit(let task, let status):
      if noticed.ended(task) { takeExit(task.process, status, time, &noticed) }
    case .rename(let task, let name):
      guard task.isLeader, let identity = tree.identity(of: ProcessID(task.process)) else { return }
      tree.update(identity) { $0.name = RawText(name) }
    case .user(let task, _, let effective):
      guard let identity = tree.identity(of: ProcessID(task.process)) else { return }
      let user = users.user(effective)
      tree.update(identity) { $0.user = user }
    case .acknowledged, .group, .session, .trace, .coredump, .other: break
    }
  }

  private mutating func takeFork(
    _ parent: Int32, _ child: Int32, _ time: UInt64, _ noticed: inout NoticedProcesses
  ) {
    let mother = noticedProcess(parent, at: time)
    // Of one that is gone already the start is known by the message alone, to the clock tick.
    let start = noticed.stat(child, at: time)?.startTicks
    let identity = ProcessIdentity(pid: ProcessID(child), startTicks: start ?? NoticedProcesses.ticks(time))
    tree.fork(child: identity, parent: mother, fallback: Self.unread(mother))
    let entity = start == nil ? nil : identifiers.identifier(of: identity)
    let wall = bootWallNanoseconds &+ time
    tree.update(identity) { process in
      process.entityID = entity
      process.startWallNanoseconds = wall
    }
    var event = event(.fork, at: time)
    event.evidence = .procConnector
    emit(event, by: identity)
  }

  private mutating func takeExec(_ pid: Int32, _ time: UInt64) {
    let known = noticedProcess(pid, at: time)
    let start = tree.process(known)?.startWallNanoseconds
    var identity = known
    if var process = reader.read(pid), process.identity.startTicks <= NoticedProcesses.ticks(time) {
      if process.state == UInt8(ascii: "Z") { process.arguments = nil }
      identity = process.identity
      // The message of the fork has it more exactly.
      if identity == known, let start { process.startWallNanoseconds = start }
      tree.seed(process, parent: identity == known ? nil : tree.identity(of: process.parentPID))
    } else {
      tree.update(known) { process in
        let unread = Self.unread(process.identity, parent: process.parentPID)
        let (entity, start, user) = (process.entityID, process.startWallNanoseconds, process.user)
        process = unread
        (process.entityID, process.startWallNanoseconds, process.user) = (entity, start, user)
      }
    }
    var event = event(.exec, at: time)
    event.evidence = .procConnector
    emit(event, by: identity)
  }

  private mutating func takeExit(
    _ pid: Int32, _ status: UInt32, _ time: UInt64, _ noticed: inout NoticedProcesses
  ) {
    let identity = noticedProcess(pid, at: time)
    let stat = noticed.stat(pid, at: time).flatMap { $0.startTicks == identity.startTicks ? $0 : nil }
    var event = event(.exit, at: time)
    event.evidence = .procConnector
    let began = tree.process(identity)?.startWallNanoseconds
    event.detail = .exit(
      ExitFacts(
        code: UInt8(status >> 8 & 0xff), signal: status & 0x7f == 0 ? nil : UInt8(status & 0x7f),
        dumpedCore: status & 0x80 != 0,
        durationNanoseconds: began.map { event.wallNanoseconds > $0 ? event.wallNanoseconds - $0 : 0 },
        // Less than a tick reads as 0.
        cpuNanoseconds: stat.flatMap { (stat) in
          let ticks = stat.userTicks + stat.systemTicks
          return ticks == 0 ? nil : ticks * NoticedProcesses.nanosecondsPerTick
        }))
    emit(event, by: identity)
    tree.exit(identity, at: time)
  }

  /// The one that has this pid: known, or read now, or all but unknown.
  private mutating func noticedProcess(_ pid: Int32, at time: UInt64) -> ProcessIdentity {
    if let identity = tree.identity(of: ProcessID(pid)) { return identity }
    if let process = reader.read(pid), process.identity.startTicks <= NoticedProcesses.ticks(time) {
      tree.seed(process, parent: tree.identity(of: process.parentPID))
      return process.identity
    }
    let identity = ProcessIdentity(pid: ProcessID(pid), startTicks: 0)
    tree.seed(Self.unread(identity), parent: nil)
    return identity
  }

  /// Gone before it could be read.
  private static func unread(_ identity: ProcessIdentity, parent: ProcessID = ProcessID(0)) -> Process {
    var process = Process(identity: identity, name: RawText([]), parentPID: parent)
    process.hasEnded = true
    return process
  }
}
