import CLinux

/// The threads that this thread traces by ptrace(2): they stop at every system call, and at births, execs and ends.
///
/// Needs the right to trace the process: the same user (and Yama's leave), or CAP_SYS_PTRACE. Since 5.3.
public struct TracedThreads: Sendable {
  public enum Stop: Sendable, Equatable {
    case callEntry, callExit
    /// A child or a thread was born, by its number.
    case birth(Int32)
    /// The thread's number before the exec.
    case exec(Int32)
    /// It is about to end, with this status.
    case ending(Int32)
    case signal(Int32)
    /// Stopped as a process, by SIGSTOP or a terminal: it must stay so.
    case group
    /// It is gone.
    case ended
    case other
  }
  public enum News: Sendable {
    /// Nobody has stopped since.
    case none
    /// Nobody is left to trace.
    case nobody
    case stopped(thread: Int32, Stop)
  }
  public struct Registers: Sendable {
    /// DWARF's order.
    public var all: [UInt64]
    public var number: Int64
    public var result: Int64
    /// The call is made as 32-bit programs make it: the number is i386's.
    public var isI386: Bool
  }

  private static let options =
    UInt64(PTRACE_O_TRACESYSGOOD.rawValue) | UInt64(PTRACE_O_TRACEFORK.rawValue)
    | UInt64(PTRACE_O_TRACEVFORK.rawValue) | UInt64(PTRACE_O_TRACECLONE.rawValue)
    | UInt64(PTRACE_O_TRACEEXEC.rawValue) | UInt64(PTRACE_O_TRACEEXIT.rawValue)

  public init() {}

  /// PTRACE_SEIZE and PTRACE_INTERRUPT: the thread stops soon.
  public func seize(_ thread: Int32) throws(SystemError) {
    guard clinux_ptrace(Int(PTRACE_SEIZE.rawValue), thread, 0, Self.options) == 0 else {
      throw SystemError("ptrace", on: "process \(thread)", .current)
    }
    _ = clinux_ptrace(Int(PTRACE_INTERRUPT.rawValue), thread, 0, 0)
  }

  /// Whether we trace it already. If so it stops once more.
  public func isTraced(_ thread: Int32) -> Bool {
    clinux_ptrace(Int(PTRACE_INTERRUPT.rawValue), thread, 0, 0) == 0
  }

  /// waitpid(2), without waiting.
  public func next() -> News {
    var status: Int32 = 0
    // SAFETY: the call writes the status.
    let thread = unsafe clinux_wait_traced(&status)
    if thread == 0 { return .none }
    // ECHILD.
    if thread < 0 { return .nobody }
    return .stopped(thread: thread, stop(thread, status))
  }

  private func stop(_ thread: Int32, _ status: Int32) -> Stop {
    // wait(2): 0x7f in the lowest byte for a stop, its signal in the next, PTRACE_EVENT_* above.
    guard status & 0xff == 0x7f else { return .ended }
    let (signal, event) = (status >> 8 & 0xff, status >> 16)
    if signal == SIGTRAP | 0x80 {
      switch clinux_ptrace_place(thread) {
      case 1: return .callEntry
      case 2: return .callExit
      default: return .other
      }
    }
    switch UInt32(event) {
    case PTRACE_EVENT_FORK.rawValue, PTRACE_EVENT_VFORK.rawValue, PTRACE_EVENT_CLONE.rawValue:
      return .birth(Int32(truncatingIfNeeded: message(thread)))
    case PTRACE_EVENT_EXEC.rawValue: return .exec(Int32(truncatingIfNeeded: message(thread)))
    case PTRACE_EVENT_EXIT.rawValue: return .ending(Int32(truncatingIfNeeded: message(thread)))
    case PTRACE_EVENT_STOP.rawValue: return signal == SIGTRAP ? .other : .group
    case 0: return .signal(signal)
    default: return .other
    }
  }

  private func message(_ thread: Int32) -> UInt64 {
    var message: UInt = 0
    // SAFETY: the kernel writes one unsigned long.
    let status = unsafe withUnsafeMutablePointer(to: &message) {
      clinux_ptrace(Int(PTRACE_GETEVENTMSG.rawValue), thread, 0, UInt64(UInt(bitPattern: $0)))
    }
    return status == 0 ? UInt64(message) : 0
  }

  /// Lets it run to its next call, with a signal that it was to get.
  public func go(_ thread: Int32, signal: Int32 = 0) {
    _ = clinux_ptrace(Int(PTRACE_SYSCALL.rawValue), thread, 0, UInt64(signal))
  }

  /// PTRACE_LISTEN: it stays stopped, until SIGCONT.
  public func leaveStopped(_ thread: Int32) {
    _ = clinux_ptrace(Int(PTRACE_LISTEN.rawValue), thread, 0, 0)
  }

  /// PTRACE_GETREGS of a thread that has stopped.
  public func registers(_ thread: Int32) -> Registers? {
    var all = [UInt64](repeating: 0, count: 17)
    var (number, result, isI386) = (UInt64(0), Int64(0), Int32(0))
    // SAFETY: 17 numbers are written, and three more.
    guard unsafe clinux_ptrace_registers(thread, &all, &number, &result, &isI386) == 0 else { return nil }
    return Registers(all: all, number: Int64(bitPattern: number), result: result, isI386: isI386 != 0)
  }
}

/// The memory of another process (`/proc/PID/mem`).
public struct ProcessMemory: ~Copyable {
  private let file: OwnedDescriptor

  public init(_ process: Int32) throws(SystemError) {
    file = try OwnedDescriptor.open("/proc/\(process)/mem")
  }

  /// The bytes that are there, at most `count`; empty if the page is not.
  public borrowing func bytes(at address: UInt64, count: Int) -> [UInt8] {
    guard let offset = off_t(exactly: address) else { return [] }
    var bytes = [UInt8](repeating: 0, count: count)
    // SAFETY: at most `count` bytes are written.
    let length = file.borrow { unsafe pread($0, &bytes, count, offset) }
    return length == count ? bytes : Array(bytes[..<max(0, length)])
  }

  /// Up to a NUL, at most `limit` bytes.
  public borrowing func text(at address: UInt64, limit: Int = 512) -> [UInt8] {
    // To the page's end first: what is behind it may not be there.
    var text: [UInt8] = []
    while text.count < limit {
      let place = address &+ UInt64(text.count)
      let piece = bytes(at: place, count: min(limit - text.count, 4096 - Int(place % 4096)))
      if let end = piece.firstIndex(of: 0) { return text + piece[..<end] }
      if piece.isEmpty { return text }
      text += piece
    }
    return text
  }

  /// A word of so many bytes.
  public borrowing func word(at address: UInt64, size: Int = 8) -> UInt64? {
    let bytes = bytes(at: address, count: size)
    return bytes.count == size ? bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) } : nil
  }
}
