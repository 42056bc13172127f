/// One line of `/proc/PID/cgroup` (cgroups(7)).
public struct CgroupMembership: Hashable, Sendable {
  /// 0 for version 2.
  public var hierarchy: UInt32
  /// `cpu,cpuacct`, `name=systemd`; empty for version 2.
  public var controllers: [UInt8]
  /// Beneath the root of the reader's cgroup namespace: starts with `/`, and with `/..` outside of it.
  public var path: [UInt8]
  /// The cgroup was removed (` (deleted)`, cut off here).
  public var isDeleted: Bool

  /// The lines that can be read, in order.
  public static func parse(_ text: Span<UInt8>) -> [CgroupMembership] {
    var lines: [CgroupMembership] = []
    var scanner = ByteScanner(bytes: text)
    while !scanner.isAtEnd {
      if let line = CgroupMembership(&scanner) { lines.append(line) }
      scanner.skipLine()
    }
    return lines
  }

  private init?(_ scanner: inout ByteScanner) {
    // 4:memory:/docker/3f1c…    0::/system.slice/ssh.service
    let end = scanner.lineEnd
    guard let hierarchy = scanner.decimalField(UInt32.self), scanner.skip(UInt8(ascii: ":")),
      let colon = scanner.bytes.firstIndex(of: UInt8(ascii: ":"), from: scanner.position, to: end)
    else { return nil }
    self.hierarchy = hierarchy
    controllers = scanner.bytes.copy(scanner.position..<colon)
    let link = ExecutableLink(link: scanner.bytes.copy(colon + 1..<end))
    path = link.path
    isDeleted = link.isDeleted
    guard path.first == UInt8(ascii: "/") else { return nil }
  }

  /// The path that says most: version 2, else systemd's own, else memory, pids, or any that is not `/`.
  public static func mostTelling(_ lines: [CgroupMembership]) -> [UInt8]? {
    let order = ["", "name=systemd", "memory", "pids", "cpu", "cpu,cpuacct", "devices", "freezer"]
    for name in order {
      if let line = lines.first(where: { $0.controllers.elementsEqual(name.utf8) && $0.path.count > 1 }) {
        return line.path
      }
    }
    return lines.first { $0.path.count > 1 }?.path ?? lines.first?.path
  }
}
