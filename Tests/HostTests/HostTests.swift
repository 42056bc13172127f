import Foundation
import Testing

/// What sockeye says of the real kernel, held against the truth of socket-fixture and against ss.
///
/// One at a time: the races that are meant are made by the fixture, not by the neighbour.
@Suite(
  .serialized,
  .enabled(if: geteuid() == 0, "needs root (CAP_SYS_ADMIN): the fixture makes network namespaces"))
struct HostTests {}

/// Makes `scenarios` in a namespace of their own, and records every difference between the listing, the truth and ss.
func checkListing(
  of scenarios: String..., crossCheck: Bool = true, sourceLocation: SourceLocation = #_sourceLocation
) throws {
  let fixture = try Fixture(["--new-netns"] + scenarios)
  for scenario in scenarios { try fixture.require(scenario) }
  #expect(!fixture.truth.isEmpty, sourceLocation: sourceLocation)
  let before = crossCheck ? try SocketStatistics.take(of: fixture) : []
  let found = try Listing.take(of: fixture).sightings
  report(Comparison(found: found).differences(from: fixture.truth), sourceLocation)
  report(foreign(in: found, to: try fixture.netns), sourceLocation)
  if crossCheck {
    let after = try SocketStatistics.take(of: fixture)
    compareWithSS(SocketStatistics.steady(before, after), found, sourceLocation)
  }
}

private func compareWithSS(_ theirs: [Sighting], _ found: [Sighting], _ sourceLocation: SourceLocation) {
  #expect(!theirs.isEmpty, "ss lists nothing: the cross-check is void", sourceLocation: sourceLocation)
  report(Comparison(found: found).differences(from: theirs), sourceLocation)
  // ss 6.1 does not ask for bound sockets that neither listen nor are connected; its unix rows without inode are not read.
  let ours = found.filter {
    ["tcp", "udp", "mptcp", "unix"].contains($0.table) && $0.state != "bound-inactive"
      && !($0.table == "unix" && $0.inode == 0)
  }
  var comparison = Comparison(found: theirs)
  comparison.subject = "ss"
  report(comparison.unknown(among: ours), sourceLocation)
}

/// A listing of one namespace has no socket of another.
private func foreign(in found: [Sighting], to netns: UInt64) -> [String] {
  found.filter { $0.netns != nil && $0.netns != netns }.map { "\($0): it is not of namespace \(netns)" }
}

/// One issue each, so that a failure says which socket differs in what.
func report(_ differences: [String], _ sourceLocation: SourceLocation = #_sourceLocation) {
  for difference in differences.prefix(23) {
    Issue.record(Comment(rawValue: difference), sourceLocation: sourceLocation)
  }
  if differences.count > 23 {
    Issue.record("… and \(differences.count - 23) more differences", sourceLocation: sourceLocation)
  }
}
