import ArgumentParser
import CreationTrace
import KernelSystem
import Model
import ViewRecords
import ViewTerminal
import ViewText

enum SpawnFormat: String, ExpressibleByArgument, CaseIterable { case tree, table, json }

/// `sockeye spawn`: what happens inside process creation.
struct SpawnCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "spawn",
    abstract:
      "Show how processes come into being: from main through the libraries into the kernel, and back.",
    usage: """
      sockeye spawn [options] [--] COMMAND [ARGUMENT ...]
      sockeye spawn -p PID [options]
      sockeye spawn -a [options]
      """,
    discussion: """
      Each fork, vfork, clone, clone3, execve and execveat of the tree is one stack: from _start or the start of the thread \
      through every library to the system call, then the kernel's functions to the birth or to the point where the old \
      program is given up. ↳ is a call into another library: the symbol, the slot that the loader filled, and who provides \
      it. A function that jumped on without leaving a frame is marked as inferred; code without a symbol is shown as an \
      address in its file. Then come the result, why an exec failed, and the times of the way to main.

      A COMMAND is traced until it ends, a PID until it ends, the whole host until Ctrl-C or --duration, after which a \
      COMMAND or PID goes on untraced.
      Needs CAP_BPF and CAP_PERFMON, or root, and Linux 5.17; x86_64 (32-bit programs too). Where BPF may not be used perf's samples show the \
      same, but for stacks of more than 64 KiB (CAP_PERFMON). Without either the tree is traced by ptrace, which has no kernel \
      part, and is slow.
      Exit status: 0 something was seen, 1 nothing, 2 error or bad usage; not the COMMAND's.

        sockeye spawn -- sh -c 'ls | wc -l'
        sockeye spawn --table --repeat 100 -- /bin/true
        sockeye spawn --trace make.json -- make -j4
      """)

  @Option(
    name: [.customShort("p"), .customLong("pid")],
    help: ArgumentHelp("Follow this process, what has come from it and what comes.", valueName: "PID"))
  var pid: Int32?
  @Flag(name: [.customShort("a"), .customLong("all")], help: "Follow every process of the host but sockeye.")
  var all = false
  @Flag(
    name: .long,
    help: ArgumentHelp(
      "Show threads, exits, every attempt of a search, and the kernel's functions inside each call: all of them by "
        + "function_graph where the kernel has it, else those that its tracepoints see. The calls take several times as long."
    ))
  var full = false
  @Flag(
    name: .customLong("no-function-graph"),
    help:
      "With --full: tracepoints only. function_graph slows the kernel of the whole host while the trace runs."
  )
  var leavesFunctionGraphOut = false
  @Option(name: [.customShort("o"), .customLong("output")], help: "Print as tree, table or json.")
  var output: SpawnFormat?
  @Flag(name: .long, help: "The same as -o table: the time of each step of each process, in µs.")
  var table = false
  @Flag(name: .long, help: "The same as -o json.") var json = false
  @Option(
    name: .long,
    help: ArgumentHelp(
      "Run the COMMAND so often, and print minimum, median and 99th percentile of each step.", valueName: "N")
  )
  var `repeat`: Int?
  @Option(
    name: .long,
    help: ArgumentHelp("Write Chrome trace events, which Perfetto opens, to a file too.", valueName: "FILE"))
  var trace: String?
  @Option(
    name: .long, help: ArgumentHelp("Write a picture of the timeline to a file too.", valueName: "FILE"))
  var svg: String?
  @Option(name: .long, help: ArgumentHelp("End after this time: 5s, 2m, 1h.", valueName: "T"))
  var duration: WatchDuration?
  @Flag(
    name: .customLong("no-places"),
    help: "Leave the times on the way to main out: no uprobes, which cost some 0.1 ms a program.")
  var leavesPlacesOut = false
  @Flag(
    name: .long,
    help:
      "Trace by perf's samples, as is done where BPF may not be used: user stacks of 64 KiB at most, and no first run."
  )
  var perf = false
  @Flag(
    name: .long,
    help: "Trace by ptrace, as is done without the right to either: no kernel part, and slow.")
  var ptrace = false
  @Option(name: .long, help: "Colours: auto (on a terminal, unless NO_COLOR is set), always, never.")
  var color = ColorChoice.auto

  @Argument(help: ArgumentHelp("What to run, and to follow.", valueName: "command"))
  var command: [String] = []

  private var format: SpawnFormat { output ?? (json ? .json : table ? .table : .tree) }

  func validate() throws {
    let subjects = [pid != nil, all, !command.isEmpty].filter { $0 }.count
    if subjects != 1 { throw ValidationError("One of a COMMAND, -p PID and -a says what is followed.") }
    let formats = Set([output, json ? .json : nil, table ? .table : nil].compactMap { $0 })
    if formats.count > 1 { throw ValidationError("One format at a time.") }
    if let pid, pid < 1 { throw ValidationError("-p takes the number of a process, 1 or more.") }
    if leavesFunctionGraphOut && !full { throw ValidationError("--no-function-graph goes with --full.") }
    if ptrace && perf { throw ValidationError("One way at a time: --perf or --ptrace.") }
    if ptrace && all {
      throw ValidationError("The whole host can be traced by probes or perf only: not --ptrace.")
    }
    guard let count = `repeat` else { return }
    if count < 1 { throw ValidationError("--repeat takes a number of runs, 1 or more.") }
    if command.isEmpty { throw ValidationError("--repeat runs a COMMAND.") }
    if format == .json || trace != nil || svg != nil {
      throw ValidationError("--repeat prints a table: not json, --trace or --svg.")
    }
  }

  private var subject: CreationRequest.Subject {
    if let pid { return .process(pid) }
    return all ? .wholeHost : .command(command)
  }

  func run() throws {
    if let count = `repeat` { return try runOften(count) }
    // A file that cannot be written is told before the trace, not after it.
    let traceFile = try trace.map(file)
    let picture = try svg.map(file)
    let report = try traced(subject)
    try show(report)
    try finish(traceFile) { TraceEventWriter.write(report, to: $0) }
    try finish(picture) { TimelinePicture.write(report, to: $0) }
    Output.tell(report.gaps, color)
    if let failure = report.commandFailure { throw Failure(failure) }
    if report.processes.allSatisfy({ $0.calls.isEmpty }) { throw ExitStatus.nothingFound }
  }

  private func traced(_ subject: CreationRequest.Subject) throws -> CreationReport {
    var request = CreationRequest(subject)
    request.watchesPlaces = !leavesPlacesOut
    // A table has no room for the kernel's functions.
    request.isDetailed = full && format != .table
    request.usesFunctionGraph = !leavesFunctionGraphOut
    request.way = perf ? .perf : ptrace ? .ptrace : nil
    request.duration = duration?.nanoseconds
    do throws(CreationError) {
      return try CreationTracer(request).run()
    } catch { throw Failure("\(error)") }
  }

  private func show(_ report: CreationReport) throws {
    let output = Output.standard()
    let isColored = color.isOn(for: output)
    var text = TextBuffer()
    switch format {
    case .tree:
      var options = CreationTreeOptions()
      (options.isColored, options.isFull) = (isColored, full)
      _ = CreationTreeView.write(report, options, to: output.sink)
    case .table: CreationTable.append(report.timelines, isColored: isColored, to: &text)
    case .json: CreationRecords.append(report, to: &text)
    }
    output.write(text)
    try output.finish()
  }

  private func runOften(_ count: Int) throws {
    let progress = ProgressLine()
    var statistics = CreationStatistics()
    for run in 1...count {
      let report = try traced(subject)
      if let failure = report.commandFailure { throw Failure(failure) }
      statistics.add(report.timelines)
      progress.show { ProgressLine.bar(run, of: count) }
    }
    progress.clear()
    let output = Output.standard()
    var text = TextBuffer()
    CreationTable.append(statistics, isColored: color.isOn(for: output), to: &text)
    output.write(text)
    try output.finish()
  }

  /// A new file, or what was there is replaced.
  private func file(_ path: String) throws -> FileOutput {
    do throws(SystemError) { return try FileOutput(path) } catch { throw Failure("\(error)") }
  }

  private func finish(_ file: FileOutput?, _ body: (TextBuffer.Sink) -> Bool) throws {
    guard let file else { return }
    _ = body(file.sink)
    do throws(SystemError) { try file.finish() } catch { throw Failure("\(error)") }
  }
}
