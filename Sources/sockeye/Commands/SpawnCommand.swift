import ArgumentParser
import CreationTrace
import KernelSystem
import Model
import ViewRecords
import ViewTerminal
import ViewText

/// `sockeye spawn`: what happens inside process creation.
struct SpawnCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "spawn",
    abstract: "Show how processes come into being: from main through the libraries into the kernel, and back.",
    usage: """
      sockeye spawn [options] -- COMMAND [ARGUMENT ...]
      sockeye spawn -p PID [--duration T]
      sockeye spawn -a [--duration T]
      """)

  @Option(name: [.customShort("p"), .customLong("pid")], help: "Follow this process and what comes from it.")
  var pid: Int32?
  @Flag(name: [.customShort("a"), .customLong("all")], help: "Follow every process of the host but sockeye.")
  var all = false
  @Flag(name: .long, help: "Threads, exits and every attempt of a search too.")
  var full = false
  @Option(name: .long, help: ArgumentHelp("End after this time: 5s, 2m, 1h.", valueName: "T"))
  var duration: WatchDuration?
  @Option(name: .long, help: "Colours: auto (on a terminal, unless NO_COLOR is set), always, never.")
  var color = ColorChoice.auto

  @Argument(help: "What to run, and to follow.")
  var command: [String] = []

  func validate() throws {
    let subjects = [pid != nil, all, !command.isEmpty].filter { $0 }.count
    if subjects != 1 { throw ValidationError("One of a COMMAND, -p PID and -a says what is followed.") }
  }

  private var subject: CreationRequest.Subject {
    if let pid { return .process(pid) }
    return all ? .wholeHost : .command(command)
  }

  func run() throws {
    let request = CreationRequest(subject)
    let report: CreationReport
    do throws(CreationError) {
      let deadline = duration.map { KernelClock.bootTimeNanoseconds &+ $0.nanoseconds }
      report = try CreationTracer(request).run(until: deadline)
    } catch { throw Failure("\(error)") }
    let output = Output.standard()
    var options = CreationTreeOptions()
    options.isColored = color.isOn(for: output)
    options.isFull = full
    _ = CreationTreeView.write(report, options, to: output.sink)
    Output.tell(report.gaps, color)
    try output.finish()
    if report.processes.allSatisfy({ $0.calls.isEmpty }) { throw ExitStatus.nothingFound }
  }
}
