import ArgumentParser
import ViewNetstat

/// `sockeye ss`: for help, completions and the manual; `Personality` runs it.
struct SSCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ss",
    abstract: "Stand in for ss(8) of iproute2 6.1: the same options, filters, rows and exit status.",
    discussion: """
      Also when sockeye is called by the name ss, through a link. `sockeye ss -h` lists the options; what is done \
      better, and what is not there, is in Documentation/Personalities.md.
      """)

  @Argument(
    parsing: .captureForPassthrough, help: "Options and filter of ss(8).",
    completion: .list(SSCommandLine.optionWords))
  var words: [String] = []

  func run() throws {
    try Personality.ss.run(program: "ss", words)
  }
}
