import CLinux

extension OwnedDescriptor {
  /// open(2) of a regular file for reading; another kind is EINVAL. It does not wait for a FIFO's other end.
  public static func openRegularFile(_ path: String) throws(SystemError) -> OwnedDescriptor {
    let file = try open(path, flags: O_RDONLY | O_NONBLOCK)
    do throws(Errno) {
      guard try FileStatus(of: file).isRegular else { throw .invalidArgument }
    } catch { throw SystemError("open", on: path, error) }
    return file
  }
}
