import CLinux
import Glibc
import KernelSystem

/// A directory of the test's own that goes with it.
final class TemporaryTree {
  let path: String
  private var made: [String] = []

  init() throws {
    var template = Array("/tmp/sockeye-proc-XXXXXX".utf8CString)
    let made = template.withUnsafeMutableBufferPointer { buffer in mkdtemp(buffer.baseAddress!) != nil }
    guard made else { throw SystemError("mkdtemp", on: "/tmp", .current) }
    path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    // Others may look in, where the test does not say otherwise.
    chmod(path, 0o755)
  }

  deinit {
    for name in made.reversed() { remove(path + "/" + name) }
    rmdir(path)
  }

  /// A directory, with those above it.
  func directory(_ name: String, mode: mode_t = 0o755) {
    var whole = ""
    for part in name.split(separator: "/") {
      whole += whole.isEmpty ? String(part) : "/" + part
      if mkdir(path + "/" + whole, 0o755) == 0 { made.append(whole) }
    }
    chmod(path + "/" + name, mode)
  }

  func file(_ name: String, _ text: [UInt8], mode: mode_t = 0o644) throws {
    makeParent(of: name)
    let number = creat(path + "/" + name, mode)
    guard number >= 0 else { throw SystemError("creat", on: name, .current) }
    made.append(name)
    defer { close(number) }
    guard write(number, text, text.count) == text.count else {
      throw SystemError("write", on: name, .current)
    }
  }

  func file(_ name: String, _ text: String, mode: mode_t = 0o644) throws {
    try file(name, bytes(text), mode: mode)
  }

  func link(_ name: String, to target: String) throws {
    makeParent(of: name)
    guard symlink(target, path + "/" + name) == 0 else { throw SystemError("symlink", on: name, .current) }
    made.append(name)
  }

  func fifo(_ name: String) throws {
    makeParent(of: name)
    guard mkfifo(path + "/" + name, 0o644) == 0 else { throw SystemError("mkfifo", on: name, .current) }
    made.append(name)
  }

  private func makeParent(of name: String) {
    if let slash = name.lastIndex(of: "/") { directory(String(name[..<slash])) }
  }
}
