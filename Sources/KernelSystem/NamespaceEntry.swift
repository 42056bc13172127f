import CLinux

/// A stay of the calling thread in another network namespace: setns(2), which needs CAP_SYS_ADMIN.
///
/// Must be ended by `leave`: a thread that stayed would show another namespace's sockets as this one's.
public struct NamespaceVisit: ~Copyable {
  public init(_ descriptor: borrowing OwnedDescriptor, named subject: String) throws(SystemError) {
    do throws(Errno) {
      _ = try descriptor.borrow { (number) throws(Errno) in
        try retryingOnInterrupt { clinux_setns(number, CLONE_NEWNET) }
      }
    } catch { throw SystemError("setns", on: subject, error) }
  }

  /// Returns to `home`; traps if that fails.
  public consuming func leave(to home: borrowing OwnedDescriptor) {
    let status = home.borrow { clinux_setns($0, CLONE_NEWNET) }
    precondition(status == 0, "setns back to the own network namespace failed")
  }
}

extension ThisProcess {
  /// Moves the calling thread into the network namespace of `path` for good: setns(2), which needs CAP_SYS_ADMIN.
  ///
  /// For programs that have no other thread, and look at one namespace only.
  public static func enterNetworkNamespace(_ path: String) throws(SystemError) {
    let door = try OwnedDescriptor.open(path)
    do throws(Errno) {
      _ = try door.borrow { (number) throws(Errno) in
        try retryingOnInterrupt { clinux_setns(number, CLONE_NEWNET) }
      }
    } catch { throw SystemError("setns", on: path, error) }
  }
}
