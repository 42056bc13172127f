import Foundation

/// One finished run of a program.
struct ToolRun {
  let status: Int32
  let output: Data
  let errors: String

  var errorLines: [Substring] { errors.split(separator: "\n") }

  struct TimeOut: Error, CustomStringConvertible {
    let description: String
  }

  /// Runs `command`, looked up in PATH; kills it after `limit` seconds, which is an error.
  static func run(_ command: [String], limit: Double = 60) throws -> ToolRun {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = command
    process.standardInput = FileHandle.nullDevice
    let output = Pipe()
    let errors = Pipe()
    process.standardOutput = output
    process.standardError = errors
    try process.run()

    let id = process.processIdentifier
    let watchdog = DispatchWorkItem { kill(id, SIGKILL) }
    DispatchQueue.global().asyncAfter(deadline: .now() + limit, execute: watchdog)
    // Both pipes are drained at once: a full one would stop the program.
    let collected = Collected()
    let reader = Thread { collected.finish(errors.fileHandleForReading.readDataToEndOfFile()) }
    reader.start()
    let data = output.fileHandleForReading.readDataToEndOfFile()
    let errorData = collected.wait()
    process.waitUntilExit()
    watchdog.cancel()
    if process.terminationReason == .uncaughtSignal {
      throw TimeOut(
        description:
          "\(command.joined(separator: " ")): signal \(process.terminationStatus) (9: after \(limit) s)")
    }
    return ToolRun(
      status: process.terminationStatus, output: data, errors: String(decoding: errorData, as: UTF8.self))
  }

  /// What the reading thread hands over, once.
  private final class Collected: @unchecked Sendable {
    // Written before the signal, read after the wait: the semaphore orders the two.
    private var data = Data()
    private let done = DispatchSemaphore(value: 0)
    func finish(_ data: Data) {
      self.data = data
      done.signal()
    }
    func wait() -> Data {
      done.wait()
      return data
    }
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
    return URL(filePath: ".build/debug")
  }()
  static let fixture = directory.appending(path: "socket-fixture").path
  static let sockeye =
    ProcessInfo.processInfo.environment["SOCKEYE_BINARY"] ?? directory.appending(path: "sockeye").path
}
