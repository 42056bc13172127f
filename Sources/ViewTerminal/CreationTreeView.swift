import Model
import ViewText

/// What the tree of `sockeye spawn` shows.
public struct CreationTreeOptions: Sendable {
  public var isColored = false
  /// Threads, every attempt of a search, the interrupted parts of the kernel.
  public var isFull = false

  public init() {}
}

/// `sockeye spawn`: each call that makes a process as one stack, from the program's start down into the kernel.
public struct CreationTreeView {
  private let report: CreationReport
  private let options: CreationTreeOptions
  /// Of each process, which were born by which call.
  private let children: [Int: [Int]]
  private var text = TextBuffer()

  public init(_ report: CreationReport, _ options: CreationTreeOptions = .init()) {
    self.report = report
    self.options = options
    var children: [Int: [Int]] = [:]
    for (index, process) in report.processes.enumerated() {
      if let parent = process.parent { children[parent, default: []].append(index) }
    }
    self.children = children
  }

  /// False when the sink wants no more.
  public static func write(
    _ report: CreationReport, _ options: CreationTreeOptions, to sink: TextBuffer.Sink
  ) -> Bool {
    var view = CreationTreeView(report, options)
    view.appendWay()
    for index in report.processes.indices where report.processes[index].parent == nil {
      if !view.hasCalls(index) { continue }
      view.append(process: index, indent: [])
      if !view.text.flushIfFull(to: sink) { return false }
    }
    return view.text.flush(to: sink)
  }

  /// What the kernel part comes from.
  private mutating func appendWay() {
    let isColored = options.isColored
    text.begin(.dim, if: isColored)
    if report.way == .perf { text.append("traced by perf; ") }
    switch (report.way, report.tier) {
    case (.ptrace, _): text.append("traced by ptrace: no kernel part")
    case (_, .spine): text.append("kernel part: stacks at the tracepoints of birth, exec and exit")
    case (_, .union):
      text.append("kernel part: stacks at every tracepoint inside the calls, merged; times are longer for it")
    case (_, .functionGraph):
      text.append("kernel part: every function that function_graph knows; times are longer for it")
    case (_, .none): text.append("no kernel part")
    }
    if let reason = report.tierReason {
      text.append(" (")
      text.append(terminal: reason)
      text.append(")")
    }
    text.end(.dim, if: isColored)
    text.append("\n")
  }

  private mutating func append(process index: Int, indent: [UInt8]) {
    let process = report.processes[index]
    var position = 0
    while position < process.calls.count {
      let call = process.calls[position]
      let end = searchEnd(process, from: position)
      if end - position > 1 && !options.isFull {
        append(search: process.calls[position..<end], process, indent)
        position = end
        continue
      }
      position += 1
      if isFolded(call, process) { continue }
      append(call, process, indent)
      let born = (children[index] ?? []).filter { report.processes[$0].birth == position - 1 }
      for child in born {
        let pid = report.processes[child].pid
        line(indent, "  ┌ child ") { $0.append(decimal: pid) }
        append(process: child, indent: indent + Array("  │ ".utf8))
      }
    }
    // Born by a call that we did not see.
    for child in children[index] ?? [] where report.processes[child].birth == nil && hasCalls(child) {
      let pid = report.processes[child].pid
      line(indent, "  ┌ child ") { (text) in
        text.append(decimal: pid)
        text.append(", whose birth was not seen")
      }
      append(process: child, indent: indent + Array("  │ ".utf8))
    }
    if let end = process.end { append(end, process, indent) }
  }

  /// Of its own, or of what came from it.
  private func hasCalls(_ index: Int) -> Bool {
    !report.processes[index].calls.isEmpty || (children[index] ?? []).contains { hasCalls($0) }
  }

  /// The end of a process is told by its last line; threads come and go unseen.
  private func isFolded(_ call: CreationCall, _ process: CreatedProcess) -> Bool {
    !options.isFull && (call.isThread || call.kind == .exit)
  }

  /// Behind the last of a row of failed execs by one thread: a search through PATH, and what it found.
  private func searchEnd(_ process: CreatedProcess, from start: Int) -> Int {
    var end = start
    while end < process.calls.count, process.calls[end].kind == .exec,
      process.calls[end].failure?.code == "ENOENT",
      process.calls[end].failure?.cause == nil, process.calls[end].thread == process.calls[start].thread,
      process.calls[end].path != nil,
      process.calls[end].path?.lastPathComponent == process.calls[start].path?.lastPathComponent
    { end += 1 }
    return end
  }

