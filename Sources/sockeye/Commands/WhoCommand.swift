import ArgumentParser
import KernelSystem
import Model
import Observer
import Store
import ViewRecords
import ViewTerminal
import ViewText

/// `sockeye who`: the answer card for one port, address, connection, path or process.
struct WhoCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "who",
    abstract: "Say who is behind one port, address, connection, path or process.",
    discussion: """
      sockeye who :8080                          every socket with this port at either end, the listener first
      sockeye who 10.0.0.5                       likewise an address
      sockeye who 10.0.0.5:443, localhost:ssh    names are those of /etc/hosts and /etc/services
      sockeye who 127.0.0.1:50000→127.0.0.1:80   one connection; two words will do as well
      sockeye who /run/x.sock                    a unix socket; @name for an abstract one
      sockeye who pid:123                        a process and what it holds
      sockeye who inode:4711, cookie:12

      What lives now is answered, then the last that was recorded, if `sockeye record` has written a database. With --at, \
      or --since and --until, the answer is what was recorded of that time:
      sockeye who :443 --at 'tuesday 03:12'
      \(WindowOptions.help)
      """)

  @Argument(help: "What to ask about: see above.") var target: [String]
  @Option(name: .long, help: "How many cards at most; the rest is counted.") var limit = 10
  @Option(
    name: .long, help: "Network namespaces: all, current, a name of ip-netns(8), a path, a pid, or an inode.")
  var netns = NamespaceChoice(.all)
  @OptionGroup(title: "Time") var window: WindowOptions
  @OptionGroup var database: DatabaseOptions
  @OptionGroup(title: "Output") var output: OutputOptions

  func validate() throws {
    let target = try WhoTarget(target)
    if window.isGiven {
      if let reason = target.notRecorded {
        throw ValidationError("Nothing can be said of the past: \(reason).")
      }
      if output.resolve { throw ValidationError("--resolve asks name servers of now, not of then.") }
    }
    if limit < 1 { throw ValidationError("--limit must be 1 or more.") }
    if output.format == .csv { throw ValidationError("An answer card has no CSV form; use -o json.") }
  }

  func run() throws {
    let target = try WhoTarget(target)
    if window.isGiven { return try tellPast(target) }
    var snapshot: Snapshot
    do throws(ObserverError) { snapshot = try SnapshotObserver.take(request(target)) } catch {
      throw Failure(error.description)
    }
    let matching = snapshot.sockets.indices.filter { target.matches(snapshot.sockets[$0], in: snapshot) }
    let subjects = Self.subjects(target, SocketOrder.sorted(snapshot, Array(matching)), snapshot)
    let past = subjects.count > limit ? nil : try lastOfHistory(target, isAlive: !subjects.isEmpty)
    if subjects.isEmpty && past?.cards.isEmpty ?? true {
      Output.tell(snapshot.gaps, output.color)
      Output.error().write("sockeye: nothing on this host matches \(self.target.joined(separator: " "))\n")
      throw ExitStatus.nothingFound
    }
    if output.resolve { NameResolver.resolve(&snapshot, Array(matching), within: OutputOptions.resolveLimit) }
    try show(subjects, snapshot, past)
    Output.tell(snapshot.gaps, output.color)
    if let words = past?.moreWords {
      Output.error().write("sockeye: \(words) in history; --since shows them\n")
    }
  }

  /// The answer from what was recorded, and what was not recorded then.
  private func tellPast(_ target: WhoTarget) throws {
    let reader = try database.reader(until: window.last)
    let past: PastAnswers
    let gaps: [StoredGap]
    do throws(StoreError) {
      past = try PastAnswers(
        target, reader, first: window.first, last: window.last, isOver: false, limit: limit)
      gaps = try window.gaps(reader)
    } catch { throw database.failure(error) }
    let standard = Output.standard()
    var text = TextBuffer()
    if output.format == .json { text.append("[\n") }
    past.append(output.format, isColored: output.color.isOn(for: standard), isFirst: true, to: &text)
    if output.format.recordFormat != nil {
      let records = HistoryRecords()
      for (position, gap) in gaps.enumerated() {
        if output.format == .json && (position > 0 || !past.cards.isEmpty) { text.append(",\n") }
        records.append(gap, to: &text)
        if output.format == .jsonl { text.append("\n") }
      }
    }
    if output.format == .json { text.append("\n]\n") }
    standard.write(text)
    try standard.finish()
    if output.format.recordFormat == nil { Output.tell(gaps, output.color) }
    if let words = past.moreWords { Output.error().write("sockeye: \(words); --limit shows more\n") }
    if past.cards.isEmpty {
      Output.error().write(
        "sockeye: nothing that was recorded then matches \(self.target.joined(separator: " "))\n")
      throw ExitStatus.nothingFound
    }
  }

  /// The last that is over; nil where nobody has recorded, or we may not read it.
  private func lastOfHistory(_ target: WhoTarget, isAlive: Bool) throws -> PastAnswers? {
    if target.notRecorded != nil { return nil }
    switch target {
    case .pid where isAlive: return nil
    // No index: a look at everything.
    case .cookie: return nil
    default: break
    }
    if database.database == DatabaseOptions.standard, ThisProcess.cannotRead(database.database) != nil {
      return nil
    }
    let reader = try database.reader(until: window.last)
    do throws(StoreError) {
      return try PastAnswers(target, reader, first: nil, last: nil, isOver: true, limit: 1)
    } catch { throw database.failure(error) }
  }

  private func request(_ target: WhoTarget) -> SnapshotRequest {
    var request = SnapshotRequest()
    request.namespaces = netns.namespaces
    if case .pid(let pid) = target { request.processes = .also(pid) }
    request.tables = target.tables
    request.wantsDetails = true
    request.processFacts = .all
    if let port = target.port {
      request.internet = .or([
        .test(.port(isLocal: true, .equal, port)), .test(.port(isLocal: false, .equal, port)),
      ])
    }
    return request
  }

  /// A process is one answer, with its sockets on the card; sockets are one answer each.
  private static func subjects(_ target: WhoTarget, _ sockets: [Int], _ snapshot: Snapshot) -> [WhoAnswer
    .Subject]
  {
    guard case .pid(let pid) = target else { return sockets.map { .socket($0) } }
    return snapshot.processes.indices.filter { snapshot.processes[$0].identity.pid == pid }.map {
      .process($0)
    }
  }

  private func show(
    _ subjects: [WhoAnswer.Subject], _ snapshot: Snapshot, _ past: PastAnswers?
  ) throws {
    let standard = Output.standard()
    let isColored = output.color.isOn(for: standard)
    var hashes = ExecutableHashes()
    var writer = RecordWriter(snapshot)
    var text = TextBuffer()
    let isArray = output.format == .json
    if isArray { text.append("[") }
    for (position, subject) in subjects.prefix(limit).enumerated() {
      let answer = Self.answer(subject, snapshot, &hashes)
      if output.format.recordFormat != nil {
        if isArray { text.append(position == 0 ? "\n" : ",\n") }
        writer.append(answer, to: &text)
        if !isArray { text.append("\n") }
      } else {
        if position > 0 { text.append("\n") }
        WhoCard.append(answer, of: snapshot, isColored: isColored, to: &text)
      }
    }
    if subjects.isEmpty && isArray { text.append("\n") }
    past?.append(output.format, isColored: isColored, isFirst: subjects.isEmpty, to: &text)
    if isArray { text.append("\n]\n") }
    standard.write(text)
    if subjects.count > limit {
      Output.error().write(
        "sockeye: \(subjects.count - limit) more; --limit \(subjects.count) shows them all\n")
    }
    try standard.finish()
  }

  private static func answer(
    _ subject: WhoAnswer.Subject, _ snapshot: Snapshot, _ hashes: inout ExecutableHashes
  ) -> WhoAnswer {
    var answer = WhoAnswer(subject)
    if case .socket(let index) = subject { answer.peerSocket = snapshot.peer(ofSocketAt: index) }
    if let process = answer.process(in: snapshot) { answer.executableSHA256 = hashes.sha256(of: process) }
    return answer
  }
}
