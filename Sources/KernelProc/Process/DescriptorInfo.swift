/// One `/proc/PID/fdinfo/N` (proc_pid_fdinfo(5)).
public struct DescriptorInfo: Hashable, Sendable {
  /// Bytes; above 2^63 in files with offsets as high as addresses (`/proc/PID/mem`), which the kernel shows
  /// negative.
  public var position: UInt64
  /// `O_*` of open(2), with O_CLOEXEC for the descriptor's own flag.
  public var flags: UInt32
  public var mountID: Int32?
  /// Of the file. Since 5.14.
  public var inode: UInt64?
  /// The process that a pidfd stands for: -1 gone, 0 outside of the reader's pid namespace.
  public var pidfdPID: Int32?

  /// nil unless `pos` and `flags` are there.
  public init?(parsing text: Span<UInt8>) {
    var position: UInt64?
    var flags: UInt32?
    var scanner = ByteScanner(bytes: text)
    while !scanner.isAtEnd {
      if scanner.skip("pos:") {
        position = scanner.decimalField(Int64.self).map { UInt64(bitPattern: $0) }
      } else if scanner.skip("flags:") {
        scanner.skipBlanks()
        flags = scanner.octal().flatMap { UInt32(exactly: $0) }
      } else if scanner.skip("mnt_id:") {
        mountID = scanner.decimalField()
      } else if scanner.skip("ino:") {
        inode = scanner.decimalField()
      } else if scanner.skip("Pid:") {
        pidfdPID = scanner.decimalField()
      }
      scanner.skipLine()
    }
    guard let position, let flags else { return nil }
    self.position = position
    self.flags = flags
  }
}
