import CLinux

/// What an exec finds at a path.
public struct ExecutableFacts: Sendable, Equatable {
  public enum Kind: Sendable { case regular, directory, other }
  public var kind: Kind
  /// Permission bits.
  public var mode: UInt32
  /// The first 256 bytes, which the kernel judges by; empty if they may not be read.
  public var head: [UInt8]

  /// stat(2) and the first bytes; nil when nothing is there.
  public init?(path: String) {
    var status = stat()
    // SAFETY: stat(2) fills the structure.
    guard unsafe stat(path, &status) == 0 else { return nil }
    let format = status.st_mode & UInt32(S_IFMT)
    kind = format == UInt32(S_IFREG) ? .regular : format == UInt32(S_IFDIR) ? .directory : .other
    mode = UInt32(status.st_mode & 0o7777)
    head = []
    guard kind == .regular, let file = try? OwnedDescriptor.openRegularFile(path) else { return }
    var bytes = [UInt8](repeating: 0, count: 256)
    if let count = try? file.read(into: &bytes) { head = Array(bytes[..<count]) }
  }

  /// What follows `#!` on the first line: the interpreter's path, without its argument.
  public var scriptInterpreter: [UInt8]? {
    guard head.starts(with: "#!".utf8) else { return nil }
    let line = head.dropFirst(2).prefix { $0 != UInt8(ascii: "\n") }
    let isBlank: (UInt8) -> Bool = { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
    let name = line.drop(while: isBlank).prefix { !isBlank($0) && $0 != 0 }
    return name.isEmpty ? nil : Array(name)
  }
}
