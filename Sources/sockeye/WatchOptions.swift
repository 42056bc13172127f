import ArgumentParser
import Model

/// `socket`, `process` …, `all`, or one action.
struct WatchKind {
  let actions: Set<EventAction>

  init(family: EventFamily) { actions = family.actions }

  init?(argument: String) {
    if argument == "all" {
      actions = Set(EventAction.allCases)
    } else if let family = EventFamily(rawValue: argument), family != .gap {
      actions = family.actions
    } else if let action = EventAction(rawValue: argument), action != .gap {
      actions = [action]
    } else {
      return nil
    }
  }

  /// For the message about a wrong one.
  static let words =
    (EventFamily.allCases.filter { $0 != .gap }.map(\.rawValue) + ["all"]
    + EventAction.allCases.filter { $0 != .gap && $0 != .dns }.map(\.rawValue)).joined(separator: " ")
}

/// `5s`, `2m`, `500ms`, `1h`; a number alone is seconds.
struct WatchDuration: ExpressibleByArgument {
  let nanoseconds: UInt64
  var defaultValueDescription: String { "\(nanoseconds / 1_000_000_000)s" }

  init(nanoseconds: UInt64) { self.nanoseconds = nanoseconds }

  init?(argument: String) {
    let digits = argument.prefix { $0.isNumber || $0 == "." }
    guard let value = Double(digits), value > 0 else { return nil }
    let scale: Double
    switch argument.dropFirst(digits.count) {
    case "ms": scale = 1e6
    case "s", "": scale = 1e9
    case "m": scale = 60e9
    case "h": scale = 3600e9
    default: return nil
    }
    // A century, so that sums do not overflow.
    guard value * scale < 3.2e18, value * scale >= 1 else { return nil }
    nanoseconds = UInt64(value * scale)
  }
}

/// What `sockeye watch` prints as.
enum WatchFormat: String, ExpressibleByArgument, CaseIterable { case table, jsonl }

/// `--time`.
enum WatchTime: String, ExpressibleByArgument, CaseIterable { case absolute, relative }
