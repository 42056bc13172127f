import KernelBPF
import KernelProc
import KernelSystem
import Model

/// Follows a tree by ptrace(2), where probes may not be loaded: the same records, without the kernel's part, and slow.
struct PtraceSource: ~Copyable {
  private let threads = TracedThreads()
  private let proc: ProcFileSystem
  private var buffer = ReadBuffer()
  /// The process of each thread.
  private var processes: [Int32: Int32] = [:]
  /// Stopped before their maker told of them: they wait for that.
  private var early: Set<Int32> = []
  /// Flags of the birth that a thread is in.
  private var birthFlags: [Int32: UInt64] = [:]

  init() throws(SystemError) { proc = try ProcFileSystem() }

  /// All threads of the process, until a listing has no other. False if it was followed already, from its birth.
  @discardableResult
  mutating func follow(_ process: Int32) throws(SystemError) -> Bool {
    guard case .value(let directory) = proc.process(process) else {
      throw SystemError("ptrace", on: "process \(process)", .noSuchProcess)
    }
    var isComplete = false
    while !isComplete {
      isComplete = true
      for thread in try directory.threadIDs() where processes[thread] == nil {
        do throws(SystemError) { try threads.seize(thread) } catch {
          // Born by one that is followed, or gone.
          if threads.isTraced(thread) || error.errno == .noSuchProcess { continue }
          throw error
        }
        processes[thread] = process
        isComplete = false
      }
    }
    return processes[process] == process
  }

  /// Until nobody is left, or `isOver` says so.
  mutating func run(_ assembler: inout CreationAssembler, isOver: () -> Bool) {
    while !processes.isEmpty {
      switch news() {
      case .stopped(let thread, let stop): take(thread, stop, &assembler)
      case .nobody: return
      case .none:
        if isOver() { return }
        DetachedThread.sleep(milliseconds: 1)
      }
    }
  }

  /// A thread that runs stops again within microseconds: so long it is asked again and again.
  private func news() -> TracedThreads.News {
    for _ in 0..<200 {
      let news = threads.next()
      if case .none = news { DetachedThread.yield() } else { return news }
    }
    return .none
  }

  private mutating func take(
    _ thread: Int32, _ stop: TracedThreads.Stop, _ assembler: inout CreationAssembler
  ) {
    if processes[thread] == nil {
      if stop != .ended { early.insert(thread) }
      return
    }
    var signal: Int32 = 0
    switch stop {
    case .callEntry: enter(thread, &assembler)
    case .callExit: leave(thread, &assembler)
    case .birth(let child): born(child, by: thread, &assembler)
    case .exec(let old): executed(thread, old, &assembler)
    case .ending(let status):
      var event = event(.exit, thread)
      event.values[0] = UInt64(UInt32(bitPattern: status))
      event.values[1] = processes[thread] == thread ? 1 : 0
      assembler.take(.event(event))
    case .signal(let number): signal = number
    case .ended:
      processes[thread] = nil
      return
    case .group: return threads.leaveStopped(thread)
    case .other: break
    }
    threads.go(thread, signal: signal)
  }

  private func event(_ kind: CreationEvent.Kind, _ thread: Int32) -> CreationEvent {
    CreationEvent(
      kind: kind, time: KernelClock.bootTimeNanoseconds, process: processes[thread] ?? thread, thread: thread)
  }

  private mutating func name(of process: Int32) -> [UInt8] {
    guard case .value(let directory) = proc.process(process), case .value(let stat) = directory.stat(&buffer)
    else { return [] }
    return stat.name
  }

  /// A call that is followed, by its number on x86_64, with its arguments.
  private func call(_ thread: Int32) -> (registers: TracedThreads.Registers, number: Int64, values: [UInt64])?
  {
    guard let registers = threads.registers(thread) else { return nil }
    let number = registers.isI386 ? CreationCalls.number(ofI386: registers.number) : registers.number
    guard let number, CreationCalls.kind(number) != nil else { return nil }
    // ebx ecx edx esi edi ebp; rdi rsi rdx r10 r8 r9
    let values =
      registers.isI386
      ? [3, 2, 1, 4, 5, 6].map { registers.all[$0] & 0xffff_ffff }
      : [5, 4, 1, 10, 8, 9].map { registers.all[$0] }
    return (registers, number, values)
  }

  private mutating func enter(_ thread: Int32, _ assembler: inout CreationAssembler) {
    guard let (registers, number, values) = call(thread) else { return }
    var event = event(.enter, thread)
    event.number = number
    event.isI386 = registers.isI386
    event.name = name(of: event.process)
    event.registers = registers.all
    event.values = values
    birthFlags[thread] = number == 56 ? event.values[0] : 0
    var pages: [StackPage] = []
    if let memory = memory(of: event.process) {
      if number == 435 {
        event.text = memory.bytes(at: event.values[0], count: 88)
        if event.text.count < 64 { event.text = memory.bytes(at: event.values[0], count: 64) }
        birthFlags[thread] = memory.word(at: event.values[0])
      }
      if CreationCalls.kind(number) == .exec {
        event.text = memory.text(at: values[number == 59 ? 0 : 1]) + [0]
      }
      let mappings = mappings(of: event.process)
      assembler.replaceMappings(of: event.process, mappings)
      pages = stack(event, pointer: registers.all[7], mappings, memory)
    }
    assembler.take(.event(event))
    for page in pages { assembler.take(.page(page)) }
  }

