import KernelSystem
import Model
import Observer
import ViewNetstat

/// `ss`: reads its command line, and prints what it prints.
enum SSPersonality {
  /// The exit status.
  static func run(program: String, _ arguments: [String]) throws -> Int32 {
    let host = SSCommandLine.Host(
      enterNamespace: enterNamespace, hasSELinux: { SecurityLabels.isSELinuxEnabled },
      cannotRead: { ThisProcess.cannotRead($0)?.description })
    switch SSCommandLine.read(program: program, arguments: arguments, host: host) {
    case .answer(let text):
      let output = Output.standard()
      output.write(text)
      try output.finish()
      return 0
    case .failure(let lines, let showsUsage, let status):
      tell(lines)
      if showsUsage { Output.error().write(SSHelp.text) }
      return status
    case .run(let options):
      if options.summarizes { try summarize() }
      if options.onlySummarizes { return 0 }
      var run = SSRun(options)
      return try run.run()
    }
  }

  static func tell(_ lines: [String]) {
    Output.error().write(lines.map { $0 + "\n" }.joined())
  }

  /// For good: this program looks at one namespace. A line if that fails.
  private static func enterNamespace(_ name: String) -> String? {
    do throws(SystemError) {
      try ThisProcess.enterNetworkNamespace("/run/netns/\(name)")
      return nil
    } catch {
      return error.call == "setns"
        ? "setting the network namespace \"\(name)\" failed: \(error.errno)"
        : "Cannot open network namespace \"\(name)\": \(error.errno)"
    }
  }

  private static func summarize() throws {
    var summary = SSSummary()
    // Without /proc nothing is counted, as ss has it.
    if var facts = try? ListingFacts(procPath: ThisProcess.environment("PROC_ROOT")),
      let (counts, established) = facts.counts()
    {
      summary.sockets = counts.all
      summary.established = established
      summary.tcpTotal = counts.tcpAllocated
      summary.orphaned = counts.tcpOrphans
      summary.timeWait = counts.tcpTimeWait
      summary.v4.tcp = counts.tcp4
      summary.v4.udp = counts.udp4
      summary.v4.raw = counts.raw4
      summary.v4.fragments = counts.fragments4
      summary.v6.tcp = counts.tcp6
      summary.v6.udp = counts.udp6
      summary.v6.raw = counts.raw6
      summary.v6.fragments = counts.fragments6
    } else {
      tell(["ss: get_sockstat: no /proc/net/sockstat"])
    }
    let output = Output.standard()
    output.write(summary.text)
    try output.finish()
  }
}
