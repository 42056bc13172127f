import KernelBPF
import KernelProc
import KernelSystem
import KernelTracefs
import Model

/// What is to be traced.
public struct CreationRequest: Sendable {
  public enum Subject: Sendable, Equatable {
    case command([String])
    case process(Int32)
    case wholeHost
  }
  public var subject: Subject
  /// Watch the places on the way to `main` too (uprobes in the loader and the libc, seen by the whole host).
  public var watchesPlaces = true
  /// What happens in the kernel inside each call, too: the calls take several times as long.
  public var isDetailed = false
  /// For that, function_graph where it can be had: it slows the kernel of the whole host while the trace runs.
  public var usesFunctionGraph = true
  /// Else ptrace(2).
  public var usesProbes = true

  public init(_ subject: Subject) { self.subject = subject }
}

/// A step that failed, with a message that is complete in itself.
public struct CreationError: Error, CustomStringConvertible {
  public let description: String
  init(_ description: String) { self.description = description }
}

/// Runs one trace: starts or follows, collects, unwinds, and reports.
///
/// One thread does it all. Records wait until all of the same time must be there, and are then put into their order.
public struct CreationTracer: ~Copyable {
  /// Two rings on several CPUs: so long may a record come later than a younger one.
  private static let settleNanoseconds: UInt64 = 30_000_000
  /// Below this many records (4 kB each at most) unwinding waits for the end: so as not to compete with what is measured.
  private static let roomForRecords = 16_384

  private let request: CreationRequest
  private var assembler: CreationAssembler
  private var waiting: [CreationRecord] = []
  private var lostMappings: UInt64 = 0

  public init(_ request: CreationRequest) {
    self.request = request
    assembler = CreationAssembler(way: .probes, tier: request.isDetailed ? .union : .spine)
  }

  /// Until the command ends, the deadline (CLOCK_BOOTTIME, ns), or a signal to stop.
  public consuming func run(until deadline: UInt64? = nil) throws(CreationError) -> CreationReport {
    switch request.subject {
    case .command(let command): try runCommand(command, deadline)
    case .process(let pid): try follow(pid, deadline)
    case .wholeHost: try followHost(deadline)
    }
    return assembler.report
  }

  private mutating func runCommand(_ command: [String], _ deadline: UInt64?) throws(CreationError) {
    let child: HeldChild
    do throws(SystemError) { child = try HeldChild(command) } catch { throw CreationError("\(error)") }
    assembler.begin(child.pid, name: RawText(command[0]), mappings: [], isHeld: true)
    let wait = try waitPoint(child.pid)
    if request.usesProbes {
      do throws(BPFError) {
        let graph = functionGraph(.only([child.pid]))
        let session = try open(wholeHost: false)
        session.follow(child.pid)
        start(child, command)
        return collect(session, graph, wait, deadline)
      } catch { assembler.tellFallback("\(error)") }
    } else {
      assembler.tellFallback(nil)
    }
    do throws(SystemError) {
      var source = try PtraceSource()
      try source.follow(child.pid)
      do throws(Errno) { try child.openGate() } catch { throw SystemError("write", on: command[0], error) }
      source.run(&assembler) { Self.isOver(wait, deadline) }
      assembler.finishStacks()
    } catch { throw CreationError("\(error)") }
    do throws(Errno) { try child.checkStart() } catch { assembler.commandFailed("\(command[0]): \(error)") }
  }

  private mutating func start(_ child: borrowing HeldChild, _ command: [String]) {
    do throws(Errno) { try child.release() } catch { assembler.commandFailed("\(command[0]): \(error)") }
  }

  /// A signal to stop, or the deadline.
  private static func isOver(_ wait: WaitPoint, _ deadline: UInt64?) -> Bool {
    if wait.wait(milliseconds: 0).contains(.stopSignal) { return true }
    return deadline.map { KernelClock.bootTimeNanoseconds >= $0 } ?? false
  }

  private mutating func follow(_ process: Int32, _ deadline: UInt64?) throws(CreationError) {
    let wait = try waitPoint(process)
    if request.usesProbes {
      do throws(BPFError) {
        let graph = functionGraph(.only(Self.threads(of: process)))
        let session = try open(wholeHost: false)
        session.follow(process)
        begin([process])
        do throws(SystemError) {
          try ProcessFamily.each(of: process) { (child, parent) in
            session.follow(child)
            begin([child], parent: parent)
          }
        } catch { assembler.tell(nil, "what came from the process before is not followed: \(error)") }
        return collect(session, graph, wait, deadline)
      } catch { assembler.tellFallback("\(error)") }
    } else {
      assembler.tellFallback(nil)
    }
    do throws(SystemError) {
      var source = try PtraceSource()
      try source.follow(process)
      begin([process])
      try ProcessFamily.each(of: process) { (child, parent) in
        do throws(SystemError) {
          if try source.follow(child) { begin([child], parent: parent) }
        } catch { assembler.tell(nil, "process \(child), which was there before, is not followed: \(error)") }
      }
      source.run(&assembler) { Self.isOver(wait, deadline) }
      assembler.finishStacks()
    } catch { throw CreationError("\(error)") }
  }

