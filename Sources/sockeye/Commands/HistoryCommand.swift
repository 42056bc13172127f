import ArgumentParser
import Model
import Store
import ViewRecords
import ViewTerminal
import ViewText

/// `sockeye history`: what was recorded.
struct HistoryCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "history",
    abstract: "List recorded connections, with the processes that made them.",
    discussion: """
      sockeye history --at 'tuesday 03:12' dst 203.0.113.9
      sockeye history --since '2h ago' 'comm = curl and received > 10M' --sort received
      sockeye history -o jsonl --since yesterday --until today

      FILTER is the language of `sockeye list`; a connection is judged as it was while it lived.

      With --watchlist, only what is on one of the lists is shown, be it recorded before the list was made: the last name \
      that was answered for an address, to the process itself if it asked, counts. \(WatchlistOptions.help)
      \(WindowOptions.help)
      """)

  @OptionGroup(title: "Time") var window: WindowOptions
  @Option(name: .long, help: "newest, oldest, longest, sent or received first.") var sort = HistorySort.newest
  @Option(name: .long, help: "How many connections at most.") var limit = 100
  @Option(name: .long, help: "Go on behind this place: what the page before printed at its end.")
  var after: CursorArgument?
  @OptionGroup var watchlists: WatchlistOptions
  @OptionGroup var database: DatabaseOptions
  @OptionGroup(title: "Output") var output: OutputOptions
  @Argument(help: "Which connections: see `sockeye list --help`.") var filter: [String] = []

  func validate() throws {
    if limit < 1 { throw ValidationError("--limit must be 1 or more.") }
    if output.resolve {
      throw ValidationError("--resolve asks name servers of now; history has the names of then.")
    }
  }

  func run() throws {
    let filter = try Filter.parsing(filter)
    let watchlist = try watchlists.read()
    let reader = try database.reader(until: window.last)
    var query = HistoryQuery()
    (query.since, query.until) = (window.first, window.last)
    (query.order, query.limit, query.after) = (sort.order, limit, after?.cursor)
    query.restrict(to: filter.expression)
    var search: HistorySearch
    let gaps: [StoredGap]
    do throws(StoreError) {
      if !watchlists.paths.isEmpty { query.hunt = try reader.hunt(watchlist) }
      search = try HistorySearch(reader, query) { connection in
        if query.hunt != nil && watchlist.hits(of: connection).isEmpty { return .no }
        return filter.judges(connection)
      }
      gaps = try window.gaps(reader)
    } catch { throw database.failure(error) }
    if query.hunt != nil {
      for index in search.found.indices { search.found[index].hits = watchlist.hits(of: search.found[index]) }
    }
    try show(search.found, gaps)
    if output.format == .csv || output.format.recordFormat == nil { Output.tell(gaps, output.color) }
    if search.unjudged > 0 {
      Output.error().write(
        "sockeye: \(search.unjudged) more could not be judged: the filter asks what was not recorded of them\n"
      )
    }
    if query.hunt != nil { tellHits(search.found, watchlist) }
    if let next = search.next {
      Output.error().write("sockeye: there may be more: --after \(next.id):\(next.value)\n")
    }
    if search.found.isEmpty { throw ExitStatus.nothingFound }
  }

  private func tellHits(_ found: [StoredConnection], _ watchlist: Watchlist) {
    let hit = Set(found.flatMap(\.hits).map(\.indicator)).count
    Output.error().write(
      "sockeye: \(found.count) \(found.count == 1 ? "connection" : "connections") on the watch-list, by \(hit) of its "
        + "\(watchlist.indicators.count) entries\n")
  }

  private func show(_ connections: [StoredConnection], _ gaps: [StoredGap]) throws {
    let standard = Output.standard()
    var text = TextBuffer()
    switch output.format {
    case .table, .wide:
      HistoryTable.append(
        connections, isWide: output.format == .wide, isColored: output.color.isOn(for: standard), to: &text)
    case .csv:
      let records = HistoryRecords()
      text.append(HistoryRecords.csvHeader)
      for connection in connections { records.append(csv: connection, to: &text) }
    case .json, .jsonl:
      Self.append(connections, gaps, isArray: output.format == .json, to: &text)
    }
    standard.write(text)
    try standard.finish()
  }

  /// Records, then a record for each gap.
  static func append(
    _ connections: [StoredConnection], _ gaps: [StoredGap], isArray: Bool, to text: inout TextBuffer
  ) {
    var records = HistoryRecords()
    var isFirst = true
    func separate(_ text: inout TextBuffer) {
      if isArray { text.append(isFirst ? "[\n" : ",\n") } else if !isFirst { text.append("\n") }
      isFirst = false
    }
    for connection in connections {
      separate(&text)
      records.append(connection, to: &text)
    }
    for gap in gaps {
      separate(&text)
      records.append(gap, to: &text)
    }
    if isArray { text.append(isFirst ? "[]\n" : "\n]\n") } else if !isFirst { text.append("\n") }
  }
}

/// `--sort`.
enum HistorySort: String, ExpressibleByArgument, CaseIterable {
  case newest, oldest, longest, sent, received
  var order: HistoryQuery.Order {
    switch self {
    case .newest: .newest
    case .oldest: .oldest
    case .longest: .longest
    case .sent: .mostSent
    case .received: .mostReceived
    }
  }
}

/// `--after ID:VALUE`.
struct CursorArgument: ExpressibleByArgument {
  let cursor: HistoryCursor
  init?(argument: String) {
    let parts = argument.split(separator: ":", omittingEmptySubsequences: false).map { Int64($0) }
    guard parts.count == 2, let id = parts[0], let value = parts[1], id >= 0 else { return nil }
    cursor = HistoryCursor(id: id, value: value)
  }
}
