import Model
import ViewText

/// The sixteen colours that every terminal theme defines, and what we say with them.
public enum Style: Sendable {
  case plain, bold, dim, green, cyan, yellow, red

  var code: StaticString {
    switch self {
    case .plain: ""
    case .bold: "\u{1b}[1m"
    case .dim: "\u{1b}[2m"
    case .green: "\u{1b}[32m"
    case .cyan: "\u{1b}[36m"
    case .yellow: "\u{1b}[33m"
    case .red: "\u{1b}[31m"
    }
  }

  /// Green waits for work, cyan works, yellow is on its way somewhere, dim is over.
  static func of(_ state: SocketState) -> Style {
    switch state {
    case .listen: .green
    case .established: .cyan
    case .timeWait, .close, .boundInactive: .dim
    default: .yellow
    }
  }

  /// Red is a process that is there and that we could not see.
  static func of(_ absence: HolderAbsence) -> Style {
    switch absence {
    case .none, .refused, .vanished: .red
    case .notYetAccepted, .inFlight: .yellow
    case .timeWait, .orphaned, .kernelOwned: .dim
    }
  }
}

extension TextBuffer {
  mutating func begin(_ style: Style, if isColored: Bool) {
    if isColored && style != .plain { append(style.code) }
  }
  mutating func end(_ style: Style, if isColored: Bool) {
    if isColored && style != .plain { append("\u{1b}[0m") }
  }
  /// Our own words in a style.
  mutating func append(_ words: StaticString, _ style: Style, if isColored: Bool) {
    begin(style, if: isColored)
    append(words)
    end(style, if: isColored)
  }
}

extension HolderAbsence {
  /// What stands in the place of the process. A `?` is one that exists and that we did not see.
  var words: StaticString {
    switch self {
    case .none: "?"
    case .timeWait: "(time-wait)"
    case .orphaned: "(closed, still sending)"
    case .notYetAccepted: "(not yet accepted)"
    case .kernelOwned: "(kernel)"
    case .refused: "? refused"
    case .inFlight: "(in flight)"
    case .vanished: "? vanished"
    }
  }
}
