import Model
import ViewText

/// How the lines of `sockeye watch` look.
public struct EventLineOptions: Sendable {
  public var isColored = false
  /// Seconds since the first event in place of the time of day.
  public var isTimeRelative = false
  /// Of the terminal: longer lines are cut there, by their command line. nil is no limit.
  public var width: Int?
  public init() {}
}

/// One aligned line an event: time, action, who → whom, and what more there is to say.
///
/// Hostile text is escaped, so a line is a line.
public struct EventLines {
  let options: EventLineOptions
  private var firstTime: UInt64?

  public init(_ options: EventLineOptions) { self.options = options }

  public mutating func append(_ event: Event, to text: inout TextBuffer) {
    appendTime(event, to: &text)
    let word = event.action.word
    text.begin(event.style, if: options.isColored)
    text.append(word)
    text.end(event.style, if: options.isColored)
    text.append(repeating: 0x20, count: 13 - word.utf8CodeUnitCount)
    if case .folded(let facts) = event.detail {
      append(facts, event, to: &text)
      return text.append("\n")
    }
    switch event.action.family {
    case .socket, .unix, .dns: appendSocketEvent(event, to: &text)
    case .process: appendProcessEvent(event, to: &text)
    case .thread, .module: appendInside(event, to: &text)
    case .gap: appendGap(event, to: &text)
    }
    if !event.hits.isEmpty {
      text.append("  ")
      text.append("watch-list: ", .red, if: options.isColored)
      text.append(hits: event.hits)
    }
    text.append("\n")
  }

  private mutating func appendTime(_ event: Event, to text: inout TextBuffer) {
    text.begin(.dim, if: options.isColored)
    if options.isTimeRelative {
      let first = firstTime ?? event.bootNanoseconds
      firstTime = first
      let micros = (event.bootNanoseconds &- min(first, event.bootNanoseconds)) / 1000
      let seconds = micros / 1_000_000
      text.append(
        repeating: 0x20,
        count: seconds < 10 ? 4 : seconds < 100 ? 3 : seconds < 1000 ? 2 : seconds < 10_000 ? 1 : 0)
      text.append(decimal: seconds)
      text.append(".")
      text.append(decimal: micros % 1_000_000, digits: 6)
    } else {
      let seconds = event.wallNanoseconds / 1_000_000_000
      text.append(decimal: seconds / 3600 % 24, digits: 2)
      text.append(":")
      text.append(decimal: seconds / 60 % 60, digits: 2)
      text.append(":")
      text.append(decimal: seconds % 60, digits: 2)
      text.append(".")
      text.append(decimal: event.wallNanoseconds % 1_000_000_000 / 1000, digits: 6)
    }
    text.end(.dim, if: options.isColored)
    text.append("  ")
  }

  // MARK: Sockets

  private func appendSocketEvent(_ event: Event, to text: inout TextBuffer) {
    guard let socket = event.socket else { return }
    append(who: event.process, to: &text)
    let isIncoming = socket.origin == .accept
    if event.action == .listen || event.action == .bind || socket.state == .listen {
      text.append(" ")
      text.append(endpoint: socket.local)
    } else {
      text.append(isIncoming ? " ←" : " →")
      append(peerOf: socket, to: &text)
      if let name = socket.peerName { append(name, to: &text) }
      if let peer = event.peerProcess {
        text.append(" ")
        append(who: peer, to: &text)
      }
    }
    text.append("  ")
    text.append(table: socket.table)
    if let name = socket.localPath {
      text.append(" on ")
      _ = text.append(socketName: name)
    } else if event.action == .accept {
      text.append(" on ")
      text.append(endpoint: socket.local)
    } else if event.action == .connect, socket.local.port != 0 {
      text.append(" from ")
      text.append(endpoint: socket.local)
    }
    appendCounts(socket, to: &text)
    if case .dns(let answer) = event.detail { append(answer, to: &text) }
    if event.outcome == .unknown { text.append("  no answer yet") }
    appendReason(event, to: &text)
  }

  /// With a blank before it. Raw, ICMP and packet sockets have no ports; a unix socket that connects has no name.
  private func append(peerOf socket: EventSocketFacts, to text: inout TextBuffer) {
    switch socket.table {
    case .unix:
      guard let name = socket.peerPath else { return }
      text.append(" ")
      _ = text.append(socketName: name)
    case .raw, .icmp:
      text.append(" ")
      if socket.peer.address.isUnspecified { text.append("*") } else { text.append(socket.peer.address) }
    case .packet:
      text.append(" interface ")
      if socket.interfaceIndex == 0 { text.append("*") } else { text.append(decimal: socket.interfaceIndex) }
      for (index, byte) in (socket.peerHardware?.bytes ?? []).enumerated() {
        text.append(index == 0 ? " " : ":")
        text.append(hex: UInt64(byte), digits: 2)
      }
    default:
      text.append(" ")
      text.append(endpoint: socket.peer)
    }
  }

  private func appendCounts(_ socket: EventSocketFacts, to text: inout TextBuffer) {
    if let sent = socket.sentBytes, let received = socket.receivedBytes {
      text.append("  sent ")
      text.append(size: sent)
      text.append(" received ")
      text.append(size: received)
    }
    if let time = socket.durationNanoseconds {
      text.append("  ")
      text.append(durationMicroseconds: time / 1000)
    }
    if let time = socket.roundTripMicroseconds {
      text.append("  rtt ")
      text.append(durationMicroseconds: UInt64(time))
    }
    if let count = socket.retransmits, count > 0 {
      text.append("  retransmits ")
      text.append(decimal: count)
    }
  }

