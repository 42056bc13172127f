import KernelSystem

/// A tool that sockeye stands in for: by the name that it is called by, or by its first word.
enum Personality: String, CaseIterable {
  case netstat, ss

  /// Runs the tool that the command line means, and ends with its status; returns where it means none.
  ///
  /// Before the commands are looked at: their parser knows neither clusters of letters with abbreviations nor the tools'
  /// errors, and costs a start-up that a tool called in a loop does not have.
  static func runIfMeant(_ arguments: [String]) throws {
    guard let called = arguments.first else { return }
    let name = called.split(separator: "/").last.map(String.init) ?? called
    if let tool = Personality(rawValue: name) {
      try tool.run(program: called, Array(arguments.dropFirst()))
    } else if arguments.count > 1, let tool = Personality(rawValue: arguments[1]) {
      try tool.run(program: tool.rawValue, Array(arguments.dropFirst(2)))
    }
  }

  /// `program` is what the tool's messages begin with.
  func run(program: String, _ arguments: [String]) throws -> Never {
    switch self {
    case .netstat: ThisProcess.exit(status: try NetstatRun.run(program: program, arguments))
    case .ss: ThisProcess.exit(status: try SSPersonality.run(program: program, arguments))
    }
  }
}
