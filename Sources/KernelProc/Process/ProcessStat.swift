/// One `/proc/PID/stat` (proc_pid_stat(5)), the fields that we use.
public struct ProcessStat: Hashable, Sendable {
  public var pid: Int32
  /// `comm`: at most 15 bytes for a process, up to 63 for a kernel worker; anything but NUL.
  public var name: [UInt8]
  /// `R`, `S`, `D`, `Z`, `T`, `t`, `X`, `I` …
  public var state: UInt8
  public var parentPID: Int32
  public var processGroup: Int32
  public var session: Int32
  /// The controlling terminal's device number as the kernel packs it; 0 for none.
  public var terminal: UInt32
  /// `PF_*` of `linux/sched.h`.
  public var flags: UInt32
  /// Clock ticks in user mode, with those of threads that ended.
  public var userTicks: UInt64
  /// Clock ticks in kernel mode.
  public var systemTicks: UInt64
  public var threadCount: Int32
  /// Clock ticks after boot (CLOCK_BOOTTIME) at which the process started; an exec keeps it.
  public var startTicks: UInt64

  /// PF_KTHREAD of `linux/sched.h`, which is not in the user headers.
  public static let kernelThreadFlag: UInt32 = 0x0020_0000

  public var isKernelThread: Bool { flags & Self.kernelThreadFlag != 0 }

  /// nil if it is not the text of a stat file.
  public init?(parsing text: Span<UInt8>) {
    // 5267 (cat) R 5264 5264 3380 0 -1 4194304 100 0 0 0 0 0 0 0 20 0 1 0 152072 …
    var scanner = ByteScanner(bytes: text)
    guard let pid = scanner.decimalField(Int32.self), scanner.skip(" (") else { return nil }
    let nameStart = scanner.position
    // The name may hold `)`: the last one in the text closes it, only numbers follow.
    guard let nameEnd = text.lastIndex(of: UInt8(ascii: ")")), nameEnd >= nameStart else { return nil }
    scanner.position = nameEnd + 1
    scanner.skipBlanks()
    guard let state = scanner.next else { return nil }
    scanner.position += 1
    guard let parentPID = scanner.decimalField(Int32.self),
      let processGroup = scanner.decimalField(Int32.self),
      let session = scanner.decimalField(Int32.self),
      // %d in the kernel: a packed device number fits 32 bits either way.
      let terminal = scanner.decimalField(Int32.self),
      scanner.decimalField(Int64.self) != nil,  // tpgid
      let flags = scanner.decimalField(UInt32.self)
    else { return nil }
    scanner.skipBlanks()
    scanner.skipFields(4)  // minflt cminflt majflt cmajflt
    guard let userTicks = scanner.decimalField(UInt64.self),
      let systemTicks = scanner.decimalField(UInt64.self)
    else { return nil }
    scanner.skipBlanks()
    scanner.skipFields(4)  // cutime cstime priority nice
    guard let threadCount = scanner.decimalField(Int32.self) else { return nil }
    scanner.skipBlanks()
    scanner.skipFields(1)  // itrealvalue
    guard let startTicks = scanner.decimalField(UInt64.self), scanner.isBehindWholeNumber else { return nil }
    self.pid = pid
    name = text.copy(nameStart..<nameEnd)
    self.state = state
    self.parentPID = parentPID
    self.processGroup = processGroup
    self.session = session
    self.terminal = UInt32(bitPattern: terminal)
    self.flags = flags
    self.userTicks = userTicks
    self.systemTicks = systemTicks
    self.threadCount = threadCount
    self.startTicks = startTicks
  }
}
