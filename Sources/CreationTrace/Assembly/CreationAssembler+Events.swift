import KernelBPF
import KernelSystem
import Model

/// What each kind of event means for the call that its thread is in.
extension CreationAssembler {
  mutating func enter(_ event: CreationEvent) {
    guard let kind = CreationCalls.kind(event.number) else { return }
    callCount += 1
    if callCount > Self.mostCalls {
      droppedCalls += 1
      return
    }
    let name = RawText(event.name)
    let process = index(of: event.process, name: name)
    var call = CreationCall(
      kind: kind, number: CreationCalls.ownNumber(event.number, isI386: event.isI386),
      name: CreationCalls.name(event.number), thread: event.thread, caller: name, began: event.time)
    call.isI386 = event.isI386
    call.arguments = CreationCalls.arguments(event.number, event.values, text: event.text)
    if event.number == 56 { call.isThread = event.values[0] & CreationCalls.threadFlag != 0 }
    call.moments = [CreationMoment(.called, event.time, cpu: event.cpu)]
    report.processes[process].calls.append(call)
    let index = CallIndex(process: process, call: report.processes[process].calls.count - 1)
    pending[event.thread] = index
    if held == event.process {
      self[index].note = "sockeye starts the command"
    } else {
      openStacks[event.thread] = OpenStack(
        event: event, memory: StackMemory(reasonOfGaps: report.way == .perf ? Self.limitOfPerf : ""),
        call: index)
    }
  }

  mutating func leave(_ event: CreationEvent) {
    let result = Int64(bitPattern: event.values[0])
    // By its name: an exec of a 32-bit program comes back with another number.
    guard let index = pending[event.thread], self[index].name == CreationCalls.name(event.number) else {
      // The child's own return from the call that made it.
      if result == 0 { mark(births[event.thread], .userMode, event) }
      return
    }
    pending[event.thread] = nil
    self[index].ended = event.time
    self[index].result = result
    guard self[index].kind == .exec else {
      if result < 0 {
        self[index].failure = FailureCause.failure(result: result, path: RawText([]), directory: "/")
      }
      return
    }
    if result >= 0 {
      self[index].moments.append(CreationMoment(.userMode, event.time, cpu: event.cpu))
      return
    }
    let path = RawText(CreationCalls.terminated(event.text))
    let arguments = Self.arguments(event, from: path.bytes.count + 1, atMost: 24)
    setArguments(index, path: path, arguments: arguments, environment: nil)
    self[index].failure = FailureCause.failure(
      result: result, path: path, directory: directory(of: event.process))
  }

  /// The call that the thread is in, if it is such a one: another one has come back unseen.
  private func pendingCall(_ thread: Int32, _ kind: CreationCall.Kind) -> CallIndex? {
    pending[thread].flatMap { self[$0].kind == kind ? $0 : nil }
  }

  /// Where relative paths of the process begin.
  private func directory(of process: Int32) -> String { "/proc/\(process)/cwd" }

  /// Those in the event's text; nil if they were not seen.
  private static func arguments(_ event: CreationEvent, from offset: Int, atMost limit: UInt64) -> [RawText]?
  {
    if event.values[1] == CreationEvent.unseenArguments { return nil }
    return CreationCalls.strings(event.text.dropFirst(offset), count: Int(min(event.values[1], limit)))
  }

  private mutating func setArguments(
    _ index: CallIndex, path: RawText?, arguments: [RawText]?, environment: UInt64?
  ) {
    var list = self[index].arguments
    if let path, !path.isEmpty, let place = list.firstIndex(where: { $0.name == "path" }) {
      list[place] = CreationArgument("path", text: path)
    }
    list.append(arguments.map { CreationArgument("argv", list: $0) } ?? CreationArgument(unseen: "argv"))
    if let environment, environment != .max { list.append(CreationArgument("envc", "\(environment)")) }
    self[index].arguments = list
  }

