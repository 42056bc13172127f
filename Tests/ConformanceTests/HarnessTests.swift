import Foundation
import ProgramRuns
import Testing

/// A comparison that cannot fail proves nothing.
@Suite struct HarnessTests {
  private func differences(_ theirs: String, _ ours: String, _ order: RowOrder = .asPrinted) -> [String] {
    RowComparison(theirs: order.arranged(theirs), ours: order.arranged(ours)).differences
  }

  @Test("Equal outputs have no differences")
  func equal() { #expect(differences("a b\nc\n", "a b\nc\n") == []) }

  @Test("A field that differs is named with both values")
  func field() {
    #expect(
      differences("tcp 0 127.0.0.1:1\n", "tcp 7 127.0.0.1:1\n") == [
        "row 1 differs in field 2: 0 ≠ 7\n  theirs ‹tcp 0 127.0.0.1:1›\n  ours   ‹tcp 7 127.0.0.1:1›"
      ])
  }

  @Test("A blank more, a newline less, a missing and an additional row are differences")
  func rows() {
    #expect(differences("a  b\n", "a b\n").first?.hasPrefix("row 1 differs in blanks") == true)
    #expect(differences("a\n", "a").count == 1)
    #expect(differences("a\nb\nc\n", "a\nc\n") == ["row 2 is missing:\n  theirs ‹b›"])
    #expect(differences("a\nc\n", "a\nb\nc\n") == ["row 2 is too many:\n  ours   ‹b›"])
  }

  @Test("Rows beneath a header may come in any order, headers and what precedes them may not")
  func order() {
    let order = RowOrder.anyWithinSections { $0.hasPrefix("Proto") }
    #expect(differences("t\nProto\nb\na\nProto\nc\n", "t\nProto\na\nb\nProto\nc\n", order) == [])
    #expect(differences("t\nProto\na\nProto\nb\n", "t\nProto\nb\nProto\na\n", order) != [])
    #expect(differences("t\nu\nProto\n", "u\nt\nProto\n", order) != [])
  }

  @Test("A mask replaces in every line what its pattern matches, and nothing else")
  func mask() {
    #expect(
      Mask(#"\((\d+\.\d+)/"#, "(…/").applied(to: "keepalive (7.01/0/0)\n(3.2/1/0)")
        == "keepalive (…/0/0)\n(…/1/0)")
    #expect(Mask("^a").applied(to: "a\nba\na") == "…\nba\n…")
  }

  @Test(
    "A scene is a namespace of its own: loopback is up, and the host's interfaces are not there",
    .enabled(if: geteuid() == 0, "needs root: it makes a network namespace"))
  func scene() throws {
    let scene = try Scene()
    let links = try ToolRun.run(scene.inside(["ip", "-o", "link"])).output
    #expect(links.contains("lo: <LOOPBACK,UP"))
    #expect(!links.contains("eth0"))
    let held = try scene.python("print(listen(port=4711).getsockname()[1])")
    #expect(held.lines == ["4711"])
    #expect(try ToolRun.run(scene.inside(["ss", "-Hltn"])).output.contains("127.0.0.1:4711"))
    scene.release()
    #expect(try ToolRun.run(scene.inside(["ss", "-Hltn"])).output == "")
    #expect(throws: RunFailure.self) { try scene.shell("false; true") }
  }
}
