import KernelBPF
import KernelProc
import KernelSystem
import KernelTracefs
import Model

/// Runs one trace: starts or follows, collects, unwinds, and reports.
///
/// One thread does it all. Records wait until all of the same time must be there, and are then put into their order.
public struct CreationTracer: ~Copyable {
  /// Below this many records (4 kB each at most) unwinding waits for the end: so as not to compete with what is measured.
  private static let roomForRecords = 16_384

  private let request: CreationRequest
  private var assembler: CreationAssembler
  private var waiting = Backlog<CreationRecord>()
  /// The kernel's own functions, where they are wanted and can be had.
  private var graph: FunctionGraph?
  private var trees = FunctionTrees()

  public init(_ request: CreationRequest) {
    self.request = request
    assembler = CreationAssembler(way: .probes, tier: request.isDetailed ? .union : .spine)
  }

  /// Until the command or the process ends, the time is over, or a signal to stop comes.
  public consuming func run() throws(CreationError) -> CreationReport {
    switch request.subject {
    case .command(let command): try run(command)
    case .process(let pid): try follow(pid)
    case .wholeHost: try followHost()
    }
    return assembler.report
  }

  private mutating func run(_ command: [String]) throws(CreationError) {
    let child: HeldChild
    do throws(SystemError) { child = try HeldChild(command) } catch { throw CreationError("\(error)") }
    assembler.begin(child.pid, name: RawText(command[0]), mappings: [], isHeld: true)
    let wait = try waitPoint(child.pid)
    if let source = try source(child.pid, wait) {
      start(child, command)
      return collect(source, wait)
    }
    do throws(SystemError) {
      var source = try PtraceSource()
      try source.follow(child.pid)
      do throws(Errno) { try child.openGate() } catch { throw SystemError("write", on: command[0], error) }
      collect(&source, wait)
    } catch { throw CreationError("\(error)") }
    do throws(Errno) { try child.checkStart() } catch { assembler.commandFailed("\(command[0]): \(error)") }
  }

  private mutating func start(_ child: borrowing HeldChild, _ command: [String]) {
    do throws(Errno) { try child.release() } catch { assembler.commandFailed("\(command[0]): \(error)") }
  }

  private mutating func follow(_ process: Int32) throws(CreationError) {
    let wait = try waitPoint(process)
    if let source = try source(process, wait) {
      begin(process)
      do throws(SystemError) {
        try ProcessFamily.each(of: process) { (child, parent) in
          source.follow(child)
          begin(child, parent: parent)
        }
      } catch { assembler.tell(nil, "what came from the process before is not followed: \(error)") }
      return collect(source, wait)
    }
    do throws(SystemError) {
      var source = try PtraceSource()
      try source.follow(process)
      begin(process)
      try ProcessFamily.each(of: process) { (child, parent) in
        do throws(SystemError) {
          if try source.follow(child) { begin(child, parent: parent) }
        } catch { assembler.tell(nil, "process \(child), which was there before, is not followed: \(error)") }
      }
      collect(&source, wait)
    } catch { throw CreationError("\(error)") }
  }

  private mutating func followHost() throws(CreationError) {
    let wait = try waitPoint(nil)
    var listing = ProcessListing()
    // Twice: who is born between the first one and the first call that is told of is in the second.
    guard let source = try source(nil, wait, whenMapped: { listing.addAll() }) else { return }
    listing.addAll()
    begin(listing)
    collect(source, wait)
  }

  private mutating func begin(_ process: Int32, parent: Int32? = nil) {
    var listing = ProcessListing()
    listing.add(process)
    begin(listing, parent: parent)
  }

  /// What is mapped in processes that are there already.
  private mutating func begin(_ listing: ProcessListing, parent: Int32? = nil) {
    for process in listing.entries {
      assembler.begin(process.pid, name: process.name, mappings: process.mappings, parent: parent)
    }
    if let failure = listing.failure {
      assembler.tell(nil, "functions of processes that were there before have no names: \(failure)")
    }
  }