  private mutating func append(
    search calls: ArraySlice<CreationCall>, _ process: CreatedProcess, _ indent: [UInt8]
  ) {
    guard let first = calls.first else { return }
    head(first, process, "EXEC ", .yellow, indent)
    stack(first.user, indent)
    boundary(indent) { (text) in
      text.append(terminal: first.name)
      text.append(" of ")
      text.append(quoted: first.path?.lastPathComponent ?? RawText([]))
      text.append(" in ")
      text.append(decimal: calls.count)
      text.append(" places")
    }
    for call in calls {
      line(indent, "  │ ✗ ") { (text) in
        text.append(terminal: call.path ?? RawText([]))
        text.append("  ENOENT")
      }
    }
    line(indent, "  └ not found there")
  }

  private mutating func append(_ call: CreationCall, _ process: CreatedProcess, _ indent: [UInt8]) {
    let (word, style): (StaticString, Style) =
      switch call.kind {
      case .birth: call.isThread ? ("THREAD ", .dim) : ("BIRTH ", .green)
      case .exec: call.failure == nil ? ("EXEC ", .cyan) : ("EXEC ", .red)
      case .exit: ("EXIT ", .dim)
      }
    head(call, process, word, style, indent)
    stack(call.user, indent)
    boundary(indent) { $0.append(call: call) }
    append(kernelPartOf: call, indent)
    if !call.interpreters.isEmpty {
      line(indent, "  │ script → ") { (text) in
        for (index, interpreter) in call.interpreters.enumerated() {
          if index > 0 { text.append(" → ") }
          text.append(terminal: interpreter)
        }
      }
    }
    append(resultOf: call, indent)
    if call.kind == .exec && call.failure == nil { append(startOf: call, indent) }
  }

  private mutating func head(
    _ call: CreationCall, _ process: CreatedProcess, _ word: StaticString, _ style: Style, _ indent: [UInt8]
  ) {
    let isColored = options.isColored
    let origin = report.origin
    line(indent, "● ") { (text) in
      text.append(word, style, if: isColored)
      text.append("pid ")
      text.append(decimal: process.pid)
      if call.thread != process.pid {
        text.append(" thread ")
        text.append(decimal: call.thread)
      }
      text.append(" (")
      text.append(terminal: call.caller)
      text.append(")  at ")
      text.append(microseconds: call.began &- origin)
      if let note = call.note {
        text.append("  [")
        text.append(terminal: note)
        text.append("]")
      }
    }
  }

  private mutating func stack(_ stack: UserStack, _ indent: [UInt8]) {
    let isColored = options.isColored
    if let stopped = stack.stopped {
      line(indent, "  │ ") { (text) in
        text.append("… the stack is not whole: ", .yellow, if: isColored)
        text.append(terminal: stopped)
      }
    }
    for frame in stack.frames {
      line(indent, "  │ ") { $0.append(frame, isColored: isColored) }
    }
  }

  private mutating func boundary(_ indent: [UInt8], _ body: (inout TextBuffer) -> Void) {
    let isColored = options.isColored
    line(indent, "  ├─ user ─── ") { (text) in
      text.begin(.bold, if: isColored)
      body(&text)
      text.end(.bold, if: isColored)
      text.append(" ─── kernel ─")
    }
  }

  private mutating func append(kernelPartOf call: CreationCall, _ indent: [UInt8]) {
    if options.isFull, let tree = call.kernelTree {
      for child in tree.children { append(child, from: call.began, depth: 0, indent) }
    }
    if !call.kernel.isEmpty && !(options.isFull && call.kernelTree != nil) {
      line(indent, "  │ ") { (text) in
        for (index, function) in call.kernel.enumerated() {
          if index > 0 { text.append(" → ") }
          text.append(terminal: function)
        }
      }
    }
    let seen = call.moments.filter { [.born, .runnable, .firstRun, .pointOfNoReturn].contains($0.phase) }
    guard !seen.isEmpty else { return }
    line(indent, "  │ ◆ ") { (text) in
      for (index, moment) in seen.enumerated() {
        if index > 0 { text.append(", ") }
        if moment.phase == .born, let child = call.child {
          text.append("child ")
          text.append(decimal: child)
          text.append(" ")
        }
        text.append(terminal: moment.phase.words)
        text.append(" +")
        text.append(microseconds: moment.time &- call.began)
        if moment.phase == .firstRun, let cpu = moment.cpu {
          text.append(" on CPU ")
          text.append(decimal: cpu)
        }
      }
    }
  }

