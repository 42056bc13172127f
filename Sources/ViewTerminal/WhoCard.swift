import Model
import ViewText

/// The card of `sockeye who`: one sentence, then what is known, a line each. Unknown lines are left out.
public struct WhoCard {
  private let snapshot: Snapshot
  private let answer: WhoAnswer
  private let isColored: Bool
  private var cells: CellWriter
  private static let labelWidth = 12

  public static func append(
    _ answer: WhoAnswer, of snapshot: Snapshot, isColored: Bool, to text: inout TextBuffer
  ) {
    var card = WhoCard(snapshot, answer, isColored)
    card.append(to: &text)
  }

  private init(_ snapshot: Snapshot, _ answer: WhoAnswer, _ isColored: Bool) {
    self.snapshot = snapshot
    self.answer = answer
    self.isColored = isColored
    cells = CellWriter(snapshot)
  }

  private mutating func append(to text: inout TextBuffer) {
    let process = answer.process(in: snapshot)
    text.begin(.bold, if: isColored)
    switch answer.subject {
    case .socket(let index): appendSentence(about: snapshot.sockets[index], to: &text)
    case .process(let index): appendSentence(aboutProcessAt: index, to: &text)
    }
    text.end(.bold, if: isColored)
    text.append("\n")
    if let process { append(process, to: &text) }
    if let past = answer.pastProcess { append(past, to: &text) }
    switch answer.subject {
    case .socket(let index):
      if let past = answer.past { append(past, to: &text) }
      append(snapshot.sockets[index], to: &text)
    case .process(let index): appendSockets(ofProcessAt: index, to: &text)
    }
    line("evidence", &text) {
      $0.append(terminal: snapshot.evidence.words)
      if answer.past != nil || answer.pastProcess != nil { $0.append(", and recorded") }
    }
  }

  // MARK: Heading

  /// `nginx[812] listens on tcp 0.0.0.0:8080`
  private mutating func appendSentence(about socket: Socket, to text: inout TextBuffer) {
    if socket.holdingCount > 0 {
      _ = cells.append(.process, of: socket, isWide: false, to: &text)
    } else {
      switch socket.absence {
      case .refused: text.append("a process that could not be looked into")
      case .none: text.append("no process")
      default:
        text.append("no process ")
        text.append(socket.absence.words)
      }
    }
    let holds = socket.holdingCount > 0
    switch (socket.state, socket.origin) {
    case (.listen, _): text.append(holds ? " listens on " : ": listening on ")
    case (_, .connect) where socket.isConnected: text.append(holds ? " connected from " : ": connected from ")
    case (_, .accept) where socket.isConnected: text.append(holds ? " accepted on " : ": accepted on ")
    default: text.append(holds ? " holds " : ": ")
    }
    text.append(table: socket.table)
    text.append(" ")
    _ = cells.append(.local, of: socket, isWide: false, to: &text)
    guard socket.isConnected || socket.peerInode != 0 else { return }
    text.append(socket.origin == .connect ? " to " : socket.origin == .accept ? " from " : " with ")
    _ = cells.append(.peer, of: socket, isWide: false, to: &text)
  }

  /// `nginx[812] holds 3 sockets, 1 of them listening`
  private func appendSentence(aboutProcessAt index: Int, to text: inout TextBuffer) {
    let sockets = snapshot.sockets(ofProcessAt: index)
    let listening = sockets.lazy.filter { [snapshot] in snapshot.sockets[$0].isListening }.count
    text.append(nameOf: snapshot.processes[index])
    text.append(answer.pastProcess == nil ? " holds " : " had ")
    text.append(decimal: sockets.count)
    let noun: StaticString = answer.pastProcess == nil ? " socket" : " connection"
    text.append(noun)
    if sockets.count != 1 { text.append("s") }
    if listening > 0 {
      text.append(", ")
      text.append(decimal: listening)
      text.append(" of them listening")
    }
  }

  // MARK: Lines

  private func line(_ label: StaticString, _ text: inout TextBuffer, _ body: (inout TextBuffer) -> Void) {
    text.append("  ")
    text.append(label, .dim, if: isColored)
    text.append(repeating: 0x20, count: WhoCard.labelWidth - label.utf8CodeUnitCount)
    body(&text)
    text.append("\n")
  }
  private func line(_ label: StaticString, _ value: RawText?, _ text: inout TextBuffer) {
    if let value { line(label, &text) { $0.append(terminal: value) } }
  }
  private func line(_ label: StaticString, _ value: String?, _ text: inout TextBuffer) {
    if let value { line(label, &text) { $0.append(terminal: value) } }
  }

  private func append(_ process: Process, to text: inout TextBuffer) {
    line("process", &text) {
      $0.append(nameOf: process)
      if process.isKernelThread { $0.append(", a kernel thread") }
      if let id = process.entityID {
        $0.append("  entity ")
        $0.append(terminal: id)
      }
    }
    line("executable", process.executable, &text)
    line("sha256", answer.executableSHA256 ?? process.executableHash?.words, &text)
    if let arguments = process.arguments { line("arguments", &text) { _ = $0.append(arguments: arguments) } }
    line("directory", process.workingDirectory, &text)
    line("terminal", process.terminal, &text)
    if let user = process.user {
      line("user", &text) {
        _ = $0.append(user: user)
        if user.name != nil {
          $0.append(" (")
          $0.append(decimal: user.id)
          $0.append(")")
        }
      }
    }
    if let started = process.startWallNanoseconds { line("started", &text) { appendTime(started, to: &$0) } }
    appendLineage(process, to: &text)
    line("unit", process.systemdUnit, &text)
    if let container = process.container {
      line("container", &text) {
        _ = $0.append(container: container)
        $0.append("  id ")
        $0.append(terminal: container.id)
      }
    }
  }

