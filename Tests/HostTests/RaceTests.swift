import Foundation
import Testing

extension HostTests {
  @Suite struct RaceTests {
    /// Runs of the same thing: a prime number, enough that processes come and go within some of them.
    static let runs = 23

    @Test("Among processes that come and go, every listing of 23 is whole, and right about what stays")
    func churn() throws {
      let fixture = try Fixture(scenarios: "tcp4", "forked-listener", "churn")
      for _ in 0..<Self.runs {
        let listing = try Listing.take(of: fixture)
        report(Comparison(found: listing.sightings).differences(from: fixture.truth))
        report(try contradictions(in: listing, before: Date()))
      }
    }

    @Test("Among processes that come and go in all namespaces, every listing of 23 is whole")
    func churnEverywhere() throws {
      let fixture = try Fixture(scenarios: "churn", "tcp6")
      for _ in 0..<Self.runs {
        let listing = try Listing.take(["-a", "--netns", "all"])
        report(Comparison(found: listing.sightings).differences(from: fixture.truth))
        report(try contradictions(in: listing, before: Date()))
      }
    }

    @Test("A process and its sockets that vanish between two listings are gone from the second")
    func gone() throws {
      var fixture: Fixture? = try Fixture(scenarios: "tcp4")
      let inodes = Set(fixture?.truth.map(\.inode) ?? [])
      let first = try Listing.take(["-a", "-t", "--netns", "all"]).sightings
      #expect(first.count { inodes.contains($0.inode) } == inodes.count)
      fixture = nil
      let second = try Listing.take(["-a", "-t", "--netns", "all"]).sightings
      #expect(second.count { inodes.contains($0.inode) && !$0.holders.isEmpty } == 0)
    }

    /// What no listing may say, whatever happens meanwhile.
    private func contradictions(in listing: Listing, before end: Date) throws -> [String] {
      var result: [String] = []
      for (record, socket) in zip(listing.records, listing.sightings) {
        if !socket.holders.isEmpty && socket.unheldReason != nil {
          result.append("\(socket): it has holders and a reason for having none")
        }
        if socket.holders.isEmpty && socket.unheldReason == nil {
          result.append("\(socket): it has neither holders nor a reason for having none")
        }
        guard let process = record["process"] as? [String: Any] else { continue }
        let pid = (process["pid"] as? NSNumber)?.intValue ?? 0
        if !socket.holders.contains(where: { $0.pid == pid }) {
          result.append("\(socket): its process \(pid) is not among its holders")
        }
        guard let text = process["start"] as? String, let start = date(text) else {
          result.append("\(socket): process \(pid) has no start time that can be read")
          continue
        }
        // A clock tick of /proc is 10 ms.
        if start > end.addingTimeInterval(0.01) {
          result.append("\(socket): process \(pid) started at \(text), after the listing ended")
        }
        if let opened = (record["socket"] as? [String: Any])?["opened"] as? String, let time = date(opened),
          socket.holders.count == 1, time.addingTimeInterval(0.01) < start
        {
          result.append("\(socket): opened \(opened), before its only holder \(pid) started at \(text)")
        }
      }
      return result
    }

    /// RFC 3339 with any number of decimals.
    private func date(_ text: String) -> Date? {
      guard let dot = text.firstIndex(of: ".") else { return try? Date(text, strategy: .iso8601) }
      let whole = text[..<dot] + "Z"
      let decimals = text[text.index(after: dot)...].prefix { $0.isNumber }
      guard let date = try? Date(String(whole), strategy: .iso8601), let fraction = Double("0." + decimals)
      else {
        return nil
      }
      return date.addingTimeInterval(fraction)
    }
  }
}
