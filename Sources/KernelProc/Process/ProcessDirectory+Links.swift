import CLinux
import KernelSystem

/// Where `/proc/PID/exe` points.
public struct ExecutableLink: Hashable, Sendable {
  /// The path in the process's own mount namespace and root.
  public var path: [UInt8]
  /// The file was unlinked, or replaced by an update, after the process started (` (deleted)`, cut off here).
  public var isDeleted: Bool

  /// Cuts the kernel's mark off. A file that is really called `x (deleted)` looks the same; the inode of
  /// `exe` tells them apart.
  public init(link: [UInt8]) {
    let mark = Array(" (deleted)".utf8)
    isDeleted = link.count > mark.count && link.suffix(mark.count).elementsEqual(mark)
    path = isDeleted ? Array(link.dropLast(mark.count)) : link
  }
}

/// The namespaces of namespaces(7), by their file in `/proc/PID/ns`.
public enum NamespaceKind: String, CaseIterable, Sendable {
  case cgroup, ipc, mnt, net, pid, time, user, uts
}

extension ProcessDirectory {
  /// `/proc/PID/exe`; `.absent` for a kernel thread or zombie.
  public borrowing func executable() -> ProcAnswer<ExecutableLink> {
    link("exe").parsed { ExecutableLink(link: $0) }
  }

  /// Which file `/proc/PID/exe` is, through fstatat(2); nil where it may not be seen, or there is none.
  public borrowing func executableFile() -> FileStatus? {
    descriptor.borrow { FileStatus(of: "exe", in: $0) }
  }

  /// `/proc/PID/cwd`; `.absent` for a zombie.
  public borrowing func workingDirectory() -> ProcAnswer<[UInt8]> { link("cwd") }

  /// The inode of `/proc/PID/ns/KIND`, by which namespaces are named.
  public borrowing func namespace(_ kind: NamespaceKind) -> ProcAnswer<UInt64> {
    // net:[4026531840]
    link("ns/" + kind.rawValue).parsed { NamespaceLink(parsing: $0.span, kind: kind)?.inode }
  }

  private borrowing func link(_ name: String) -> ProcAnswer<[UInt8]> {
    descriptor.borrow { directory in
      readLink(name, in: directory) { isAlive(directory) ? .absent : .gone }
    }
  }
}

extension ProcFileSystem {
  /// `ProcessDirectory.namespace` without opening the directory: for one question about every process.
  ///
  /// A process without that namespace, which no live one is, is `.gone`.
  public borrowing func namespace(_ kind: NamespaceKind, of pid: Int32) -> ProcAnswer<UInt64> {
    root.borrow { root in readLink("\(pid)/ns/\(kind.rawValue)", in: root) { .gone } }
      .parsed { NamespaceLink(parsing: $0.span, kind: kind)?.inode }
  }
}

private func readLink(
  _ name: String, in directory: Int32, noSuchFile: () -> ProcAnswer<[UInt8]>
) -> ProcAnswer<[UInt8]> {
  // The kernel makes these texts in one page.
  unsafe withUnsafeTemporaryAllocation(byteCount: 4096, alignment: 1) { buffer in
    // SAFETY: the kernel writes at most `buffer.count` bytes, and only `length` are read.
    let length = unsafe readlinkat(
      directory, name, buffer.baseAddress!.assumingMemoryBound(to: CChar.self), buffer.count)
    if length >= 0 { return unsafe .value(Array(buffer[0..<length])) }
    let errno = Errno.current
    return ProcAnswer(errno, noSuchFile: noSuchFile())
  }
}

/// The text of a namespace link, `net:[4026531840]`, which mountinfo has as the root of its mount too.
struct NamespaceLink {
  let inode: UInt64

  init?(parsing text: Span<UInt8>, kind: NamespaceKind) {
    var scanner = ByteScanner(bytes: text)
    for byte in kind.rawValue.utf8 { guard scanner.skip(byte) else { return nil } }
    guard scanner.skip(":["), let inode = scanner.decimal(), scanner.skip(UInt8(ascii: "]")), scanner.isAtEnd
    else { return nil }
    self.inode = inode
  }
}
