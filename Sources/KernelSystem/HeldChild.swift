import CLinux

/// A program that is started, and runs only when it is told to: so that nothing it does goes unseen.
///
/// If we end before, it ends too.
public struct HeldChild: ~Copyable {
  public let pid: Int32
  private let gate: OwnedDescriptor
  private let failure: OwnedDescriptor

  /// fork(2). Call it while the process has one thread only.
  public init(_ arguments: [String]) throws(SystemError) {
    precondition(!arguments.isEmpty, "a command has a name")
    var strings = unsafe arguments.map { unsafe strdup($0) }
    unsafe strings.append(nil)
    defer { unsafe strings.forEach { unsafe free($0) } }
    var release: Int32 = -1
    var result: Int32 = -1
    // SAFETY: terminated strings in a terminated list, which outlive the call; the child has copies.
    let child = unsafe clinux_start_held(strings, &release, &result)
    guard child > 0 else { throw SystemError("fork", on: arguments[0], .current) }
    pid = child
    gate = OwnedDescriptor(owning: release)
    failure = OwnedDescriptor(owning: result)
  }

  /// A copy of this process that makes one event of each kind: TCP and UDP on loopback, a refused connect, `/bin/true`,
  /// a failed exec, a thread, a mapping. It ends with 23.
  public static func makingEvents() throws(SystemError) -> HeldChild {
    var release: Int32 = -1
    var result: Int32 = -1
    let child = unsafe clinux_start_held(nil, &release, &result)
    guard child > 0 else { throw SystemError("fork", on: "event probes", .current) }
    return HeldChild(pid: child, gate: release, failure: result)
  }

  private init(pid: Int32, gate: Int32, failure: Int32) {
    self.pid = pid
    self.gate = OwnedDescriptor(owning: gate)
    self.failure = OwnedDescriptor(owning: failure)
  }

  /// Lets it run. Throws what execvp(3) said.
  public borrowing func release() throws(Errno) {
    try openGate()
    try checkStart()
  }

  /// Lets it run, and does not wait for its exec.
  public borrowing func openGate() throws(Errno) {
    var byte: UInt8 = 1
    _ = try gate.borrow { (number) throws(Errno) in
      // SAFETY: one byte.
      try retryingOnInterrupt { unsafe write(number, &byte, 1) }
    }
  }

  /// Waits for its exec; throws what execvp(3) said.
  public borrowing func checkStart() throws(Errno) {
    var error = [UInt8](repeating: 0, count: 4)
    // Its end of the pipe is closed by an exec, or by its end.
    guard try failure.read(into: &error) == 4 else { return }
    let value = error.reversed().reduce(Int32(0)) { $0 << 8 | Int32($1) }
    throw Errno(rawValue: value)
  }

  /// waitpid(2): its status if it has ended, else nil.
  public borrowing func status() -> Int32? {
    var status: Int32 = 0
    return unsafe waitpid(pid, &status, WNOHANG) == pid ? status : nil
  }
}
