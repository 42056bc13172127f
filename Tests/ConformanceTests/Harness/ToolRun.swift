import Foundation
import ProgramRuns

/// One finished run of a program, as text to be compared.
struct ToolRun {
  let status: Int32
  let output: String
  let errors: String

  /// Runs `command`, looked up in PATH, without a terminal and in the C locale.
  static func run(_ command: [String]) throws -> ToolRun {
    let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
    let run = try FinishedRun.of(command, environment: ["LC_ALL": "C", "PATH": path])
    // Bytes that are no UTF-8 must stay different from each other: Latin-1 has a character for each.
    func text(_ bytes: Data) -> String { String(data: bytes, encoding: .isoLatin1) ?? "" }
    return ToolRun(status: run.status, output: text(run.output), errors: text(run.errors))
  }
}
