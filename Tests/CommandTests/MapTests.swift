import Foundation
import Testing
import ViewFixtures

/// `sockeye map` on a database whose content is known.
@Suite struct MapTests {
  private let host: RecordedHost
  init() throws { host = try RecordedHost() }

  private func map(_ arguments: String, policy: String = "") throws -> Program {
    try Program.shell(
      "\"$sockeye\" map --since 2026-11-21T10:00:00Z --until 2026-11-21T10:01:00Z --database \"$database\" \(arguments)",
      environment: ["database": host.path, "policy": policy])
  }

  @Test(
    "Every format is the one that was agreed on, hostile names included",
    arguments: ["-o table", "-o json", "-o csv", "-o dot", "--policy", "--by unit", "--by process"])
  func formats(_ option: String) throws {
    let run = try map(option)
    #expect(run.status == 0)
    #expect(run.errors == "")
    let name = option.split(separator: " ").last ?? ""
    let difference = Golden.difference(run.output, "map-\(name.filter(\.isLetter)).txt", testFile: #filePath)
    #expect(difference == nil, "\(difference ?? "")")
    #expect(!run.output.utf8.contains(0x1b))
    #expect(!run.output.unicodeScalars.contains("\u{202e}"))
  }

  @Test("Without Graphviz a picture is refused, with what to do; with it the picture has every name")
  func picture() throws {
    let refused = try Program.shell(
      "PATH=/nonexistent exec \"$sockeye\" map --since 2026-11-21 --database \"$database\" -o svg",
      environment: ["database": host.path])
    #expect(refused.status == 2)
    #expect(refused.output == "")
    #expect(refused.errors.contains("apt-get install graphviz"))
    let run = try map("-o svg")
    #expect(run.status == 0, "\(run.errors)")
    #expect(run.output.contains("<svg") && run.output.hasSuffix("</svg>\n"))
    #expect(run.output.contains(">/usr/bin/curl</text>"))
  }

  @Test("What --policy prints allows all of it: --check finds nothing, and ends with 0")
  func ownPolicy() throws {
    for by in ["executable", "unit", "process", "container"] {
      let policy = try map("--policy --by \(by)").output
      let run = try map("--check <(printf %s \"$policy\")", policy: policy)
      #expect(run.status == 0, "\(run.errors)")
      #expect(run.lines.count == 1, "\(run.output)")
    }
  }

  @Test("--check lists what the list does not have, and ends with 1; networks and any are understood")
  func check() throws {
    let policy = """
      # By hand.
      by: executable
      allow:
        - from: "/usr/bin/curl"   # quoted or not
          to: 203.0.113.0/24
          port: 443
        - from: /usr/sbin/nginx
          to: any
        - to: 2001:db8::/32
          protocol: udp
      """
    let run = try map("--json --check <(printf %s \"$policy\")", policy: policy)
    #expect(run.status == 1)
    let edges = try run.records.compactMap { $0["edge"] as? [String: Any] }
    // The refused one is to port 81; the hostile one speaks TCP, not UDP.
    #expect(Set(edges.compactMap { ($0["port"] as? NSNumber)?.intValue }) == [81, 53], "\(run.output)")
  }

  @Test(
    "A list that cannot be read is pointed at by its line, and exit status 2",
    arguments: [
      ("by: colour", "line 1"), ("allow:\n  from: x", "line 2"), ("allow:\n  - from: \"x", "line 2"),
      ("allow:\n  - port: 70000", "line 2"), ("allow:\n  - from: x\n    too: y", "line 3"),
      ("hello", "line 1"),
    ])
  func unreadable(_ policy: String, _ part: String) throws {
    let run = try map("--check <(printf %s \"$policy\")", policy: policy)
    #expect(run.status == 2)
    #expect(run.output == "")
    #expect(run.errors.contains(part), "\(run.errors)")
  }

  @Test("A name in quotes means itself: a program called any does not widen the list")
  func literal() throws {
    let run = try map(
      "--json --check <(printf %s \"$policy\")", policy: "allow:\n  - from: \"any\"\n    to: any\n")
    #expect(run.status == 1)
    #expect(try run.records.count == 4)
  }

  @Test("A connection with both ends here is one, from who connected to who accepted")
  func bothEnds() throws {
    let run = try map("--json --by process")
    let edges = try run.records.compactMap { $0["edge"] as? [String: Any] }.filter {
      ($0["port"] as? NSNumber)?.intValue == 8080
    }
    #expect(edges.count == 1, "\(run.output)")
    #expect((edges.first?["target"] as? [String: Any])?["name"] as? String == "curl[7]")
    #expect((edges.first?["source"] as? [String: Any])?["name"] as? String == "nginx[9]")
    #expect((edges.first?["connections"] as? NSNumber)?.intValue == 1)
  }
}
