import ArgumentParser

/// `sockeye netstat`: netstat of net-tools 2.10.
struct NetstatCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "netstat",
    abstract: "Print what netstat prints, faster.",
    discussion: """
      Takes the options of netstat (net-tools 2.10) and prints the same rows. A link to sockeye that is called netstat
      does the same. With --better: every holder of a socket, whole addresses and paths, every network namespace, and
      the connections that are masqueraded. Option by option: Documentation/Personalities.md.
      """)

  @Argument(parsing: .captureForPassthrough, help: "Options of netstat(8), and --better.")
  var options: [String] = []

  func run() throws { try NetstatRun.run(options, program: "netstat") }
}
