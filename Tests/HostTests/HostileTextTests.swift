import Foundation
import ProgramRuns
import Testing

extension HostTests {
  @Suite struct HostileTextTests {
    @Test("Hostile command names and arguments reach JSON byte for byte")
    func json() throws {
      let fixture = try Fixture(scenarios: "hostile")
      #expect(fixture.hostileProcesses.count == 7)
      let listing = try Listing.take(of: fixture)
      report(Comparison(found: listing.sightings).differences(from: fixture.truth))
      for hostile in fixture.hostileProcesses {
        let process = try #require(
          listing.records.lazy.compactMap { $0["process"] as? [String: Any] }.first {
            ($0["pid"] as? NSNumber)?.intValue == hostile.pid
          }, "process \(hostile.pid) is not in the listing")
        let name = process["name"] as? String ?? ""
        #expect(Listing.unescaped(name) == hostile.name, "name of \(hostile.pid)")
        let arguments = (process["args"] as? [String] ?? []).map(Listing.unescaped)
        #expect(arguments == hostile.arguments, "arguments of \(hostile.pid)")
      }
    }

    @Test("Hostile names cannot hurt a terminal, nor make rows of their own", arguments: ["table", "wide"])
    func table(format: String) throws {
      let fixture = try Fixture(scenarios: "hostile", "unix-paths", "unix-abstract")
      let count = try Listing.take(of: fixture).records.count
      let run = try ToolRun.run([
        BuiltProducts.sockeye, "list", "-a", "--netns", fixture.netnsPath, "-o", format, "--color", "never",
      ])
      #expect(run.status == 0, "\(run.errors)")
      let text = try #require(String(validating: run.output, as: UTF8.self), "the output is not UTF-8")
      let forbidden = text.unicodeScalars.filter { scalar in
        (scalar.value < 0x20 && scalar != "\n") || (0x7f...0x9f).contains(scalar.value)
          || (0x202a...0x202e).contains(scalar.value) || (0x2066...0x2069).contains(scalar.value)
      }
      #expect(forbidden.isEmpty, "control characters in the output: \(forbidden.map(\.value))")
      let rows = text.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
      #expect(rows.count == count + 1, "a heading and a row for each of \(count) sockets")
    }

    @Test("Each line of JSON Lines is one record")
    func lines() throws {
      let fixture = try Fixture(scenarios: "hostile", "unix-paths")
      let count = try Listing.take(of: fixture).records.count
      let run = try ToolRun.run([
        BuiltProducts.sockeye, "list", "-a", "--netns", fixture.netnsPath, "-o", "jsonl",
      ])
      let lines = run.output.split(separator: UInt8(ascii: "\n"))
      #expect(lines.count == count)
      for line in lines { _ = try JSONSerialization.jsonObject(with: Data(line)) }
    }
  }
}
