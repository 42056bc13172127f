import CLinux
import KernelSystem

/// The tracepoints of process creation, as perf samples them.
public enum PerfTracepoint: CaseIterable, Sendable {
  /// A call begins. Numbers: the call, its six arguments.
  case enter
  /// An exec came back in the new program. Numbers: the call.
  case executed
  /// Another call came back. Numbers: the call, its result.
  case left
  /// In the parent. Numbers: the child's thread, the flags. Text: its name.
  case birth
  /// Numbers: the child's thread.
  case runnable
  /// Since 6.9: right before the point of no return. Text: the interpreter.
  case prepare
  /// Before 6.9: behind that point, and elsewhere.
  case rename
  /// Numbers: the thread before. Text: the file that was asked for.
  case exec
  /// Numbers: 1 of the process's last thread, where the kernel tells that.
  case exit
  /// Numbers: the signal, the thread.
  case signal

  var place: (group: String, name: String) {
    switch self {
    case .enter: ("raw_syscalls", "sys_enter")
    case .executed, .left: ("raw_syscalls", "sys_exit")
    case .birth: ("task", "task_newtask")
    case .runnable: ("sched", "sched_wakeup_new")
    case .prepare: ("sched", "sched_prepare_exec")
    case .rename: ("task", "task_rename")
    case .exec: ("sched", "sched_process_exec")
    case .exit: ("sched", "sched_process_exit")
    case .signal: ("signal", "signal_generate")
    }
  }

  /// What the kernel looks at before it writes; x86_64's numbers: clone fork vfork execve exit, exit_group, execveat, clone3.
  var filter: String? {
    switch self {
    case .enter: "(id >= 56 && id <= 60) || id == 231 || id == 322 || id == 435"
    case .executed: "(id == 59 || id == 322) && ret == 0"
    case .left: "(id >= 56 && id <= 58) || id == 435 || ((id == 59 || id == 322) && ret < 0)"
    // Sent, and not one whose default is to be ignored (CHLD CONT URG WINCH) or to stop (STOP TSTP TTIN TTOU).
    case .signal: "result == 0 && sig != 17 && sig != 18 && (sig < 19 || sig > 23) && sig != 28"
    default: nil
    }
  }

  /// Fields of the record.
  var numbers: [String] {
    switch self {
    case .enter: ["id", "args"]
    case .executed: ["id"]
    case .left: ["id", "ret"]
    case .birth: ["pid", "clone_flags"]
    case .runnable: ["pid"]
    case .prepare, .rename: []
    case .exec: ["old_pid"]
    case .exit: ["group_dead"]
    case .signal: ["sig", "pid"]
    }
  }

  var text: String? {
    switch self {
    case .birth: "comm"
    case .prepare: "interp"
    case .exec: "filename"
    default: nil
    }
  }

  var sampleType: PerfSampleType {
    switch self {
    case .enter, .executed: [.basic, .registers, .stack]
    case .left: [.basic, .registers]
    case .birth, .prepare, .rename, .exit: [.basic, .kernelStack]
    case .runnable, .exec, .signal: .basic
    }
  }
}

/// enum perf_event_sample_format: what a sample has.
struct PerfSampleType: OptionSet {
  let rawValue: UInt64
  init(rawValue: UInt64) { self.rawValue = rawValue }
  private init(_ formats: perf_event_sample_format...) {
    rawValue = formats.reduce(0) { $0 | UInt64($1.rawValue) }
  }

  /// The event's id, thread, time, CPU, and the tracepoint's record.
  static let basic = PerfSampleType(
    PERF_SAMPLE_IDENTIFIER, PERF_SAMPLE_TID, PERF_SAMPLE_TIME, PERF_SAMPLE_CPU, PERF_SAMPLE_RAW)
  static let kernelStack = PerfSampleType(PERF_SAMPLE_CALLCHAIN)
  static let registers = PerfSampleType(PERF_SAMPLE_REGS_USER)
  static let stack = PerfSampleType(PERF_SAMPLE_STACK_USER)
}

/// What an event of perf stands for.
public enum PerfOrigin: Hashable, Sendable {
  case tracepoint(PerfTracepoint)
  case place(CreationPlace.Kind)
}

/// How to read the samples of one event.
struct PerfSampleShape {
  let origin: PerfOrigin
  let type: PerfSampleType
  /// nil where this kernel does not have the field.
  var numbers: [TracepointFormat.Field?] = []
  var text: TracepointFormat.Field?

  init(_ tracepoint: PerfTracepoint, _ format: TracepointFormat) {
    origin = .tracepoint(tracepoint)
    type = tracepoint.sampleType
    numbers = tracepoint.numbers.map { format.fields[$0] }
    text = tracepoint.text.flatMap { format.fields[$0] }
  }

  init(_ place: CreationPlace.Kind) {
    origin = .place(place)
    type = .basic
  }
}
