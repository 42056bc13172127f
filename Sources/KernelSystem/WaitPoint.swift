import CLinux

/// Where one thread waits for others, for a signal to stop, and for the end of a process.
///
/// Made before other threads: they then leave SIGINT, SIGTERM and SIGHUP to it.
public final class WaitPoint: Sendable {
  public struct Reasons: OptionSet, Sendable {
    public let rawValue: UInt8
    public init(rawValue: UInt8) { self.rawValue = rawValue }
    /// `wake` was called, or a descriptor given to `wake(whenReadable:)` can be read.
    public static let woken = Reasons(rawValue: 1)
    public static let stopSignal = Reasons(rawValue: 2)
    public static let processEnded = Reasons(rawValue: 4)
    /// One of the set's descriptors can be read.
    public static let readable = Reasons(rawValue: 8)
    /// SIGHUP, where it does not mean to stop.
    public static let reloadSignal = Reasons(rawValue: 16)
    /// What a run ends for.
    public static let ends: Reasons = [.stopSignal, .processEnded, .reloadSignal]
  }

  private let wakeups: OwnedDescriptor
  private let signals: OwnedDescriptor?
  private let process: OwnedDescriptor?
  private let reloadsOnHangup: Bool
  private let others: ReadinessSet
  /// Theirs, -1 for none; they stay open as long as this object.
  private let numbers: (Int32, Int32, Int32)

  /// - Parameter process: whose end is waited for.
  /// - Parameter reloadsOnHangup: SIGHUP is `reloadSignal`, not `stopSignal`.
  public init(stopsOnSignals: Bool, process pid: Int32? = nil, reloadsOnHangup: Bool = false)
    throws(SystemError)
  {
    self.reloadsOnHangup = reloadsOnHangup
    others = try ReadinessSet()
    let wakeups = try Self.open("eventfd", "wait point") { clinux_eventfd() }
    let signals = stopsOnSignals ? try Self.open("signalfd", "wait point") { clinux_stop_signals() } : -1
    let process = try pid.map { (pid) throws(SystemError) in
      try Self.open("pidfd_open", "process \(pid)") { clinux_pidfd_open(pid, 0) }
    }
    numbers = (wakeups, signals, process ?? -1)
    self.wakeups = OwnedDescriptor(owning: wakeups)
    self.signals = signals < 0 ? nil : OwnedDescriptor(owning: signals)
    self.process = process.map { OwnedDescriptor(owning: $0) }
  }

  private static func open(
    _ call: StaticCallName, _ subject: String, _ body: () -> Int32
  ) throws(SystemError) -> Int32 {
    do throws(Errno) { return try retryingOnInterrupt(body) } catch {
      throw SystemError(call, on: subject, error)
    }
  }

  /// Ends the wait, or the next one. From any thread.
  public func wake() {
    var one: UInt64 = 1
    // A full counter is as good.
    wakeups.borrow { _ = unsafe write($0, &one, 8) }
  }

  /// A descriptor that ends the wait while it can be read, until it is closed.
  public func wake(whenReadable descriptor: borrowing OwnedDescriptor) throws(SystemError) {
    try others.add(descriptor)
  }

  /// poll(2): why it ended; empty after `milliseconds`.
  public func wait(milliseconds: Int32) -> Reasons { wait(milliseconds: milliseconds, set: -1) }

  /// The same, and until a descriptor of `set` can be read.
  public func wait(milliseconds: Int32, _ set: borrowing ReadinessSet) -> Reasons {
    set.descriptor.borrow { wait(milliseconds: milliseconds, set: $0) }
  }

  private func wait(milliseconds: Int32, set: Int32) -> Reasons {
    var waits = [
      pollfd(fd: numbers.0, events: Int16(POLLIN), revents: 0),
      pollfd(fd: numbers.1, events: Int16(POLLIN), revents: 0),
      pollfd(fd: numbers.2, events: Int16(POLLIN), revents: 0),
      pollfd(fd: set, events: Int16(POLLIN), revents: 0),
      pollfd(fd: others.descriptor.borrow { $0 }, events: Int16(POLLIN), revents: 0),
    ]
    // SAFETY: five entries; those with -1 are left out by the kernel.
    guard unsafe poll(&waits, 5, milliseconds) > 0 else { return [] }
    var reasons: Reasons = waits[4].revents != 0 ? .woken : []
    if waits[0].revents != 0 {
      var count: UInt64 = 0
      wakeups.borrow { _ = unsafe read($0, &count, 8) }
      reasons.insert(.woken)
    }
    if waits[1].revents != 0 { reasons.formUnion(signalled) }
    if waits[2].revents != 0 { reasons.insert(.processEnded) }
    if waits[3].revents != 0 { reasons.insert(.readable) }
    return reasons
  }

  /// Without reloading, a signal is left to be found again by whoever waits next.
  private var signalled: Reasons {
    if !reloadsOnHangup { return .stopSignal }
    var reasons: Reasons = []
    while let signal = signals?.borrow({ clinux_next_signal($0) }), signal != 0 {
      reasons.insert(signal == SIGHUP ? .reloadSignal : .stopSignal)
    }
    return reasons
  }
}
