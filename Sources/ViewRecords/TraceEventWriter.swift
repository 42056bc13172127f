import Model
import ViewText

/// `sockeye spawn --trace FILE`: Chrome's trace events in JSON, which Perfetto and `chrome://tracing` open.
///
/// Format: "Trace Event Format", the JSON object form. A track a thread; slices (`X`) for lives, calls and phases; flow
/// arrows (`s`, `f`) from the call that makes a process to its life. Times are µs since the trace began.
public struct TraceEventWriter {
  private let report: CreationReport
  private var text = TextBuffer()
  private var isFirst = true

  public init(_ report: CreationReport) { self.report = report }

  public static func write(_ report: CreationReport, to sink: TextBuffer.Sink) -> Bool {
    var writer = TraceEventWriter(report)
    writer.text.append("{\"displayTimeUnit\":\"ns\",\"traceEvents\":[")
    for (index, process) in report.processes.enumerated() {
      writer.append(process, number: index)
      if !writer.text.flushIfFull(to: sink) { return false }
    }
    writer.text.append("\n]}\n")
    return writer.text.flush(to: sink)
  }

  private mutating func append(_ process: CreatedProcess, number: Int) {
    let slices = report.slices(of: process)
    guard process.parent != nil || !process.calls.isEmpty else { return }
    // Perfetto shows what follows the last slash of a name: the command line is a label.
    metadata("process_name", process.pid, process.pid, "name", process.program)
    if !process.arguments.isEmpty {
      metadata("process_labels", process.pid, process.pid, "labels", commandLine(of: process))
    }
    // Catapult's order of processes; Perfetto has one of its own.
    begin("M", process.pid, process.pid)
    text.append(#","name":"process_sort_index","args":{"sort_index":"#)
    text.append(decimal: number)
    text.append("}}")
    for thread in Set(slices.map { $0.thread }).sorted() {
      let call = thread == process.pid ? nil : process.calls.last { $0.thread == thread }
      metadata("thread_name", process.pid, thread, "name", call?.caller ?? process.name)
    }
    for slice in slices { append(slice, of: process) }
    guard let birth = report.birth(of: process), let born = birth.time(of: .born), let parent = process.parent
    else { return }
    // Between "to born" and what follows it, viewers would take either: so right before.
    flow("s", number, report.processes[parent].pid, birth.thread, max(birth.began, born &- 1))
    flow("f", number, process.pid, process.pid, born)
  }

  private func commandLine(of process: CreatedProcess) -> RawText {
    RawText(Array(process.arguments.map(\.bytes).joined(separator: [UInt8(ascii: " ")])))
  }

  private mutating func begin(_ phase: StaticString, _ pid: Int32, _ thread: Int32) {
    text.append(isFirst ? "\n" : ",\n")
    isFirst = false
    text.append(#"{"ph":""#)
    text.append(phase)
    text.append(#"","pid":"#)
    text.append(decimal: pid)
    text.append(#","tid":"#)
    text.append(decimal: thread)
  }

  private mutating func metadata(
    _ name: StaticString, _ pid: Int32, _ thread: Int32, _ key: StaticString, _ value: RawText
  ) {
    begin("M", pid, thread)
    text.append(#","name":""#)
    text.append(name)
    text.append(#"","args":{""#)
    text.append(key)
    text.append(#"":"#)
    text.append(json: value)
    text.append("}}")
  }

  private mutating func flow(
    _ phase: StaticString, _ id: Int, _ pid: Int32, _ thread: Int32, _ time: UInt64
  ) {
    begin(phase, pid, thread)
    text.append(#","name":"child","cat":"birth","id":"#)
    text.append(decimal: id)
    // Bound to the slice around it, not to the next one.
    text.append(#","bp":"e","ts":"#)
    text.append(traceMicroseconds: time &- report.origin)
    text.append("}")
  }

  private mutating func append(_ slice: CreationSlice, of process: CreatedProcess) {
    begin("X", process.pid, slice.thread)
    text.append(#","name":"#)
    text.append(json: slice.name)
    text.append(#","cat":""#)
    text.append(terminal: slice.kind.rawValue)
    text.append(#"","ts":"#)
    text.append(traceMicroseconds: slice.start &- report.origin)
    text.append(#","dur":"#)
    text.append(traceMicroseconds: slice.end &- slice.start)
    if let index = slice.call { append(argumentsOf: process.calls[index]) }
    text.append("}")
  }

  private mutating func append(argumentsOf call: CreationCall) {
    text.append(#","args":{"#)
    for argument in call.arguments where argument.isSeen {
      text.append(json: argument.name)
      text.append(":")
      let value =
        argument.list.map { RawText(Array($0.map(\.bytes).joined(separator: [32]))) } ?? argument.value
      text.append(json: value)
      text.append(",")
    }
    if let result = call.result {
      text.append(#""result":"#)
      text.append(decimal: Int(result))
      text.append(",")
    }
    if let failure = call.failure {
      text.append(#""failure":"#)
      text.append(json: failure.code)
      text.append(",")
    }
    text.append(#""user_stack":["#)
    for (index, frame) in call.user.frames.enumerated() {
      if index > 0 { text.append(",") }
      text.append(json: frame.module.lastPathComponent.lossyString + "  " + frame.shortName)
    }
    text.append(#"],"kernel_stack":["#)
    for (index, function) in call.kernel.enumerated() {
      if index > 0 { text.append(",") }
      text.append(json: function)
    }
    text.append("]}")
  }
}

extension UserFrame {
  /// `posix_spawn`, or `0x4781` where no symbol covers it.
  var shortName: String { function ?? "0x" + String(moduleOffset, radix: 16) }
}

extension TextBuffer {
  /// ns as µs with three decimals.
  mutating func append(traceMicroseconds nanoseconds: UInt64) {
    append(decimal: nanoseconds / 1000)
    append(".")
    append(decimal: nanoseconds % 1000, digits: 3)
  }
}
