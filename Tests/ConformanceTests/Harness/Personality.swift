import Foundation
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

  /// A folder beside the built program with a link to it for each personality.
  private static let links = Result {
    let folder = BuiltProducts.directory.appending(path: "personalities")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    for name in [netstat.name, ss.name] {
      let link = folder.appending(path: name).path
      // Of an earlier run, perhaps to another program (SOCKEYE_BINARY).
      try? FileManager.default.removeItem(atPath: link)
      try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: BuiltProducts.sockeye)
    }
    return folder.path
  }
}
