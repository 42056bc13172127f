import CSQLite

/// Ends a query that takes too long or too much.
final class QueryWatchdog {
  private let deadline: ContinuousClock.Instant
  private let time: Duration
  private let memory: Int
  private let memoryBefore: Int
  /// Asked too, so that a caller can end the query, or show that it goes on.
  private let goesOn: @Sendable () -> Bool
  private(set) var reason: StoreError?
  /// Steps of SQLite's machine between two looks.
  static let interval: Int32 = 10_000

  init(time: Duration, memory: Int, goesOn: @escaping @Sendable () -> Bool = { true }) {
    (self.time, self.memory, self.goesOn) = (time, memory, goesOn)
    deadline = ContinuousClock.now + time
    memoryBefore = Int(sqlite3_memory_used())
  }

  /// Whether to end it, and why is in `reason`.
  func shouldEnd() -> Bool {
    if ContinuousClock.now > deadline {
      reason = .timeLimit(time)
    } else if Int(sqlite3_memory_used()) - memoryBefore > memory {
      reason = .memoryLimit(memory)
    } else if !goesOn() {
      reason = .refused(detail: "ended by its caller")
    }
    return reason != nil
  }
}

extension SQLiteConnection {
  /// Lets a watchdog look at every query from now on.
  func guarded(by watchdog: QueryWatchdog) {
    self.watchdog = watchdog
    // SAFETY: the connection keeps the watchdog; deinit takes the handler away before the handle is closed.
    let context = unsafe Unmanaged.passUnretained(watchdog).toOpaque()
    unsafe sqlite3_progress_handler(
      handle, QueryWatchdog.interval,
      { context in
        guard let context = unsafe context else { return 0 }
        return unsafe Unmanaged<QueryWatchdog>.fromOpaque(context).takeUnretainedValue().shouldEnd() ? 1 : 0
      }, context)
  }
}
