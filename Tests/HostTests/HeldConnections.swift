import Foundation
import Testing

/// `EventFixture hold COUNT 1`: connections that stay open until they are told to end.
final class HeldConnections {
  private let process = Process()
  private let (steps, facts) = (Pipe(), Pipe())
  private let count: Int
  private let port: Int

  /// Returns when all are established, by /proc/net/tcp.
  init(_ count: Int) throws {
    self.count = count
    process.executableURL = URL(filePath: Watching.fixture)
    process.arguments = ["hold", "\(count)", "1"]
    process.standardInput = steps
    process.standardOutput = facts
    try process.run()
    var told = ""
    while !told.contains("listen ") || !told.hasSuffix("\n") {
      let more = facts.fileHandleForReading.availableData
      try #require(!more.isEmpty, "the fixture has no listener")
      told += String(decoding: more, as: UTF8.self)
    }
    let listen = told.split(separator: "\n").first { $0.hasPrefix("listen ") }
    port = try #require(listen?.split(separator: " ").last.flatMap { Int($0) })
    steps.fileHandleForWriting.write(Data([1]))
    let deadline = Date(timeIntervalSinceNow: 60)
    while try established() < 2 * count {
      try #require(Date() < deadline, "the fixture's connections are not there")
      usleep(20_000)
    }
  }

  deinit { if process.isRunning { process.terminate() } }

  private func established() throws -> Int {
    let suffix = ":" + String(format: "%04X", port)
    // To the end: Foundation takes a file without a size for a short one.
    let file = try FileHandle(forReadingFrom: URL(filePath: "/proc/net/tcp"))
    let text = String(decoding: try file.readToEnd() ?? Data(), as: UTF8.self)
    return text.split(separator: "\n").count { line in
      let words = line.split(separator: " ")
      return words.count > 3 && words[3] == "01" && (words[1].hasSuffix(suffix) || words[2].hasSuffix(suffix))
    }
  }

  /// What stands for these in a view of connections.
  var condition: String { "(local_port = \(port) OR peer_port = \(port))" }

  /// Lets them end; what the fixture says of them.
  func end() throws -> Watching {
    steps.fileHandleForWriting.write(Data([1]))
    let told = facts.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return try Watching(ToolRun(status: process.terminationStatus, output: told, errors: ""))
  }
}
