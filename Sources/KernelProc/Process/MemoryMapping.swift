/// One line of `/proc/PID/maps` (proc_pid_maps(5)).
public struct MemoryMapping: Hashable, Sendable {
  /// First address.
  public var start: UInt64
  /// Address behind the last.
  public var end: UInt64
  public var permissions: Permissions
  /// Bytes into the file.
  public var fileOffset: UInt64
  public var deviceMajor: UInt32
  public var deviceMinor: UInt32
  /// 0 for memory without a file.
  public var inode: UInt64
  /// The file, or `[heap]`, `[vdso]`; empty for none. The kernel's `\012` for a newline is turned back.
  public var path: [UInt8]
  /// The file was unlinked or replaced (` (deleted)`, cut off here).
  public var isDeleted: Bool

  public struct Permissions: OptionSet, Hashable, Sendable {
    public let rawValue: UInt8
    public init(rawValue: UInt8) { self.rawValue = rawValue }
    public static let read = Permissions(rawValue: 1)
    public static let write = Permissions(rawValue: 2)
    public static let execute = Permissions(rawValue: 4)
    public static let shared = Permissions(rawValue: 8)
  }

  /// The lines that can be read; others are left out.
  public static func parse(_ text: Span<UInt8>) -> [MemoryMapping] {
    var mappings: [MemoryMapping] = []
    var scanner = ByteScanner(bytes: text)
    while !scanner.isAtEnd {
      if let mapping = MemoryMapping(&scanner) { mappings.append(mapping) }
      scanner.skipLine()
    }
    return mappings
  }

  private init?(_ scanner: inout ByteScanner) {
    // 7f2c4e400000-7f2c4e426000 r--p 00000000 fe:00 1835 /usr/lib/x86_64-linux-gnu/libc.so.6
    guard let start = scanner.hexadecimal(), scanner.skip(UInt8(ascii: "-")),
      let end = scanner.hexadecimal(), end >= start, scanner.skip(UInt8(ascii: " "))
    else { return nil }
    let marks = scanner.field()
    guard marks.count == 4, let fileOffset = scanner.hexadecimalField(UInt64.self),
      let deviceMajor = scanner.hexadecimalField(UInt32.self), scanner.skip(UInt8(ascii: ":")),
      let deviceMinor = scanner.hexadecimal().flatMap({ UInt32(exactly: $0) }),
      let inode = scanner.decimalField(UInt64.self)
    else { return nil }
    scanner.skipBlanks()
    var permissions: Permissions = []
    if scanner.bytes[marks.lowerBound] == UInt8(ascii: "r") { permissions.insert(.read) }
    if scanner.bytes[marks.lowerBound + 1] == UInt8(ascii: "w") { permissions.insert(.write) }
    if scanner.bytes[marks.lowerBound + 2] == UInt8(ascii: "x") { permissions.insert(.execute) }
    if scanner.bytes[marks.lowerBound + 3] == UInt8(ascii: "s") { permissions.insert(.shared) }
    // Only newlines are escaped: a real `\012` in a name reads as one, and cannot be told apart.
    let text = scanner.bytes.copy(scanner.position..<scanner.lineEnd)
    let link = ExecutableLink(link: unescapingOctal(text, only: 0x0a))
    self.start = start
    self.end = end
    self.permissions = permissions
    self.fileOffset = fileOffset
    self.deviceMajor = deviceMajor
    self.deviceMinor = deviceMinor
    self.inode = inode
    path = link.path
    isDeleted = link.isDeleted
  }
}

/// Turns `\040` back into the byte, as mangle_path of the kernel made it; `only` one byte's, if given.
func unescapingOctal(_ text: [UInt8], only: UInt8? = nil) -> [UInt8] {
  let backslash = UInt8(ascii: "\\")
  guard text.contains(backslash) else { return text }
  var result: [UInt8] = []
  result.reserveCapacity(text.count)
  var index = 0
  while index < text.count {
    if text[index] == backslash, let byte = octalByte(text, at: index + 1), byte == only ?? byte {
      result.append(byte)
      index += 4
    } else {
      result.append(text[index])
      index += 1
    }
  }
  return result
}

/// Three octal digits that fit a byte.
private func octalByte(_ text: [UInt8], at index: Int) -> UInt8? {
  guard index + 3 <= text.count, let high = text[index].digit(radix: 4),
    let middle = text[index + 1].digit(radix: 8), let low = text[index + 2].digit(radix: 8)
  else { return nil }
  return UInt8(high << 6 | middle << 3 | low)
}
