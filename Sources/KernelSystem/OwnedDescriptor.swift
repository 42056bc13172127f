import CLinux

/// A file descriptor that is closed when its owner goes away.
///
/// Lend it with `borrow`, give it away with `release`. Every descriptor is opened close-on-exec.
public struct OwnedDescriptor: ~Copyable, Sendable {
  private let number: Int32

  /// Takes over `number`, which must be open and owned by nobody else.
  public init(owning number: Int32) {
    precondition(number >= 0, "a descriptor is not negative")
    self.number = number
  }

  /// The number, valid inside `body` only.
  @discardableResult
  public borrowing func borrow<Result: ~Copyable, Failure: Error>(
    _ body: (Int32) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try body(number)
  }

  /// Gives the number to the caller, who must close it.
  public consuming func release() -> Int32 {
    let number = self.number
    discard self
    return number
  }

  deinit { _ = close(number) }
}

/// Flags of open(2) that callers outside of Kernel* need.
public enum ModeOfOpening {
  /// O_PATH: the place, not the file; nothing is opened.
  public static let pathOnly = O_PATH
}

extension OwnedDescriptor {
  /// openat(2) with O_CLOEXEC added. `directory` nil is the working directory.
  public static func open(
    _ path: String, flags: Int32 = O_RDONLY, in directory: borrowing OwnedDescriptor
  ) throws(SystemError) -> OwnedDescriptor {
    try directory.borrow { (number) throws(SystemError) in try open(path, flags: flags, at: number) }
  }

  /// openat(2) relative to the working directory, with O_CLOEXEC added.
  public static func open(_ path: String, flags: Int32 = O_RDONLY) throws(SystemError) -> OwnedDescriptor {
    try open(path, flags: flags, at: AT_FDCWD)
  }

  private static func open(
    _ path: String, flags: Int32, at directory: Int32
  ) throws(SystemError) -> OwnedDescriptor {
    do throws(Errno) {
      let number = try retryingOnInterrupt { unsafe clinux_openat(directory, path, flags | O_CLOEXEC) }
      return OwnedDescriptor(owning: number)
    } catch { throw SystemError("openat", on: path, error) }
  }

  /// read(2) into `buffer`: the bytes read, 0 at the end.
  public borrowing func read(into buffer: UnsafeMutableRawBufferPointer) throws(Errno) -> Int {
    // SAFETY: the kernel writes at most `buffer.count` bytes.
    try retryingOnInterrupt { unsafe CLinux.read(number, buffer.baseAddress, buffer.count) }
  }

  /// read(2) into the array, at most its count: the bytes read, 0 at the end.
  public borrowing func read(into bytes: inout [UInt8]) throws(Errno) -> Int {
    let number = self.number
    return try retryingOnInterrupt {
      // SAFETY: the pointer is used during the call only, and the kernel is told how many bytes it leads to.
      unsafe bytes.withUnsafeMutableBytes { unsafe CLinux.read(number, $0.baseAddress, $0.count) }
    }
  }
}

extension OwnedDescriptor {
  /// open(2) for writing: a file that is made, or emptied, with what umask(2) leaves of 0666.
  public static func create(_ path: String) throws(SystemError) -> OwnedDescriptor {
    do throws(Errno) {
      return OwnedDescriptor(
        owning: try retryingOnInterrupt { unsafe clinux_create(path, 0o666) })
    } catch { throw SystemError("open", on: path, error) }
  }
}
