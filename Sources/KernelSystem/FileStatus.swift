import CLinux

/// What tells one file from another, and one state of it from another (stat(2)).
public struct FileStatus: Hashable, Sendable {
  /// As the kernel has it within: 12 bits major, 20 bits minor.
  public let device: UInt32
  public let inode: UInt64
  /// ctime, nanoseconds since 1970.
  public let changed: Int64
  /// mtime, nanoseconds since 1970.
  public let modified: Int64
  public let size: Int64
  public let isRegular: Bool

  /// fstatat(2): follows links. nil when there is nothing, or it may not be seen.
  public init?(of name: String, in directory: Int32) {
    var status = CLinux.stat()
    // SAFETY: fstatat(2) fills the structure; the name outlives the call.
    guard unsafe fstatat(directory, name, &status, 0) == 0 else { return nil }
    self.init(status)
  }

  /// fstat(2).
  public init(of file: borrowing OwnedDescriptor) throws(Errno) {
    var status = CLinux.stat()
    // SAFETY: fstat(2) fills the structure.
    guard file.borrow({ unsafe fstat($0, &status) }) == 0 else { throw .current }
    self.init(status)
  }

  /// The inode's generation (FS_IOC_GETVERSION); nil where the file system does not tell.
  public static func generation(of file: borrowing OwnedDescriptor) -> UInt32? {
    var generation: Int32 = 0
    // SAFETY: these file systems write 32 bits, whatever the number of the call says (ioctl_iflags(2)).
    let status = file.borrow { unsafe clinux_ioctl_int($0, clinux_generation_request, &generation) }
    return status == 0 ? UInt32(bitPattern: generation) : nil
  }

  private init(_ status: CLinux.stat) {
    device = clinux_kernel_device(UInt64(status.st_dev))
    inode = UInt64(status.st_ino)
    changed = Int64(status.st_ctim.tv_sec) * 1_000_000_000 + Int64(status.st_ctim.tv_nsec)
    modified = Int64(status.st_mtim.tv_sec) * 1_000_000_000 + Int64(status.st_mtim.tv_nsec)
    size = Int64(status.st_size)
    isRegular = status.st_mode & UInt32(S_IFMT) == UInt32(S_IFREG)
  }
}
