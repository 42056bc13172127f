import KernelSystem

/// What the process says by its exit status.
enum ExitStatus: Int32, Error {
  case found = 0
  case nothingFound = 1
  case failed = 2

  func exit() -> Never { ThisProcess.exit(status: rawValue) }
}

/// A failure with a message that is complete in itself.
struct Failure: Error, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = "sockeye: \(description)" }
  /// A message that names the program itself.
  init(complete description: String) { self.description = description }
}
