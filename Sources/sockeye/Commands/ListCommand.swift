import ArgumentParser
import Model
import Observer
import ViewRecords
import ViewTerminal
import ViewText

/// `sockeye list`: the sockets of now with their processes.
struct ListCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list",
    abstract: "List sockets now, with every process that holds them.",
    discussion: """
      By default connected and listening sockets of all families and network namespaces.

      FILTER is ss's grammar with normal precedence (not, then and, then or) and predicates about processes:
        sockeye list -t state established dport = :443
        sockeye list 'comm = nginx and not src 10.0.0.0/8'
        sockeye list listening user = www-data
      All of it: Documentation/Filter.md.
      """)

  @OptionGroup(title: "Families") var families: FamilyOptions
  @OptionGroup(title: "States") var states: StateOptions
  @OptionGroup(title: "Shape") var shape: ShapeOptions
  @OptionGroup(title: "Output") var output: OutputOptions

  @Option(
    name: .long,
    help: "Network namespaces: all, current, a name of ip-netns(8), a path, a pid, or an inode.")
  var netns = NamespaceChoice(.all)
  @Flag(
    name: .customLong("ask-socket"),
    help:
      "Duplicate each descriptor and ask the socket itself; report what disagrees with the kernel's tables.")
  var asksSockets = false
  @Option(
    name: .customLong("holders-from"),
    help: "Find holders by the BPF iterator, by /proc, or by whichever is cheaper here: iterator, proc, auto."
  )
  var holderSource = HolderSourceChoice.auto

  @Flag(
    name: [.customShort("p"), .customLong("processes")], help: "Processes: always shown, accepted for habit.")
  var processes = false
  @Argument(help: "Which sockets: see the discussion above.") var filter: [String] = []

  func validate() throws {
    try shape.validate(with: output)
  }

  func run() throws {
    let filter = try Filter.parsing(filter)
    var snapshot: Snapshot
    do throws(ObserverError) { snapshot = try SnapshotObserver.take(request(filter)) } catch {
      throw Failure(error.description)
    }
    let selection = filter.select(from: snapshot)
    let (isOfFamily, isInState) = (families.choice(), states.choice(filter: filter))
    let chosen = selection.sockets.map(Int.init).filter {
      isOfFamily(snapshot.sockets[$0]) && isInState(snapshot.sockets[$0])
    }
    if output.resolve { NameResolver.resolve(&snapshot, chosen, within: OutputOptions.resolveLimit) }
    try show(snapshot, chosen)
    Output.tell(snapshot.gaps + Self.gaps(selection), output.color)
    if chosen.isEmpty { throw ExitStatus.nothingFound }
  }

  private func request(_ filter: Filter) -> SnapshotRequest {
    let hints = filter.kernelHints
    var request = SnapshotRequest()
    request.namespaces = netns.namespaces
    request.tables = families.tables.intersection(hints.tables)
    request.states = states.states(filter: filter).intersection(hints.states)
    request.internet = filter.internetPart()
    request.asksSockets = asksSockets
    request.holderSource = holderSource.source
    request.wantsDetails = needsDetails || filter.required.contains(.tcpDetail)
    request.wantsOrigins = request.wantsDetails || shape.tree || filter.mentionsDirection
    request.processFacts = ProcessFacts(filter.required).union(shape.processFacts(output.format))
    return request
  }

  private var needsDetails: Bool { output.format.recordFormat != nil || shape.needsDetails }

  private func show(_ snapshot: Snapshot, _ chosen: [Int]) throws {
    let standard = Output.standard()
    if shape.countsOnly {
      standard.write("\(chosen.count)\n")
    } else if shape.summary {
      shape.showSummary(snapshot, chosen, output, standard)
    } else {
      let format = output.format.recordFormat
      // Programs sort as they need: without a key, records come as the kernel told them.
      let isSorted = format == nil || shape.sort != nil
      let sorted = isSorted ? SocketOrder.sorted(snapshot, chosen, by: shape.sort?.key) : chosen
      if let format {
        _ = RecordWriter.write(snapshot, sockets: sorted, as: format, to: standard.sink)
      } else if shape.tree {
        TreeView.write(snapshot, sockets: sorted, tableOptions(standard), to: standard.sink)
      } else {
        SocketTableView.write(snapshot, sockets: sorted, tableOptions(standard), to: standard.sink)
      }
    }
    try standard.finish()
  }

  private func tableOptions(_ standard: Output) -> TableOptions {
    var options = TableOptions()
    options.columns = shape.columns?.columns ?? []
    options.isWide = output.format == .wide
    options.width = standard.width
    options.isColored = output.color.isOn(for: standard)
    options.details = shape.details
    return options
  }

  /// Sockets that the filter could not judge are missing, and said to be.
  private static func gaps(_ selection: FilterSelection) -> [Gap] {
    guard selection.unjudged > 0 else { return [] }
    return [
      Gap(
        kind: .processRefused, count: selection.unjudged,
        message:
          "\(selection.unjudged) more could not be judged, for the filter asks what is not known of them",
        remedy: "run as root")
    ]
  }
}

/// `--holders-from`.
enum HolderSourceChoice: String, ExpressibleByArgument, CaseIterable {
  case auto, iterator, proc
  var source: SnapshotRequest.HolderSource {
    switch self {
    case .auto: .automatic
    case .iterator: .iterator
    case .proc: .procfs
    }
  }
}