  /// `bash[4200] ← sshd[4190] ← systemd[1], entered by sshd[4190]`
  private func appendLineage(_ process: Process, to text: inout TextBuffer) {
    if !process.ancestors.isEmpty {
      line("lineage", &text) { $0.append(lineage: process.ancestors) }
    }
    if let entry = process.entry {
      line("entry", &text) {
        $0.append(terminal: entry.kind.rawValue)
        $0.append(", by pid ")
        $0.append(decimal: entry.pid.rawValue)
      }
    }
  }

  private func appendTime(_ nanoseconds: UInt64, to text: inout TextBuffer) {
    text.append(humanTime: nanoseconds)
    guard snapshot.takenWallNanoseconds >= nanoseconds else { return }
    text.append(", ")
    text.append(durationMicroseconds: (snapshot.takenWallNanoseconds - nanoseconds) / 1000)
    text.append(" ago")
  }

  private func append(_ past: StoredConnection, to text: inout TextBuffer) {
    line(past.isOpenedBefore ? "there at" : "opened", &text) {
      appendTime(UInt64(clamping: past.opened) &* 1000, to: &$0)
    }
    line("outcome", &text) {
      $0.append(terminal: past.outcomeWord)
      if let reason = past.reason {
        $0.append(" (")
        $0.append(terminal: reason)
        $0.append(")")
      }
      if let duration = past.duration {
        $0.append(" after ")
        $0.append(durationMicroseconds: UInt64(clamping: duration))
      }
    }
    line("peer name", past.peerName, &text)
  }

  private func append(_ past: StoredProcess, to text: inout TextBuffer) {
    line("ran", &text) {
      appendTime(UInt64(clamping: past.began) &* 1000, to: &$0)
      if let ended = past.ended {
        $0.append(", for ")
        $0.append(durationMicroseconds: UInt64(clamping: ended - past.began))
      }
      if let code = past.exitCode {
        $0.append(", exit status ")
        $0.append(decimal: Int(code))
      }
      if let signal = past.signal {
        $0.append(", ended by signal ")
        $0.append(decimal: Int(signal))
      }
    }
  }

  private mutating func append(_ socket: Socket, to text: inout TextBuffer) {
    if answer.past == nil { appendState(of: socket, to: &text) }
    if let tcp = snapshot.detail(of: socket)?.tcp {
      line("traffic", &text) {
        $0.append("sent ")
        $0.append(size: tcp.sentBytes)
        $0.append(", received ")
        $0.append(size: tcp.receivedBytes)
        if tcp.roundTripMicroseconds > 0 {
          $0.append(", rtt ")
          $0.append(durationMicroseconds: UInt64(tcp.roundTripMicroseconds))
        }
      }
    }
    line("identity", &text) {
      $0.append("cookie ")
      $0.append(unlessZero: socket.cookie.rawValue)
      $0.append(", inode ")
      $0.append(unlessZero: socket.inode)
      $0.append(", netns ")
      $0.append(unlessZero: UInt64(socket.netns.rawValue))
      if let name = cells.namespaceNames[socket.netns] {
        $0.append(" ")
        $0.append(terminal: name)
      }
    }
    if let peer = answer.peerSocket {
      let other = snapshot.sockets[peer]
      var name = TextBuffer()
      _ = cells.append(.process, of: other, isWide: false, to: &name)
      line("other end", &text) {
        $0.append(name.contents)
        $0.append(", on this host")
      }
    }
    if socket.holdingCount > 0 && answer.past == nil {
      var holders = TextBuffer()
      _ = cells.append(.holders, of: socket, isWide: true, to: &holders)
      line("holders", &text) { $0.append(holders.contents) }
    }
  }

  private func appendState(of socket: Socket, to text: inout TextBuffer) {
    line("state", &text) {
      $0.append(terminal: socket.state.name)
      if let bytes = socket.receiveQueue {
        $0.append(socket.isListening ? ", waiting for accept " : ", receive queue ")
        if socket.isListening { $0.append(decimal: bytes) } else { $0.append(size: UInt64(bytes)) }
      }
      if let bytes = socket.sendQueue {
        $0.append(socket.isListening ? " of " : ", send queue ")
        if socket.isListening { $0.append(decimal: bytes) } else { $0.append(size: UInt64(bytes)) }
      }
    }
    if let opened = answer.openedWallNanoseconds { line("opened", &text) { appendTime(opened, to: &$0) } }
  }

  private mutating func appendSockets(ofProcessAt index: Int, to text: inout TextBuffer) {
    for socketIndex in snapshot.sockets(ofProcessAt: index) {
      let socket = snapshot.sockets[socketIndex]
      var cell = TextBuffer()
      _ = cells.append(.proto, of: socket, isWide: false, to: &cell)
      cell.append(" ")
      if answer.pastProcess != nil && !socket.isConnected {
        cell.append("closed")
      } else {
        _ = cells.append(.state, of: socket, isWide: false, to: &cell)
      }
      cell.append(" ")
      _ = cells.append(.local, of: socket, isWide: false, to: &cell)
      if socket.isConnected || answer.pastProcess != nil {
        cell.append(" with ")
        _ = cells.append(.peer, of: socket, isWide: false, to: &cell)
      }
      line("socket", &text) { $0.append(cell.contents) }
    }
  }
}

extension Evidence {
  var words: String {
    switch self {
    case .kernelEvent: "seen in the kernel as it happened"
    case .iterator: "read from the kernel's own tables (eBPF iterator)"
    case .fdScan: "found among the descriptors in /proc"
    case .askedSocket: "the socket itself was asked, on a duplicate of its descriptor"
    case .listener: "from its listener"
    }
  }
}
