import CLinux
import Testing

@testable import KernelBPF

@Suite(
  "Process events of the real kernel", .serialized, .enabled(if: mayTrace, "needs CAP_BPF and CAP_PERFMON"))
struct ProcessEventTests {
  private static let request = ProbePlan.Request(facts: [.fork, .exec, .exit, .rename, .execFailure])

  @Test("Exec, exit, signals, failed exec, threads and their names are told as they were")
  func life() throws {
    let recording = try Recording.of(["life"], request: Self.request)
    let path = try #require(recording.facts("executable").first?.first)
    let own = try #require(recording.number("self"))

    for (name, code) in [("exit", UInt8(23)), ("long", 31), ("thread-exec", 29)] {
      let pid = try #require(recording.number(name))
      let exec = try #require(recording.events(.exec, pid: pid).last)
      #expect(text(exec.exec?.path) == path)
      #expect(text(exec.exec?.name) == "/proc/self/exe")
      #expect(exec.actor?.parent_tgid == own)
      let exit = try #require(recording.events(.exit, pid: pid).last)
      #expect(exit.exit?.code == code)
      #expect(exit.exit?.signal == nil)
      // One that never left the CPU has not been accounted yet: the scheduler counts at its tick.
      if code == 23 { #expect((exit.exit?.cpu_time ?? 0) > 20_000_000) }
      let fork = recording.events(.fork, pid: own).first { $0.fork?.child_tgid == pid }
      #expect(fork?.fork?.child_start == exit.actor?.start)
      #expect(exec.actor?.exec_generation != fork?.actor?.exec_generation)
    }
    try checkArguments(recording)

    let killed = try #require(recording.number("killed"))
    #expect(recording.events(.exit, pid: killed).last?.exit?.signal == 9)
    try checkFailedExec(recording)
    try checkThread(recording)
  }

  private func checkArguments(_ recording: Recording) throws {
    let short = try #require(recording.number("exit"))
    let list = recording.events(.exec, pid: short).last?.exec?.argumentList.map { text($0) }
    #expect(list == ["EventFixture", "exit", "23", "an argument"])

    let long = try #require(recording.number("long"))
    let event = try #require(recording.events(.exec, pid: long).last)
    #expect(event.flags.contains(.argumentsCut))
    #expect(event.exec?.arguments.count == 32767)
    #expect(event.exec?.fixed.argument_true_length == UInt32("EventFixture exit 31 ".utf8.count + 100_001))
  }

  private func checkFailedExec(_ recording: Recording) throws {
    let pid = try #require(recording.number("failed"))
    let failed = try #require(recording.events(.execFailed, pid: pid).first)
    guard case .execFailed(let error, let name) = failed.detail else {
      Issue.record("no failure in a failed exec")
      return
    }
    #expect(error == ENOENT)
    #expect(text(name) == "/nonexistent/of/sockeye")
    #expect(recording.events(.exit, pid: pid).last?.exit?.code == 37)
  }

  private func checkThread(_ recording: Recording) throws {
    let fact = try #require(recording.facts("thread").first)
    let (pid, tid) = (UInt32(fact[0]), UInt32(fact[1]))
    let start = recording.events(.threadStart, pid: pid).first { $0.fork?.child_tid == tid }
    #expect(start?.fork?.child_tgid == pid)
    let rename = recording.events(.rename, pid: pid).first { $0.actor?.tid == tid }
    guard case .rename(let names)? = rename?.detail else {
      Issue.record("the thread's name was not told")
      return
    }
    #expect(text(names.newName) == "eye-thread")
    #expect(text(names.oldName) == "EventFixture")
    let exit = recording.events(.threadExit, pid: pid).first { $0.actor?.tid == tid }
    #expect(text(exit?.actor?.name) == "eye-thread")
  }

  @Test("A filter on one process follows its children and leaves out everybody else")
  func followsChildren() throws {
    // The fixture's pid is not known before it starts: its parent, this process, is.
    var settings = ProbeSettings()
    settings.leftOutProcess = nil
    settings.processes = [getpid()]
    let recording = try Recording.of(["life"], request: Self.request, settings: settings)
    let pid = try #require(recording.number("exit"))
    #expect(recording.events(.exec, pid: pid).count == 1)
    #expect(recording.events(.exit, pid: pid).count == 1)
  }

  @Test("A filter for acts leaves out what tells of others themselves only, and keeps what names a peer")
  func acts() throws {
    let request = ProbePlan.Request(facts: ProbePlan.Request.usualFacts.union([.dns]))
    var settings = ProbeSettings()
    settings.processes = []
    settings.filtersActsOnly = true
    let closed = try Recording.of(["names"], request: request, settings: settings)
    let netns = try #require(closed.number("netns"))
    #expect(closed.events(.bind, netns: netns).isEmpty && closed.events(.dnsAnswer).isEmpty)
    let count = closed.facts("connected").count
    #expect(closed.events(.connect, netns: netns).count >= count - 1)
    #expect(closed.events(.fork).count >= 4)
    // Until it is closed it passes everybody.
    settings.startsOpen = true
    let open = try Recording.of(["names"], request: request, settings: settings)
    let other = try #require(open.number("netns"))
    #expect(open.events(.bind, netns: other).count >= 5 && !open.events(.dnsAnswer).isEmpty)
    // With its root in the list, the tree is told as without a filter.
    settings.startsOpen = false
    settings.leftOutProcess = nil
    settings.processes = [getpid()]
    let tree = try Recording.of(["names"], request: request, settings: settings)
    let last = try #require(tree.number("netns"))
    #expect(tree.events(.bind, netns: last).count == open.events(.bind, netns: other).count)
    // Of streams the network makes as many segments as it likes.
    for (recording, netns) in [(open, other), (tree, last)] {
      #expect(recording.events(.dnsAnswer, netns: netns).count { $0.socket?.type == 2 } == 4, "datagrams")
    }
  }

  @Test("A filter by processes that has no room for a child is open again, for good")
  func tooFull() throws {
    var settings = ProbeSettings()
    settings.leftOutProcess = nil
    settings.processes = [getpid()]
    // Pids that nobody has, more than the map has room for.
    settings.processes? += (0..<17_003).map { 0x4000_0000 + $0 }
    let recording = try Recording.of(["life"], request: Self.request, settings: settings)
    let pid = try #require(recording.number("exit"))
    #expect(recording.events(.exec, pid: pid).count == 1)
    #expect(recording.events(.exit, pid: pid).count == 1)
  }
}
