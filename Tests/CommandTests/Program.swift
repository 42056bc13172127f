import Foundation

/// One finished run of the built binary.
struct Program {
  let status: Int32
  let output: String
  let errors: String

  var lines: [Substring] { output.split(separator: "\n") }

  struct Failure: Error, CustomStringConvertible { let description: String }

  /// Beside the test bundle, or where SOCKEYE_BINARY says.
  static let path: String = {
    if let given = ProcessInfo.processInfo.environment["SOCKEYE_BINARY"] { return given }
    // No link means no /proc, and then the second candidate has to do.
    let own = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
    for candidate in [own, CommandLine.arguments[0]] {
      let file = URL(filePath: candidate).deletingLastPathComponent().appending(path: "sockeye").path
      if FileManager.default.isExecutableFile(atPath: file) { return file }
    }
    return ".build/debug/sockeye"
  }()

  /// Runs `sockeye` with `arguments`: 80 columns, no terminal, no NO_COLOR unless given.
  static func run(_ arguments: String..., environment: [String: String] = [:]) throws -> Program {
    try start([path] + arguments, environment)
  }

  /// Runs a line of bash in which `$sockeye` is the program.
  static func shell(_ line: String, environment: [String: String] = [:]) throws -> Program {
    try start(["/bin/bash", "-c", line], environment.merging(["sockeye": path]) { $1 })
  }

  private static func start(_ command: [String], _ extra: [String: String]) throws -> Program {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = command
    var environment = [
      "COLUMNS": "80", "TERM": "xterm", "PATH": ProcessInfo.processInfo.environment["PATH"] ?? "",
    ]
    environment.merge(extra) { $1 }
    process.environment = environment
    process.standardInput = FileHandle.nullDevice
    // Files, not pipes: neither can fill up while the other is read.
    let folder = FileManager.default.temporaryDirectory.appending(path: "sockeye-run-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: false)
    defer { try? FileManager.default.removeItem(at: folder) }  // left behind it does no harm
    let (output, errors) = (folder.appending(path: "output"), folder.appending(path: "errors"))
    for file in [output, errors] { try Data().write(to: file) }
    process.standardOutput = try FileHandle(forWritingTo: output)
    process.standardError = try FileHandle(forWritingTo: errors)
    try process.run()
    let id = process.processIdentifier
    let watchdog = DispatchWorkItem { kill(id, SIGKILL) }
    DispatchQueue.global().asyncAfter(deadline: .now() + 60, execute: watchdog)
    process.waitUntilExit()
    watchdog.cancel()
    guard process.terminationReason == .exit else {
      throw Failure(
        description: "\(command.joined(separator: " ")): ended by signal \(process.terminationStatus)")
    }
    return Program(
      status: process.terminationStatus,
      output: String(decoding: try Data(contentsOf: output), as: UTF8.self),
      errors: String(decoding: try Data(contentsOf: errors), as: UTF8.self))
  }

  /// The records of `-o json`.
  var records: [[String: Any]] {
    get throws {
      guard let array = try JSONSerialization.jsonObject(with: Data(output.utf8)) as? [[String: Any]] else {
        throw Failure(description: "no array of objects: \(output)")
      }
      return array
    }
  }
}

extension [[String: Any]] {
  /// Without the records that say what could not be seen.
  var sockets: [[String: Any]] { filter { $0["socket"] != nil } }
}
