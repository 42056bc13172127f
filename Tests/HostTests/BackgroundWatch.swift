import Foundation
import Testing

/// `sockeye watch -o jsonl` that runs while something else happens, and is ended by SIGINT.
final class BackgroundWatch {
  private let process = Process()
  private let errors = Pipe()
  private let output: URL
  private var told = Data()
  private(set) var isEnded = false

  /// `wrapper` stands before the program: `SOCKEYE_EVENTS_FROM=polling`, `setpriv …`. Returns when it watches, which it
  /// says by what it cannot see.
  init(_ kinds: [String], wrapper: [String], binary: String = BuiltProducts.sockeye) throws {
    output = FileManager.default.temporaryDirectory.appending(path: "sockeye-watch-\(UUID().uuidString)")
    FileManager.default.createFile(atPath: output.path, contents: nil)
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = wrapper + [binary, "watch", "-o", "jsonl"] + kinds
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = try FileHandle(forWritingTo: output)
    process.standardError = errors
    try process.run()
    while !told.contains(UInt8(ascii: "\n")) {
      let more = errors.fileHandleForReading.availableData
      if more.isEmpty { break }
      told += more
    }
  }

  deinit {
    if !isEnded { process.terminate() }
    try? FileManager.default.removeItem(at: output)
  }

  func send(_ signal: Int32) { kill(process.processIdentifier, signal) }

  /// Ends it; what it told, with `facts` of the run that it watched.
  func end(facts: ToolRun? = nil) throws -> Watching {
    // The kernel tells of the end of sockets from a work queue.
    usleep(300_000)
    isEnded = true
    send(SIGINT)
    told += errors.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    let records = try Data(contentsOf: output) + (facts?.output ?? Data())
    return try Watching(
      ToolRun(
        status: process.terminationStatus, output: records, errors: String(decoding: told, as: UTF8.self)))
  }
}
