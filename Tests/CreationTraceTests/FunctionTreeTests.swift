import KernelBPF
import KernelTracefs
import Testing

@testable import CreationTrace
@testable import Model

/// What function_graph tells, as trees of calls.
@Suite struct FunctionTreeTests {
  private func trees(_ lines: [FunctionGraphLine]) -> FunctionTrees {
    var trees = FunctionTrees()
    for line in lines { trees.take(line) }
    return trees
  }

  /// `fork×1 50[copy×2 30[lock×3 7]]`
  private func text(_ node: KernelNode) -> String {
    let inner = node.children.map(text).joined(separator: " ")
    let own = "\(node.function)×\(node.visits) \(node.duration.map { "\($0)" } ?? "-")"
    return inner.isEmpty ? own : "\(own)[\(inner)]"
  }

  private func line(
    _ kind: FunctionGraphLine.Kind, _ time: UInt64, _ function: String, _ duration: UInt64 = 0,
    thread: Int32 = 7
  ) -> FunctionGraphLine {
    FunctionGraphLine(kind, time: time, thread: thread, function: function, duration: duration)
  }

  @Test("Visits of a function by the same caller are one node, with the sum of their times")
  func merging() throws {
    let trees = trees([
      line(.enter, 10, "fork"), line(.enter, 11, "copy"), line(.leaf, 12, "lock", 2),
      line(.leaf, 15, "lock", 3),
      line(.leave, 20, "copy", 9), line(.leaf, 22, "wake", 1), line(.enter, 30, "copy"),
      line(.leaf, 31, "lock", 4), line(.leave, 40, "copy", 10), line(.leave, 60, "fork", 50),
    ])
    let tree = try #require(trees.trees.first)
    #expect(text(tree.root) == "fork×1 50[copy×2 19[lock×3 9] wake×1 1]")
    #expect(tree.thread == 7 && tree.root.first == 10 && tree.root.last == 60)
    #expect(tree.root.children[0].first == 11 && tree.root.children[0].last == 40)
    #expect(tree.root.children[0].children[0].last == 35)
  }

  @Test("Threads do not mix, and an exit without its entry is passed over")
  func threads() {
    let trees = trees([
      line(.leave, 1, "lost", 5), line(.enter, 2, "fork"), line(.enter, 3, "exec", thread: 8),
      line(.leaf, 4, "a", 1), line(.leaf, 5, "b", 1, thread: 8), line(.leave, 6, "exec", 3, thread: 8),
      line(.leave, 7, "fork", 5), line(.leaf, 8, "vfork", 2),
    ])
    #expect(
      trees.trees.map { "\($0.thread) \(text($0.root))" } == [
        "8 exec×1 3[b×1 1]", "7 fork×1 5[a×1 1]", "7 vfork×1 2",
      ])
  }

  @Test("Each call has its own tree, also one that did not return; what belongs to no call is left out")
  func attaching() throws {
    var assembler = CreationAssembler(way: .probes, tier: .functionGraph, kernel: KernelFunctions([]))
    assembler.begin(7, name: "shell", mappings: [])
    for (time, number) in [(UInt64(10_000), Int64(57)), (20_000, 57), (30_000, 59)] {
      var event = CreationEvent(kind: .enter, time: time, process: 7, thread: 7)
      event.number = number
      assembler.take(.event(event))
      event.kind = .leave
      event.time += 5000
      if number == 57 { assembler.take(.event(event)) }
    }
    assembler.take(
      trees([
        line(.leaf, 1000, "early", 1), line(.leaf, 11_000, "first", 1),
        // Half a microsecond before its call, as it is rounded.
        line(.leaf, 19_600, "second", 1), line(.leaf, 21_000, "third", 1, thread: 8),
        line(.enter, 31_000, "exec"), line(.leaf, 32_000, "load", 1),
      ]))
    let found = assembler.report.processes[0].calls.map { $0.kernelTree.map { $0.children.map(text) } }
    #expect(found == [["first×1 1"], ["second×1 1"], ["exec×1 0[load×1 1]"]])
  }
}
