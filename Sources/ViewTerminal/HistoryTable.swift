import Model
import ViewText

/// Recorded connections as a table for people; times are UTC.
public enum HistoryTable {
  public static func append(
    _ connections: [StoredConnection], isWide: Bool, isColored: Bool, to text: inout TextBuffer
  ) {
    var titles = ["OPENED", "LASTED", "PROTO", "LOCAL", "", "PEER", "SENT", "RECEIVED", "OUTCOME", "PROCESS"]
    var right = [false, true, false, false, false, false, true, true, false, false]
    if isWide {
      titles += ["USER", "UNIT", "LINEAGE", "EXE", "SHA256", "ARGS", "OTHER END"]
      right += Array(repeating: false, count: 7)
    }
    let isWatched = connections.contains { !$0.hits.isEmpty }
    if isWatched {
      titles.append("WATCH-LIST")
      right.append(false)
    }
    var table = PlainTable(titles, alignRight: right)
    for connection in connections {
      table.add(
        cells(connection) + (isWide ? wideCells(connection) : [])
          + (isWatched ? [.made { $0.append(hits: connection.hits) }] : []))
    }
    table.append(isColored: isColored, to: &text)
  }

  private static func cells(_ connection: StoredConnection) -> [TextBuffer] {
    let facts = connection.socket
    return [
      .made {
        // There before it was looked at.
        if connection.isOpenedBefore { $0.append("<") }
        $0.append(shortTime: connection.opened)
      },
      .made {
        if let duration = connection.duration {
          $0.append(durationMicroseconds: UInt64(clamping: duration))
        } else {
          $0.append("-")
        }
      },
      .made { $0.append(table: facts.table) },
      .made { $0.append(endpoint: facts.local) },
      .made {
        switch connection.direction {
        case .outbound: $0.append("→")
        case .inbound: $0.append("←")
        case .unknown: $0.append("↔")
        }
      },
      .made {
        $0.append(endpoint: facts.peer)
        if let name = connection.peerName {
          $0.append(" (")
          $0.append(terminal: name)
          $0.append(")")
        }
      },
      .made { $0.append(optionalSize: facts.sentBytes) },
      .made { $0.append(optionalSize: facts.receivedBytes) },
      .made {
        $0.append(terminal: connection.outcomeWord)
        if let reason = connection.reason {
          $0.append(" ")
          $0.append(terminal: reason)
        }
      },
      .made { $0.append(nameOf: connection.process) },
    ]
  }

  private static func wideCells(_ connection: StoredConnection) -> [TextBuffer] {
    let process = connection.process?.process
    return [
      .made { if let user = process?.user { _ = $0.append(user: user) } else { $0.append("-") } },
      .made { _ = $0.append(optional: process?.systemdUnit) },
      .made {
        let ancestors = process?.ancestors ?? []
        if ancestors.isEmpty { $0.append("-") } else { $0.append(lineage: ancestors) }
      },
      .made { _ = $0.append(optional: process?.executable) },
      .made { _ = $0.append(optional: process?.executableHash?.sha256) },
      .made {
        if let arguments = process?.arguments { _ = $0.append(arguments: arguments) } else { $0.append("-") }
      },
      .made { $0.append(nameOf: connection.peerProcess) },
    ]
  }
}

/// Gaps of the store, a line each: at most `limit`, the rest is counted.
public enum StoredGapLines {
  static let limit = 5

  public static func append(_ gaps: [StoredGap], isColored: Bool, to text: inout TextBuffer) {
    for gap in gaps.prefix(limit) {
      text.append("sockeye: ", .yellow, if: isColored)
      text.append(shortTime: gap.began)
      text.append(" to ")
      text.append(shortTime: gap.ended)
      text.append(" UTC: ")
      text.append(terminal: gap.message)
      if let count = gap.count {
        text.append(" (")
        text.append(decimal: Int(count))
        text.append(")")
      }
      text.append("\n")
    }
    if gaps.count > limit {
      text.append("sockeye: ", .yellow, if: isColored)
      text.append(decimal: gaps.count - limit)
      text.append(" more gaps; -o json has them all\n")
    }
  }
}

extension TextBuffer {
  /// `2026-11-20 03:12:09`
  mutating func append(shortTime microseconds: Int64) {
    append(humanTime: UInt64(clamping: microseconds) &* 1000)
    truncate(to: count - 4)
  }
  mutating func append(optionalSize bytes: UInt64?) {
    if let bytes { append(size: bytes) } else { append("-") }
  }
  fileprivate mutating func append(nameOf process: StoredProcess?) {
    if let process { append(nameOf: process.process) } else { append("-") }
  }
}
