import CLinux

/// One message of the proc connector: `struct cn_msg` of `linux/connector.h` around `struct proc_event` of
/// `linux/cn_proc.h`.
public struct ProcessNotice: Hashable, Sendable {
  public enum Kind: Hashable, Sendable {
    /// The answer to a request to listen: 0, or the errno.
    case acknowledged(Int32)
    /// `child.thread` differs from `child.process` for a thread.
    case fork(parent: Task, child: Task)
    case exec(Task)
    /// `status` as wait(2) has it.
    case exit(Task, status: UInt32)
    /// At most 15 bytes.
    case rename(Task, name: [UInt8])
    case user(Task, real: UInt32, effective: UInt32)
    case group(Task, real: UInt32, effective: UInt32)
    case session(Task)
    /// `tracer` is 0 when it lets go.
    case trace(Task, tracer: Int32)
    case coredump(Task)
    /// A kind that is newer than this program.
    case other(UInt32)
  }

  /// A thread, and the process that it is of: `pid` and `tgid` in the kernel, as the initial pid namespace counts.
  public struct Task: Hashable, Sendable {
    public var thread: Int32
    public var process: Int32
    /// The first thread of its process.
    public var isLeader: Bool { thread == process }
    public init(thread: Int32, process: Int32) {
      self.thread = thread
      self.process = process
    }
  }

  public var kind: Kind
  /// Counts the messages of each CPU, by 1, whether they are delivered or not.
  public var sequence: UInt32
  /// What a request to listen was marked with, plus 1, in its answer.
  public var acknowledgement: UInt32
  public var cpu: UInt32
  /// CLOCK_MONOTONIC, nanoseconds.
  public var time: UInt64

  /// Offsets of `struct cn_msg` (20 bytes) and of `struct proc_event` (16 bytes, then the kind's own).
  private static let headerSize = 20
  private static let eventSize = 16

  /// Reads one message; nil if it is another connector's. Throws when it is cut short.
  public init?(_ datagram: RawSpan, payload: Range<Int>) throws(NetlinkError) {
    try payload.requireBytes(Self.headerSize, in: datagram)
    let header = payload.lowerBound
    guard datagram.word(at: header) == UInt32(CN_IDX_PROC),
      datagram.word(at: header + 4) == UInt32(CN_VAL_PROC)
    else { return nil }
    let event = header + Self.headerSize
    try (event..<payload.upperBound).requireBytes(Self.eventSize, in: datagram)
    sequence = datagram.word(at: header + 8)
    acknowledgement = datagram.word(at: header + 12)
    cpu = datagram.word(at: event + 4)
    time = datagram.integer(at: event + 8, as: UInt64.self)
    let body = event + Self.eventSize..<payload.upperBound
    kind = try Self.kind(datagram.word(at: event), datagram, body)
  }

  private static func kind(_ number: UInt32, _ datagram: RawSpan, _ body: Range<Int>) throws(NetlinkError)
    -> Kind
  {
    func word(_ index: Int) throws(NetlinkError) -> UInt32 {
      try body.requireBytes(index * 4 + 4, in: datagram)
      return datagram.word(at: body.lowerBound + index * 4)
    }
    func task(_ index: Int) throws(NetlinkError) -> Task {
      Task(thread: Int32(bitPattern: try word(index)), process: Int32(bitPattern: try word(index + 1)))
    }
    switch number {
    case PROC_EVENT_NONE.rawValue: return .acknowledged(Int32(bitPattern: try word(0)))
    case PROC_EVENT_FORK.rawValue: return .fork(parent: try task(0), child: try task(2))
    case PROC_EVENT_EXEC.rawValue: return .exec(try task(0))
    case PROC_EVENT_EXIT.rawValue: return .exit(try task(0), status: try word(2))
    case PROC_EVENT_UID.rawValue: return .user(try task(0), real: try word(2), effective: try word(3))
    case PROC_EVENT_GID.rawValue: return .group(try task(0), real: try word(2), effective: try word(3))
    case PROC_EVENT_SID.rawValue: return .session(try task(0))
    case PROC_EVENT_PTRACE.rawValue: return .trace(try task(0), tracer: Int32(bitPattern: try word(3)))
    case PROC_EVENT_COREDUMP.rawValue: return .coredump(try task(0))
    case PROC_EVENT_COMM.rawValue:
      try body.requireBytes(24, in: datagram)
      let name = datagram.array(body.lowerBound + 8..<body.lowerBound + 24)
      return .rename(try task(0), name: Array(name.prefix { $0 != 0 }))
    default: return .other(number)
    }
  }
}

/// What is missing in the sequences of the CPUs.
public struct ProcessNoticeCounter: Sendable {
  private var next: [UInt32: UInt32] = [:]
  public private(set) var missing: UInt64 = 0

  public init() {}

  /// Messages of one CPU come in order. Acknowledgements are not counted by the kernel.
  public mutating func count(_ notice: ProcessNotice) {
    if case .acknowledged = notice.kind { return }
    if let expected = next[notice.cpu] { missing += UInt64(notice.sequence &- expected) }
    next[notice.cpu] = notice.sequence &+ 1
  }
}
