/// What `sockeye spawn` saw: every process that was there or came, and the calls that made and changed it.
public struct CreationReport: Sendable {
  /// How it was seen.
  public enum Way: String, Sendable {
    /// eBPF programs at tracepoints.
    case probes
    /// Samples of perf at the same tracepoints: stacks of 64 KiB at most.
    case perf
    /// ptrace(2): no kernel part, and slow.
    case ptrace
  }
  /// Where the kernel part comes from.
  public enum KernelTier: String, Sendable {
    case none
    /// Stacks at the tracepoints of birth, exec and exit.
    case spine
    /// Stacks at all tracepoints that fire inside the call.
    case union
    /// Every function inside the call, by the kernel's function_graph tracer.
    case functionGraph = "function_graph"
  }

  public var way: Way
  public var tier: KernelTier
  /// Why it is not a tier that shows more, where more was asked for.
  public var tierReason: String?
  /// The first of all times, CLOCK_BOOTTIME in ns.
  public var origin: UInt64 = 0
  /// In the order of their births; a parent comes before its children.
  public var processes: [CreatedProcess] = []
  public var gaps: [Gap] = []
  /// The command was not started, and why.
  public var commandFailure: String?

  public init(way: Way, tier: KernelTier) {
    self.way = way
    self.tier = tier
  }
}

/// One process of the tree.
public struct CreatedProcess: Sendable {
  public var pid: Int32
  /// Where its parent is in `CreationReport.processes`, and which of its calls made this one; nil for those that were
  /// there before.
  public var parent: Int?
  public var birth: Int?
  public var name: RawText
  /// What it runs at its end.
  public var executable = RawText([])
  public var arguments: [RawText] = []
  /// By the time at which they began.
  public var calls: [CreationCall] = []
  /// Of the process's own life: its first run, its end.
  public var moments: [CreationMoment] = []
  public var end: CreationEnd?

  public init(pid: Int32, parent: Int?, birth: Int?, name: RawText) {
    self.pid = pid
    self.parent = parent
    self.birth = birth
    self.name = name
  }
}

/// How a process ended.
public struct CreationEnd: Hashable, Sendable {
  /// CLOCK_BOOTTIME, ns.
  public var time: UInt64
  /// As wait(2) has it: code in the second byte, signal in the lowest seven bits.
  public var status: Int32
  /// `SIGKILL`; nil for an exit.
  public var signal: String?
  /// From the entry to `do_exit`, outermost first.
  public var kernel: [String]

  public init(time: UInt64, status: Int32, signal: String?, kernel: [String]) {
    self.time = time
    self.status = status
    self.signal = signal
    self.kernel = kernel
  }
  public var code: Int32 { status >> 8 & 0xff }
}
