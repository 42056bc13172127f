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

  /// Takes everything that is there, and delivers it. The number of records.
  ///
  /// The probes wake seldom: so this is called on time-outs too.
  @discardableResult
  borrowing func drain() -> Int {
    let count = unsafe ring.drain { (record) in unsafe sink.append(record) }
    unsafe mappings?.drain { (record) in unsafe sink.append(record) }
    sink.flush()
    return count
  }

  /// Module loads that the kernel dropped for want of room.
  borrowing func mappingsLost() -> UInt64 { mappings?.lost ?? 0 }
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
