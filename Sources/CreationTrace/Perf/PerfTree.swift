import KernelBPF
import KernelSystem
import Model

/// Makes the probes' records of perf's samples, of those processes that are followed. It takes them in order.
struct PerfTree {
  /// A call that a thread is in.
  struct Call {
    var number: Int64
    var arguments: [UInt64]
    var stack: StackDump
    /// Of an exec: what runs the file, where the kernel has told it.
    var interpreter: [UInt8] = []
    var isExec: Bool { CreationCalls.kind(number) == .exec }
  }

  private let wholeHost: Bool
  private var followed: Set<Int32> = []
  /// The process of each thread, and how many threads a process has.
  private var processes: [Int32: Int32] = [:]
  private var threadCounts: [Int32: Int] = [:]
  private var names: [Int32: [UInt8]] = [:]
  private var calls: [Int32: Call] = [:]
  /// By thread: execs whose arguments come with their return.
  private var executing: [Int32: CreationEvent] = [:]
  /// Born, and not yet runnable.
  private var unborn: Set<Int32> = []
  /// As wait(2) will have it: by process what exit_group said, by thread what exit said, by process the last signal.
  private var groupEnds: [Int32: UInt64] = [:]
  private var threadEnds: [Int32: UInt64] = [:]
  private var signals: [Int32: UInt64] = [:]

  init(wholeHost: Bool) { self.wholeHost = wholeHost }

  /// A process that is there already.
  mutating func begin(_ process: Int32, threads: [Int32]) {
    followed.insert(process)
    for thread in threads { processes[thread] = process }
    threadCounts[process] = threads.count
  }

  mutating func name(_ thread: Int32, _ name: [UInt8]) { names[thread] = name }

  private func isFollowed(_ process: Int32) -> Bool {
    wholeHost ? process != ThisProcess.pid && process > 0 : followed.contains(process)
  }

  mutating func take(_ record: PerfRecord, _ body: (CreationRecord) -> Void) {
    switch record {
    case .mapping(let mapping):
      if isFollowed(Int32(bitPattern: mapping.pid)) { body(.mapping(mapping)) }
    case .name(let name, let process, let thread, _): if isFollowed(process) { names[thread] = name }
    case .sample(let sample):
      if sample.origin == .tracepoint(.signal) { return signal(sample) }
      guard isFollowed(sample.process), !sample.is32Bit || sample.origin == .tracepoint(.executed) else {
        return
      }
      take(sample, body)
    }
  }

  private mutating func take(_ sample: PerfSample, _ body: (CreationRecord) -> Void) {
    switch sample.origin {
    case .place(let kind):
      var event = event(.place, sample)
      event.number = kind.rawValue
      body(.event(event))
    case .tracepoint(.enter): enter(sample, body)
    case .tracepoint(.executed): executed(sample, body)
    case .tracepoint(.left): left(sample, body)
    case .tracepoint(.birth): birth(sample, body)
    case .tracepoint(.runnable):
      guard let child = sample.number(0), unborn.remove(Int32(truncatingIfNeeded: child)) != nil else {
        return
      }
      var event = event(.runnable, sample)
      event.values[0] = child
      body(.event(event))
    case .tracepoint(.prepare), .tracepoint(.rename): point(sample, body)
    case .tracepoint(.exec): exec(sample)
    case .tracepoint(.exit): exit(sample, body)
    case .tracepoint(.signal): return
    }
  }

  private func event(_ kind: CreationEvent.Kind, _ sample: PerfSample) -> CreationEvent {
    var event = CreationEvent(
      kind: kind, time: sample.time, process: sample.process, thread: sample.thread)
    event.cpu = sample.cpu
    event.name = names[sample.thread] ?? []
    event.kernel = sample.kernel
    return event
  }

