import Testing

/// Bad usage: the message on standard error, nothing on standard output, exit status 2.
@Suite struct UsageTests {
  @Test(
    "Bad usage ends with 2, says what is wrong on standard error, and prints nothing",
    arguments: [
      (["list", "--bogus"], "--bogus"),
      (["bogus"], "bogus"),
      (["list", "-l", "-a"], "--all and --listening"),
      (["list", "--tree", "--count"], "--tree and --count"),
      (["list", "--json", "--jsonl"], "json and jsonl"),
      (["list", "-o", "xml"], "xml"),
      (["list", "-o", "json", "--columns", "pid"], "--columns"),
      (["list", "-o", "json", "--tree"], "--tree"),
      (["list", "-o", "csv", "--summary"], "--summary"),
      (["list", "-n", "--resolve"], "--numeric and --resolve"),
      (["list", "--sort", "bogus"], "bogus"),
      (["watch", "--ring-size", "5k"], "--ring-size"),
      (["watch", "--ring-size", "2G"], "--ring-size"),
      (["list", "--color", "sometimes"], "sometimes"),
      (["list", "--netns", ""], "--netns"),
      (["list", "--holders-from", "rumour"], "rumour"),
      (["who"], "<target>"),
      (["who", "nobody"], "nobody"),
      (["who", "nobody.invalid:443"], "/etc/hosts"),
      (["who", "localhost:nothing"], "localhost:nothing"),
      (["help", "nope"], "'nope'"),
      (["help", "list", "nope"], "'nope'"),
      (["who", "pid:0"], "pid:0"),
      (["who", ":1", "--limit", "0"], "--limit"),
      (["who", ":1", "-o", "csv"], "CSV"),
      (["who", "/run/x", "--at", "03:12"], "unix sockets"),
      (["who", ":1", "--at", "25:00"], "'25:00' is no time"),
      (["history", "--at", "03:12", "--since", "03:00"], "--at is one time"),
      (["history", "--since", "2026-11-20", "--until", "2026-11-19"], "--until is before"),
      (["history", "--after", "x"], "--after"),
      (["history", "--resolve"], "--resolve"),
      (["map", "--policy", "--json"], "--policy"),
      (["map", "--check", "/no/such/file"], "/no/such/file"),
      (["map", "--by", "colour"], "colour"),
      (["sql"], "--schema"),
      (["sql", "SELECT 1", "--schema"], "--schema"),
      (["sql", "SELECT 1", "--max-memory", "1X"], "--max-memory"),
      (["sql", "SELECT 1", "--database", "/no/such/file"], "sockeye record"),
      (["history", "--database", "/no/such/file"], "sockeye record"),
      (["spawn"], "COMMAND, -p PID and -a"),
      (["spawn", "-a", "true"], "COMMAND, -p PID and -a"),
      (["spawn", "-p", "0"], "1 or more"),
      (["spawn", "-p", "one"], "one"),
      (["spawn", "-a", "--ptrace"], "--ptrace"),
      (["spawn", "--no-function-graph", "true"], "--full"),
      (["spawn", "--table", "--json", "true"], "One format"),
      (["spawn", "--repeat", "0", "true"], "1 or more"),
      (["spawn", "--repeat", "2", "-p", "1"], "COMMAND"),
      (["spawn", "--repeat", "2", "--json", "true"], "table"),
      (["spawn", "--trace", "/no/such/folder/file", "true"], "/no/such/folder/file"),
      (["spawn", "--svg", "/no/such/folder/file", "true"], "/no/such/folder/file"),
    ])
  func badUsage(_ arguments: [String], _ part: String) throws {
    let words = arguments.map { "'\($0)'" }.joined(separator: " ")
    let run = try Program.shell("\"$sockeye\" \(words)")
    #expect(run.status == 2)
    #expect(run.output == "")
    #expect(run.errors.contains(part), "\(run.errors)")
  }

  @Test("An error in the filter shows the filter, with a caret beneath the wrong word")
  func caret() throws {
    let run = try Program.run("list", "-t", "sport = :22 and dprot = :80")
    #expect(run.status == 2)
    #expect(run.output == "")
    let lines = run.errors.split(separator: "\n")
    let shown = try #require(lines.firstIndex { $0.contains("sport = :22 and dprot = :80") }, "\(run.errors)")
    try #require(shown + 1 < lines.count)
    let column = try #require(lines[shown].ranges(of: "dprot").first?.lowerBound)
    let caret = try #require(lines[shown + 1].firstIndex(of: "^"))
    #expect(
      lines[shown].distance(from: lines[shown].startIndex, to: column)
        == lines[shown + 1].distance(from: lines[shown + 1].startIndex, to: caret))
  }

  @Test("A wrong filter among several words is pointed at as well")
  func caretInWords() throws {
    let run = try Program.run("list", "sport", "=", ":22", "and", "bogus")
    #expect(run.status == 2)
    #expect(run.errors.contains("  sport = :22 and bogus\n                  ^^^^^"), "\(run.errors)")
  }

  @Test("An unknown column is answered with the columns that there are")
  func columns() throws {
    let run = try Program.run("list", "--columns", "pid,colour")
    #expect(run.status == 2)
    #expect(run.output == "")
    for column in ["proto", "local", "process", "congestion"] {
      #expect(run.errors.contains(column), "\(run.errors)")
    }
  }

  @Test(
    "What is no network namespace is refused by name",
    arguments: ["/etc/hostname", "/nowhere/at/all", "no-such-namespace", "4194303"])
  func namespace(_ name: String) throws {
    let run = try Program.run("list", "--netns", name)
    #expect(run.status == 2)
    #expect(run.output == "")
    #expect(run.errors.contains(name), "\(run.errors)")
  }
}
