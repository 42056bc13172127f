import ArgumentParser
import Attribution
import KernelSystem
import Model
import Observer
import ViewRecords
import ViewTerminal
import ViewText

/// `sockeye watch`: events as they happen.
struct WatchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "watch",
    abstract: "Show connections and processes as they begin and end, each with the process behind it.",
    usage: """
      sockeye watch [KIND ...] [options]
      sockeye watch [KIND ...] [options] -- COMMAND [ARGUMENT ...]
      """,
    discussion: """
      KIND: socket (bind listen connect connect_failed accept close udp_flow), process (fork exec exec_failed exit \
      set_id set_namespace), thread (thread_start thread_exit), module (module_load module_unload), unix (unix_connect \
      unix_connect_failed unix_accept), dns, all, or an action by its name. Default: socket process. With a COMMAND, only \
      what it and its children do, until it ends. unix and dns are many, so they are shown only if asked for. udp_flow is \
      the first datagram of a conversation, by UDP, ICMP, raw and packet sockets; its close has the counts.

      With --names, or the kind dns, peers have the names that the process itself was told for them, by a name server.

      Needs CAP_BPF and CAP_PERFMON, and CAP_NET_ADMIN for bind and datagrams; or root. Without them, connections and \
      processes are found by the proc connector and by polling every 200 ms: what cannot be seen then is said first.
      \(WatchlistOptions.help) With a hash on the list, executables are read as they are seen, each once.

      A connect is shown when it is answered, and after a second without an answer. What was lost is shown as a gap, and \
      counted in the last line, on standard error.
      Exit status: 0 events were seen, 1 none, 2 error or bad usage.

        sockeye watch connect accept --where 'dport = :443'
        sockeye watch unix --where 'dst unix:/run/*'
        sockeye watch process --duration 10s -o jsonl
        sockeye watch -- curl -s https://example.org
      """)

  @Option(name: .long, help: "Only events of which this filter is sure: see the discussion of sockeye list.")
  var `where`: String?
  @Option(name: .long, help: ArgumentHelp("End after so many events.", valueName: "N"))
  var count: UInt64?
  @Option(name: .long, help: ArgumentHelp("End after this time: 5s, 2m, 1h.", valueName: "T"))
  var duration: WatchDuration?
  @Option(
    name: .customLong("follow-tree"),
    help: ArgumentHelp("Only what this process does, and what comes from it. Repeatable.", valueName: "PID"))
  var roots: [Int32] = []
  @Option(
    name: .long,
    help: ArgumentHelp(
      "Show so many events a second of one kind by one program, and sum up the rest in one event a second; 0 is no "
        + "limit (default: 1000 on a terminal, else 0).", valueName: "N"))
  var rate: Int?
  @Option(name: .long, help: "Time of day (UTC), or seconds since the first event: absolute, relative.")
  var time = WatchTime.absolute
  @Option(
    name: .long,
    help: ArgumentHelp("Remember closed connections and ended processes so long.", valueName: "T"))
  var keep = WatchDuration(nanoseconds: 60_000_000_000)
  @Flag(
    name: .customLong("names"),
    help: "Name peers as name servers told their process (with dns anyway): 0.2 µs a packet of the host.")
  var namesPeers = false
  /// For tests: the answer must be the same.
  @Flag(name: .customLong("no-push-down"), help: .hidden) var leavesKernelAlone = false
  @Option(
    name: .customLong("ring-size"),
    help: ArgumentHelp(
      "Room for events between the kernel and sockeye: 4k to 1G, a power of two.", valueName: "SIZE"))
  var ringSize = WatchRingSize(byteCount: 1 << 24)
  @OptionGroup var watchlists: WatchlistOptions
  @Flag(name: .customLong("own"), help: "Include what this sockeye does itself.")
  var includesOwn = false
  @Option(name: [.customShort("o"), .customLong("output")], help: "Print as table (text) or jsonl.")
  var output = WatchFormat.table
  @Flag(name: .long, help: "The same as -o jsonl.") var jsonl = false
  @Option(name: .long, help: "Colours: auto (on a terminal, unless NO_COLOR is set), always, never.")
  var color = ColorChoice.auto
  @Flag(name: [.customShort("n"), .long], help: "Accepted for the sake of habit: names are never looked up.")
  var numeric = false

  @Argument(help: ArgumentHelp("What to watch: see above. Behind --, a command to run.", valueName: "kind"))
  var words: [String] = []

  /// What stands behind `--`: the parser takes two lists of words for a mistake, and so gives us one.
  private var command: [String] {
    let arguments = CommandLine.arguments
    let behind = arguments.firstIndex(of: "--").map { arguments[($0 + 1)...] } ?? []
    return words.suffix(behind.count).elementsEqual(behind) ? Array(behind) : []
  }

  private func actions() throws -> Set<EventAction> {
    let kinds = try words.dropLast(command.count).map { (word) in
      guard let kind = WatchKind(argument: word) else {
        throw ValidationError("'\(word)' is no kind of event; there are: \(WatchKind.words).")
      }
      return kind
    }
    let chosen = kinds.isEmpty ? [WatchKind(family: .socket), WatchKind(family: .process)] : kinds
    return chosen.reduce(into: [.gap]) { $0.formUnion($1.actions) }
  }

  func validate() throws {
    _ = try actions()
    if !command.isEmpty && !roots.isEmpty {
      throw ValidationError("A COMMAND and --follow-tree are one tree too many.")
    }
    if let rate, rate < 0 { throw ValidationError("--rate cannot be negative.") }
    if count == 0 { throw ValidationError("--count 0 would show nothing.") }
  }

  func run() throws {
    let filter = try self.where.map { try Filter.parsing([$0]) }
    let watchlist = try watchlists.read()
    var run = WatchRun(self, filter: filter, watchlist)
    if command.isEmpty {
      let wake = try waitPoint(for: nil)
      let observer = try observe(roots.map { ProcessID($0) }, filter, watchlist, wake)
      try run.show(observer, deadline: deadline)
    } else {
      try runCommand(&run, filter, watchlist)
    }
    try run.end()
  }

  private func runCommand(_ run: inout WatchRun, _ filter: Filter?, _ watchlist: Watchlist) throws {
    let child: HeldChild
    do throws(SystemError) { child = try HeldChild(command) } catch { throw Failure("\(error)") }
    let wake = try waitPoint(for: child.pid)
    let observer = try observe([ProcessID(child.pid)], filter, watchlist, wake)
    do throws(Errno) { try child.release() } catch { throw Failure("\(command[0]): \(error)") }
    try run.show(observer, deadline: deadline)
  }

  private func waitPoint(for process: Int32?) throws -> WaitPoint {
    do throws(SystemError) { return try WaitPoint(stopsOnSignals: true, process: process) } catch {
      throw Failure("\(error)")
    }
  }

  private func observe(
    _ roots: [ProcessID], _ filter: Filter?, _ watchlist: Watchlist, _ wake: WaitPoint
  ) throws -> any EventSource {
    var request = EventRequest(actions: try actions())
    request.roots = roots.isEmpty ? nil : roots
    request.keepNanoseconds = keep.nanoseconds
    request.filter = filter
    request.pushesDown = !leavesKernelAlone
    request.includesOwn = includesOwn
    request.namesPeers = namesPeers || watchlist.hasDomains
    request.ringByteCount = ringSize.byteCount
    return try EventWay.chosen(request, wake)
  }

  private var deadline: UInt64? { duration.map { KernelClock.bootTimeNanoseconds &+ $0.nanoseconds } }
}