  private mutating func enter(_ sample: PerfSample, _ body: (CreationRecord) -> Void) {
    guard let number = sample.number(0), sample.registers.count == 17 else { return }
    var event = event(.enter, sample)
    event.number = Int64(bitPattern: number)
    for index in 0..<6 { event.values[index] = sample.number(index + 1) ?? 0 }
    // At the entry rax is -ENOSYS.
    event.registers = [number] + sample.registers.dropFirst()
    let call = Call(number: event.number, arguments: event.values, stack: sample.stack)
    switch event.number {
    case 435: event.text = Array(call.stack.content(at: event.values[0], count: 64) ?? [])
    case 59, 322: event.text = call.path.map { $0 + [0] } ?? []
    case 60: threadEnds[sample.thread] = (event.values[0] & 0xff) << 8
    case 231:
      if groupEnds[sample.process] == nil { groupEnds[sample.process] = (event.values[0] & 0xff) << 8 }
    default: break
    }
    calls[sample.thread] = call
    body(.event(event))
    for page in sample.stack.pages(of: sample) { body(.page(page)) }
  }

  private mutating func left(_ sample: PerfSample, _ body: (CreationRecord) -> Void) {
    guard let number = sample.number(0), let result = sample.number(1) else { return }
    var event = event(.leave, sample)
    event.number = Int64(bitPattern: number)
    event.values[0] = result
    let call = calls.removeValue(forKey: sample.thread)
    if let call, call.isExec {
      event.text = call.path.map { $0 + [0] } ?? []
      event.values[1] = CreationEvent.unseenArguments
      if let arguments = call.argumentList {
        event.values[1] = UInt64(arguments.count)
        event.text = (event.text.isEmpty ? [0] : event.text) + ProcessStart.joined(arguments)
      }
    }
    body(.event(event))
  }

  private mutating func birth(_ sample: PerfSample, _ body: (CreationRecord) -> Void) {
    guard let number = sample.number(0), let flags = sample.number(1) else { return }
    let child = Int32(truncatingIfNeeded: number)
    let process = flags & CreationCalls.threadFlag != 0 ? sample.process : child
    if process == child {
      followed.insert(child)
      (groupEnds[child], signals[child]) = (nil, nil)
      threadCounts[child] = 1
    } else if processes[child] != process {
      threadCounts[process, default: 0] += 1
    }
    processes[child] = process
    (calls[child], threadEnds[child]) = (nil, nil)
    names[child] = sample.text
    unborn.insert(child)
    var event = event(.birth, sample)
    event.values[0] = number
    event.values[1] = UInt64(UInt32(bitPattern: process))
    event.values[2] = flags
    body(.event(event))
  }

  /// Before 6.9 the thread may already have its process's number: the call is of the only thread that is in an exec.
  private mutating func point(_ sample: PerfSample, _ body: (CreationRecord) -> Void) {
    var sample = sample
    if calls[sample.thread]?.isExec != true {
      guard sample.thread == sample.process,
        let other = calls.first(where: { $0.value.isExec && processes[$0.key] == sample.process })?.key
      else { return }
      sample.thread = other
    }
    calls[sample.thread]?.interpreter = sample.text
    var event = event(.pointOfNoReturn, sample)
    event.number = calls[sample.thread]?.number ?? 0
    body(.event(event))
  }

  private mutating func exec(_ sample: PerfSample) {
    guard let number = sample.number(0) else { return }
    let old = Int32(truncatingIfNeeded: number)
    if old != sample.thread {
      calls[sample.thread] = calls.removeValue(forKey: old)
      (processes[old], names[old]) = (nil, nil)
    }
    processes[sample.thread] = sample.process
    threadCounts[sample.process] = 1
    var event = event(.exec, sample)
    event.values[0] = number
    event.text = sample.text
    executing[sample.thread] = event
  }

  /// The exec is told now, with its own time: the arguments are there.
  private mutating func executed(_ sample: PerfSample, _ body: (CreationRecord) -> Void) {
    if executing[sample.thread] == nil { return }
    tellExec(sample.thread, ProcessStart(sample), sample.text, body)
    var event = event(.leave, sample)
    event.number = Int64(bitPattern: sample.number(0) ?? 0)
    calls[sample.thread] = nil
    body(.event(event))
  }

