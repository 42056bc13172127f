import ArgumentParser
import KernelSystem

/// The program: what was typed → what it means → run → print.
@main struct Sockeye: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sockeye",
    abstract: "An eye on every socket: which process, started by whom, is behind it.",
    discussion: """
      Without a command, sockeye lists the sockets of every network namespace with the processes that hold them.
      Exit status: 0 something was found, 1 nothing was found, 2 error or bad usage.
      """,
    version: "0.1.0",
    subcommands: [
      ListCommand.self, WhoCommand.self, WatchCommand.self, RecordCommand.self, HistoryCommand.self,
      SQLCommand.self, MapCommand.self, SpawnCommand.self, DoctorCommand.self,
      NetstatCommand.self, SSCommand.self,
    ],
    defaultSubcommand: ListCommand.self)

  static func main() {
    StandardStream.ignoreBrokenPipes()
    do {
      try Personality.runIfMeant(CommandLine.arguments)
      try refuseHelpOfNothing(CommandLine.arguments)
      var command = try parseAsRoot()
      try command.run()
    } catch let status as ExitStatus {
      status.exit()
    } catch is OutputClosed {
      ExitStatus.found.exit()  // the reader has seen enough: `sockeye | head`
    } catch {
      finish(error)
    }
  }

  /// `sockeye help nope`: ArgumentParser answers with the help of `sockeye`, as if nothing were wrong.
  private static func refuseHelpOfNothing(_ arguments: [String]) throws {
    guard arguments.count > 2, arguments[1] == "help" else { return }
    let commands = configuration.subcommands.map { $0._commandName } + ["help"]
    if let word = arguments[2...].first(where: { !$0.hasPrefix("-") && !commands.contains($0) }) {
      throw Failure("there is no command '\(word)'; sockeye help lists them")
    }
  }

  /// Help and version are answers; the rest is bad usage or a failure, and exit status 2.
  private static func finish(_ error: any Error) -> Never {
    if let failure = error as? Failure {
      Output.error().write(failure.description + "\n")
      ExitStatus.failed.exit()
    }
    let text = fullMessage(for: error) + "\n"
    if exitCode(for: error).isSuccess {
      let output = Output.standard()
      output.write(text)
      do { try output.finish() } catch  where !(error is OutputClosed) { finish(error) } catch {}
      ExitStatus.found.exit()
    }
    Output.error().write(text)
    ExitStatus.failed.exit()
  }
}
