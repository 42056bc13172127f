import Foundation
import Testing
import ViewFixtures

/// What is typed to learn the program, frozen.
@Suite struct HelpTests {
  @Test(
    "The help is the one that was agreed on",
    arguments: [
      ["--help"], ["list", "--help"], ["who", "--help"], ["doctor", "--help"],
      ["history", "--help"], ["sql", "--help"], ["map", "--help"], ["list", "--help-columns"],
    ])
  func help(_ arguments: [String]) throws {
    let run = try Program.shell("\"$sockeye\" \(arguments.joined(separator: " "))")
    #expect(run.status == 0)
    #expect(run.errors == "")
    let name = (arguments.map { $0.filter { $0 != "-" } }.joined(separator: "-")) + ".txt"
    let difference = Golden.difference(run.output, name, testFile: #filePath)
    #expect(difference == nil, "\(difference ?? "")")
  }

  @Test("--help names every command that the program has")
  func commands() throws {
    let dump = try Program.run("--experimental-dump-help")
    let root = try JSONSerialization.jsonObject(with: Data(dump.output.utf8)) as? [String: Any]
    let command = try #require(root?["command"] as? [String: Any])
    let names = (command["subcommands"] as? [[String: Any]] ?? []).compactMap { $0["commandName"] as? String }
    #expect(names.count >= 3)
    let help = try Program.run("--help").output
    for name in names where name != "help" { #expect(help.contains("\n  \(name) "), "\(name)") }
  }

  @Test("--version prints the version, and nothing else, also behind a command")
  func version() throws {
    for run in [try Program.run("--version"), try Program.run("list", "--version")] {
      #expect(run.status == 0)
      #expect(run.output.wholeMatch(of: /\d+\.\d+\.\d+\n/) != nil, "\(run.output)")
      #expect(run.errors == "")
    }
  }

  @Test("The man page and the completions in Documentation are those of the current definitions")
  func documentation() throws {
    let script = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appending(path: "scripts/generate-documentation").path
    let run = try Program.shell("\"$script\" --check --sockeye \"$sockeye\"", environment: ["script": script])
    #expect(run.status == 0, "\(run.output)\(run.errors)")
  }
}