  /// The probes, else perf; nil, and told, if there is ptrace only. `process` nil is the whole host.
  ///
  /// - Parameter whenMapped: called when mappings are told of, and calls are not yet.
  private mutating func source(
    _ process: Int32?, _ wait: WaitPoint, whenMapped: () -> Void = {}
  ) throws(CreationError) -> CreationSource? {
    assembler.isWholeHost = process == nil
    startFunctionGraph(process)
    let places = request.watchesPlaces ? CreationPlaces.ofThisHost() : []
    var reasons: [String] = []
    if request.way == nil || request.way == .probes {
      do throws(BPFError) {
        let source = try ProbeSource(
          wholeHost: process == nil, places: places, isDetailed: assembler.report.tier == .union,
          whenMapped: whenMapped)
        if let process { source.follow(process) }
        return source
      } catch { reasons.append("the probes cannot be loaded (\(error))") }
    }
    if request.way == nil || request.way == .perf {
      do throws(SystemError) {
        let source = try PerfSource(wholeHost: process == nil, places: places, whenMapped: whenMapped)
        try source.join(wait)
        if let process { source.follow(process) }
        assembler.tellPerf(reasons.first)
        return source
      } catch { reasons.append("perf's events cannot be opened (\(error))") }
    }
    let reason = reasons.joined(separator: " and ")
    if request.way == .perf { throw CreationError(reason) }
    if process == nil {
      throw CreationError(
        "the whole host cannot be traced, because \(reason): run as root, or with CAP_BPF and CAP_PERFMON")
    }
    graph = nil
    assembler.tellFallback(reasons.isEmpty ? nil : reason)
    return nil
  }

  /// Where it is wanted; why it cannot be had is told.
  private mutating func startFunctionGraph(_ process: Int32?) {
    guard request.isDetailed, request.usesFunctionGraph, request.way != .ptrace else { return }
    do throws(FunctionGraphRefusal) {
      graph = try FunctionGraph.start(
        roots: FunctionTrees.roots, excluded: FunctionTrees.foreign,
        of: process.map { .only(ProcessFamily.threads(of: $0)) } ?? .everybodyBut([ThisProcess.pid]))
      assembler.report.tier = .functionGraph
    } catch { assembler.report.tierReason = "\(error)" }
  }

  private func waitPoint(_ process: Int32?) throws(CreationError) -> WaitPoint {
    do throws(SystemError) { return try WaitPoint(stopsOnSignals: true, process: process) } catch {
      throw CreationError("\(error)")
    }
  }

  private var deadline: UInt64? { request.duration.map { KernelClock.bootTimeNanoseconds &+ $0 } }

  private mutating func collect(_ source: inout PtraceSource, _ wait: WaitPoint) {
    let deadline = deadline
    source.run(&assembler) {
      if wait.wait(milliseconds: 0).contains(.stopSignal) { return true }
      return deadline.map { KernelClock.bootTimeNanoseconds >= $0 } ?? false
    }
    assembler.finishStacks()
  }

  private mutating func collect(_ source: CreationSource, _ wait: WaitPoint) {
    let deadline = deadline
    while wait.wait(milliseconds: 10).isDisjoint(with: .ends) {
      drain(source)
      let now = KernelClock.bootTimeNanoseconds
      if waiting.count > Self.roomForRecords {
        settle(before: now &- Backlog<CreationRecord>.settleTime, source)
      }
      if let deadline, now >= deadline { break }
    }
    // What the kernel does after the end comes a little later.
    DetachedThread.sleep(milliseconds: 30)
    drain(source, isLast: true)
    settle(before: .max, source)
    assembler.finishStacks()
    assembler.take(trees)
    assembler.tellLosses(
      records: source.lostRecords(), mappings: source.lostMappings(), missed: source.missedRuns(),
      places: source.refusedPlaces)
  }

  private mutating func drain(_ source: CreationSource, isLast: Bool = false) {
    var fresh: [CreationRecord] = []
    source.drain(isLast: isLast) { fresh.append($0) }
    for record in fresh {
      waiting.add(record)
      if case .mapping(let mapping) = record { assembler.meet(mapping) }
    }
    trees.drain(&graph)
  }

  /// Hands on what is older than `time`, in order. Unwinding takes time: meanwhile the rings are emptied.
  private mutating func settle(before time: UInt64, _ source: CreationSource) {
    for (number, record) in waiting.take(before: time).enumerated() {
      assembler.take(record)
      if number % 256 == 255 { drain(source) }
    }
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
