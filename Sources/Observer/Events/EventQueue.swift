import KernelBPF
import KernelSystem

/// Between the reading thread and the watcher's: bounded by bytes, counts what it turned away.
final class EventQueue: Sendable {
  private struct State {
    var batches: [EventBatch] = []
    var byteCount = 0
    var lost: UInt64 = 0
  }
  private let state = LockedValue(State())
  private let limit: Int
  private let wake: WaitPoint

  init(limit: Int, wake: WaitPoint) {
    self.limit = limit
    self.wake = wake
  }

  func push(_ batch: EventBatch) {
    let limit = limit
    state.withLock { (state) in
      if state.byteCount + batch.byteCount > limit {
        state.lost += UInt64(batch.count)
      } else {
        state.batches.append(batch)
        state.byteCount += batch.byteCount
      }
    }
    wake.wake()
  }

  /// The oldest batches, of `bytes` or a little more; and whether others are left. As events they need twenty times the room,
  /// so nobody should take all at once.
  func take(_ bytes: Int = 1 << 18) -> (batches: [EventBatch], isEmpty: Bool) {
    state.withLock { (state) in
      var (count, taken) = (0, 0)
      while count < state.batches.count && taken < bytes {
        taken += state.batches[count].byteCount
        count += 1
      }
      let batches = Array(state.batches[..<count])
      state.batches.removeFirst(count)
      state.byteCount -= taken
      return (batches, state.batches.isEmpty)
    }
  }

  var byteCount: Int { state.withLock { $0.byteCount } }
  var lost: UInt64 { state.withLock { $0.lost } }
}

/// Puts events of several CPUs into the order of their time: each is held until those before it must be there.
struct EventOrder {
  private var pending: [KernelEvent] = []

  var isEmpty: Bool { pending.isEmpty }
  /// The time of the latest that was added.
  private(set) var latest: UInt64 = 0

  mutating func add(_ event: KernelEvent) {
    latest = max(latest, event.time)
    pending.append(event)
  }

  /// Hands on those up to `limit`, earliest first, and keeps the rest.
  mutating func release(upTo limit: UInt64, _ body: (KernelEvent) -> Void) {
    var order: [(time: UInt64, index: Int)] = []
    var isAnyLater = false
    for (index, event) in pending.enumerated() {
      if event.time <= limit { order.append((event.time, index)) } else { isAnyLater = true }
    }
    if order.isEmpty { return }
    order.sort { ($0.time, $0.index) < ($1.time, $1.index) }
    for entry in order { body(pending[entry.index]) }
    pending = isAnyLater ? pending.filter { $0.time > limit } : []
  }
}
