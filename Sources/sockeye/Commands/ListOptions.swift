import ArgumentParser
import Model
import Observer
import ViewRecords
import ViewTerminal
import ViewText

/// Which tables; none named is all of them.
struct FamilyOptions: ParsableArguments {
  @Flag(name: .shortAndLong, help: "TCP.") var tcp = false
  @Flag(name: .shortAndLong, help: "UDP.") var udp = false
  @Flag(name: [.customShort("w"), .long], help: "Raw IP.") var raw = false
  @Flag(name: [.customShort("x"), .long], help: "Unix.") var unix = false
  @Flag(name: .long, help: "UDP-Lite.") var udplite = false
  @Flag(name: .long, help: "Ping (ICMP datagram).") var icmp = false
  @Flag(name: [.customShort("M"), .long], help: "MPTCP.") var mptcp = false
  @Flag(name: [.customShort("S"), .long], help: "SCTP.") var sctp = false
  @Flag(name: [.customShort("0"), .long], help: "Packet.") var packet = false
  @Flag(name: .long, help: "Netlink.") var netlink = false
  @Flag(name: .long, help: "Vsock.") var vsock = false
  @Flag(name: .long, help: "XDP.") var xdp = false
  @Flag(name: [.customShort("4"), .customLong("ipv4")], help: "IPv4 sockets only.") var ipv4 = false
  @Flag(name: [.customShort("6"), .customLong("ipv6")], help: "IPv6 sockets only.") var ipv6 = false

  func validate() throws {
    if (ipv4 || ipv6) && tables.isEmpty {
      throw ValidationError(
        "-4 and -6 pick among internet sockets: they leave nothing of the families named.")
    }
  }

  var tables: SocketTableSet {
    let named: [(Bool, SocketTable)] = [
      (tcp, .tcp), (udp, .udp), (raw, .raw), (unix, .unix), (udplite, .udplite), (icmp, .icmp),
      (mptcp, .mptcp),
      (sctp, .sctp), (packet, .packet), (netlink, .netlink), (vsock, .vsock), (xdp, .xdp),
    ]
    let chosen = named.filter(\.0).reduce(into: SocketTableSet()) { $0.insert(SocketTableSet($1.1)) }
    let tables = chosen.isEmpty ? .all : chosen
    return ipv4 || ipv6 ? tables.intersection(.internet) : tables
  }

  /// Whether a socket's family was asked for. The options are read here, once: not for each socket.
  func choice() -> (Socket) -> Bool {
    guard ipv4 != ipv6 else { return { _ in true } }
    let wanted: AddressFamily = ipv4 ? .inet : .inet6
    return { $0.family == wanted }
  }
}

/// Which states; by default those of sockets in use: listening, and those with a peer but for TIME_WAIT and SYN_RECV.
struct StateOptions: ParsableArguments {
  @Flag(
    name: .shortAndLong,
    help: "Sockets in every state (default: listening and connected, without TIME_WAIT and SYN_RECV).")
  var all = false
  @Flag(name: .shortAndLong, help: "Listening sockets only, and UDP sockets that wait for anybody.")
  var listening = false

  func validate() throws {
    if all && listening { throw ValidationError("--all and --listening contradict each other.") }
  }

  /// States that can be in the answer.
  func states(filter: Filter) -> SocketStateSet {
    if all || filter.mentionsStates { return .all }
    // Of datagram sockets the unconnected ones are the listeners.
    if listening { return [SocketStateSet(.listen), SocketStateSet(.close)] }
    return SocketStateSet.all.subtracting(Self.leftovers)
  }

  /// As in ss: what is over, and what has not begun, is shown to those who ask.
  private static let leftovers: SocketStateSet = [
    SocketStateSet(.timeWait), SocketStateSet(.synReceived), SocketStateSet(.newSynReceived),
  ]

  /// Whether a socket is in the answer. A filter that speaks of states decides alone.
  func choice(filter: Filter) -> (Socket) -> Bool {
    if all || filter.mentionsStates { return { _ in true } }
    if listening { return { $0.isListening || $0.waitsForAnybody } }
    return { !Self.leftovers.contains($0.state) && ($0.isListening || $0.isConnected || $0.waitsForAnybody) }
  }
}

extension Socket {
  /// A datagram or raw socket that is bound and has no peer: it takes what anybody sends.
  fileprivate var waitsForAnybody: Bool {
    guard state == .close else { return false }
    switch table {
    case .udp, .udplite: return local.port != 0
    case .raw, .icmp, .packet: return true
    default: return false
    }
  }
}

