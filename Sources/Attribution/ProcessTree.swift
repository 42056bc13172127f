import Model

/// The processes of the host as events tell of them: who each is, what it runs, and whose child it was.
///
/// Pure: time is an argument (CLOCK_BOOTTIME, nanoseconds, ascending). A process that ended stays for `keep`, so that
/// late events still find its name. At the ceiling the one that ended first goes early, or, if none has ended, the new
/// one is not taken in; both are counted.
public struct ProcessTree: Sendable {
  private struct Entry {
    var process: Process
    var parent: ProcessIdentity?
    var hasEnded = false
  }
  private struct Ended {
    var identity: ProcessIdentity
    var time: UInt64
  }

  public let ceiling: Int
  public let keepNanoseconds: UInt64
  private var entries: [ProcessIdentity: Entry] = [:]
  private var latest: [ProcessID: ProcessIdentity] = [:]
  /// In the order of their ends; `firstEnded` on are still in `entries`.
  private var ended: [Ended] = []
  private var firstEnded = 0
  /// Forgotten before their time, for want of room.
  public private(set) var evicted: UInt64 = 0
  /// Not taken in, for want of room.
  public private(set) var refused: UInt64 = 0

  public init(ceiling: Int = 65_536, keepNanoseconds: UInt64 = 60_000_000_000) {
    precondition(ceiling > 0, "a tree has room for one process at least")
    self.ceiling = ceiling
    self.keepNanoseconds = keepNanoseconds
  }

  public var count: Int { entries.count }
  public var liveCount: Int { entries.count - (ended.count - firstEnded) }

  public func contains(_ identity: ProcessIdentity) -> Bool { entries[identity] != nil }

  /// What is known of a process now, without its ancestors.
  public func process(_ identity: ProcessIdentity) -> Process? { entries[identity]?.process }

  /// What an event tells of its actor is what is known. Cheaper than to take the process out.
  public func isUpToDate(_ identity: ProcessIdentity, userID: UInt32, execGeneration: UInt32) -> Bool {
    guard let entry = entries[identity] else { return false }
    return entry.process.user?.id == userID && entry.process.execGeneration == execGeneration
  }

  /// The one that has, or had last, this pid.
  public func identity(of pid: ProcessID) -> ProcessIdentity? { latest[pid] }

  public func parent(of identity: ProcessIdentity) -> ProcessIdentity? { entries[identity]?.parent }

  /// A process that was there before, or of which an event tells that its fork was not seen.
  public mutating func seed(_ process: Process, parent: ProcessIdentity?) {
    if entries[process.identity] == nil && !makeRoom() { return }
    var entry = entries[process.identity] ?? Entry(process: process, parent: parent)
    entry.process = process
    entry.process.ancestors = []
    // It changes with every system call.
    entry.process.state = nil
    entry.parent = parent ?? entry.parent
    entries[process.identity] = entry
    latest[process.identity.pid] = process.identity
  }

  /// A child is its parent until it executes something. Unit and container are not inherited: managers fork, and then
  /// move the child.
  ///
  /// - Parameter fallback: what to take if the parent is not known.
  public mutating func fork(
    child: ProcessIdentity, parent: ProcessIdentity, fallback: @autoclosure () -> Process
  ) {
    if entries[child] == nil && !makeRoom() { return }
    let known = entries[parent]?.process ?? fallback()
    var process = Process(identity: child, name: known.name, parentPID: parent.pid)
    process.executable = known.executable
    process.executableFile = known.executableFile
    process.arguments = known.arguments
    process.areArgumentsCut = known.areArgumentsCut
    process.workingDirectory = known.workingDirectory
    process.user = known.user
    process.execGeneration = known.execGeneration
    process.netns = known.netns
    entries[child] = Entry(process: process, parent: parent)
    latest[child.pid] = child
  }

  /// Changes what is known of a process: exec, rename, a new user. False when it is not known.
  @discardableResult
  public mutating func update(_ identity: ProcessIdentity, _ change: (inout Process) -> Void) -> Bool {
    guard entries[identity] != nil else { return false }
    change(&entries[identity]!.process)  // the guard has just found it
    return true
  }

  public mutating func exit(_ identity: ProcessIdentity, at time: UInt64) {
    guard let entry = entries[identity], !entry.hasEnded else { return }
    entries[identity]?.hasEnded = true
    ended.append(Ended(identity: identity, time: time))
  }

  /// Forgets those that ended more than `keep` ago: constant time for each.
  public mutating func expire(at time: UInt64) {
    while firstEnded < ended.count, ended[firstEnded].time &+ keepNanoseconds <= time { forgetFirstEnded() }
    if firstEnded > 1024, firstEnded * 2 > ended.count {
      ended.removeFirst(firstEnded)
      firstEnded = 0
    }
  }

  private mutating func forgetFirstEnded() {
    let identity = ended[firstEnded].identity
    firstEnded += 1
    // Not one that was forked again under this pid within the same clock tick.
    guard entries[identity]?.hasEnded == true else { return }
    entries[identity] = nil
    if latest[identity.pid] == identity { latest[identity.pid] = nil }
  }

  private mutating func makeRoom() -> Bool {
    if entries.count < ceiling { return true }
    guard firstEnded < ended.count else {
      refused += 1
      return false
    }
    forgetFirstEnded()
    evicted += 1
    return true
  }

  /// Parent, grandparent …, as far as they are known.
  public func ancestors(of identity: ProcessIdentity, limit: Int = 32) -> [Ancestor] {
    var list: [Ancestor] = []
    var next = entries[identity]?.parent
    while let step = next, list.count < limit, let entry = entries[step] {
      list.append(Ancestor(identity: step, name: entry.process.name, entityID: entry.process.entityID))
      next = entry.parent
    }
    return list
  }

  /// It is one of `roots`, or comes from one.
  public func isDescendant(_ identity: ProcessIdentity, of roots: Set<ProcessIdentity>, limit: Int = 256)
    -> Bool
  {
    var next: ProcessIdentity? = identity
    var steps = 0
    while let step = next, steps < limit {
      if roots.contains(step) { return true }
      next = entries[step]?.parent
      steps += 1
    }
    return false
  }

  /// Those that have not ended.
  public var live: [ProcessIdentity] { entries.filter { !$0.value.hasEnded }.map(\.key) }
}
