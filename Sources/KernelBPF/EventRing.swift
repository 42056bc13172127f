import CLinux
import KernelSystem

/// The reading end of the events ring: copies records into batches.
///
/// One thread owns it. `@unchecked Sendable`: it is not copyable, so handing it over leaves nothing behind.
@safe public struct EventRing: ~Copyable, @unchecked Sendable {
  private let ring: RingMapping
  private let wakeUps: OwnedDescriptor
  private let sink: EventSink
  private let mappings: MappingRings?
  /// Ends `wait`.
  let wakeUp: WakeUp

  /// `mappings`: the module loads, which do not come through the ring, but to the same reader.
  init(map: Int32, mappings: MappingRings?, deliver: @escaping @Sendable (EventBatch) -> Void)
    throws(SystemError)
  {
    let ring = try RingMapping(map: map)
    let number = epoll_create1(Int32(EPOLL_CLOEXEC))
    guard number >= 0 else { throw SystemError("epoll_create1", on: "ring", .current) }
    let wakeUps = OwnedDescriptor(owning: number)
    var event = unsafe epoll_event()
    unsafe event.events = EPOLLIN.rawValue
    // SAFETY: the kernel copies the structure during the call.
    guard unsafe epoll_ctl(number, EPOLL_CTL_ADD, map, &event) == 0 else {
      throw SystemError("epoll_ctl", on: "ring", .current)
    }
    wakeUp = try WakeUp()
    wakeUp.join(epoll: number)
    mappings?.join(epoll: number)
    self.ring = ring
    self.wakeUps = wakeUps
    self.mappings = mappings
    sink = EventSink(deliver)
  }

  /// Waits until the kernel wakes the reader, or `milliseconds` are over; true if it woke.
  borrowing func wait(milliseconds: Int32) -> Bool {
    wakeUps.borrow { (number) in
      var event = unsafe epoll_event()
      return unsafe epoll_wait(number, &event, 1, milliseconds) > 0
    }
  }

  /// Bytes that have not been taken.
  var waitingBytes: Int { ring.waitingBytes }

  /// Takes everything that is there, and delivers it. The number of records.
  ///
  /// The probes wake seldom: so this is called on time-outs too.
  @discardableResult
  borrowing func drain() -> Int {
    wakeUp.reset()
    let count = unsafe ring.drain { (record) in unsafe sink.append(record) }
    unsafe mappings?.drain { (record) in unsafe sink.append(record) }
    sink.flush()
    return count
  }

  /// Module loads that the kernel dropped for want of room.
  borrowing func mappingsLost(asksKernel: Bool = false) -> UInt64 {
    mappings?.lost(asksKernel: asksKernel) ?? 0
  }
}

/// Collects records on the reading thread.
private final class EventSink {
  private static let limit = 1 << 18
  private let deliver: @Sendable (EventBatch) -> Void
  private var batch = EventBatch()

  init(_ deliver: @escaping @Sendable (EventBatch) -> Void) { self.deliver = deliver }

  func append(_ record: UnsafeRawBufferPointer) {
    unsafe batch.append(record)
    if batch.byteCount >= Self.limit { flush() }
  }

  func flush() {
    guard !batch.isEmpty else { return }
    let full = batch
    batch = EventBatch()
    batch.reserve(min(full.byteCount * 2, Self.limit))
    deliver(full)
  }
}

/// Lets a thread know that it should look: eventfd(2).
final class WakeUp: Sendable {
  private let descriptor: OwnedDescriptor

  init() throws(SystemError) {
    let number = clinux_eventfd()
    guard number >= 0 else { throw SystemError("eventfd", on: "ring", .current) }
    descriptor = OwnedDescriptor(owning: number)
  }

  func join(epoll: Int32) {
    var event = unsafe epoll_event()
    unsafe event.events = EPOLLIN.rawValue
    // SAFETY: the kernel copies the structure during the call. Without it the reader looks ten times a second.
    descriptor.borrow { _ = unsafe epoll_ctl(epoll, EPOLL_CTL_ADD, $0, &event) }
  }

  func signal() {
    var one: UInt64 = 1
    // SAFETY: eight bytes are read. A full counter is as good.
    descriptor.borrow { _ = unsafe write($0, &one, 8) }
  }

  func reset() {
    var count: UInt64 = 0
    // SAFETY: eight bytes are written; EAGAIN when there was no signal.
    descriptor.borrow { _ = unsafe read($0, &count, 8) }
  }
}
