import Foundation
import ProgramRuns
import Testing

/// A tool that sockeye stands in for.
struct Personality {
  let name: String
  /// Where the tool may be installed.
  let candidates: [String]

  static let netstat = Personality(name: "netstat", candidates: ["/bin/netstat", "/usr/bin/netstat"])
  static let ss = Personality(name: "ss", candidates: ["/bin/ss", "/usr/bin/ss", "/usr/sbin/ss", "/sbin/ss"])

  /// The installed tool; cancels the test where there is none.
  func reference() throws -> String {
    let path = candidates.first { FileManager.default.isExecutableFile(atPath: $0) }
    guard let path else { try Test.cancel("\(name) is not installed: scripts/dependencies test installs it") }
    return path
  }

  /// The tool's command line: called by its bare name, as users do, for error messages begin with it.
  func theirs(_ arguments: [String]) throws -> [String] {
    ["env", "PATH=\((try reference() as NSString).deletingLastPathComponent)", name] + arguments
  }

  /// Ours, by a link of the tool's name.
  func ours(_ arguments: [String]) throws -> [String] {
    ["env", "PATH=\(try Self.links.get())", name] + arguments
  }

  /// A folder that every user may look into, with a copy of the built program and a link to it for each personality: a clean
  /// clone may stand where only its owner may go.
  private static let links = Result {
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: false)
    // Files that stay behind would be a hundred MiB a run.
    atexit { try? FileManager.default.removeItem(at: Personality.folder) }
    let program = folder.appending(path: "sockeye").path
    try FileManager.default.copyItem(atPath: BuiltProducts.sockeye, toPath: program)
    for name in [netstat.name, ss.name] {
      try FileManager.default.createSymbolicLink(
        atPath: folder.appending(path: name).path, withDestinationPath: program)
    }
    return folder.path
  }

  private static let folder = FileManager.default.temporaryDirectory.appending(
    path: "sockeye-personalities-\(UUID().uuidString)")
}
