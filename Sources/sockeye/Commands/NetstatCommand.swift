import ArgumentParser
import ViewNetstat

/// `sockeye netstat`: for help, completions and the manual; `Personality` runs it.
struct NetstatCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "netstat",
    abstract: "Stand in for netstat(8) of net-tools 2.10: the same options, rows and exit status.",
    discussion: """
      Also when sockeye is called by the name netstat, through a link. `sockeye netstat -h` lists the options. With \
      --better: every holder of a socket, whole addresses and paths, every network namespace, and the connections that \
      are translated (-M). Option by option: Documentation/Personalities.md.
      """)

  @Argument(
    parsing: .captureForPassthrough, help: "Options of netstat(8), and --better.",
    completion: .list(NetstatOptions.optionWords))
  var words: [String] = []

  func run() throws {
    try Personality.netstat.run(program: "netstat", words)
  }
}
