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
  private struct OpenStack {
    var event: CreationEvent
    var memory = StackMemory()
    var call: CallIndex
  }

  /// Calls that are kept: some 2 kB each.
  private static let mostCalls = 200_000
  private var callCount = 0
  /// Calls that were not kept.
  private(set) var droppedCalls = 0

  private(set) var report: CreationReport
  private var images = ImageStore()
  private let kernel: KernelFunctions
  /// By pid.
  private var indices: [Int32: Int] = [:]
  private var spaces: [Int32: AddressSpace] = [:]
  private var openStacks: [Int32: OpenStack] = [:]
  /// By thread: the call that it is in.
  private var pending: [Int32: CallIndex] = [:]
  /// By thread: the call that made it.
  private var births: [Int32: CallIndex] = [:]
  /// By pid: the exec whose program is on its way to `main`.
  private var starting: [Int32: CallIndex] = [:]
  /// The process that we started ourselves, until its first exec: its stack is ours.
  private var held: Int32?

  init(way: CreationReport.Way, tier: CreationReport.KernelTier, kernel: KernelFunctions = .ofThisKernel()) {
    report = CreationReport(way: way, tier: tier)
    self.kernel = kernel
  }

  /// A process that is there already. `isHeld`: it is a copy of ourselves that waits to become something else.
  mutating func begin(_ pid: Int32, name: RawText, mappings: [MemoryMapping], isHeld: Bool = false) {
    if isHeld { held = pid }
    _ = index(of: pid, name: name)
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
      let stack = StackReader.read(registers: open.event.registers, memory: open.memory, space: space)
      report.processes[open.call.process].calls[open.call.call].user = stack
    }
  }

  /// The file that the exec asks for which the thread is in.
  func pathOfExec(_ thread: Int32) -> RawText? {
    guard let call = pending[thread] else { return nil }
    return self[call].arguments.first { $0.name == "path" }?.value
  }

  /// `reason`: why there are no probes; nil if they were not wanted.
  mutating func tellFallback(_ reason: String?) {
    (report.way, report.tier) = (.ptrace, .none)
    guard let reason else { return }
    report.gaps.append(
      Gap(
        kind: .noProbes, count: nil,
        message: "traced by ptrace, because the probes cannot be loaded (\(reason)): no kernel part, no phases inside it, "
          + "and every system call of the command takes many times as long",
        remedy: "run as root, or with CAP_BPF and CAP_PERFMON"))
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
    guard indices[pid] != nil else { return }
    let path = RawText(mapping.path)
    let start = mapping.mapping.address
    spaces[pid, default: AddressSpace()].add(
      AddressSpace.Mapping(
        start: start, end: start &+ mapping.mapping.size, fileOffset: mapping.fileOffset, path: path,
        image: image(path, mapping.buildID, mapping.mapping.inode, pid)))
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
    case .firstRun: mark(births[Int32(truncatingIfNeeded: event.values[0])], .firstRun, event)
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

  private mutating func addToTree(_ call: CallIndex, _ names: [String], _ time: UInt64) {
    KernelTree.add(names, at: time, to: &self[call].kernelTree)
  }

  private mutating func mark(_ call: CallIndex?, _ phase: CreationPhase, _ event: CreationEvent) {
    guard let call else { return }
    self[call].moments.append(CreationMoment(phase, event.time, cpu: event.cpu))
  }

  private mutating func index(of pid: Int32, name: RawText) -> Int {
    if let known = indices[pid] { return known }
    report.processes.append(CreatedProcess(pid: pid, parent: nil, birth: nil, name: name))
    indices[pid] = report.processes.count - 1
    return report.processes.count - 1
  }
}

extension CreationAssembler {
  private mutating func enter(_ event: CreationEvent) {
    guard let kind = CreationCalls.kind(event.number) else { return }
    callCount += 1
    if callCount > Self.mostCalls {
      droppedCalls += 1
      return
    }
    let name = RawText(event.name)
    let process = index(of: event.process, name: name)
    var call = CreationCall(
      kind: kind, number: Int(event.number), name: CreationCalls.name(event.number), thread: event.thread,
      caller: name, began: event.time)
    call.arguments = CreationCalls.arguments(event.number, event.values, text: event.text)
    if event.number == 56 { call.isThread = event.values[0] & CreationCalls.threadFlag != 0 }
    call.moments = [CreationMoment(.called, event.time, cpu: event.cpu)]
    report.processes[process].calls.append(call)
    let index = CallIndex(process: process, call: report.processes[process].calls.count - 1)
    pending[event.thread] = index
    if held == event.process {
      self[index].note = "sockeye starts the command"
    } else {
      openStacks[event.thread] = OpenStack(event: event, call: index)
    }
  }

  private mutating func leave(_ event: CreationEvent) {
    let result = Int64(bitPattern: event.values[0])
    guard let index = pending[event.thread], self[index].number == Int(event.number) else {
      // The child's own return from the call that made it.
      if result == 0 { mark(births[event.thread], .userMode, event) }
      return
    }
    pending[event.thread] = nil
    self[index].ended = event.time
    self[index].result = result
    guard self[index].kind == .exec else {
      if result < 0 { self[index].failure = FailureCause.failure(result: result, path: RawText([]), directory: "/") }
      return
    }
    if result >= 0 {
      self[index].moments.append(CreationMoment(.userMode, event.time, cpu: event.cpu))
      return
    }
    let path = RawText(CreationCalls.terminated(event.text))
    let arguments = CreationCalls.strings(
      event.text.dropFirst(path.bytes.count + 1), count: Int(min(event.values[1], 24)))
    setArguments(index, path: path, arguments: arguments, environment: nil)
    self[index].failure = FailureCause.failure(
      result: result, path: path, directory: directory(of: event.process))
  }

