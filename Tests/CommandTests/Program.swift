import Foundation
import ProgramRuns

/// One finished run of the built binary.
struct Program {
  let status: Int32
  let output: String
  let errors: String

  var lines: [Substring] { output.split(separator: "\n") }

  /// Runs `sockeye` with `arguments`: 80 columns, no terminal, no NO_COLOR unless given.
  static func run(_ arguments: String..., environment: [String: String] = [:]) throws -> Program {
    try start([BuiltProducts.sockeye] + arguments, environment)
  }

  /// Runs a line of bash in which `$sockeye` is the program.
  static func shell(_ line: String, environment: [String: String] = [:]) throws -> Program {
    try start(["/bin/bash", "-c", line], environment.merging(["sockeye": BuiltProducts.sockeye]) { $1 })
  }

  private static func start(_ command: [String], _ extra: [String: String]) throws -> Program {
    var environment = [
      "COLUMNS": "80", "TERM": "xterm", "PATH": ProcessInfo.processInfo.environment["PATH"] ?? "",
    ]
    environment.merge(extra) { $1 }
    let run = try FinishedRun.of(command, environment: environment, limit: 60)
    return Program(
      status: run.status, output: String(decoding: run.output, as: UTF8.self),
      errors: String(decoding: run.errors, as: UTF8.self))
  }

  /// The records of `-o json`.
  var records: [[String: Any]] {
    get throws {
      guard let array = try JSONSerialization.jsonObject(with: Data(output.utf8)) as? [[String: Any]] else {
        throw RunFailure("no array of objects: \(output)")
      }
      return array
    }
  }
}

extension [[String: Any]] {
  /// Without the records that say what could not be seen.
  var sockets: [[String: Any]] { filter { $0["socket"] != nil } }
}
