import CLinux

/// Entering network namespaces: setns(2), on the calling thread only.
public enum NetworkNamespaceEntry {
  /// Runs `body` with the calling thread inside the namespace of `descriptor`, then returns to `home`.
  ///
  /// Needs CAP_SYS_ADMIN. A thread that cannot come back would show another namespace's sockets as this one's,
  /// so that failure traps.
  public static func inside<Result, Failure: Error>(
    _ descriptor: borrowing OwnedDescriptor, home: borrowing OwnedDescriptor, named subject: String,
    _ body: () throws(Failure) -> Result
  ) throws(SystemError) -> Swift.Result<Result, Failure> {
    try enter(descriptor, named: subject)
    let result: Swift.Result<Result, Failure>
    do throws(Failure) { result = .success(try body()) } catch { result = .failure(error) }
    let back = home.borrow { clinux_setns($0, CLONE_NEWNET) }
    precondition(back == 0, "setns back to the own network namespace failed")
    return result
  }

  private static func enter(
    _ descriptor: borrowing OwnedDescriptor, named subject: String
  ) throws(SystemError) {
    do throws(Errno) {
      _ = try descriptor.borrow { (number) throws(Errno) in
        try retryingOnInterrupt { clinux_setns(number, CLONE_NEWNET) }
      }
    } catch { throw SystemError("setns", on: subject, error) }
  }
}
