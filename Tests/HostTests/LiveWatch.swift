import Foundation
import Testing

/// A program that runs beside the test, with its output in a file.
final class Background {
  private let process = Process()
  private let input = Pipe()
  private let folder: URL
  private let outputFile: URL
  private let errorFile: URL

  init(_ command: [String]) throws {
    folder = FileManager.default.temporaryDirectory.appending(path: "sockeye-background-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: false)
    outputFile = folder.appending(path: "output")
    errorFile = folder.appending(path: "errors")
    for file in [outputFile, errorFile] { try Data().write(to: file) }
    process.executableURL = URL(filePath: command[0])
    process.arguments = Array(command.dropFirst())
    process.standardInput = input
    process.standardOutput = try FileHandle(forWritingTo: outputFile)
    process.standardError = try FileHandle(forWritingTo: errorFile)
    try process.run()
  }

  deinit {
    if process.isRunning { process.terminate() }
    try? FileManager.default.removeItem(at: folder)
  }

  var output: Data { get throws { try Data(contentsOf: outputFile) } }
  private var errors: String { String(decoding: (try? Data(contentsOf: errorFile)) ?? Data(), as: UTF8.self) }

  /// Waits until `text` is in the output `count` times; fails when the program ends without, or `isLate` says so.
  func wait(for text: String, count: Int = 1, unless isLate: () throws -> Bool = { false }) throws {
    while true {
      let hasEnded = try !process.isRunning || isLate()
      let parts = String(decoding: try output, as: UTF8.self).components(separatedBy: text)
      if parts.count > count { return }
      try #require(!hasEnded, "ended without '\(text)': \(errors)")
      usleep(200_000)
    }
  }

  func closeInput() throws { try input.fileHandleForWriting.close() }
  func terminate() { process.terminate() }

  /// What it wrote, after its end.
  func finish() throws -> Watching {
    process.waitUntilExit()
    return try Watching(ToolRun(status: process.terminationStatus, output: output, errors: errors))
  }
}
