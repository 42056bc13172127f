import Foundation
import ProgramRuns
import Testing

extension HostTests {
  @Suite struct FloodTests {
    @Test("Of a flood, what is shown and what is summed up are all connections and all bytes, by kind")
    func sums() throws {
      let plain = try Watching.run(
        ["connect", "accept", "close"], [Watching.fixture, "flood", "2003", "3", "2"])
      let folded = try Watching.run(
        ["connect", "accept", "close"], options: ["--rate", "101"],
        [Watching.fixture, "flood", "2003", "3", "2"])
      func total(_ watching: Watching, _ action: String) -> Int {
        watching.events(action).reduce(0) { $0 + ($1.at("folded", "count") as? Int ?? 1) }
      }
      func bytes(_ watching: Watching) -> Int {
        watching.events("close").reduce(0) {
          $0 + ($1.at("tcp", "bytes_sent") as? Int ?? $1.at("folded", "bytes_sent") as? Int ?? 0)
        }
      }
      // Two closes a connection, and the listener's. Client INDEX sends so many bytes, and gets one more back.
      for (action, count) in [("connect", 2003), ("accept", 2003), ("close", 4007)] {
        #expect(total(plain, action) == count && total(folded, action) == count, "\(action)")
      }
      let truth = (0..<2003).reduce(0) { $0 + 2 * (2 + $1 * 7919 % 1000) + 1 }
      #expect(bytes(folded) == truth && bytes(plain) == truth)
      #expect(plain.events.allSatisfy { $0["folded"] == nil })
      #expect(folded.events.contains { $0["folded"] != nil } && folded.events.count < plain.events.count)
      let sum = folded.events.reduce(0) { $0 + ($1.at("folded", "count") as? Int ?? 0) }
      #expect(folded.errors.contains(" events, \(sum) of them summed up; lost: "), "\(folded.errors)")
      #expect(folded.errors.contains("sockeye: \(plain.events.count) events"), "\(folded.errors)")
    }

    @Test("In text a sum is one line with the program and the counts")
    func text() throws {
      let run = try ToolRun.run([
        BuiltProducts.sockeye, "watch", "connect", "--rate", "7", "--", Watching.fixture, "flood", "503", "1",
        "1",
      ])
      let lines = String(decoding: run.output, as: UTF8.self).split(separator: "\n").filter {
        $0.contains("connect")
      }
      let sums = lines.filter { $0.contains("… and ") && $0.contains(" more by EventFixture[") }
      let folded = sums.reduce(0) { sum, line in
        sum + (line.split(separator: " ").drop { $0 != "and" }.dropFirst().first.flatMap { Int($0) } ?? 0)
      }
      #expect(lines.count - sums.count + folded == 503)
      #expect(!sums.isEmpty)
    }
  }
}
