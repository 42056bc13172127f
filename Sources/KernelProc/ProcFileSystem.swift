import CLinux
import KernelSystem

/// A mounted `/proc`, or a tree of files that looks like one.
///
/// Holds the root open (O_PATH), and opens everything else beneath it with openat(2), so that a test or a
/// container's `/proc` is read the same way.
public struct ProcFileSystem: ~Copyable, Sendable {
  let root: OwnedDescriptor
  public let path: String

  /// Throws when `path` is not a directory that we may search.
  public init(path: String = "/proc") throws(SystemError) {
    root = try OwnedDescriptor.open(path, flags: O_PATH | O_DIRECTORY)
    self.path = path
  }

  /// Opens `/proc/PID`: from here on it means this process, and after its end no other.
  public borrowing func process(_ pid: Int32) -> ProcAnswer<ProcessDirectory> {
    let number = root.borrow { root in
      // SAFETY: `withPath` lends a C string.
      unsafe withPath(pid, "") { path in
        unsafe clinux_openat(root, path, O_PATH | O_DIRECTORY | O_CLOEXEC)
      }
    }
    if number < 0 { return ProcAnswer(Errno.current, noSuchFile: .gone) }
    return .value(ProcessDirectory(pid: pid, descriptor: OwnedDescriptor(owning: number)))
  }

  /// The processes (thread groups) that the mount shows, ascending as the kernel lists them.
  ///
  /// `hidepid=invisible` and pid namespaces hide some: see `processVisibility`.
  public borrowing func processIDs() throws(SystemError) -> [Int32] {
    let directory = try OwnedDescriptor.open(".", flags: O_RDONLY | O_DIRECTORY, in: root)
    do throws(Errno) {
      return try directory.borrow { (number) throws(Errno) in try numbers(in: number) }
    } catch { throw SystemError("getdents64", on: path, error) }
  }

  /// Reads a file beneath the root, such as `stat` or `sys/fs/file-nr`.
  borrowing func read(
    _ name: String, into buffer: inout ReadBuffer, limit: Int = 1 << 20
  ) -> ProcAnswer<Void> {
    root.borrow { readFile(name, in: $0, into: &buffer, limit: limit, noSuchFile: .absent) }
  }
}

/// All numbers in a directory that is open at its start.
func numbers(in directory: Int32) throws(Errno) -> [Int32] {
  var numbers: [Int32] = []
  var failure: Errno?
  // SAFETY: the buffer is used inside the closure only, and has the size that the listing asks for.
  unsafe withUnsafeTemporaryAllocation(byteCount: DirectoryListing.bufferSize, alignment: 8) { buffer in
    do throws(Errno) {
      try unsafe DirectoryListing.forEachNumber(in: directory, buffer: buffer) { number, _ in
        numbers.append(number)
        return true
      }
    } catch { failure = error }
  }
  if let failure { throw failure }
  return numbers
}

/// Opens, reads to the end, closes.
func readFile(
  _ name: String, in directory: Int32, into buffer: inout ReadBuffer, limit: Int,
  until end: ReadBuffer.End = .emptyRead, noSuchFile: ProcAnswer<Void>
) -> ProcAnswer<Void> {
  // SAFETY: the path is a C string for the length of the call.
  let number = unsafe clinux_openat(directory, name, O_RDONLY | O_CLOEXEC)
  if number < 0 { return ProcAnswer(Errno.current, noSuchFile: noSuchFile) }
  let file = OwnedDescriptor(owning: number)
  do throws(Errno) {
    try file.borrow { (number) throws(Errno) in try buffer.fill(from: number, limit: limit, until: end) }
    return .value(())
  } catch { return ProcAnswer(error, noSuchFile: noSuchFile) }
}
