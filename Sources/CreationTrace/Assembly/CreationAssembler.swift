import KernelBPF
import KernelProc
import KernelSystem
import Model

/// Puts records together to processes, calls and stacks. It takes them in the order of their times.
struct CreationAssembler {
  /// Where a call is.
  struct CallIndex: Hashable {
    var process: Int
    var call: Int
  }
  /// A call whose pages are still coming.
  struct OpenStack {
    var event: CreationEvent
    var memory: StackMemory
    var call: CallIndex
  }

  /// Calls that are kept: some 2 kB each.
  static let mostCalls = 200_000
  var callCount = 0
  /// Calls that were not kept.
  var droppedCalls = 0

  var report: CreationReport
  private var images = ImageStore()
  let kernel: KernelFunctions
  /// By pid.
  var indices: [Int32: Int] = [:]
  var spaces: [Int32: AddressSpace] = [:]
  var openStacks: [Int32: OpenStack] = [:]
  /// By thread: the call that it is in.
  var pending: [Int32: CallIndex] = [:]
  /// By thread: the call that made it.
  var births: [Int32: CallIndex] = [:]
  /// By pid: the exec whose program is on its way to `main`.
  var starting: [Int32: CallIndex] = [:]
  /// Then mappings of processes that are not known yet are kept as well: their first call may be still to come.
  var isWholeHost = false
  /// Processes with 32-bit programs, where their calls cannot be seen.
  private var foreign: Set<Int32> = []
  /// The process that we started ourselves, until its first exec: its stack is ours.
  var held: Int32?

  init(way: CreationReport.Way, tier: CreationReport.KernelTier, kernel: KernelFunctions = .ofThisKernel()) {
    report = CreationReport(way: way, tier: tier)
    self.kernel = kernel
  }

  /// A process that is there already. `isHeld`: it is a copy of ourselves that waits to become something else.
  mutating func begin(
    _ pid: Int32, name: RawText, mappings: [MemoryMapping], parent: Int32? = nil, isHeld: Bool = false
  ) {
    if isHeld { held = pid }
    let process = index(of: pid, name: name)
    if let parent { report.processes[process].parent = indices[parent] }
    replaceMappings(of: pid, mappings)
  }

  /// What the process has mapped now.
  mutating func replaceMappings(of pid: Int32, _ mappings: [MemoryMapping]) {
    finishStacks()
    var space = AddressSpace()
    for mapping in mappings where mapping.permissions.contains(.execute) {
      space.add(
        AddressSpace.Mapping(
          start: mapping.start, end: mapping.end, fileOffset: mapping.fileOffset, path: RawText(mapping.path),
          image: image(RawText(mapping.path), [], mapping.inode, pid)))
    }
    spaces[pid] = space
  }

  mutating func take(_ record: CreationRecord) {
    finishStacks(before: record.time)
    switch record {
    case .page(let page):
      if openStacks[page.thread]?.event.time == page.time {
        openStacks[page.thread]?.memory.add(page.bytes, at: page.address)
      }
    case .mapping(let mapping): take(mapping)
    case .event(let event): take(event)
    }
  }

  /// Unwinds what was waiting for its pages.
  mutating func finishStacks(before time: UInt64 = .max) {
    for (thread, open) in openStacks where open.event.time < time {
      openStacks[thread] = nil
      let space = spaces[open.event.process] ?? AddressSpace()
      let stack = StackReader.read(
        registers: open.event.registers, machine: open.event.isI386 ? .i386 : .x86_64, memory: open.memory,
        space: space)
      report.processes[open.call.process].calls[open.call.call].user = stack
    }
  }

  /// The file that the exec asks for which the thread is in.
  func pathOfExec(_ thread: Int32) -> RawText? {
    guard let call = pending[thread] else { return nil }
    return self[call].arguments.first { $0.name == "path" }?.value
  }

  static let limitOfPerf =
    ": perf copies 64 KiB at most, of the stack in use, up to the first page that is not in memory"

  /// `reason`: why there are no probes; nil if they were not wanted.
  mutating func tellPerf(_ reason: String?) {
    if report.tier == .union {
      let reason = "perf cannot keep the tracepoints inside to the calls"
      (report.tier, report.tierReason) = (.spine, report.tierReason.map { "\($0), and \(reason)" } ?? reason)
    }
    report.way = .perf
    guard let reason else { return }
    report.gaps.append(
      Gap(
        kind: .noProbes, count: nil,
        message:
          "traced by perf's samples, because \(reason): stacks of 64 KiB at most, no first "
          + "run, and of failed execs only what lay on the stack",
        remedy: "run as root, or with CAP_BPF and CAP_PERFMON"))
  }

