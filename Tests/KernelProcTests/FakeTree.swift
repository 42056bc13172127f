import Foundation
import Testing

/// The input that a kernel wrote, by file name.
func fixture(_ name: String) throws -> [UInt8] {
  let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures")
  return Array(try Data(contentsOf: folder.appending(path: name)))
}

/// A folder of our own that looks like `/proc` or like `/`, gone with this value.
final class FakeTree {
  let path: String

  init() throws {
    let url = FileManager.default.temporaryDirectory.appending(path: "sockeye-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    path = url.path
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// Writes a file and the folders above it.
  func file(_ name: String, _ content: [UInt8]) throws {
    let url = URL(filePath: path).appending(path: name)
    try FileManager.default.createDirectory(
      at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(content).write(to: url)
  }

  func file(_ name: String, _ content: String) throws { try file(name, Array(content.utf8)) }

  /// Makes a symbolic link and the folders above it.
  func link(_ name: String, to target: String) throws {
    let url = URL(filePath: path).appending(path: name)
    try FileManager.default.createDirectory(
      at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    try #require(symlink(target, url.path) == 0)
  }
}

extension [UInt8] {
  var text: String { String(decoding: self, as: UTF8.self) }
}

/// Lends `bytes` to a parser: the macros of Testing cannot hold a Span.
func parsed<Result>(_ bytes: [UInt8], _ parser: (Span<UInt8>) -> Result) -> Result {
  parser(bytes.span)
}