  private mutating func append(_ node: KernelNode, from start: UInt64, depth: Int, _ indent: [UInt8]) {
    line(indent, "  │ ") { (text) in
      text.append(repeating: 32, count: depth * 2)
      text.append(terminal: node.function)
      if node.visits > 1 {
        text.append(" ×")
        text.append(decimal: node.visits)
      }
      text.append("  +")
      text.append(microseconds: node.first &- start)
      let duration = node.duration ?? (node.last &- node.first)
      if duration > 0 {
        text.append(", ")
        text.append(microseconds: duration)
      }
    }
    for child in node.children { append(child, from: start, depth: depth + 1, indent) }
  }

  private mutating func append(resultOf call: CreationCall, _ indent: [UInt8]) {
    let isColored = options.isColored
    if call.kind == .exit { return line(indent, "  └ does not return") }
    line(indent, "  └ ") { (text) in
      guard let result = call.result, let ended = call.ended else {
        text.append("no return seen")
        return
      }
      if let failure = call.failure {
        text.begin(.red, if: isColored)
        text.append("-1 ")
        text.append(terminal: failure.code)
        text.end(.red, if: isColored)
        text.append(" (")
        text.append(terminal: failure.text)
        text.append(")")
        if let cause = failure.cause {
          text.append(": ")
          text.append(terminal: cause)
        }
      } else {
        text.append("returns ")
        text.append(decimal: Int(result))
      }
      text.append(" after ")
      text.append(microseconds: ended &- call.began)
    }
  }

  /// The way of a new program to `main`.
  private mutating func append(startOf call: CreationCall, _ indent: [UInt8]) {
    let after: [CreationPhase] = [.userMode, .firstInstruction, .mapping, .loaded, .main]
    let seen = call.moments.filter { after.contains($0.phase) }
    if !call.libraries.isEmpty {
      line(indent, "  · maps ") { (text) in
        for (index, library) in call.libraries.enumerated() {
          if index > 0 { text.append(", ") }
          text.append(terminal: library.path.lastPathComponent)
          text.append(" +")
          text.append(microseconds: library.time &- call.began)
        }
      }
    }
    guard !seen.isEmpty else { return }
    line(indent, "  · ") { (text) in
      for (index, moment) in seen.enumerated() {
        if index > 0 { text.append(", ") }
        text.append(terminal: moment.phase.words)
        text.append(" +")
        text.append(microseconds: moment.time &- call.began)
      }
    }
  }

  private mutating func append(_ end: CreationEnd, _ process: CreatedProcess, _ indent: [UInt8]) {
    let isColored = options.isColored
    let origin = report.origin
    let last = options.isFull ? nil : process.calls.last { $0.kind == .exit && $0.user.frames.count > 0 }
    line(indent, "✝ ") { (text) in
      text.append("pid ")
      text.append(decimal: process.pid)
      text.append(" (")
      text.append(terminal: process.name)
      text.append(") ")
      if let signal = end.signal {
        text.begin(.red, if: isColored)
        text.append("killed by ")
        text.append(terminal: signal)
        text.end(.red, if: isColored)
      } else {
        text.append("exit status ")
        text.append(decimal: end.code)
      }
      text.append(" at ")
      text.append(microseconds: end.time &- origin)
      if let last {
        text.append("  ")
        text.append(chain: last.user)
      }
      if !end.kernel.isEmpty {
        text.append("  │ ")
        text.append(functions: end.kernel)
      }
    }
  }

  private mutating func line(
    _ indent: [UInt8], _ mark: StaticString, _ body: (inout TextBuffer) -> Void = { _ in }
  ) {
    text.append(indent)
    text.append(mark)
    body(&text)
    text.append("\n")
  }
}
