import CLinux

/// A stable handle on a process (pidfd_open(2)): it never comes to mean another process.
public struct ProcessDescriptor: ~Copyable {
  private let descriptor: OwnedDescriptor
  public let pid: Int32

  /// Throws `.noSuchProcess` when it is gone. Since 5.3; no privilege.
  public init(pid: Int32) throws(Errno) {
    descriptor = OwnedDescriptor(owning: try retryingOnInterrupt { clinux_pidfd_open(pid, 0) })
    self.pid = pid
  }

  /// Duplicates descriptor `number` of the process into this one (pidfd_getfd(2)), close-on-exec.
  ///
  /// Needs ptrace attach rights: same user and dumpable, or CAP_SYS_PTRACE. Since 5.6. Throws
  /// `.badDescriptor` when the process has closed it: an answer here, not a bug.
  public borrowing func duplicate(_ number: Int32) throws(Errno) -> OwnedDescriptor {
    try descriptor.borrow { (pidfd) throws(Errno) in
      OwnedDescriptor(owning: try retryingOnInterrupt { clinux_pidfd_getfd(pidfd, number, 0) })
    }
  }
}