/// Shows what one observer tells, and sums it up.
private struct WatchRun {
  private let command: WatchCommand
  private let filter: Filter?
  private let standard = Output.standard()
  private let isRecord: Bool
  private var lines: EventLines
  private let records = EventRecords()
  private var text = TextBuffer()
  private var fold: EventFold
  /// Shown, or in a sum.
  private var told: UInt64 = 0
  private var unjudged: UInt64 = 0
  private let watchlist: Watchlist
  private var hashes = ExecutableHashes()
  private var hits: UInt64 = 0
  private var statistics = EventStatistics()
  private var way: String?

  init(_ command: WatchCommand, filter: Filter?, _ watchlist: Watchlist) {
    self.command = command
    self.filter = filter
    self.watchlist = watchlist
    isRecord = command.jsonl || command.output == .jsonl
    var options = EventLineOptions()
    options.isColored = command.color.isOn(for: standard)
    options.isTimeRelative = command.time == .relative
    options.width = standard.width
    lines = EventLines(options)
    fold = EventFold(rate: command.rate ?? (standard.isTerminal && !isRecord ? 1000 : 0))
  }

  mutating func show(_ observer: any EventSource, deadline: UInt64?) throws {
    // Sockets that nobody could be named for are told of by list; here only what could be helped.
    let known = observer.gaps.count
    Output.tell(observer.gaps.filter { $0.kind != .processRefused || $0.remedy != nil }, command.color)
    // Of the command's tree, what the kernel does after its end comes a little later.
    let reasons = observer.run(until: deadline) { take($0) }
    if reasons.contains(.processEnded) { DetachedThread.sleep(milliseconds: 50) }
    observer.finish { take($0) }
    var sums: [Event] = []
    fold.finish(into: &sums)
    print(sums)
    Output.tell(Array(observer.gaps.dropFirst(known)), command.color)
    statistics = observer.statistics
    way = observer.way
  }

