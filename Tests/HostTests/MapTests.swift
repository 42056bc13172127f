import Foundation
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
  }
}
