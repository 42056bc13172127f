import Foundation
import ProgramRuns

/// A target as SwiftPM understands Package.swift.
struct PackageTarget {
  let name: String
  let path: String?
  let kind: String
  let dependencies: [String]

  /// Beneath `Sources`, and so subject to the table.
  var isSource: Bool { path == nil && ["regular", "executable", "system"].contains(kind) }
}

enum Package {
  static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

  /// Every file of code beneath `Sources`.
  static func sources() throws -> [SourceFile] {
    try paths(beneath: "Sources").filter { [".swift", ".c", ".h"].contains(where: $0.hasSuffix) }
      .map { SourceFile(path: $0, text: try String(contentsOf: root.appending(path: $0), encoding: .utf8)) }
  }

  static func paths(beneath folder: String) throws -> [String] {
    try FileManager.default.subpathsOfDirectory(atPath: root.appending(path: folder).path).map {
      "\(folder)/\($0)"
    }
    .filter { !$0.contains("/.build/") }
  }

  /// What `swift package dump-package` says, with a build folder of its own: ours is locked while tests run.
  static func targets() throws -> [PackageTarget] {
    let scratch = FileManager.default.temporaryDirectory.appending(
      path: "sockeye-manifest-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: scratch) }  // left behind it does no harm
    let run = try FinishedRun.of([
      "swift", "package", "--package-path", root.path, "--scratch-path", scratch.path, "dump-package",
    ])
    guard run.status == 0 else {
      throw RunFailure(
        "swift package dump-package: exit \(run.status): \(String(decoding: run.errors, as: UTF8.self))")
    }
    return try targets(inDump: run.output)
  }

  static func targets(inDump data: Data) throws -> [PackageTarget] {
    guard let dump = try JSONSerialization.jsonObject(with: data) as? [String: Any],
      let targets = dump["targets"] as? [[String: Any]]
    else { throw RunFailure("dump-package has no targets") }
    return targets.map { target in
      PackageTarget(
        name: target["name"] as? String ?? "", path: target["path"] as? String,
        kind: target["type"] as? String ?? "",
        dependencies: (target["dependencies"] as? [[String: Any]] ?? []).flatMap(dependency))
    }
  }

  /// `{"byName":["Model",null]}`, `{"product":["ArgumentParser","swift-argument-parser",null,null]}`.
  private static func dependency(_ entry: [String: Any]) -> [String] {
    entry.values.compactMap { ($0 as? [Any])?.first as? String }
  }
}
