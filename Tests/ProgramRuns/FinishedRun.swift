import Foundation

/// A program that did not do what a test needs of it.
public struct RunFailure: Error, CustomStringConvertible {
  public let description: String
  public init(_ description: String) { self.description = description }
}

/// One finished run of a program.
public struct FinishedRun {
  /// As a shell says it: 128 and the signal's number where one ended it.
  public let status: Int32
  public let output: Data
  public let errors: Data

  /// Runs `command`, looked up in PATH, without input; in our own environment where none is given.
  ///
  /// `limit`: it is killed after so many seconds, and the end by a signal, this one or another, is an error.
  public static func of(
    _ command: [String], environment: [String: String]? = nil, limit: Double? = nil
  ) throws -> FinishedRun {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = command
    if let environment { process.environment = environment }
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
    if let limit { DispatchQueue.global().asyncAfter(deadline: .now() + limit, execute: watchdog) }
    process.waitUntilExit()
    watchdog.cancel()
    let isSignal = process.terminationReason == .uncaughtSignal
    let status = process.terminationStatus
    if isSignal, let limit {
      throw RunFailure("\(command.joined(separator: " ")): signal \(status) (9: after \(limit) s)")
    }
    return FinishedRun(
      status: isSignal ? 128 + status : status, output: try Data(contentsOf: output),
      errors: try Data(contentsOf: errors))
  }
}