  mutating func birth(_ event: CreationEvent) {
    let thread = Int32(truncatingIfNeeded: event.values[0])
    let process = Int32(truncatingIfNeeded: event.values[1])
    let parent = index(of: event.process, name: RawText(event.name))
    let call = pendingCall(event.thread, .birth)
    if let call {
      self[call].child = thread
      self[call].isThread = thread != process
      self[call].kernel = spine(event, to: "copy_process")
      if report.tier == .union { addToTree(call, self[call].kernel, event.time) }
      births[thread] = call
      mark(call, .born, event)
    }
    guard thread == process else { return }
    // A pid that is used again is another process, unless it was listed while it was born.
    if let listed = indices[process], !isBegun(listed, of: parent) { indices[process] = nil }
    let child = index(of: process, name: RawText(event.name))
    report.processes[child].parent = parent
    report.processes[child].birth = call?.call
    report.processes[child].executable = report.processes[parent].executable
    report.processes[child].arguments = report.processes[parent].arguments
    spaces[process] = spaces[event.process]
  }

  /// Whether a child of that parent was there when the trace began, and has done nothing since.
  private func isBegun(_ index: Int, of parent: Int) -> Bool {
    let process = report.processes[index]
    return process.parent == parent && process.birth == nil && process.calls.isEmpty && process.end == nil
  }

  /// The functions down to the one that the tracepoint stands for: what it calls on the way to the tracepoint differs
  /// between kernels.
  private func spine(_ event: CreationEvent, to end: String) -> [String] {
    let names = kernel.names(event.kernel)
    guard let last = names.lastIndex(of: end) else { return names }
    return Array(names[...last])
  }

  mutating func pointOfNoReturn(_ event: CreationEvent) {
    if let call = pending[event.thread] {
      self[call].kernel = spine(event, to: "begin_new_exec")
      if report.tier == .union { addToTree(call, self[call].kernel, event.time) }
      mark(call, .pointOfNoReturn, event)
    }
    // What is mapped from here on is the new program.
    finishStacks()
    spaces[event.process] = AddressSpace()
    if let call = pending[event.thread] { starting[event.process] = call }
    if held == event.process { held = nil }
  }

  mutating func exec(_ event: CreationEvent) {
    let oldThread = Int32(truncatingIfNeeded: event.values[0])
    if oldThread != event.thread, let call = pending[oldThread] {
      // A thread that was not the first took its place.
      pending[oldThread] = nil
      pending[event.thread] = call
    }
    let process = index(of: event.process, name: RawText(event.name))
    let file = RawText(CreationCalls.terminated(event.text))
    let interpreter = RawText(CreationCalls.terminated(Array(event.text.dropFirst(file.bytes.count + 1))))
    let arguments = Self.arguments(event, from: Int(clamping: event.values[3]), atMost: 64)
    report.processes[process].name = RawText(event.name)
    report.processes[process].executable = interpreter.isEmpty ? file : interpreter
    report.processes[process].arguments = arguments ?? []
    guard let call = pending[event.thread] else { return }
    starting[event.process] = call
    mark(call, .executed, event)
    setArguments(
      call, path: self[call].name == "execve" ? file : nil, arguments: arguments, environment: event.values[2]
    )
    self[call].interpreters = FailureCause.interpreters(
      script: file, last: interpreter, directory: directory(of: event.process))
    noteRetry(call, arguments ?? [])
  }

  /// An exec of a shell with the file that had just failed with ENOEXEC.
  private mutating func noteRetry(_ call: CallIndex, _ arguments: [RawText]) {
    let calls = report.processes[call.process].calls
    guard
      let before = calls[..<call.call].last(where: {
        $0.thread == calls[call.call].thread && $0.kind == .exec
      }),
      before.failure?.code == "ENOEXEC",
      let path = before.arguments.first(where: { $0.name == "path" && $0.isSeen }),
      arguments.dropFirst().contains(path.value)
    else { return }
    self[call].note = "a shell, because the kernel did not know the file's format"
  }

  mutating func place(_ event: CreationEvent) {
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

  mutating func exit(_ event: CreationEvent) {
    let names = spine(event, to: "do_exit")
    let call = pendingCall(event.thread, .exit)
    pending[event.thread] = nil
    if let call {
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
