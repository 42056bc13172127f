import Foundation
import ProgramRuns

/// One finished run of a program.
struct ToolRun {
  let status: Int32
  let output: Data
  let errors: String

  var errorLines: [Substring] { errors.split(separator: "\n") }

  /// Runs `command`, looked up in PATH; kills it after `limit` seconds, which is an error.
  static func run(_ command: [String], limit: Double = 60) throws -> ToolRun {
    let run = try FinishedRun.of(command, limit: limit)
    return ToolRun(
      status: run.status, output: run.output, errors: String(decoding: run.errors, as: UTF8.self))
  }
}