  /// `reason`: why there are neither probes nor samples of perf; nil if they were not wanted.
  mutating func tellFallback(_ reason: String?) {
    (report.way, report.tier) = (.ptrace, .none)
    guard let reason else { return }
    report.gaps.append(
      Gap(
        kind: .noProbes, count: nil,
        message:
          "traced by ptrace, because \(reason): no kernel part, no phases inside it, "
          + "and every system call of the command takes many times as long",
        remedy: "run as root, or with CAP_BPF and CAP_PERFMON, or with CAP_PERFMON where tracefs can be read")
    )
  }

  mutating func commandFailed(_ message: String) { report.commandFailure = message }

  mutating func tell(_ count: Int?, _ message: String) {
    report.gaps.append(Gap(kind: .sourceFailed, count: count, message: message))
  }

  private func image(_ path: RawText, _ buildID: [UInt8], _ inode: UInt64, _ process: Int32) -> ELFImage? {
    guard path.bytes.first == UInt8(ascii: "/"), !path.bytes.starts(with: "//anon".utf8) else { return nil }
    return images.image(for: path, buildID: buildID, inode: inode, process: process)
  }

  /// Opens a mapped file while its process most likely lives.
  mutating func meet(_ mapping: ExecutableMapping) {
    _ = image(RawText(mapping.path), mapping.buildID, mapping.mapping.inode, Int32(bitPattern: mapping.pid))
  }

  private mutating func take(_ mapping: ExecutableMapping) {
    let pid = Int32(bitPattern: mapping.pid)
    guard isWholeHost || indices[pid] != nil else { return }
    let path = RawText(mapping.path)
    let start = mapping.mapping.address
    let image = image(path, mapping.buildID, mapping.mapping.inode, pid)
    if report.way == .perf, image?.machine == .i386, foreign.insert(pid).inserted {
      tell(nil, "process \(pid) runs a 32-bit program, whose calls perf's samples do not show")
    }
    spaces[pid, default: AddressSpace()].add(
      AddressSpace.Mapping(
        start: start, end: start &+ mapping.mapping.size, fileOffset: mapping.fileOffset, path: path,
        image: image))
    if path.bytes.first == UInt8(ascii: "/"), let call = starting[pid], self[call].time(of: .main) == nil {
      self[call].libraries.append(LoadedLibrary(path: path, time: mapping.time, address: start))
    }
  }

  private mutating func take(_ event: CreationEvent) {
    if report.origin == 0 { report.origin = event.time }
    switch event.kind {
    case .enter: enter(event)
    case .leave: leave(event)
    case .birth: birth(event)
    case .runnable: mark(births[Int32(truncatingIfNeeded: event.values[0])], .runnable, event)
    case .firstRun:
      // The kernel tells of a switch in a thousand not at all, and then the next one looks like the first.
      let call = births[Int32(truncatingIfNeeded: event.values[0])]
      if let call, self[call].time(of: .userMode) == nil { mark(call, .firstRun, event) }
    case .pointOfNoReturn: pointOfNoReturn(event)
    case .exec: exec(event)
    case .exit: exit(event)
    case .place: place(event)
    case .kernel:
      if let call = pending[event.thread] { addToTree(call, kernel.names(event.kernel), event.time) }
    }
  }

  subscript(_ index: CallIndex) -> CreationCall {
    get { report.processes[index.process].calls[index.call] }
    set { report.processes[index.process].calls[index.call] = newValue }
  }

  mutating func addToTree(_ call: CallIndex, _ names: [String], _ time: UInt64) {
    KernelTree.add(names, at: time, to: &self[call].kernelTree)
  }

  mutating func mark(_ call: CallIndex?, _ phase: CreationPhase, _ event: CreationEvent) {
    guard let call else { return }
    self[call].moments.append(CreationMoment(phase, event.time, cpu: event.cpu))
  }

  mutating func index(of pid: Int32, name: RawText) -> Int {
    if let known = indices[pid] { return known }
    report.processes.append(CreatedProcess(pid: pid, parent: nil, birth: nil, name: name))
    indices[pid] = report.processes.count - 1
    return report.processes.count - 1
  }
}
