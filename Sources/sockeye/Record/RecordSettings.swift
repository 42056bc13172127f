import ArgumentParser
import Model
import Store

/// What a recorder is told: each value from the command line, else from the configuration file, else as it is here.
struct RecordSettings: Equatable {
  static let defaultDatabase = "/var/lib/sockeye/history.db"

  var database = Self.defaultDatabase
  var keepDays = 30
  /// Bytes; 0 is no limit.
  var maxSize: Int64 = 4 << 30
  var rowAt = RowTime.open
  var names = true
  var modules = false
  var ringSize = WatchRingSize(byteCount: 1 << 24)
  /// Files with what to look out for.
  var watchlists: [String] = []

  var retention: Retention {
    Retention(age: keepDays == 0 ? nil : .seconds(86_400 * keepDays), size: maxSize == 0 ? nil : maxSize)
  }

  /// As a configuration file would say it.
  var configuration: String {
    let lists = watchlists.map(Self.quoted).joined(separator: ", ")
    return """
      database = \(Self.quoted(database))
      keep-days = \(keepDays)
      max-size = \(maxSize)
      row-at = "\(rowAt.rawValue)"
      names = \(names)
      modules = \(modules)
      ring-size = \(ringSize.byteCount)
      watchlist = [\(lists)]

      """
  }

  private static func quoted(_ text: String) -> String {
    "\"\(text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\""))\""
  }

  /// What has changed but waits for the next start.
  func needsRestart(from old: RecordSettings) -> [String] {
    var keys: [String] = []
    if database != old.database { keys.append("database") }
    if rowAt != old.rowAt { keys.append("row-at") }
    if names != old.names { keys.append("names") }
    if modules != old.modules { keys.append("modules") }
    if ringSize != old.ringSize { keys.append("ring-size") }
    return keys
  }
}

/// `--row-at`.
enum RowTime: String, ExpressibleByArgument, CaseIterable {
  case open, close
  var stored: StoreSettings.RowTime { self == .open ? .open : .close }
}

/// `500M`, `4G`, `1T`: bytes in binary units; a number alone is bytes, 0 no limit.
struct StoreSize: ExpressibleByArgument {
  let bytes: Int64

  init?(argument: String) {
    let digits = argument.prefix { $0.isASCII && $0.isNumber }
    let shifts: [Substring: Int64] = ["": 0, "k": 10, "K": 10, "M": 20, "G": 30, "T": 40]
    guard let value = Int64(digits), let shift = shifts[argument.dropFirst(digits.count)] else { return nil }
    guard value <= Int64.max >> shift else { return nil }
    bytes = value << shift
    // Less than a segment of connections needs is no limit that could be kept.
    if bytes != 0 && bytes < 16 << 20 { return nil }
  }
}
