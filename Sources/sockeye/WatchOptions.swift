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

/// `64k`, `16M`, `1G`: a power of two from a page to 1 GiB, as the kernel wants it.
struct WatchRingSize: ExpressibleByArgument, Equatable {
  let byteCount: UInt32
  var defaultValueDescription: String { "\(byteCount >> 20)M" }

  init(byteCount: UInt32) { self.byteCount = byteCount }

  init?(argument: String) {
    let digits = argument.prefix { $0.isASCII && $0.isNumber }
    let shifts: [Substring: UInt32] = ["": 0, "k": 10, "K": 10, "M": 20, "G": 30]
    guard let value = UInt32(digits), let shift = shifts[argument.dropFirst(digits.count)] else { return nil }
    let byteCount = UInt64(value) << shift
    guard byteCount.nonzeroBitCount == 1, (4096...1 << 30).contains(byteCount) else { return nil }
    self.byteCount = UInt32(byteCount)
  }
}

/// What `sockeye watch` prints as.
enum WatchFormat: String, ExpressibleByArgument, CaseIterable { case table, jsonl }

/// `--time`.
enum WatchTime: String, ExpressibleByArgument, CaseIterable { case absolute, relative }
