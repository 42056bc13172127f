import Foundation
import ProgramRuns
import Testing

extension HostTests {
  @Suite struct MapTests {
    @Test("The map of 23 connections over loopback is one edge, from the fixture to itself, with all 23")
    func loopback() throws {
      let fixture = try Fixture(scenarios: "tcp4")
      let run = try ToolRun.run([BuiltProducts.sockeye, "map", "--json", "--by", "process"])
      #expect(run.status == 0)
      let records = try JSONSerialization.jsonObject(with: Data(run.output)) as? [[String: Any]] ?? []
      let edges = records.compactMap { $0["edge"] as? [String: Any] }.filter { edge in
        let name = (edge["source"] as? [String: Any])?["name"] as? String ?? ""
        return name.hasSuffix("[\(fixture.pid)]")
      }
      #expect(edges.count == 1, "\(edges)")
      #expect((edges.first?["connections"] as? NSNumber)?.intValue == 23)
      let ports = fixture.truth.compactMap { socket -> Int? in
        if case .internet(_, let port) = socket.local { port } else { nil }
      }
      // The listener's port is that of 24 sockets: its own and the accepted ones.
      let busiest = Dictionary(grouping: ports) { $0 }.max { $0.value.count < $1.value.count }
      #expect(busiest?.value.count == 24)
      #expect((edges.first?["port"] as? NSNumber)?.intValue == busiest?.key)
      let target = (edges.first?["target"] as? [String: Any])?["name"] as? String ?? ""
      #expect(target.hasSuffix("[\(fixture.pid)]"))
    }

    @Test(
      "What is recorded and lives still is counted once, and so is what lives and is recorded at its end only",
      arguments: ["open", "close"])
    func both(_ rowAt: String) throws {
      let before = try Fixture(scenarios: "tcp4")
      let record = try BackgroundRecord(["--row-at", rowAt])
      let during = try Fixture(scenarios: "tcp4")
      if rowAt == "open" {
        try record.wait(until: "SELECT count(*) FROM connections WHERE pid = \(during.pid)", is: 46)
      }
      for arguments in [["--since", "1h ago", "--live"], ["--since", "now", "--live"]] {
        let counts = try connections(arguments + ["--database", record.database])
        #expect(counts[before.pid] == 23)
        #expect(counts[during.pid] == 23)
      }
      #expect(record.end() == 0)
      // It was not there, so it cannot be told whether they ended: they live.
      #expect(
        try connections(["--since", "1h ago", "--live", "--database", record.database])[during.pid] == 23)
    }

    /// Connections from a process to itself, by its pid.
    private func connections(_ arguments: [String]) throws -> [Int32: Int] {
      let run = try ToolRun.run([BuiltProducts.sockeye, "map", "-o", "csv", "--by", "process"] + arguments)
      #expect(run.status == 0, "\(run.errors)")
      var counts: [Int32: Int] = [:]
      for line in String(decoding: run.output, as: UTF8.self).split(separator: "\n").dropFirst() {
        let fields = line.split(separator: ",", omittingEmptySubsequences: false)
        guard fields[0] == fields[1], let pid = Int32(fields[0].split(separator: "[").last?.dropLast() ?? "")
        else {
          continue
        }
        counts[pid, default: 0] += Int(fields[4]) ?? 0
      }
      return counts
    }
  }
}
