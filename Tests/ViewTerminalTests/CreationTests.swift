import Model
import Testing
import ViewFixtures
import ViewText

@testable import ViewTerminal

@Suite struct CreationViewTests {
  private func tree(
    of report: CreationReport = .sample, _ change: (inout CreationTreeOptions) -> Void = { _ in }
  ) -> String {
    var options = CreationTreeOptions()
    change(&options)
    var bytes: [UInt8] = []
    _ = CreationTreeView.write(report, options) { chunk in
      for index in chunk.indices { bytes.append(chunk[index]) }
      return true
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  private func expectGolden(_ text: String, _ name: String) {
    let difference = Golden.difference(text, name, testFile: #filePath)
    #expect(difference == nil, "\(difference ?? "")")
  }

  @Test("The tree, folded and full, in colour, and the tables are as the golden files have them")
  func golden() {
    expectGolden(tree(), "creation-tree.txt")
    expectGolden(tree { $0.isFull = true }, "creation-tree-full.txt")
    expectGolden(tree { $0.isColored = true }, "creation-tree-colour.txt")
    var text = TextBuffer()
    CreationTable.append(CreationReport.sample.timelines, isColored: false, to: &text)
    var statistics = CreationStatistics()
    for _ in 0..<3 { statistics.add(CreationReport.sample.timelines) }
    CreationTable.append(statistics, isColored: false, to: &text)
    expectGolden(String(decoding: text.contents, as: UTF8.self), "creation-tables.txt")
  }

  @Test(
    "The way is told first, an argument that was not seen is said to be that, and unseen paths are no search")
  func unseen() {
    var report = CreationReport.sample
    report.way = .perf
    for index in report.processes[0].calls.indices.dropFirst() {
      report.processes[0].calls[index].arguments = [CreationArgument(unseen: "path")]
    }
    let text = tree(of: report)
    #expect(text.hasPrefix("traced by perf; kernel part: stacks at the tracepoints"))
    #expect(text.split(separator: "\n").filter { $0.contains("execve(path=⟨not seen⟩)") }.count == 2)
    #expect(!text.contains("in 2 places"))
  }

  @Test("Nothing that a traced program chose reaches the terminal as a control character")
  func hostile() {
    for text in [tree(), tree { $0.isFull = true }] {
      #expect(!text.unicodeScalars.contains { $0.value < 0x20 && $0 != "\n" })
    }
  }
}
