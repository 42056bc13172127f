import Foundation
import ProgramRuns
import Testing

extension HostTests {
  /// Two watchers of the same events, one of which has the kernel leave out nothing, must tell the same.
  @Suite struct PushDownTests {
    private static let storms = "\(Watching.fixture) storm 23 3 1"
    /// In the tree, and at the same time outside of it.
    private static let everything =
      "\(storms); \(Watching.fixture) names; \(Watching.fixture) failures; \(Watching.fixture) life; "
      + "\(Watching.fixture) datagrams 23"
    /// A server in the tree with clients outside of it, and the other way round.
    private static let inner =
      "\(Watching.fixture) server FOLDER/inner 7 & \(Watching.fixture) visitor FOLDER/outer 11"
    private static let outer =
      "\(Watching.fixture) server FOLDER/outer 11 & \(Watching.fixture) visitor FOLDER/inner 7"

    @Test("A tree is told alike, whether or not the kernel leaves out the others")
    func tree() throws {
      let both = try Pair.run(
        [], tree: "\(Self.inner); \(Self.everything)", outside: "\(Self.outer); \(Self.everything)")
      #expect(both.differences == [])
      #expect(both.pushed.contains { $0.contains("connect_failed") && $0.contains("ECONNREFUSED") })
      #expect(both.pushed.filter { $0.hasPrefix("accept ") }.count >= 30)
      let visits = both.pushed.filter { $0.hasPrefix("connect ") && $0.contains("visitor") }
      #expect(
        visits.count == 11 && visits.allSatisfy { $0.hasSuffix("/EventFixture\"") }, "their servers are named"
      )
    }

    @Test("So are its processes and threads alone, of which the kernel tells no others")
    func processes() throws {
      let both = try Pair.run(["process", "thread"], tree: Self.everything, outside: Self.storms)
      #expect(both.differences == [])
      #expect(both.pushed.filter { $0.hasPrefix("exec ") }.count >= 23)
      #expect(both.pushed.contains { $0.hasPrefix("thread_exit ") })
    }

    @Test(
      "A peer's port and a namespace are told alike",
      arguments: [
        "dport = :53", "dport = :53 and family = inet6", "netns = NETNS", "netns = NETNS and not dport = :53",
      ])
    func filters(filter: String) throws {
      let status = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/ns/net")
      let netns = status.filter(\.isNumber)
      let filter = filter.replacing("NETNS", with: netns)
      let both = try Pair.run(
        ["socket", "--where", filter],
        tree: "\(Watching.fixture) names; \(Watching.fixture) pace tcp 23; \(Watching.fixture) datagrams 23",
        outside: Self.storms)
      #expect(both.differences == [])
      #expect(both.pushed.count >= 4)
    }
  }
}

/// What two watchers told of one tree of processes, in canonical form.
private struct Pair {
  let pushed: [String]
  let plain: [String]

  /// Of 5 events at most: `+` told only where the kernel left something out, `-` only where it did not.
  var differences: [String] {
    let difference = pushed.difference(from: plain)
    return (difference.insertions + difference.removals).prefix(5).map {
      switch $0 {
      case .insert(_, let event, _): "+ \(event)"
      case .remove(_, let event, _): "- \(event)"
      }
    }
  }