  /// `line`: the arguments as the process had them, if they were asked for.
  private mutating func tellExec(
    _ thread: Int32, _ start: ProcessStart?, _ line: [UInt8], _ body: (CreationRecord) -> Void
  ) {
    guard var event = executing.removeValue(forKey: thread) else { return }
    let (file, call) = (event.text, calls[thread])
    var arguments = start?.arguments.map { ProcessStart.joined($0) } ?? (line.isEmpty ? nil : line)
    // What the caller gave, unless the kernel has put interpreters before it.
    if arguments == nil, let start, let given = call?.argumentList, start.matches(given) {
      arguments = ProcessStart.joined(given)
    }
    var interpreter = call?.interpreter ?? []
    if interpreter.isEmpty { interpreter = file }
    if call?.interpreter.isEmpty != false, let arguments,
      let facts = ExecutableFacts(path: FailureCause.located(RawText(file), "/proc/\(event.process)/cwd")),
      facts.scriptInterpreter != nil
    {
      interpreter = CreationCalls.terminated(arguments)
    }
    event.text = file + [0] + interpreter + [0]
    event.values[1] = arguments == nil ? CreationEvent.unseenArguments : UInt64(start?.count ?? 0)
    event.values[2] = start?.environment.map { UInt64($0) } ?? .max
    event.values[3] = UInt64(event.text.count)
    event.text += arguments ?? []
    body(.event(event))
  }

  private mutating func signal(_ sample: PerfSample) {
    guard let signal = sample.number(0), let number = sample.number(1),
      let process = processes[Int32(truncatingIfNeeded: number)]
    else { return }
    signals[process] = signal
  }

  private mutating func exit(_ sample: PerfSample, _ body: (CreationRecord) -> Void) {
    let (process, thread) = (sample.process, sample.thread)
    tellExec(thread, nil, [], body)
    let left = (threadCounts[process] ?? 1) - 1
    threadCounts[process] = left
    let isLast = sample.number(0).map { $0 != 0 } ?? (left <= 0)
    let status = groupEnds[process] ?? threadEnds[thread] ?? signals[process]
    var event = event(.exit, sample)
    event.values[0] = status ?? 0
    // Without a status the end is not told: none would be made up.
    event.values[1] = isLast && status != nil ? 1 : 0
    body(.event(event))
    (calls[thread], names[thread], processes[thread], threadEnds[thread]) = (nil, nil, nil, nil)
    guard isLast else { return }
    (groupEnds[process], signals[process], threadCounts[process]) = (nil, nil, nil)
    followed.remove(process)
  }
}

extension PerfTree.Call {
  private var isAt: Bool { number == 322 }

  /// Of an exec: what it asked for; nil if that did not lie on the stack.
  var path: [UInt8]? { stack.text(at: arguments[isAt ? 1 : 0]) }

  /// As it was given, 24 at most.
  var argumentList: [[UInt8]]? {
    var list: [[UInt8]] = []
    while list.count < 24 {
      guard let place = stack.word(at: arguments[isAt ? 2 : 1] &+ UInt64(list.count) * 8) else { return nil }
      if place == 0 { break }
      guard let text = stack.text(at: place) else { return nil }
      list.append(text)
    }
    return list
  }
}

extension StackDump {
  /// Cut where pages begin.
  fileprivate func pages(of sample: PerfSample) -> [StackPage] {
    var pages: [StackPage] = []
    var start = 0
    while start < bytes.count {
      let place = address &+ UInt64(start)
      let end = min(bytes.count, start + StackPage.size - Int(place % UInt64(StackPage.size)))
      pages.append(
        StackPage(time: sample.time, thread: sample.thread, address: place, bytes: Array(bytes[start..<end])))
      start = end
    }
    return pages
  }
}
