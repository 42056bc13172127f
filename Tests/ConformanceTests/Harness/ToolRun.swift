import Foundation

/// One finished run of a program.
struct ToolRun {
  let status: Int32
  let output: String
  let errors: String

  /// Runs `command`, looked up in PATH, without a terminal and in the C locale.
  static func run(_ command: [String]) throws -> ToolRun {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = command
    process.environment = ["LC_ALL": "C", "PATH": ProcessInfo.processInfo.environment["PATH"] ?? ""]
    process.standardInput = FileHandle.nullDevice
    // Files, not pipes: neither can fill up while the other is read.
    let folder = FileManager.default.temporaryDirectory.appending(path: "sockeye-tool-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: false)
    defer { try? FileManager.default.removeItem(at: folder) }  // left behind it does no harm
    let (output, errors) = (folder.appending(path: "output"), folder.appending(path: "errors"))
    for file in [output, errors] { try Data().write(to: file) }
    process.standardOutput = try FileHandle(forWritingTo: output)
    process.standardError = try FileHandle(forWritingTo: errors)
    try process.run()
    process.waitUntilExit()
    let status = process.terminationStatus
    // Bytes that are no UTF-8 must stay different from each other: Latin-1 has a character for each.
    func text(_ file: URL) throws -> String {
      String(data: try Data(contentsOf: file), encoding: .isoLatin1) ?? ""
    }
    return ToolRun(
      // As a shell says it.
      status: process.terminationReason == .exit ? status : 128 + status,
      output: try text(output), errors: try text(errors))
  }
}

/// Where the built executables are: beside the test bundle, `.build/debug`.
enum BuiltProducts {
  static let directory: URL = {
    let own = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
    for candidate in [own, CommandLine.arguments[0]] {
      let folder = URL(filePath: candidate).deletingLastPathComponent()
      if FileManager.default.isExecutableFile(atPath: folder.appending(path: "socket-fixture").path) {
        return folder
      }
    }
    return URL(filePath: ".build/debug").absoluteURL
  }()
  static let fixture = directory.appending(path: "socket-fixture").path
  static let sockeye =
    ProcessInfo.processInfo.environment["SOCKEYE_BINARY"] ?? directory.appending(path: "sockeye").path
}