  /// Starts a shell, both watchers on it, then `tree` in the shell and `outside` beside it.
  static func run(_ options: [String], tree: String, outside: String) throws -> Pair {
    let folder = FileManager.default.temporaryDirectory.appending(path: "sockeye-push-\(UUID().uuidString)")
      .path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    func path(_ name: String) -> String { "\(folder)/\(name)" }
    // Programs by which the watchers' beginning and end are seen, and that are left out of what is compared.
    for (program, name) in [(Watching.fixture, "probe"), ("/bin/sh", "prober"), ("/bin/sleep", "pause")] {
      try FileManager.default.copyItem(
        at: URL(filePath: program).resolvingSymlinksInPath(), to: URL(filePath: path(name)))
    }
    let probes = "\(path("probe")) pace tcp 1; \(path("probe")) names; \(path("pause")) 0.1"
    try #require(mkfifo(path("go"), 0o600) == 0)
    func shell(_ script: String) throws -> Process {
      let process = Process()
      process.executableURL = URL(filePath: "/bin/sh")
      process.arguments = ["-c", script]
      process.standardOutput = FileHandle.nullDevice
      process.standardError = FileHandle.nullDevice
      try process.run()
      return process
    }
    let (tree, outside) = (tree.replacing("FOLDER", with: folder), outside.replacing("FOLDER", with: folder))
    let root = try shell(
      "\(path("prober")) -c 'while [ ! -e \(path("stop")) ]; do \(probes); done' & "
        + "read go < \(path("go")); \(tree); echo > \(path("done")); wait")
    var watchers: [(process: Process, path: String)] = []
    for (index, extra) in [[], ["--no-push-down"]].enumerated() {
      let path = "\(folder)/\(index)"
      _ = FileManager.default.createFile(atPath: path, contents: nil)
      let watcher = Process()
      watcher.executableURL = URL(filePath: BuiltProducts.sockeye)
      watcher.arguments =
        ["watch", "--jsonl", "--follow-tree", "\(root.processIdentifier)"] + options + extra
      watcher.standardOutput = try FileHandle(forWritingTo: URL(filePath: path))
      watcher.standardError = FileHandle.nullDevice
      try watcher.run()
      watchers.append((watcher, path))
    }
    func lines(_ index: Int) throws -> [[String: Any]] {
      try String(contentsOfFile: watchers[index].path, encoding: .utf8).split(separator: "\n").compactMap {
        try? JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any]
      }
    }
    func times(_ index: Int) throws -> [Int] {
      try lines(index).compactMap { $0.at("event", "boot_time_ns") as? Int }
    }
    while try times(0).count < 23 || times(1).count < 23 { usleep(100_000) }
    let other = try shell(outside)
    try Data("go\n".utf8).write(to: URL(filePath: path("go")))
    while !FileManager.default.fileExists(atPath: path("done")) { usleep(100_000) }
    // All that the tree did is told by both when each tells of something later.
    let end = Int(bootTime())
    while try (times(0).last ?? 0) < end || (times(1).last ?? 0) < end { usleep(100_000) }
    for watcher in watchers {
      watcher.process.interrupt()
      watcher.process.waitUntilExit()
    }
    _ = FileManager.default.createFile(atPath: path("stop"), contents: nil)
    root.waitUntilExit()
    other.waitUntilExit()
    func canonical(_ index: Int) throws -> [String] {
      try lines(index).filter { (event) in
        // One that began before the watchers, and was gone when they looked, has only its name.
        let name = event.at("process", "name") as? String ?? ""
        let executable = event.at("process", "executable") as? String ?? ""
        return !executable.hasPrefix(folder) && !["probe", "prober", "pause"].contains(name)
      }
      .map(Self.canonical).sorted()
    }
    return Pair(pushed: try canonical(0), plain: try canonical(1))
  }

  /// All but counters and times, for each watcher reads the clock for itself; of the other end its program, for the process may be told
  /// as who listens or as who accepted. Of datagrams not even that: it is who uses the port when the event is told.
  private static func canonical(_ event: [String: Any]) -> String {
    func text(_ path: String...) -> String {
      var value: Any? = event
      for key in path { value = (value as? [String: Any])?[key] }
      guard let value else { return "-" }
      let data = try? JSONSerialization.data(
        withJSONObject: value, options: [.sortedKeys, .fragmentsAllowed])
      return data.map { String(decoding: $0, as: UTF8.self) } ?? "?"
    }
    let isDatagram = event.at("network", "transport") as? String == "udp"
    return [
      event.at("event", "action") as? String ?? "?", text("event", "reason"), text("network"), text("tcp"),
      text("flow"), text("exec"),
      text("process", "pid"), text("process", "name"), text("process", "executable"), text("process", "args"),
      text("process", "user"), text("process", "parent"), text("process", "ancestors"),
      text("process", "thread", "name"),
      text("process", "exit_code"), isDatagram ? "" : text("peer_process", "executable"),
    ].joined(separator: " ")
  }

  private static func bootTime() -> UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_BOOTTIME, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
  }
}
