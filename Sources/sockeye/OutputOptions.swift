import ArgumentParser
import KernelSystem
import ViewRecords

enum OutputFormat: String, ExpressibleByArgument, CaseIterable {
  case table, wide, json, jsonl, csv

  /// nil for what people read.
  var recordFormat: RecordWriter.Format? {
    switch self {
    case .table, .wide: nil
    case .json: .json
    case .jsonl: .jsonLines
    case .csv: .csv
    }
  }
}

enum ColorChoice: String, ExpressibleByArgument, CaseIterable {
  case auto, always, never

  /// `auto` is on for a terminal, unless NO_COLOR (no-color.org) is set and not empty, or TERM is `dumb`.
  func isOn(for output: Output) -> Bool {
    switch self {
    case .always: true
    case .never: false
    case .auto:
      output.isTerminal && (ThisProcess.environment("NO_COLOR") ?? "").isEmpty
        && ThisProcess.environment("TERM") != "dumb"
    }
  }
}

/// What every command that prints records takes.
struct OutputOptions: ParsableArguments {
  @Option(
    name: [.customShort("o"), .customLong("output")], help: "Print as table, wide, json, jsonl or csv.")
  var output: OutputFormat?
  @Flag(name: .long, help: "The same as -o json.") var json = false
  @Flag(name: .long, help: "The same as -o jsonl.") var jsonl = false
  @Option(name: .long, help: "Colours: auto (on a terminal, unless NO_COLOR is set), always, never.")
  var color = ColorChoice.auto
  @Flag(
    name: [.customShort("n"), .long],
    help: "Numbers, no names looked up: the default, accepted for the sake of habit.")
  var numeric = false
  @Flag(
    name: .long,
    help: "Look up names of addresses and services, for 2 s at most; what takes longer stays a number.")
  var resolve = false

  /// How long `--resolve` waits for all names together.
  static let resolveLimit = Duration.seconds(2)

  func validate() throws {
    let chosen = [output.map { $0.rawValue }, json ? "json" : nil, jsonl ? "jsonl" : nil].compactMap { $0 }
    if Set(chosen).count > 1 {
      throw ValidationError("One format at a time, not \(chosen.joined(separator: " and ")).")
    }
    if numeric && resolve { throw ValidationError("--numeric and --resolve contradict each other.") }
  }

  var format: OutputFormat { output ?? (json ? .json : jsonl ? .jsonl : .table) }
}
