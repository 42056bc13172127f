import CLinux
import KernelSystem
import Testing

@testable import KernelBPF

@Suite(
  "Changes of identity on the real kernel", .serialized,
  .enabled(if: mayTrace, "needs CAP_BPF and CAP_PERFMON"))
struct IdentityEventTests {
  private static func record(_ way: ProbingWay) throws -> Recording {
    let recording = try Recording.of(
      ["identity"], request: ProbePlan.Request(facts: [.fork, .exec, .exit, .identity]), way: way)
    #expect(recording.undecoded == 0)
    return recording
  }

  @Test(
    "setresgid and setresuid are one change each, with the ids before and after; the same ids again are none",
    arguments: probingWays)
  func ids(way: ProbingWay) throws {
    let recording = try Self.record(way)
    let facts = recording.facts("ids")
    let before = try #require(facts.first { $0[0] == "before" })
    let after = try #require(facts.first { $0[0] == "after" })
    let changes = recording.changes(of: before[1])
    try #require(changes.count == 2)
    #expect(changes[0].before.words == before.dropFirst(2).compactMap { UInt32($0) })
    #expect(Array(changes[0].after.words.suffix(3)) == after.suffix(3).compactMap { UInt32($0) })
    #expect(changes[0].after.words.prefix(3) == changes[0].before.words.prefix(3))
    #expect(changes[1].after.words == after.dropFirst(2).compactMap { UInt32($0) })
    #expect(changes[1].before.words == changes[0].after.words)
    // The file system's ids follow the effective ones.
    #expect(changes[1].after.file_system_user == changes[1].after.effective_user)
  }

  @Test("unshare and setns tell the namespaces before and after", arguments: probingWays)
  func namespaces(way: ProbingWay) throws {
    let recording = try Self.record(way)
    let facts = recording.facts("namespaces")
    func inodes(_ name: String) throws -> [UInt32] {
      try #require(facts.first { $0[0] == name }).dropFirst(2).compactMap { UInt32($0) }
    }
    let pid = try #require(facts.first)[1]
    let changes = recording.changes(of: pid)
    try #require(changes.count == 2)
    #expect(changes[0].before.namespaces == (try inodes("before")))
    #expect(changes[0].after.namespaces == (try inodes("after")))
    #expect(changes[1].before.namespaces == (try inodes("after")))
    #expect(changes[1].after.namespaces == (try inodes("back")))
    #expect(changes[0].before.mount_namespace == changes[0].after.mount_namespace)
  }

  @Test("An exec of a set-user-ID program is a change of ids", arguments: probingWays)
  func privileged(way: ProbingWay) throws {
    let recording = try Self.record(way)
    let fact = try #require(recording.facts("ids").first { $0[0] == "privileged" })
    let change = try #require(recording.changes(of: fact[1]).last)
    #expect(Array(change.before.words.prefix(3)) == [17, 17, 17])
    #expect(Array(change.after.words.prefix(3)) == fact.dropFirst(2).prefix(3).compactMap { UInt32($0) })
    #expect(change.after.effective_user == 0)
  }
}

extension Recording {
  fileprivate func changes(of pid: String) -> [EventIdentity] {
    events(.identity, pid: UInt32(pid)).compactMap {
      if case .identity(let identity) = $0.detail { identity } else { nil }
    }
  }
}

extension EventIDs {
  /// As getresuid(2) and getresgid(2) give them.
  fileprivate var words: [UInt32] {
    [user, effective_user, saved_user, group, effective_group, saved_group]
  }
  fileprivate var namespaces: [UInt32] { [network_namespace, uts_namespace] }
}
