import CLinux
import KernelSystem

/// The reading end of the events ring: copies records into batches.
///
/// One thread owns it. `@unchecked Sendable`: it is not copyable, so handing it over leaves nothing behind.
@safe public struct EventRing: ~Copyable, @unchecked Sendable {
  private let ring: OpaquePointer
  private let sink: EventSink
  private let mappings: MappingRings?

  /// `mappings`: the module loads, which do not come through the ring, but to the same reader.
  init(map: Int32, mappings: MappingRings?, deliver: @escaping @Sendable (EventBatch) -> Void)
    throws(BPFError)
  {
    let sink = EventSink(deliver)
    // SAFETY: the sink lives as long as the ring: both are fields of this value, and `deinit` frees the ring first.
    let context = unsafe Unmanaged.passUnretained(sink).toOpaque()
    let ring = unsafe ring_buffer__new(
      map,
      { (context, data, size) in
        guard let context = unsafe context, let data = unsafe data else { return 0 }
        // SAFETY: `context` is the sink given below; libbpf lends `data` for the call.
        let sink = unsafe Unmanaged<EventSink>.fromOpaque(context).takeUnretainedValue()
        unsafe sink.append(UnsafeRawBufferPointer(start: data, count: size))
        return 0
      }, context, nil)
    guard let ring = unsafe ring else {
      throw BPFError(step: .create, object: "events", errno: .current, log: "")
    }
    unsafe self.ring = ring
    self.sink = sink
    self.mappings = mappings
    if let mappings { unsafe mappings.join(epoll: ring_buffer__epoll_fd(ring)) }
  }

  /// Waits until the kernel wakes the reader, or `milliseconds` are over; true if it woke.
  borrowing func wait(milliseconds: Int32) -> Bool {
    var event = unsafe epoll_event()
    return unsafe epoll_wait(ring_buffer__epoll_fd(ring), &event, 1, milliseconds) > 0
  }

  /// Takes everything that is there, and delivers it. The number of records.
  ///
  /// libbpf's poll consumes only after a wake-up, and the probes wake seldom: so this is called on time-outs too.
  @discardableResult
  borrowing func drain() -> Int {
    let count = unsafe ring_buffer__consume(ring)
    unsafe mappings?.drain { (record) in unsafe sink.append(record) }
    sink.flush()
    return max(0, Int(count))
  }

  /// Module loads that the kernel dropped for want of room.
  borrowing func mappingsLost() -> UInt64 { mappings?.lost ?? 0 }

  deinit { unsafe ring_buffer__free(ring) }
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
