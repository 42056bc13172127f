import Testing

@testable import ViewNetstat

@Suite struct OptionScannerTests {
  private func scan(_ words: String...) -> (items: [OptionScanner.Item], operands: [String]) {
    var scanner = OptionScanner(
      program: "tool", arguments: words, short: "taA:f::",
      long: [
        .init("tcp", .none, "t"), .init("all", .none, "a"), .init("family", .required, "A"),
        .init("numeric", .none, "n"), .init("numeric-hosts", .none, 256), .init("numeric-users", .none, 257),
        .init("masquerade", .none, "M"), .init("masq", .none, "M"), .init("filter", .optional, "f"),
      ])
    var items: [OptionScanner.Item] = []
    while let item = scanner.next() { items.append(item) }
    return (items, scanner.operands)
  }
  private func option(_ letter: Character, _ argument: String? = nil) -> OptionScanner.Item {
    .option(Int(letter.asciiValue ?? 0), argument: argument)
  }

  @Test("Letters cluster, and an argument is the rest of the cluster or the next word")
  func clusters() {
    #expect(
      scan("-ta", "-tAinet", "-A", "-unix").items == [
        option("t"), option("a"), option("t"), option("A", "inet"), option("A", "-unix"),
      ])
    #expect(scan("-ffile", "-f", "file").items == [option("f", "file"), option("f")])
  }

  @Test("Operands are found between options, and everything behind -- is one")
  func operands() {
    let result = scan("one", "-t", "-", "--", "-a")
    #expect(result.items == [option("t")])
    #expect(result.operands == ["one", "-", "-a"])
  }

  @Test("A long name may be cut where that leaves one option; an exact name is never ambiguous")
  func abbreviations() {
    #expect(
      scan("--tc", "--numeric", "--numeric-h", "--mas", "--family=x", "--fa", "y").items == [
        option("t"), option("n"), .option(256, argument: nil), option("M"), option("A", "x"),
        option("A", "y"),
      ])
  }

  @Test("What cannot be read is said in the words of glibc")
  func problems() {
    #expect(
      scan("-x", "-tA").items == [
        .problem("tool: invalid option -- 'x'"), option("t"),
        .problem("tool: option requires an argument -- 'A'"),
      ])
    #expect(
      scan("--nope=1", "--num", "--all=1", "--family").items == [
        .problem("tool: unrecognized option '--nope=1'"),
        .problem(
          "tool: option '--num' is ambiguous; possibilities: '--numeric' '--numeric-hosts' '--numeric-users'"),
        .problem("tool: option '--all' doesn't allow an argument"),
        .problem("tool: option '--family' requires an argument"),
      ])
  }
}
