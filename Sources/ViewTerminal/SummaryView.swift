import Model
import ViewText

/// `sockeye list --summary`: how many sockets there are, by state, process and peer.
public enum SummaryView {
  /// At most `limit` processes and peers are listed; how many more there are is said.
  public static func append(
    _ summary: SnapshotSummary, of snapshot: Snapshot, isColored: Bool, limit: Int = 20,
    to text: inout TextBuffer
  ) {
    text.append(decimal: summary.total)
    text.append(summary.total == 1 ? " socket" : " sockets")
    for (position, entry) in summary.unheld.enumerated() {
      text.append(position == 0 ? "; without a process: " : ", ")
      text.append(decimal: entry.count)
      text.append(" ")
      text.append(entry.absence.words)
    }
    text.append("\n\n")
    var states = PlainTable(["PROTO", "STATE", "SOCKETS"], alignRight: [false, false, true])
    for entry in summary.states {
      states.add([
        .made { $0.append(table: entry.table) }, .made { $0.append(terminal: entry.state.name) },
        .number(entry.count),
      ])
    }
    states.append(isColored: isColored, to: &text)
    appendProcesses(summary, snapshot, isColored, limit, to: &text)
    appendPeers(summary, isColored, limit, to: &text)
  }

  private static func appendProcesses(
    _ summary: SnapshotSummary, _ snapshot: Snapshot, _ isColored: Bool, _ limit: Int,
    to text: inout TextBuffer
  ) {
    if summary.processes.isEmpty { return }
    text.append("\n")
    var table = PlainTable(
      ["PROCESS", "SOCKETS", "LISTENING", "CONNECTED", "SENT", "RECEIVED"],
      alignRight: [false, true, true, true, true, true])
    for entry in summary.processes.prefix(limit) {
      let process = snapshot.processes[entry.process]
      table.add([
        .made { $0.append(nameOf: process) }, .number(entry.sockets), .number(entry.listening),
        .number(entry.connected), .made { $0.append(size: entry.sentBytes) },
        .made { $0.append(size: entry.receivedBytes) },
      ])
    }
    table.append(isColored: isColored, to: &text)
    appendMore(summary.processes.count - limit, "processes", to: &text)
  }

  private static func appendPeers(
    _ summary: SnapshotSummary, _ isColored: Bool, _ limit: Int, to text: inout TextBuffer
  ) {
    if summary.peers.isEmpty { return }
    text.append("\n")
    var table = PlainTable(["PEER", "CONNECTIONS", "PROCESSES"], alignRight: [false, true, true])
    for peer in summary.peers.prefix(limit) {
      table.add([.made { $0.append(peer.address) }, .number(peer.count), .number(peer.processes.count)])
    }
    table.append(isColored: isColored, to: &text)
    appendMore(summary.peers.count - limit, "peers", to: &text)
  }

  private static func appendMore(_ count: Int, _ what: StaticString, to text: inout TextBuffer) {
    if count <= 0 { return }
    text.append("and ")
    text.append(decimal: count)
    text.append(" more ")
    text.append(what)
    text.append("\n")
  }
}

/// What could not be seen, for standard error: `sockeye: 3 processes did not … Run sockeye as root.`
public enum GapLines {
  public static func append(_ gaps: [Gap], isColored: Bool, to text: inout TextBuffer) {
    for gap in gaps {
      text.append("sockeye: ", .yellow, if: isColored)
      _ = text.append(terminal: gap.message)
      if let remedy = gap.remedy {
        text.append("; ")
        _ = text.append(terminal: remedy)
      }
      text.append("\n")
    }
  }
}

extension Process {
  /// Its name, or that it ended before its name could be read: never a blank.
  var shownName: RawText { hasEnded && name.isEmpty ? "(ended)" : name }
}
