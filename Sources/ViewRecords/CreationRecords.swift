import Model
import ViewText

/// `sockeye spawn --json`: one object of the schema `sockeye/1`, with every process and its calls.
public enum CreationRecords {
  public static func append(_ report: CreationReport, to text: inout TextBuffer) {
    text.append(#"{"schema":"sockeye/1","trace":{"way":""#)
    text.append(terminal: report.way.rawValue)
    text.append(#"","kernel":""#)
    text.append(terminal: report.tier.rawValue)
    text.append("\"")
    text.field(#","kernel_reason":"#, report.tierReason)
    text.field(#","origin_boot_time_ns":"#, report.origin)
    text.append("},\n\"processes\":[")
    for (index, process) in report.processes.enumerated() {
      text.append(index == 0 ? "\n" : ",\n")
      append(process, report, to: &text)
    }
    text.append("\n],\"gaps\":[")
    for (index, gap) in report.gaps.enumerated() {
      if index > 0 { text.append(",") }
      text.append(#"{"message":"#)
      text.append(json: gap.message)
      text.append("}")
    }
    text.append("]}\n")
  }

  private static func append(_ process: CreatedProcess, _ report: CreationReport, to text: inout TextBuffer) {
    text.append(#"{"process":{"pid":"#)
    text.append(decimal: process.pid)
    text.append(#","name":"#)
    text.append(json: process.name)
    if !process.executable.isEmpty { text.field(#","executable":"#, process.executable) }
    if !process.arguments.isEmpty {
      text.append(#","args":"#)
      append(list: process.arguments, to: &text)
    }
    if let parent = process.parent {
      text.append(#","parent":{"pid":"#)
      text.append(decimal: report.processes[parent].pid)
      text.append("}")
    }
    text.append("}")
    if let birth = process.birth { text.field(#","birth_call":"#, UInt64(birth)) }
    text.append(#","calls":["#)
    for (index, call) in process.calls.enumerated() {
      text.append(index == 0 ? "\n " : ",\n ")
      append(call, to: &text)
    }
    text.append("]")
    if let end = process.end { append(end, to: &text) }
    text.append("}")
  }

  private static func append(_ end: CreationEnd, to text: inout TextBuffer) {
    text.field(#","end":{"boot_time_ns":"#, end.time)
    if let signal = end.signal {
      text.append(#","signal":"#)
      text.append(json: signal)
    } else {
      text.append(#","exit_code":"#)
      text.append(decimal: end.code)
    }
    text.append(#","kernel_stack":"#)
    append(list: end.kernel.map { RawText($0) }, to: &text)
    text.append("}")
  }

  private static func append(_ call: CreationCall, to text: inout TextBuffer) {
    text.append(#"{"kind":""#)
    text.append(terminal: call.kind.rawValue)
    text.append(#"","call":{"number":"#)
    text.append(decimal: call.number)
    text.append(#","name":""#)
    text.append(terminal: call.name)
    if call.isI386 { text.append(#"","abi":"i386"#) }
    text.append(#"","arguments":{"#)
    for (index, argument) in call.arguments.enumerated() {
      if index > 0 { text.append(",") }
      text.append(json: argument.name)
      text.append(":")
      if !argument.isSeen {
        text.append("null")
      } else if let list = argument.list {
        append(list: list, to: &text)
      } else {
        text.append(json: argument.value)
      }
    }
    text.append("}}")
    text.append(#","thread":{"id":"#)
    text.append(decimal: call.thread)
    text.append(#","name":"#)
    text.append(json: call.caller)
    text.append("}")
    if let child = call.child {
      text.append(call.isThread ? #","child_thread":"# : #","child_pid":"#)
      text.append(decimal: child)
    }
    text.append(#","user_stack":["#)
    for (index, frame) in call.user.frames.enumerated() {
      if index > 0 { text.append(",") }
      append(frame, to: &text)
    }
    text.append("]")
    if !call.user.frames.isEmpty {
      text.append(#","user_stack_whole":"#)
      text.append(call.user.stopped == nil ? "true" : "false")
    }
    text.field(#","user_stack_stopped":"#, call.user.stopped)
    text.append(#","kernel_stack":"#)
    append(list: call.kernel.map { RawText($0) }, to: &text)
    if let tree = call.kernelTree {
      text.append(#","kernel_tree":"#)
      append(tree, to: &text)
    }
    append(resultOf: call, to: &text)
    text.append("}")
  }

  private static func append(resultOf call: CreationCall, to text: inout TextBuffer) {
    text.append(#","moments":["#)
    for (index, moment) in call.moments.enumerated() {
      text.append(index == 0 ? #"{"phase":""# : #",{"phase":""#)
      text.append(terminal: moment.phase.rawValue)
      text.append("\"")
      text.field(#","boot_time_ns":"#, moment.time)
      if let cpu = moment.cpu { text.field(#","cpu":"#, cpu) }
      text.append("}")
    }
    text.append("]")
    if let result = call.result {
      text.append(#","result":"#)
      text.append(decimal: Int(result))
    }
    if let ended = call.ended { text.field(#","duration_ns":"#, ended &- call.began) }
    if let failure = call.failure {
      text.append(#","failure":{"code":"#)
      text.append(json: failure.code)
      text.field(#","cause":"#, failure.cause)
      text.append("}")
    }
    if !call.interpreters.isEmpty {
      text.append(#","interpreters":"#)
      append(list: call.interpreters, to: &text)
    }
    if !call.libraries.isEmpty {
      text.append(#","libraries":["#)
      for (index, library) in call.libraries.enumerated() {
        text.append(index == 0 ? #"{"path":"# : #",{"path":"#)
        text.append(json: library.path)
        text.field(#","address":"#, library.address)
        text.field(#","boot_time_ns":"#, library.time)
        text.append("}")
      }
      text.append("]")
    }
    text.field(#","note":"#, call.note)
  }

  private static func append(_ frame: UserFrame, to text: inout TextBuffer) {
    text.append(#"{"module":"#)
    text.append(json: frame.module)
    if let function = frame.function {
      text.field(#","function":"#, function)
      text.field(#","offset":"#, frame.functionOffset)
    }
    text.field(#","module_address":"#, frame.moduleOffset)
    if frame.isInferred {
      text.append(#","inferred":true"#)
    } else {
      text.field(#","address":"#, frame.address)
    }
    if frame.isSignalFrame { text.append(#","signal_frame":true"#) }
    if let step = frame.importStep {
      text.append(#","import":{"symbol":"#)
      text.append(json: step.symbol)
      text.field(#","slot":"#, step.slot)
      if let stub = step.stub { text.field(#","stub":"#, stub) }
      text.field(#","provider":"#, step.provider)
      text.append("}")
    }
    text.append("}")
  }

  private static func append(_ node: KernelNode, to text: inout TextBuffer) {
    text.append(#"{"function":"#)
    text.append(json: node.function)
    text.field(#","first_boot_time_ns":"#, node.first)
    text.field(#","last_boot_time_ns":"#, node.last)
    text.append(#","visits":"#)
    text.append(decimal: node.visits)
    if let duration = node.duration { text.field(#","duration_ns":"#, duration) }
    if !node.children.isEmpty {
      text.append(#","children":["#)
      for (index, child) in node.children.enumerated() {
        if index > 0 { text.append(",") }
        append(child, to: &text)
      }
      text.append("]")
    }
    text.append("}")
  }

  private static func append(list: [RawText], to text: inout TextBuffer) {
    text.append("[")
    for (index, item) in list.enumerated() {
      if index > 0 { text.append(",") }
      text.append(json: item)
    }
    text.append("]")
  }
}
