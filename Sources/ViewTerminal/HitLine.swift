import Model
import ViewText

/// A hit of a watch-list in one line, with the whole lineage.
public enum HitLine {
  /// `sockeye: watch-list: 203.0.113.9 (C2 server; list.txt): curl[823] → 203.0.113.9:443 tcp; /usr/bin/curl; user root; …`
  public static func append(_ hit: NoticedHit, to text: inout TextBuffer) {
    text.append("sockeye: watch-list: ")
    text.append(indicator: hit.hit.indicator)
    text.append(" (")
    if !hit.hit.indicator.note.isEmpty {
      text.append(terminal: hit.hit.indicator.note)
      text.append("; ")
    }
    text.append(terminal: hit.hit.indicator.list)
    text.append("): ")
    if let process = hit.process { text.append(nameOf: process) } else { text.append("?") }
    if let socket = hit.connection {
      text.append(socket.origin == .accept ? " ← " : " → ")
      text.append(endpoint: socket.peer)
      text.append(" ")
      text.append(table: socket.table)
    }
    if hit.hit.subject == .question || hit.hit.subject == .peerName {
      text.append(hit.hit.subject == .question ? " asked for " : " as ")
      text.append(terminal: hit.hit.matched)
    }
    if let process = hit.process { append(process, to: &text) }
    text.append("\n")
  }

  private static func append(_ process: Process, to text: inout TextBuffer) {
    if let executable = process.executable {
      text.append("; ")
      text.append(terminal: executable)
    }
    if let arguments = process.arguments {
      text.append("; arguments ")
      _ = text.append(arguments: arguments)
    }
    if let user = process.user {
      text.append("; user ")
      _ = text.append(user: user)
    }
    if let unit = process.systemdUnit {
      text.append("; unit ")
      text.append(terminal: unit)
    }
    if let container = process.container {
      text.append("; container ")
      text.append(terminal: container.id)
    }
    if !process.ancestors.isEmpty {
      text.append("; from ")
      text.append(lineage: process.ancestors)
    }
  }
}
