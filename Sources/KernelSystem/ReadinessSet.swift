import CLinux

/// Descriptors that one thread waits for together: epoll(7), level-triggered.
///
/// A descriptor leaves the set by being closed.
public struct ReadinessSet: ~Copyable, Sendable {
  let descriptor: OwnedDescriptor

  public init() throws(SystemError) {
    do throws(Errno) {
      descriptor = OwnedDescriptor(owning: try retryingOnInterrupt { epoll_create1(Int32(EPOLL_CLOEXEC)) })
    } catch { throw SystemError("epoll_create1", on: "a set of descriptors", error) }
  }

  /// epoll_ctl(2): from now on the set is readable when `other` is.
  public borrowing func add(_ other: borrowing OwnedDescriptor) throws(SystemError) {
    var event = unsafe epoll_event()
    unsafe event.events = EPOLLIN.rawValue
    let number = other.borrow { $0 }
    // SAFETY: the event lives during the call.
    let status = descriptor.borrow { unsafe epoll_ctl($0, EPOLL_CTL_ADD, number, &event) }
    guard status == 0 else { throw SystemError("epoll_ctl", on: "a set of descriptors", .current) }
  }
}