  /// False when enough was shown, or nobody reads any more.
  private mutating func take(_ events: [Event]) -> Bool {
    var shown: [Event] = []
    for event in events {
      if let limit = command.count, told >= limit { break }
      guard event.action == .gap || isWanted(event) else { continue }
      if event.action != .gap { told += 1 }
      let event = marked(event)
      // What is looked out for is not summed up.
      if event.hits.isEmpty { fold.take(event, into: &shown) } else { shown.append(event) }
    }
    fold.expire(at: KernelClock.bootTimeNanoseconds, into: &shown)
    let isRead = print(shown)
    if let limit = command.count, told >= limit { return false }
    return isRead
  }

  /// False when nobody reads any more.
  @discardableResult
  private mutating func print(_ events: [Event]) -> Bool {
    for event in events {
      if isRecord { records.append(event, to: &text) } else { lines.append(event, to: &text) }
    }
    return text.flush(to: standard.sink)
  }

  private mutating func marked(_ event: Event) -> Event {
    if watchlist.isEmpty { return event }
    var event = event
    if !watchlist.sha256.isEmpty, let process = event.process {
      event.process?.executableHash = hashes.hash(of: process)
    }
    event.hits = watchlist.hits(of: event)
    if !event.hits.isEmpty { hits += 1 }
    return event
  }

  private mutating func isWanted(_ event: Event) -> Bool {
    guard let filter else { return true }
    let verdict = filter.judges(event)
    if verdict == .unknown { unjudged += 1 }
    return verdict == .yes
  }

  /// `sockeye: 23 events; lost: kernel 0, ring 0, queue 0; CPU 31ms`
  func end() throws {
    try standard.finish()
    var line = TextBuffer()
    line.append("sockeye: ")
    line.append(decimal: told)
    line.append(told == 1 ? " event" : " events")
    if fold.folded > 0 {
      line.append(", ")
      line.append(decimal: fold.folded)
      line.append(" of them summed up")
    }
    if unjudged > 0 {
      line.append(", ")
      line.append(decimal: unjudged)
      line.append(" could not be judged by the filter")
    }
    if !watchlist.isEmpty {
      line.append(", ")
      line.append(decimal: hits)
      line.append(" on the watch-list")
    }
    line.append("; ")
    line.append(losses: statistics, way: way)
    Output.error().write(line)
    if told == 0 { throw ExitStatus.nothingFound }
  }
}
