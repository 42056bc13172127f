import Model
import ViewText

extension CreationCall {
  /// Of an exec.
  var path: RawText? { arguments.first { $0.name == "path" && $0.isSeen }?.value }
}

extension TextBuffer {
  /// `1234 µs`, with a decimal below 100.
  mutating func append(microseconds nanoseconds: UInt64) {
    append(decimal: nanoseconds / 1000)
    if nanoseconds < 100_000 {
      append(".")
      append(decimal: nanoseconds % 1000 / 100)
    }
    append(" µs")
  }

  mutating func append(quoted text: RawText) {
    append("\"")
    append(terminal: text)
    append("\"")
  }

  /// `clone3(flags=CLONE_VM|CLONE_VFORK, exit_signal=SIGCHLD, …)`, with the call's number before it.
  mutating func append(call: CreationCall) {
    append("call ")
    append(decimal: call.number)
    append(call.isI386 ? " (i386) " : " ")
    append(terminal: call.name)
    append("(")
    for (index, argument) in call.arguments.enumerated() {
      if index > 0 { append(", ") }
      append(terminal: argument.name)
      append("=")
      append(argument)
    }
    append(")")
  }

  private mutating func append(_ argument: CreationArgument) {
    if !argument.isSeen { return append("⟨not seen⟩") }
    guard let list = argument.list else {
      if argument.isText { append(quoted: argument.value) } else { append(terminal: argument.value) }
      return
    }
    append("[")
    for (index, item) in list.enumerated() {
      if index > 0 { append(", ") }
      append(quoted: item)
    }
    append("]")
  }

  /// `libc.so.6  posix_spawn+0x1e   ↳ imports …`
  mutating func append(_ frame: UserFrame, isColored: Bool) {
    let width = append(terminal: frame.module.isEmpty ? RawText("?") : frame.module.lastPathComponent)
    append(repeating: 32, count: max(1, 20 - width))
    if frame.isInferred { begin(.dim, if: isColored) }
    if frame.isSignalFrame {
      append("⟨signal handler; what it interrupted is above⟩")
    } else if let function = frame.function {
      append(terminal: function)
      if !frame.isInferred {
        append("+0x")
        append(hex: frame.functionOffset)
      }
    } else {
      append("0x")
      append(hex: frame.moduleOffset)
    }
    if frame.isInferred {
      append("  ⟨inferred: called, and jumped on⟩")
      end(.dim, if: isColored)
    }
    guard let step = frame.importStep else { return }
    append("   ↳ ")
    begin(.dim, if: isColored)
    append(terminal: step.symbol)
    append(step.stub == nil ? " by GOT 0x" : " by PLT 0x")
    if let stub = step.stub {
      append(hex: stub)
      append(", GOT 0x")
    }
    append(hex: step.slot)
    append(" of ")
    if let provider = step.provider {
      append(terminal: provider.lastPathComponent)
    } else {
      append("no library that was loaded")
    }
    end(.dim, if: isColored)
  }

  /// The innermost functions of a stack: `main → exit → _exit`.
  mutating func append(chain stack: UserStack) {
    for (index, frame) in stack.frames.suffix(4).enumerated() {
      if index > 0 { append(" → ") }
      if let function = frame.function {
        append(terminal: function)
      } else {
        append(terminal: frame.module.lastPathComponent)
        append("+0x")
        append(hex: frame.moduleOffset)
      }
    }
  }

  mutating func append(functions: [String]) {
    for (index, function) in functions.enumerated() {
      if index > 0 { append(" → ") }
      append(terminal: function)
    }
  }
}