  private func append(_ answer: NameAnswer, to text: inout TextBuffer) {
    text.append("  ")
    text.append(terminal: answer.question)
    for (index, address) in answer.addresses.enumerated() {
      text.append(index == 0 ? " is " : ", ")
      text.append(address)
    }
  }

  private func appendReason(_ event: Event, to text: inout TextBuffer) {
    guard let reason = event.reason else { return }
    text.append("  ")
    text.begin(.red, if: options.isColored)
    text.append(terminal: reason)
    text.end(.red, if: options.isColored)
  }

  // MARK: Processes

  private func appendProcessEvent(_ event: Event, to text: inout TextBuffer) {
    switch event.detail {
    case .execFailed(let name):
      append(who: event.process, to: &text)
      text.append(" → ")
      text.append(terminal: name)
      appendReason(event, to: &text)
    case .exit(let exit):
      append(who: event.process, to: &text)
      text.append("  ")
      append(exit, to: &text)
    case .credentials(let change):
      append(who: event.process, to: &text)
      append(change, to: &text)
    case .namespaces(let change):
      append(who: event.process, to: &text)
      append(change, to: &text)
    case .none where event.action == .exit: append(who: event.process, to: &text)
    default:
      append(parentOf: event.process, to: &text)
      text.append(" → ")
      append(who: event.process, to: &text)
      if event.action == .exec, let process = event.process { appendCommand(process, to: &text) }
    }
  }

  /// The path that runs, then the arguments behind the program's own name.
  private func appendCommand(_ process: Process, to text: inout TextBuffer) {
    text.append("  ")
    let start = text.count
    if let path = process.executable { _ = text.append(terminal: path) } else { text.append("?") }
    if let arguments = process.arguments, arguments.count > 1 {
      text.append(" ")
      _ = text.append(arguments: Array(arguments.dropFirst()))
    }
    if process.areArgumentsCut { text.append(" …") }
    // The rest of a line of 32 KiB says nothing at a glance: it is in `-o jsonl`.
    let limit = max(40, (options.width ?? 4096) - 60)
    if text.count - start > limit && options.width != nil { cut(&text, to: start + limit) }
  }

  /// At the beginning of a character.
  private func cut(_ text: inout TextBuffer, to limit: Int) {
    var end = limit
    while end > 0, text.withSlice(end..<(end + 1), { $0[0] & 0xc0 == 0x80 }) { end -= 1 }
    text.truncate(to: end)
    text.append("…")
  }

  private func append(_ exit: ExitFacts, to text: inout TextBuffer) {
    if let signal = exit.signal {
      text.begin(.red, if: options.isColored)
      text.append("signal ")
      text.append(decimal: signal)
      if exit.dumpedCore { text.append(" (core)") }
      text.end(.red, if: options.isColored)
    } else {
      text.begin(exit.code == 0 ? .plain : .yellow, if: options.isColored)
      text.append("code ")
      text.append(decimal: exit.code)
      text.end(exit.code == 0 ? .plain : .yellow, if: options.isColored)
    }
    if let time = exit.durationNanoseconds {
      text.append(" after ")
      text.append(durationMicroseconds: time / 1000)
    }
    guard let time = exit.cpuNanoseconds else { return }
    text.append(", CPU ")
    text.append(durationMicroseconds: time / 1000)
  }

  private func appendInside(_ event: Event, to text: inout TextBuffer) {
    append(who: event.process, to: &text)
    switch event.detail {
    case .thread(let thread):
      text.append("  thread ")
      text.append(terminal: thread.name)
      text.append("[")
      text.append(decimal: thread.id)
      text.append("]")
      if let time = thread.cpuNanoseconds {
        text.append(", CPU ")
        text.append(durationMicroseconds: time / 1000)
      }
    case .module(let module):
      text.append("  ")
      if let path = module.path { _ = text.append(terminal: path) } else { text.append("?") }
      text.append("  0x")
      text.append(hex: module.address)
      text.append(" ")
      text.append(size: module.size)
    default: break
    }
  }

  private func appendGap(_ event: Event, to text: inout TextBuffer) {
    guard case .gap(let loss) = event.detail else { return }
    text.append(decimal: loss.count)
    text.append(" events lost: ")
    text.append(terminal: loss.stage.rawValue)
    text.append(", within ")
    text.append(durationMicroseconds: (loss.toWallNanoseconds &- loss.fromWallNanoseconds) / 1000)
  }

  // MARK: Parts

  /// `curl[823]`, or `?` where nobody is known.
  func append(who process: Process?, to text: inout TextBuffer) {
    guard let process else {
      text.append("?")
      return
    }
    text.begin(.bold, if: options.isColored)
    if process.hasEnded { text.append("?") } else { _ = text.append(terminal: process.name) }
    text.end(.bold, if: options.isColored)
    text.append(bracketed: process.identity.pid)
  }

  private func append(parentOf process: Process?, to text: inout TextBuffer) {
    guard let process else { return text.append("?") }
    if let parent = process.ancestors.first {
      _ = text.append(terminal: parent.name)
    } else {
      text.append("?")
    }
    text.append(bracketed: process.parentPID)
  }
}
