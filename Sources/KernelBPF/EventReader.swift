import CLinux
import KernelSystem

/// A thread that reads the ring: wait for a wake-up, sleep 5 ms so that events gather, take them all.
///
/// 53–67 ns an event instead of 480 with a wake-up each (SWIFT.md §2). Idle it wakes ten times a second.
public final class EventReader: Sendable {
  private let stopping: LockedValue<Bool>
  private let thread: pthread_t
  private let lostMappings: LockedValue<UInt64>
  private let progress: LockedValue<Progress>
  private let wakeUp: WakeUp

  private struct Progress {
    var drained: UInt64 = 0
    var mostBytes = 0
  }

  /// Everything that the probes had written until then has been delivered (boot time, nanoseconds).
  public var drained: UInt64 { progress.withLock { $0.drained } }
  /// The most that has waited in the ring, bytes.
  public var mostBytes: Int { progress.withLock { $0.mostBytes } }
  /// Lets the reader look into the ring at once. From any thread.
  public func hurry() { wakeUp.signal() }

  /// Module loads lost so far (PERF_RECORD_LOST): the rest of the losses are the session's.
  public var mappingsLost: UInt64 { lostMappings.withLock { $0 } }

  private final class Work: @unchecked Sendable {
    // Handed to the thread before it starts and taken there once: never touched from two threads.
    var ring: EventRing?
    let stopping: LockedValue<Bool>
    let lostMappings = LockedValue<UInt64>(0)
    let progress = LockedValue(Progress())
    init(ring: consuming EventRing, stopping: LockedValue<Bool>) {
      self.ring = consume ring
      self.stopping = stopping
    }
  }

  /// Starts the thread; `ring` belongs to it from now on. Its `deliver` is called there.
  public init(_ ring: consuming EventRing) throws(SystemError) {
    let stopping = LockedValue(false)
    wakeUp = ring.wakeUp
    let work = Work(ring: ring, stopping: stopping)
    var thread = pthread_t()
    // SAFETY: the thread takes over the reference that is retained here.
    let context = unsafe Unmanaged.passRetained(work).toOpaque()
    let status = unsafe pthread_create(
      &thread, nil,
      { (context) in
        guard let context = unsafe context else { return nil }
        let work = unsafe Unmanaged<Work>.fromOpaque(context).takeRetainedValue()
        EventReader.run(work)
        return nil
      }, context)
    guard status == 0 else {
      unsafe Unmanaged<Work>.fromOpaque(context).release()
      throw SystemError("pthread_create", on: "event reader", Errno(rawValue: status))
    }
    self.stopping = stopping
    self.thread = thread
    (lostMappings, progress) = (work.lostMappings, work.progress)
  }

  deinit { stop() }

  private static func run(_ work: Work) {
    guard let ring = work.ring.take() else { return }
    // It reads mapped memory: nothing of that needs a privilege.
    Privileges.keep(only: [])
    while !work.stopping.withLock({ $0 }) {
      if ring.wait(milliseconds: 100) { usleep(5_000) }
      let (now, waiting) = (KernelClock.bootTimeNanoseconds, ring.waitingBytes)
      ring.drain()
      work.progress.withLock { $0 = Progress(drained: now, mostBytes: max($0.mostBytes, waiting)) }
      let lost = ring.mappingsLost()
      work.lostMappings.withLock { $0 = lost }
    }
    // What was in the ring when the stop was asked for.
    ring.drain()
    let lost = ring.mappingsLost(asksKernel: true)
    work.lostMappings.withLock { $0 = lost }
  }

  /// Takes what is in the ring, delivers it, and ends the thread. Once.
  public func stop() {
    let isFirst = stopping.withLock { (isStopping) in
      defer { isStopping = true }
      return !isStopping
    }
    guard isFirst else { return }
    let status = pthread_join(thread, nil)
    precondition(status == 0, "the reader thread is joined once")
  }
}