  /// Where relative paths of the process begin.
  private func directory(of process: Int32) -> String { "/proc/\(process)/cwd" }

  private mutating func setArguments(
    _ index: CallIndex, path: RawText?, arguments: [RawText], environment: UInt64?
  ) {
    var list = self[index].arguments
    if let path, !path.isEmpty, let place = list.firstIndex(where: { $0.name == "path" }) {
      list[place] = CreationArgument("path", text: path)
    }
    list.append(CreationArgument("argv", list: arguments))
    if let environment, environment != .max { list.append(CreationArgument("envc", "\(environment)")) }
    self[index].arguments = list
  }

  private mutating func birth(_ event: CreationEvent) {
    let thread = Int32(truncatingIfNeeded: event.values[0])
    let process = Int32(truncatingIfNeeded: event.values[1])
    let parent = index(of: event.process, name: RawText(event.name))
    let call = pending[event.thread]
    if let call {
      self[call].child = thread
      self[call].isThread = thread != process
      self[call].kernel = kernel.names(event.kernel)
      if report.tier == .union { addToTree(call, self[call].kernel, event.time) }
      births[thread] = call
      mark(call, .born, event)
    }
    guard thread == process else { return }
    // A pid that is used again is another process.
    indices[process] = nil
    let child = index(of: process, name: RawText(event.name))
    report.processes[child].parent = parent
    report.processes[child].birth = call?.call
    report.processes[child].executable = report.processes[parent].executable
    report.processes[child].arguments = report.processes[parent].arguments
    spaces[process] = spaces[event.process]
  }

  private mutating func pointOfNoReturn(_ event: CreationEvent) {
    if let call = pending[event.thread] {
      self[call].kernel = kernel.names(event.kernel)
      if report.tier == .union { addToTree(call, self[call].kernel, event.time) }
      mark(call, .pointOfNoReturn, event)
    }
    // What is mapped from here on is the new program.
    finishStacks()
    spaces[event.process] = AddressSpace()
    if let call = pending[event.thread] { starting[event.process] = call }
    if held == event.process { held = nil }
  }

  private mutating func exec(_ event: CreationEvent) {
    let oldThread = Int32(truncatingIfNeeded: event.values[0])
    if oldThread != event.thread, let call = pending[oldThread] {
      // A thread that was not the first took its place.
      pending[oldThread] = nil
      pending[event.thread] = call
    }
    let process = index(of: event.process, name: RawText(event.name))
    let file = RawText(CreationCalls.terminated(event.text))
    let interpreter = RawText(CreationCalls.terminated(Array(event.text.dropFirst(file.bytes.count + 1))))
    let arguments = CreationCalls.strings(
      event.text.dropFirst(Int(clamping: event.values[3])), count: Int(min(event.values[1], 64)))
    report.processes[process].name = RawText(event.name)
    report.processes[process].executable = interpreter.isEmpty ? file : interpreter
    report.processes[process].arguments = arguments
    guard let call = pending[event.thread] else { return }
    starting[event.process] = call
    mark(call, .executed, event)
    setArguments(
      call, path: self[call].name == "execve" ? file : nil, arguments: arguments, environment: event.values[2])
    self[call].interpreters = FailureCause.interpreters(
      script: file, last: interpreter, directory: directory(of: event.process))
    noteRetry(call, arguments)
  }

  /// An exec of a shell with the file that had just failed with ENOEXEC.
  private mutating func noteRetry(_ call: CallIndex, _ arguments: [RawText]) {
    let calls = report.processes[call.process].calls
    guard let before = calls[..<call.call].last(where: { $0.thread == calls[call.call].thread && $0.kind == .exec }),
      before.failure?.code == "ENOEXEC", let path = before.arguments.first(where: { $0.name == "path" }),
      arguments.dropFirst().contains(path.value)
    else { return }
    self[call].note = "a shell, because the kernel did not know the file's format"
  }

  private mutating func place(_ event: CreationEvent) {
    guard let call = starting[event.process], let kind = CreationPlace.Kind(rawValue: event.number),
      self[call].time(of: .main) == nil
    else { return }
    switch kind {
    case .loader: mark(call, .firstInstruction, event)
    case .libraries:
      mark(call, self[call].time(of: .mapping) == nil ? .mapping : .loaded, event)
    case .main:
      mark(call, .main, event)
      starting[event.process] = nil
    }
  }

  private mutating func exit(_ event: CreationEvent) {
    let names = kernel.names(event.kernel)
    if let call = pending.removeValue(forKey: event.thread) {
      self[call].kernel = names
      mark(call, .exited, event)
    }
    guard event.values[1] != 0, let process = indices[event.process],
      report.processes[process].end == nil
    else { return }
    let status = Int32(truncatingIfNeeded: event.values[0])
    report.processes[process].end = CreationEnd(
      time: event.time, status: status, signal: status & 0x7f == 0 ? nil : SignalNames.name(status & 0x7f),
      kernel: names)
    spaces[event.process] = nil
  }
}
