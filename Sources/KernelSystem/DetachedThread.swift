import CLinux

/// A thread that nobody waits for: for calls that block as long as they please.
public enum DetachedThread {
  private final class Body: Sendable {
    let run: @Sendable () -> Void
    init(_ run: @escaping @Sendable () -> Void) { self.run = run }
  }

  /// Starts `body`; throws EAGAIN when the process may have no more threads.
  public static func start(_ body: @escaping @Sendable () -> Void) throws(Errno) {
    let context = unsafe Unmanaged.passRetained(Body(body))
    var thread = pthread_t()
    // SAFETY: the thread takes over the reference that was retained for it, just once.
    let status = unsafe pthread_create(
      &thread, nil,
      { argument in
        guard let argument = unsafe argument else { return nil }
        unsafe Unmanaged<Body>.fromOpaque(argument).takeRetainedValue().run()
        return nil
      }, context.toOpaque())
    guard status == 0 else {
      unsafe context.release()
      throw Errno(rawValue: status)
    }
    pthread_detach(thread)
  }

  /// sched_yield(2).
  public static func yield() { sched_yield() }

  /// Lets others go before the calling thread: setpriority(2), which on Linux speaks of a thread.
  public static func lowerPriority() {
    // Refused, it goes on as it is.
    _ = setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, 10)
  }

  /// Lets the calling thread sleep (nanosleep(2)).
  public static func sleep(milliseconds: Int) {
    usleep(UInt32(clamping: milliseconds * 1000))
  }
}
