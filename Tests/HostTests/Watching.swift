import Foundation
import ProgramRuns
import Testing

/// One run of `sockeye watch -o jsonl -- EventFixture …`: the events, and the fixture's own account.
struct Watching {
  let status: Int32
  let events: [[String: Any]]
  /// What the command itself printed, split at blanks.
  let facts: [[String]]
  let errors: String

  static let fixture = BuiltProducts.path(of: "EventFixture")

  /// Runs `command` beneath `sockeye watch KINDS`.
  static func run(_ kinds: [String], options: [String] = [], _ command: [String], limit: Double = 60) throws
    -> Watching
  {
    let run = try ToolRun.run(
      [BuiltProducts.sockeye, "watch", "-o", "jsonl"] + kinds + options + ["--"] + command, limit: limit)
    return try Watching(run)
  }

  init(_ run: ToolRun) throws {
    status = run.status
    errors = run.errors
    var events: [[String: Any]] = []
    var facts: [[String]] = []
    // Both write to the same output: records begin with a brace.
    for line in run.output.split(separator: UInt8(ascii: "\n")) {
      if line.first == UInt8(ascii: "{") {
        let record = try JSONSerialization.jsonObject(with: Data(line)) as? [String: Any]
        events.append(try #require(record))
      } else {
        facts.append(String(decoding: line, as: UTF8.self).split(separator: " ").map(String.init))
      }
    }
    self.events = events
    self.facts = facts
  }

  func facts(_ name: String) -> [[String]] { facts.filter { $0.first == name }.map { Array($0.dropFirst()) } }

  func events(_ action: String) -> [[String: Any]] {
    events.filter { $0.at("event", "action") as? String == action }
  }
}

extension [String: Any] {
  /// The value at the end of a path of keys.
  func at(_ path: String...) -> Any? {
    var value: Any? = self
    for key in path { value = (value as? [String: Any])?[key] }
    return value
  }

  var pid: Int? { at("process", "pid") as? Int }
  var arguments: [String] { at("process", "args") as? [String] ?? [] }
}
