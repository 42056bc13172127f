import KernelSystem

/// The tool that a link's name makes of this program.
enum Personality: String {
  case netstat

  /// nil under any other name.
  init?(programPath: String) {
    self.init(rawValue: String(programPath.split(separator: "/").last ?? ""))
  }

  /// Does what the tool does with the words behind its name.
  func run(_ arguments: [String], program: String) throws {
    switch self {
    case .netstat: try NetstatRun.run(arguments, program: program)
    }
  }
}

/// The exit status of a tool that has its own numbers for it.
struct ToolStatus: Error {
  let status: Int32
  func exit() -> Never { ThisProcess.exit(status: status) }
}
