/// One line of `/proc/PID/mountinfo` (proc_pid_mountinfo(5)).
public struct Mount: Hashable, Sendable {
  public var id: Int32
  public var parentID: Int32
  public var deviceMajor: UInt32
  public var deviceMinor: UInt32
  /// What of the file system is mounted: `/`, a directory, `net:[4026532177]` for a namespace.
  public var root: [UInt8]
  /// Where, seen from the process's root.
  public var mountPoint: [UInt8]
  /// `rw,nosuid`
  public var options: [UInt8]
  /// `ext4`, `proc`, `nsfs`
  public var fileSystem: [UInt8]
  /// Empty if it was mounted with an empty one.
  public var source: [UInt8]
  /// Of the file system: `rw,hidepid=invisible`
  public var superOptions: [UInt8]

  /// The network namespace that this mount keeps alive (`ip netns add`), by its inode.
  public var networkNamespace: UInt64? {
    guard fileSystem.elementsEqual("nsfs".utf8) else { return nil }
    return NamespaceLink(parsing: root.span, kind: .net)?.inode
  }

  /// The lines that can be read; others are left out.
  public static func parse(_ text: Span<UInt8>) -> [Mount] {
    var mounts: [Mount] = []
    var scanner = ByteScanner(bytes: text)
    while !scanner.isAtEnd {
      if let mount = Mount(&scanner) { mounts.append(mount) }
      scanner.skipLine()
    }
    return mounts
  }

  private init?(_ scanner: inout ByteScanner) {
    // 36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue
    guard let id = scanner.decimalField(Int32.self), let parentID = scanner.decimalField(Int32.self),
      let deviceMajor = scanner.decimalField(UInt32.self), scanner.skip(UInt8(ascii: ":")),
      let deviceMinor = scanner.decimalField(UInt32.self)
    else { return nil }
    root = scanner.escapedField()
    mountPoint = scanner.escapedField()
    options = scanner.escapedField()
    while true {
      let tag = scanner.escapedField()
      if tag.isEmpty { return nil }
      if tag == [UInt8(ascii: "-")] { break }
    }
    fileSystem = scanner.escapedField()
    // mount("", …) leaves no source: `- proc  rw,hidepid=invisible`. One blank separates, a second one is no more.
    _ = scanner.skip(UInt8(ascii: " "))
    source = unescapingOctal(scanner.bytes.copy(scanner.field()))
    superOptions = scanner.escapedField()
    guard !mountPoint.isEmpty, !fileSystem.isEmpty else { return nil }
    self.id = id
    self.parentID = parentID
    self.deviceMajor = deviceMajor
    self.deviceMinor = deviceMinor
  }
}

extension ByteScanner {
  /// Blanks, then a field with the kernel's octal escapes (`\040`) turned back.
  mutating func escapedField() -> [UInt8] {
    skipBlanks()
    return unescapingOctal(bytes.copy(field()))
  }
}
