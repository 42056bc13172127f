import Foundation

/// Where the built executables are.
public enum BuiltProducts {
  /// Beside the test bundle, `.build/debug`.
  public static func path(of name: String) -> String {
    // No link means no /proc, and then the second candidate has to do.
    let own = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
    for candidate in [own, CommandLine.arguments[0]] {
      let file = URL(filePath: candidate).deletingLastPathComponent().appending(path: name).path
      if FileManager.default.isExecutableFile(atPath: file) { return file }
    }
    return URL(filePath: ".build/debug/\(name)").absoluteURL.path
  }

  public static let fixture = path(of: "socket-fixture")
  /// Or the program that SOCKEYE_BINARY names.
  public static let sockeye = ProcessInfo.processInfo.environment["SOCKEYE_BINARY"] ?? path(of: "sockeye")
}
