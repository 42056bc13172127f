import Model
import Testing
import ViewFixtures
import ViewText

@testable import ViewTerminal

@Suite struct CreationViewTests {
  private func tree(_ change: (inout CreationTreeOptions) -> Void = { _ in }) -> String {
    var options = CreationTreeOptions()
    change(&options)
    var bytes: [UInt8] = []
    _ = CreationTreeView.write(.sample, options) { chunk in
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

  @Test("Nothing that a traced program chose reaches the terminal as a control character")
  func hostile() {
    for text in [tree(), tree { $0.isFull = true }] {
      #expect(!text.unicodeScalars.contains { $0.value < 0x20 && $0 != "\n" })
    }
  }
}
