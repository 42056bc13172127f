import Attribution
import Model
import Randomness
import Testing

@Suite("Process tree") struct ProcessTreeTests {
  private func identity(_ pid: Int32, _ start: UInt64 = 1) -> ProcessIdentity {
    ProcessIdentity(pid: ProcessID(pid), startTicks: start)
  }

  private func process(_ pid: Int32, _ name: RawText, start: UInt64 = 1) -> Process {
    var process = Process(identity: identity(pid, start), name: name, parentPID: ProcessID(1))
    process.executable = RawText("/bin/\(name.lossyString)")
    return process
  }

  private func fork(_ tree: inout ProcessTree, _ child: ProcessIdentity, of parent: ProcessIdentity) {
    tree.fork(
      child: child, parent: parent,
      fallback: Process(identity: parent, name: "unseen", parentPID: ProcessID(0)))
  }

  @Test("A child is its parent until it executes something, and knows its lineage")
  func lineage() {
    var tree = ProcessTree()
    tree.seed(process(1, "init"), parent: nil)
    fork(&tree, identity(23), of: identity(1))
    #expect(tree.process(identity(23))?.name == "init")
    #expect(tree.process(identity(23))?.parentPID == ProcessID(1))
    tree.update(identity(23)) { $0.name = "bash" }
    fork(&tree, identity(29), of: identity(23))
    tree.update(identity(29)) { $0.name = "curl" }
    #expect(tree.ancestors(of: identity(29)).map(\.name) == ["bash", "init"])
    #expect(tree.isDescendant(identity(29), of: [identity(23)]))
    #expect(!tree.isDescendant(identity(23), of: [identity(29)]))
  }

  @Test("A pid that is used again is another process")
  func reuse() {
    var tree = ProcessTree()
    tree.seed(process(23, "first", start: 100), parent: nil)
    tree.exit(identity(23, 100), at: 5)
    tree.seed(process(23, "second", start: 200), parent: nil)
    #expect(tree.process(identity(23, 100))?.name == "first")
    #expect(tree.process(identity(23, 200))?.name == "second")
    #expect(tree.identity(of: ProcessID(23)) == identity(23, 200))
    tree.expire(at: .max)
    #expect(tree.process(identity(23, 100)) == nil)
    #expect(tree.identity(of: ProcessID(23)) == identity(23, 200))
  }

  @Test("A child of an unknown parent is known by what the event says")
  func unknownParent() {
    var tree = ProcessTree()
    fork(&tree, identity(23), of: identity(7))
    #expect(tree.process(identity(23))?.name == "unseen")
  }

  @Test("A process that ended stays for the time to keep")
  func keeps() {
    var tree = ProcessTree(keepNanoseconds: 60)
    tree.seed(process(23, "a"), parent: nil)
    tree.exit(identity(23), at: 100)
    tree.exit(identity(23), at: 120)
    tree.expire(at: 159)
    #expect(tree.count == 1 && tree.liveCount == 0)
    tree.expire(at: 160)
    #expect(tree.count == 0)
  }

  @Test(
    "At the ceiling the one that ended first goes, and without one the newcomer is not taken; both are counted"
  )
  func ceiling() {
    var tree = ProcessTree(ceiling: 2)
    tree.seed(process(1, "a"), parent: nil)
    tree.seed(process(2, "b"), parent: nil)
    fork(&tree, identity(3), of: identity(1))
    #expect(!tree.contains(identity(3)) && tree.refused == 1)
    tree.exit(identity(2), at: 1)
    fork(&tree, identity(3), of: identity(1))
    #expect(tree.contains(identity(3)) && !tree.contains(identity(2)) && tree.evicted == 1)
  }

  @Test(
    "Whatever happens, it never holds more than its ceiling and forgets only what ended", arguments: 1...23)
  func anySequence(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    var tree = ProcessTree(ceiling: 31, keepNanoseconds: 40)
    var live = Set<ProcessIdentity>()
    for time in 1...3000 as ClosedRange<UInt64> {
      switch Int.random(in: 0..<5, using: &random) {
      case 0..<3:
        let child = identity(Int32.random(in: 1...500, using: &random), time)
        fork(&tree, child, of: live.randomElement(using: &random) ?? identity(0))
        if tree.contains(child) { live.insert(child) }
      case 3:
        guard let ended = live.min(by: { ($0.startTicks, $0.pid) < ($1.startTicks, $1.pid) }) else {
          continue
        }
        tree.exit(ended, at: time)
        live.remove(ended)
      default: tree.expire(at: time)
      }
      guard tree.count <= 31, tree.liveCount == live.count, live.allSatisfy(tree.contains) else {
        Issue.record(
          "seed \(seed), step \(time): \(tree.count) entries, \(tree.liveCount) live, not \(live.count)")
        return
      }
    }
  }
}