/// How the answer looks.
struct ShapeOptions: ParsableArguments {
  @Flag(name: .long, help: "Group sockets beneath their processes, and these beneath their ancestors.")
  var tree = false
  @Flag(name: .shortAndLong, help: "TCP from the inside: round trips, windows, retransmits, rates, bytes.")
  var info = false
  @Flag(name: .shortAndLong, help: "Buffer memory.") var memory = false
  @Flag(name: .long, help: "The timer that runs.") var timers = false
  @Option(name: .long, help: "Columns to show, by commas: see `sockeye list --help-columns`.")
  var columns: ColumnList?
  @Option(
    name: .long,
    help: "Column to sort by; with - in front, the largest first. Records are not sorted without it.")
  var sort: SortColumn?
  @Flag(name: .customLong("count"), help: "Print how many there are, and nothing else.") var countsOnly =
    false
  @Flag(name: .long, help: "Counts by process, state and peer.") var summary = false
  @Flag(name: .customLong("help-columns"), help: "Explain the columns, and exit.") var helpColumns = false

  func validate(with output: OutputOptions) throws {
    if helpColumns { throw CleanExit.message(ColumnList.help) }
    let shapes = [("--tree", tree), ("--count", countsOnly), ("--summary", summary)].filter(\.1).map(\.0)
    if shapes.count > 1 { throw ValidationError("\(shapes.joined(separator: " and ")) exclude each other.") }
    if tree && (columns != nil || sort != nil) {
      throw ValidationError("--tree has an order and columns of its own: leave out --columns and --sort.")
    }
    if (summary || countsOnly) && sort != nil { throw ValidationError("Counts are not sorted by --sort.") }
    guard output.format.recordFormat != nil else { return }
    if tree { throw ValidationError("--tree is for people: records carry process.ancestors instead.") }
    if columns != nil { throw ValidationError("--columns is for tables: records carry everything.") }
    if summary && output.format == .csv { throw ValidationError("--summary has no CSV form; use -o json.") }
  }

  var details: DetailLines {
    var lines: DetailLines = []
    if info { lines.insert(.info) }
    if memory { lines.insert(.memory) }
    if timers { lines.insert(.timers) }
    return lines
  }

  private var namedColumns: [Column] { (columns?.columns ?? []) + (sort.map { [$0.key.column] } ?? []) }

  var needsDetails: Bool {
    !details.isEmpty || summary || namedColumns.contains { $0.needsDetail }
  }

  /// What must be read of each process for this shape.
  func processFacts(_ format: OutputFormat) -> ProcessFacts {
    switch format {
    case .json, .jsonl, .csv: return .all
    case .wide: return .all
    case .table:
      var facts: ProcessFacts = countsOnly ? [] : [.user]
      if tree { facts.formUnion([.lineage, .cgroup]) }
      for column in namedColumns { facts.formUnion(column.processFacts) }
      return facts
    }
  }

  func showSummary(_ snapshot: Snapshot, _ chosen: [Int], _ output: OutputOptions, _ standard: Output) {
    let counts = SnapshotSummary(snapshot, sockets: chosen)
    var text = TextBuffer()
    if output.format.recordFormat != nil {
      RecordWriter(snapshot).append(counts, of: snapshot, to: &text)
      text.append("\n")
    } else {
      SummaryView.append(counts, of: snapshot, isColored: output.color.isOn(for: standard), to: &text)
    }
    standard.write(text)
  }
}

extension Column {
  fileprivate var needsDetail: Bool {
    switch self {
    case .rtt, .minrtt, .retrans, .sent, .received, .cwnd, .mss, .congestion, .pacing, .timer, .origin: true
    default: false
    }
  }

  fileprivate var processFacts: ProcessFacts {
    switch self {
    case .exe: .executable
    case .args: .arguments
    case .cwd: .workingDirectory
    case .unit, .container: .cgroup
    case .parent, .entry: .lineage
    default: []
    }
  }
}

/// `--columns a,b,c`.
struct ColumnList: ExpressibleByArgument {
  let columns: [Column]

  init?(argument: String) {
    guard let columns = try? Column.list(parsing: argument), !columns.isEmpty else { return nil }
    self.columns = columns
  }

  static var help: String {
    let widest = Column.allCases.map(\.rawValue.count).max() ?? 0
    return Column.allCases.map { column in
      column.rawValue + String(repeating: " ", count: widest - column.rawValue.count + 2) + column.description
    }.joined(separator: "\n")
  }

  static var allValueStrings: [String] { Column.allCases.map(\.rawValue) }
}

/// `--sort KEY` and `--sort -KEY`.
struct SortColumn: ExpressibleByArgument {
  let key: SortKey
  init?(argument: String) {
    guard let key = SortKey(parsing: argument) else { return nil }
    self.key = key
  }
  static var allValueStrings: [String] { Column.allCases.map(\.rawValue) }
}
