import Foundation
import ProgramRuns
import Testing

/// `sockeye watch -o jsonl` that runs while something else happens, and is ended by SIGINT.
final class BackgroundWatch {
  private let process = Process()
  private let errors = Pipe()
  private let output: URL
  private var told = Data()
  private var read = 0
  private var events: [[String: Any]] = []
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

  /// Waits until `isEnough` says so of the events so far. A minute is an error.
  func until(_ what: String, _ isEnough: ([[String: Any]]) -> Bool) throws {
    let deadline = Date(timeIntervalSinceNow: 60)
    while true {
      let bytes = try Data(contentsOf: output).dropFirst(read)
      if let end = bytes.lastIndex(of: UInt8(ascii: "\n")) {
        for line in bytes[...end].split(separator: UInt8(ascii: "\n")) {
          let record = try JSONSerialization.jsonObject(with: Data(line)) as? [String: Any]
          events.append(try #require(record))
        }
        read = end + 1
      }
      if isEnough(events) { return }
      if Date() > deadline { throw RunFailure("\(what) was not told within a minute") }
      usleep(20_000)
    }
  }

  /// Runs `hold COUNT 1` beneath `wrapper`, step by step as its sockets are told of, to the end of the last.
  func hold(_ count: Int, wrapper: [String] = [], fixture: String = Watching.fixture) throws -> ToolRun {
    let held = Process()
    let (steps, facts) = (Pipe(), Pipe())
    held.executableURL = URL(filePath: "/usr/bin/env")
    held.arguments = wrapper + [fixture, "hold", "\(count)", "1"]
    held.standardInput = steps
    held.standardOutput = facts
    try held.run()
    var told = Data()
    var port: Int?
    while port == nil {
      let more = facts.fileHandleForReading.availableData
      told += more
      let words = String(decoding: told, as: UTF8.self).split(separator: "\n").map {
        $0.split(separator: " ")
      }
      port = words.first { $0.first == "listen" && $0.count > 2 }.flatMap { Int($0[2]) }
      if more.isEmpty { break }
    }
    _ = try #require(port, "the fixture has no listener")
    func number(_ action: String, _ events: [[String: Any]]) -> Int {
      events.count {
        $0.at("event", "action") as? String == action && [$0.localPort, $0.peerPort].contains(port)
      }
    }
    try until("the listener") { number("listen", $0) > 0 }
    steps.fileHandleForWriting.write(Data([1]))
    try until("each connection") { number("connect", $0) >= count && number("accept", $0) >= count }
    steps.fileHandleForWriting.write(Data([1]))
    told += facts.fileHandleForReading.readDataToEndOfFile()
    held.waitUntilExit()
    // Both ends of each, and the listener.
    try until("each close") { number("close", $0) > 2 * count }
    return ToolRun(status: held.terminationStatus, output: told, errors: "")
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
