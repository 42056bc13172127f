import ArgumentParser
import Attribution
import KernelSystem
import Model
import Observer
import Store
import ViewRecords
import ViewTerminal
import ViewText

/// `sockeye map`: who talks to whom.
struct MapCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "map",
    abstract: "Say which process talks to which, and how often.",
    discussion: """
      sockeye map                                  the TCP and UDP connections of now
      sockeye map --since yesterday --by unit      those that were recorded
      sockeye map --since yesterday --live         those, and what lives now and is not among them
      sockeye map -o svg > map.svg                 a picture; Graphviz (dot) lays it out
      sockeye map --policy > allowed.yaml          what is seen, as an allow-list that people can edit
      sockeye map --check allowed.yaml             what is outside of it: exit status 1 if there is anything

      A connection with both ends on this host is counted once. Unix sockets are not in the map.
      \(WindowOptions.help)
      """)

  @Option(
    name: .long,
    help: "What stands for a process: executable, unit, container, process (default: executable).")
  var by: MapGrouping?
  @Flag(name: .long, help: "Print what is seen as an allow-list (YAML).") var policy = false
  @Option(name: .long, help: "Print only what this allow-list does not allow.") var check: String?
  @OptionGroup(title: "Time") var window: WindowOptions
  @OptionGroup var database: DatabaseOptions
  @Flag(name: .long, help: "With --since: also what lives now, each connection once.") var live = false
  @Option(
    name: [.customShort("o"), .customLong("output")], help: "Print as table, json, jsonl, csv, dot or svg.")
  var output: MapFormat?
  @Flag(name: .long, help: "The same as -o json.") var json = false
  @Option(name: .long, help: "Colours: auto (on a terminal, unless NO_COLOR is set), always, never.")
  var color = ColorChoice.auto

  func validate() throws {
    if json && output != nil && output != .json { throw ValidationError("One format at a time.") }
    if policy && (check != nil || output != nil || json) {
      throw ValidationError("--policy has a format of its own, and does not go with --check.")
    }
    if live && (window.at != nil || window.until != nil) {
      throw ValidationError("--live is about now: it goes with --since, not with --at or --until.")
    }
  }

  private var format: MapFormat { output ?? (json ? .json : .table) }

  func run() throws {
    let allowed = try check.map(Self.read)
    if let by, let other = allowed?.grouping, by != other {
      throw Failure("the allow-list is by \(other.rawValue), not by \(by.rawValue)")
    }
    let grouping = by ?? allowed?.grouping ?? .executable
    var edges = try edges(grouping)
    if let allowed { edges.removeAll { allowed.allows($0) } }
    let standard = Output.standard()
    var text = TextBuffer()
    if policy {
      MapRecords(grouping).append(policy: edges, to: &text)
    } else {
      append(edges, grouping, isColored: color.isOn(for: standard), to: &text)
    }
    if format == .svg {
      try Graphviz.draw(text)
    } else {
      standard.write(text)
      try standard.finish()
    }
    // To a check, nothing is good news.
    if check == nil ? edges.isEmpty : !edges.isEmpty { throw ExitStatus.nothingFound }
  }

  private func snapshot() throws -> Snapshot {
    var request = SnapshotRequest()
    request.tables = .internet
    request.wantsDetails = true
    request.wantsOrigins = true
    request.processFacts = [.executable, .cgroup]
    let snapshot: Snapshot
    do throws(ObserverError) { snapshot = try SnapshotObserver.take(request) } catch {
      throw Failure(error.description)
    }
    Output.tell(snapshot.gaps, color)
    return snapshot
  }

  private func recorded(_ grouping: MapGrouping, leavingOut living: inout LivingSockets) throws -> [MapEdge] {
    let reader = try database.reader(until: window.last)
    do throws(StoreError) {
      var edges = try reader.edges(
        since: window.first ?? 0, until: window.last ?? Moment.now, by: grouping, leavingOut: &living)
      if grouping == .process { edges = try Self.named(edges, reader) }
      Output.tell(try window.gaps(reader), color)
      return RecordedMap.joined(edges, by: grouping)
    } catch { throw database.failure(error) }
  }

  private func edges(_ grouping: MapGrouping) throws -> [MapEdge] {
    let snapshot = try live || !window.isGiven ? snapshot() : Snapshot()
    if !window.isGiven { return LiveMap.edges(of: snapshot, by: grouping) }
    // What lives is told by the snapshot, which knows both ends.
    var living = LivingSockets(
      Set(snapshot.sockets.filter(LiveMap.isAlive).map(\.identity)), at: Moment.now)
    let recorded = try recorded(grouping, leavingOut: &living)
    if !live { return recorded }
    return MapEdge.merged(recorded + LiveMap.edges(of: snapshot, by: grouping, opened: living.opened))
  }

  /// Rows of processes as `name[pid]`.
  private static func named(_ edges: [MapEdge], _ reader: StoreReader) throws(StoreError) -> [MapEdge] {
    var ids: Set<Int64> = []
    for edge in edges {
      for case .process(let id) in [edge.source, edge.target] { ids.insert(id) }
    }
    var query = ProcessQuery()
    query.rows = ids.sorted()
    var names: [MapNode: MapNode] = [:]
    for process in try reader.processes(query, limit: max(1, ids.count)) {
      names[.process(process.id)] = MapNode(process.process, .process)
    }
    return edges.map { edge in
      var edge = edge
      edge.source = names[edge.source] ?? edge.source
      edge.target = names[edge.target] ?? edge.target
      return edge
    }
  }

  private func append(_ edges: [MapEdge], _ grouping: MapGrouping, isColored: Bool, to text: inout TextBuffer)
  {
    let records = MapRecords(grouping)
    switch format {
    case .table:
      MapTable.append(
        edges, names: { $0.mapName }, protocols: { $0.mapName }, isColored: isColored, to: &text)
    case .dot, .svg: records.append(dot: edges, to: &text)
    case .csv:
      text.append(MapRecords.csvHeader)
      for edge in edges { records.append(csv: edge, to: &text) }
    case .json, .jsonl:
      if format == .json { text.append("[") }
      for (position, edge) in edges.enumerated() {
        if format == .json { text.append(position > 0 ? ",\n" : "\n") }
        records.append(edge, to: &text)
        if format == .jsonl { text.append("\n") }
      }
      if format == .json { text.append("\n]\n") }
    }
  }

  private static func read(_ path: String) throws -> MapPolicy {
    let text: [UInt8]
    do throws(SystemError) { text = try TextFile.read(path, atMost: 16 << 20) } catch {
      throw Failure("\(error)")
    }
    do throws(MapPolicy.Problem) { return try MapPolicy(text) } catch {
      throw Failure("\(path), line \(error.line): \(error.message)")
    }
  }
}

extension MapPolicy {
  fileprivate func allows(_ edge: MapEdge) -> Bool {
    allows(
      source: edge.source.written, target: edge.target.written, sourceAddress: edge.source.address,
      targetAddress: edge.target.address, protocol: Array(edge.protocol.mapName.utf8), port: edge.port)
  }
}

extension MapNode {
  /// The name as it comes back from the allow-list, where bytes that are no UTF-8 are escaped.
  fileprivate var written: [UInt8] {
    var text = TextBuffer()
    text.append(json: mapName)
    return MapPolicy.unquoted(text.contents) ?? []
  }
}

extension MapGrouping: ExpressibleByArgument {}

/// `-o` of the map.
enum MapFormat: String, ExpressibleByArgument, CaseIterable { case table, json, jsonl, csv, dot, svg }