  private mutating func followHost(_ deadline: UInt64?) throws(CreationError) {
    let wait = try waitPoint(nil)
    do throws(BPFError) {
      let graph = functionGraph(.everybodyBut([ThisProcess.pid]))
      let session = try open(wholeHost: true)
      begin(Self.processes())
      collect(session, graph, wait, deadline)
    } catch {
      throw CreationError(
        "the whole host can be traced by probes only, as root or with CAP_BPF and CAP_PERFMON: \(error)")
    }
  }

  /// What is mapped in processes that are there already.
  private mutating func begin(_ processes: [Int32], parent: Int32? = nil) {
    do throws(SystemError) {
      let proc = try ProcFileSystem()
      var buffer = ReadBuffer()
      for process in processes where process != ThisProcess.pid {
        guard case .value(let directory) = proc.process(process),
          case .value(let mappings) = directory.memoryMap(&buffer)
        else { continue }
        var name = RawText([])
        if case .value(let stat) = directory.stat(&buffer) { name = RawText(stat.name) }
        assembler.begin(process, name: name, mappings: mappings, parent: parent)
      }
    } catch { assembler.tell(nil, "functions of processes that were there before have no names: \(error)") }
  }

  private static func processes() -> [Int32] {
    do throws(SystemError) { return try ProcFileSystem().processIDs() } catch { return [] }
  }

  /// Of the process and what has come from it.
  private static func threads(of process: Int32) -> [Int32] {
    var family = [process]
    do throws(SystemError) {
      let proc = try ProcFileSystem()
      try ProcessFamily.each(of: process) { (child, _) in family.append(child) }
      var threads: [Int32] = []
      for member in family {
        if case .value(let directory) = proc.process(member) { threads += try directory.threadIDs() }
      }
      return threads
    } catch { return family }
  }

  private func open(wholeHost: Bool) throws(BPFError) -> CreationSession {
    let places = request.watchesPlaces ? CreationPlaces.ofThisHost() : []
    return try CreationSession.open(
      wholeHost: wholeHost, places: places, isDetailed: assembler.report.tier == .union)
  }

  /// The best tier that can be had: nil is not function_graph.
  private mutating func functionGraph(_ subject: FunctionGraph.Subject) -> FunctionGraph? {
    guard request.isDetailed, request.usesFunctionGraph else { return nil }
    do throws(FunctionGraphRefusal) {
      let graph = try FunctionGraph.start(
        roots: FunctionTrees.roots, excluded: FunctionTrees.foreign, of: subject)
      assembler.report.tier = .functionGraph
      return graph
    } catch {
      assembler.report.tierReason = "\(error)"
      return nil
    }
  }

  private func waitPoint(_ process: Int32?) throws(CreationError) -> WaitPoint {
    do throws(SystemError) { return try WaitPoint(stopsOnSignals: true, process: process) } catch {
      throw CreationError("\(error)")
    }
  }

  private mutating func collect(
    _ session: borrowing CreationSession, _ graph: consuming FunctionGraph?, _ wait: WaitPoint,
    _ deadline: UInt64?
  ) {
    var trees = FunctionTrees()
    while wait.wait(milliseconds: 10).isDisjoint(with: .ends) {
      drain(session)
      trees.drain(&graph)
      let now = KernelClock.bootTimeNanoseconds
      if waiting.count > Self.roomForRecords { settle(before: now &- Self.settleNanoseconds) }
      if let deadline, now >= deadline { break }
    }
    // What the kernel does after the end comes a little later.
    DetachedThread.sleep(milliseconds: 30)
    drain(session)
    trees.drain(&graph)
    settle(before: .max)
    assembler.finishStacks()
    assembler.take(trees)
    assembler.tellLosses(
      records: session.lostRecords(), mappings: lostMappings, missed: session.missedRuns(),
      places: session.refusedPlaces)
  }

  private mutating func drain(_ session: borrowing CreationSession) {
    var fresh: [CreationRecord] = []
    lostMappings += session.drain { fresh.append($0) }
    waiting += fresh
    for case .mapping(let mapping) in fresh { assembler.meet(mapping) }
  }

  /// Hands on what is older than `time`, in order.
  private mutating func settle(before time: UInt64) {
    guard !waiting.isEmpty else { return }
    var due: [(Int, CreationRecord)] = []
    var kept: [CreationRecord] = []
    for (index, record) in waiting.enumerated() {
      if record.time < time { due.append((index, record)) } else { kept.append(record) }
    }
    waiting = kept
    // Stable: pages have the time of their call, and stand behind it.
    due.sort { ($0.1.time, $0.0) < ($1.1.time, $1.0) }
    for (_, record) in due { assembler.take(record) }
  }
}

extension CreationAssembler {
  /// What was not seen becomes gaps.
  mutating func tellLosses(records: UInt64, mappings: UInt64, missed: UInt64, places: [String]) {
    if records > 0 {
      tell(
        Int(clamping: records), "\(records) records were lost for want of room: calls or stacks are missing")
    }
    if mappings > 0 {
      tell(
        Int(clamping: mappings), "\(mappings) mappings were lost for want of room: some frames have no name")
    }
    if missed > 0 { tell(Int(clamping: missed), "\(missed) runs of a probe were skipped by the kernel") }
    if droppedCalls > 0 {
      tell(droppedCalls, "\(droppedCalls) calls were not kept: more than a trace has room for")
    }
    for place in places { tell(nil, "times on the way to main are missing: \(place)") }
  }
}
