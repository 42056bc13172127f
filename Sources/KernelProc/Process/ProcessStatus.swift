/// One `/proc/PID/status` (proc_pid_status(5)), the lines that `stat` lacks.
public struct ProcessStatus: Hashable, Sendable {
  public var threadGroupID: Int32
  public var parentPID: Int32
  /// 0 when nobody traces it.
  public var tracerPID: Int32
  public var realUserID: UInt32
  public var effectiveUserID: UInt32
  public var realGroupID: UInt32
  public var effectiveGroupID: UInt32
  /// Its pid in each nested pid namespace, the reader's first. Since 4.1; else empty.
  public var namespacePIDs: [Int32]
  /// A bit a capability (capabilities(7)).
  public var effectiveCapabilities: UInt64
  /// nil before 6.8.
  public var isKernelThread: Bool?

  /// nil unless `Tgid`, `PPid`, `Uid` and `Gid` are there.
  public init?(parsing text: Span<UInt8>) {
    var threadGroupID: Int32?
    var parentPID: Int32?
    var users: (real: UInt32, effective: UInt32)?
    var groups: (real: UInt32, effective: UInt32)?
    tracerPID = 0
    namespacePIDs = []
    effectiveCapabilities = 0
    var scanner = ByteScanner(bytes: text)
    lines: while !scanner.isAtEnd {
      // The kernel escapes newlines in `Name:`, so a line's first word is its own.
      if scanner.skip("Tgid:") {
        threadGroupID = scanner.decimalField()
      } else if scanner.skip("PPid:") {
        parentPID = scanner.decimalField()
      } else if scanner.skip("TracerPid:") {
        tracerPID = scanner.decimalField() ?? 0
      } else if scanner.skip("Uid:") {
        users = Self.twoNumbers(&scanner)
      } else if scanner.skip("Gid:") {
        groups = Self.twoNumbers(&scanner)
      } else if scanner.skip("NSpid:") {
        while let pid = scanner.decimalField(Int32.self) { namespacePIDs.append(pid) }
      } else if scanner.skip("CapEff:") {
        effectiveCapabilities = scanner.hexadecimalField() ?? 0
        // The last of our lines, in the middle of the file.
        break lines
      } else if scanner.skip("Kthread:") {
        isKernelThread = scanner.decimalField(UInt8.self).map { $0 != 0 }
      }
      scanner.skipLine()
    }
    guard let threadGroupID, let parentPID, let users, let groups else { return nil }
    self.threadGroupID = threadGroupID
    self.parentPID = parentPID
    realUserID = users.real
    effectiveUserID = users.effective
    realGroupID = groups.real
    effectiveGroupID = groups.effective
  }

  private static func twoNumbers(_ scanner: inout ByteScanner) -> (real: UInt32, effective: UInt32)? {
    guard let real = scanner.decimalField(UInt32.self), let effective = scanner.decimalField(UInt32.self)
    else { return nil }
    return (real, effective)
  }
}
