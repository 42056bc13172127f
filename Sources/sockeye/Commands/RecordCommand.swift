import ArgumentParser
import KernelSystem
import Model
import Observer
import Store
import ViewText

/// `sockeye record`: events as they happen, into the store.
struct RecordCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "record",
    abstract: "Record connections and processes into a database, until stopped.",
    discussion: """
      What is there at the start is recorded too, marked as opened before. What is recorded survives a crash, but for the \
      last second; what was lost, or not recorded, is kept as a gap. SIGTERM and SIGINT stop it, SIGHUP reads the \
      configuration file and the watch-lists again: they, keep-days and max-size change at once, the rest at the next start, \
      and it says so.

      \(WatchlistOptions.help) Hits are stored, and told of on standard error, each in a line. Lists of the command line \
      and of the configuration file do not add up.

      A recorder that runs answers root and its own user over the socket DATABASE-control: --status says how it is \
      doing, --flush has everything that happened until now written. history, who, sql and map ask it to write, too.

      Every long option below but config, check, set-aside, status and flush is also a key of the configuration file (TOML): \
      keep-days = 30, max-size = "4G", names = false. The command line has the last word.

      Needs what sockeye watch needs; without BPF it polls, and says what cannot be seen. One recorder a database. \
      Without room on the disk it goes on and counts what is lost; a damaged database stops it. \
      Exit status: 0 stopped, or asked and answered; 1 no recorder to be asked; 2 error or bad usage.

        sockeye record --keep-days 90 --max-size 20G
        sockeye record --check
        sockeye record --status
      """)

  @Option(
    name: .long,
    help: ArgumentHelp(
      "The database (default: \(RecordSettings.defaultDatabase)). Its folder is made, with mode 700.",
      valueName: "FILE"))
  var database: String?
  @Option(
    name: .customLong("keep-days"),
    help: ArgumentHelp("Keep so many days; 0 is no limit (default: 30).", valueName: "N"))
  var keepDays: Int?
  @Option(
    name: .customLong("max-size"),
    help: ArgumentHelp(
      "Keep so much, at least 16M; the oldest goes first; 0 is no limit (default: 4G).", valueName: "SIZE"))
  var maxSize: StoreSize?
  @Option(
    name: .customLong("row-at"),
    help: "Store a connection when it opens, or once, when it has closed (default: open).")
  var rowAt: RowTime?
  @Flag(
    inversion: .prefixedNo,
    help: "Record what name servers answer: 0.2 µs a packet of the host (default: --names).")
  var names: Bool?
  @Flag(
    inversion: .prefixedNo,
    help: "Record which libraries each process maps: some rows a process (default: --no-modules).")
  var modules: Bool?
  @Option(
    name: .customLong("ring-size"),
    help: ArgumentHelp(
      "Room for events between the kernel and sockeye: 4k to 1G, a power of two (default: 16M).",
      valueName: "SIZE"))
  var ringSize: WatchRingSize?
  @OptionGroup var watchlists: WatchlistOptions
  @Option(
    name: .long,
    help: ArgumentHelp(
      "The configuration file (default: \(RecordConfiguration.defaultPath), where there is one).",
      valueName: "FILE"))
  var config: String?
  @Flag(name: .long, help: "Check the configuration, print what holds, and end.")
  var check = false
  @Flag(name: .customLong("set-aside"), help: "Rename a damaged database and begin a new one.")
  var setsAside = false
  @Flag(name: .long, help: "Ask the recorder of the database how it is doing, and end.") var status = false
  @Flag(name: .long, help: "Have the recorder write everything that happened until now, and end.")
  var flush = false
  @Option(
    name: [.customShort("o"), .customLong("output")], help: "Print the status as table or json.")
  var output: StatusFormat?
  @Flag(name: .long, help: "The same as -o json.") var json = false
  @Option(name: .long, help: "Colours: auto (on a terminal, unless NO_COLOR is set), always, never.")
  var color = ColorChoice.auto

  func validate() throws {
    if let keepDays, !RecordSettings.days.contains(keepDays) {
      throw ValidationError("--keep-days is 0 to \(RecordSettings.days.upperBound).")
    }
    if [check, setsAside, status, flush].count(where: { $0 }) > 1 {
      throw ValidationError("One of --check, --set-aside, --status and --flush at a time.")
    }
    if (json || output != nil) && !status && !flush {
      throw ValidationError("Only --status and --flush print records.")
    }
    if json && output == .table { throw ValidationError("One format at a time.") }
  }

  /// Those of the command line over `settings`.
  func applied(to settings: RecordSettings) -> RecordSettings {
    var settings = settings
    if let database { settings.database = database }
    if let keepDays { settings.keepDays = keepDays }
    if let maxSize { settings.maxSize = maxSize.bytes }
    if let rowAt { settings.rowAt = rowAt }
    if let names { settings.names = names }
    if let modules { settings.modules = modules }
    if let ringSize { settings.ringSize = ringSize }
    if !watchlists.paths.isEmpty { settings.watchlists = watchlists.paths }
    return settings
  }

  /// What the configuration file and the command line say now.
  private func settings() throws -> RecordSettings {
    let file = RecordConfiguration(path: config ?? RecordConfiguration.defaultPath)
    return applied(to: try file.settings(mayBeAbsent: config == nil))
  }

  func run() throws {
    let settings = try settings()
    let watchlist = try Watchlist(files: settings.watchlists)
    if check {
      let standard = Output.standard()
      standard.write(settings.configuration)
      return try standard.finish()
    }
    if status || flush {
      let control = RecorderControl(database: settings.database)
      return try control.show(status ? .status : .flush, asJSON: json || output == .json, color)
    }
    let wake: WaitPoint
    do throws(SystemError) { wake = try WaitPoint(stopsOnSignals: true, reloadsOnHangup: true) } catch {
      throw Failure("\(error)")
    }
    // First the probes, then the recording: what it covers, they see.
    let source = try EventWay.chosen(settings.request, wake)
    let recorder = try Recorder(settings, source, wake, watchlist, setsAside: setsAside)
    try recorder.run(reload: self.settings)
  }
}

extension RecordSettings {
  static let days = 0...36_500

  fileprivate var request: EventRequest {
    var actions = EventFamily.socket.actions.subtracting([.bind])
    actions.formUnion([.fork, .exec, .exit, .gap])
    if modules { actions.formUnion(EventFamily.module.actions) }
    if names { actions.insert(.dns) }
    var request = EventRequest(actions: actions)
    request.ringByteCount = ringSize.byteCount
    // The store knows whose a connection is: what has ended need not be remembered for a late close.
    request.keepNanoseconds = 5_000_000_000
    return request
  }
}

/// `-o` of the status.
enum StatusFormat: String, ExpressibleByArgument, CaseIterable { case table, json }

extension EventWay {
  /// Opens the way that is best here, or the one that a test asks for by SOCKEYE_EVENTS_FROM.
  static func chosen(_ request: EventRequest, _ wake: WaitPoint) throws -> any EventSource {
    let asked = ThisProcess.environment("SOCKEYE_EVENTS_FROM") ?? EventWay.automatic.rawValue
    guard let way = EventWay(rawValue: asked) else {
      throw Failure("SOCKEYE_EVENTS_FROM is auto, probes or polling")
    }
    do throws(ObserverError) { return try way.open(request, wake: wake) } catch {
      throw Failure("\(error.description); see sockeye doctor")
    }
  }
}
