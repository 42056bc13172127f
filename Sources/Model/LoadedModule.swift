/// A program or shared library that a process has mapped to execute: `/proc/PID/maps`, proc_pid_maps(5).
public struct LoadedModule: Hashable, Sendable {
  public var process: ProcessIdentity
  public var path: RawText
  /// Of its first page in the process.
  public var address: UInt64
  /// Bytes from its first page to the end of its last.
  public var size: UInt64
  public var inode: UInt64
  /// The file was unlinked or replaced: what runs is not what has the name.
  public var isDeleted: Bool

  public init(
    process: ProcessIdentity, path: RawText, address: UInt64, size: UInt64, inode: UInt64, isDeleted: Bool
  ) {
    self.process = process
    self.path = path
    self.address = address
    self.size = size
    self.inode = inode
    self.isDeleted = isDeleted
  }
}