  private func memory(of process: Int32) -> ProcessMemory? {
    do throws(SystemError) { return try ProcessMemory(process) } catch { return nil }
  }

  private mutating func mappings(of process: Int32) -> [MemoryMapping] {
    guard case .value(let directory) = proc.process(process),
      case .value(let mappings) = directory.memoryMap(&buffer)
    else { return [] }
    return mappings
  }

  /// As the probes copy it: a main stack whole, of others half a megabyte; in a handler with a stack of its own the main
  /// stack too.
  private func stack(
    _ event: CreationEvent, pointer: UInt64, _ mappings: [MemoryMapping], _ memory: borrowing ProcessMemory
  ) -> [StackPage] {
    var pages: [StackPage] = []
    func copy(from start: UInt64, to end: UInt64) {
      for address in stride(from: start & ~4095, to: end, by: StackPage.size) {
        let bytes = memory.bytes(at: address, count: StackPage.size)
        if bytes.count < StackPage.size { continue }
        pages.append(StackPage(time: event.time, thread: event.thread, address: address, bytes: bytes))
      }
    }
    let main = mappings.first { $0.path == Array("[stack]".utf8) }
    let area = mappings.first { pointer >= $0.start && pointer < $0.end }
    let end = area?.end ?? pointer &+ 65_536
    if let main, area?.start == main.start {
      copy(from: pointer, to: end)
    } else {
      copy(from: pointer, to: min(end, pointer &+ 524_288))
      if let main { copy(from: max(main.start, main.end - min(main.end, 131_072)), to: main.end) }
    }
    return pages
  }

  private mutating func leave(_ thread: Int32, _ assembler: inout CreationAssembler) {
    guard let (registers, number, values) = call(thread) else { return }
    var event = event(.leave, thread)
    event.number = number
    event.isI386 = registers.isI386
    event.values[0] = UInt64(bitPattern: registers.result)
    if CreationCalls.kind(number) == .exec, registers.result < 0, let memory = memory(of: event.process) {
      let (first, size) = (number == 322 ? 1 : 0, registers.isI386 ? 4 : 8)
      event.text = memory.text(at: values[first]) + [0]
      for index in 0..<24 {
        guard let pointer = memory.word(at: values[first + 1] &+ UInt64(index * size), size: size),
          pointer != 0
        else { break }
        event.text += memory.text(at: pointer) + [0]
        event.values[1] += 1
      }
    }
    assembler.take(.event(event))
  }

  private mutating func born(_ child: Int32, by thread: Int32, _ assembler: inout CreationAssembler) {
    let isThread = (birthFlags[thread] ?? 0) & CreationCalls.threadFlag != 0
    processes[child] = isThread ? processes[thread] ?? thread : child
    var event = event(.birth, thread)
    event.name = name(of: event.process)
    event.values[0] = UInt64(child)
    event.values[1] = UInt64(processes[child] ?? child)
    event.values[2] = birthFlags[thread] ?? 0
    assembler.take(.event(event))
    if early.remove(child) != nil { threads.go(child) }
  }

  private mutating func executed(_ thread: Int32, _ old: Int32, _ assembler: inout CreationAssembler) {
    processes[thread] = thread
    // Another thread of the process has its number now.
    if old != 0 && old != thread { processes[old] = nil }
    var point = event(.pointOfNoReturn, old == 0 ? thread : old)
    point.process = thread
    assembler.take(.event(point))
    var event = event(.exec, thread)
    event.name = name(of: thread)
    let asked = assembler.pathOfExec(old == 0 ? thread : old) ?? RawText([])
    var program = asked
    if case .value(let directory) = proc.process(thread) {
      if case .value(let link) = directory.executable() { program = RawText(link.path) }
      // A script: the kernel does not tell which interpreter was named, only which file runs.
      let isScript =
        ExecutableFacts(path: FailureCause.located(asked, "/proc/\(thread)/cwd"))?.scriptInterpreter != nil
      event.text = asked.bytes + [0] + (isScript ? program : asked).bytes + [0]
      event.values[3] = UInt64(event.text.count)
      if case .value(let line) = directory.commandLine(&buffer) {
        for argument in line.arguments { event.text += argument + [0] }
        event.values[1] = UInt64(line.arguments.count)
      }
    }
    event.values[0] = UInt64(old == 0 ? thread : old)
    event.values[2] = .max
    assembler.take(.event(event))
  }
}
