/// The words that begin a predicate.
enum FilterKeyword {
  case state, exclude
  case port(SocketSide)
  case host(SocketSide)
  case device, mark, controlGroup, family, table, type, direction
  /// A number, a text, or either.
  case attribute(FilterNumber?, FilterText?)
  /// A predicate by itself.
  case bare(FilterTest)

  static let all: [String: FilterKeyword] = {
    var words: [String: FilterKeyword] = [
      "state": .state, "exclude": .exclude, "excl": .exclude,
      "sport": .port(.local), "dport": .port(.peer), "port": .port(.either),
      "src": .host(.local), "dst": .host(.peer), "addr": .host(.either),
      "dev": .device, "fwmark": .mark, "mark": .mark, "cgroup": .controlGroup,
      "family": .family, "proto": .table, "protocol": .table, "type": .type, "direction": .direction,
      "process": .attribute(nil, .comm), "cmdline": .attribute(nil, .args),
      "autobound": .bare(.autobound),
      "listening": .bare(.states(SocketStateSet(.listen))), "connected": .bare(.states(.connected)),
      "inbound": .bare(.direction(.inbound)), "outbound": .bare(.direction(.outbound)),
      "ipv4": .bare(.family(.inet)), "ipv6": .bare(.family(.inet6)),
      "inet": .bare(.family(.inet)), "inet6": .bare(.family(.inet6)),
    ]
    for table in SocketTable.allCases where table != .other { words[table.name] = .bare(.table(table)) }
    for number in FilterNumber.allCases { words[number.rawValue] = .attribute(number, nil) }
    for text in FilterText.allCases {
      words[text.rawValue] = .attribute(FilterNumber(rawValue: text.rawValue), text)
    }
    return words
  }()

  /// The nearest keyword or operator within two edits that are fewer than its letters.
  static func nearest(to word: String) -> String? {
    nearest(to: word, among: Array(all.keys) + ["and", "or", "not"])
  }

  static func nearest(to word: String, among candidates: [String]) -> String? {
    let typed = Array(word.lowercased().utf8)
    guard typed.count <= 24 else { return nil }
    let near = candidates.filter { abs($0.utf8.count - typed.count) <= 2 }
    let ranked = near.map { (distance: distance(typed, Array($0.utf8)), name: $0) }
    let best = ranked.min { ($0.distance, $0.name) < ($1.distance, $1.name) }
    guard let best, best.distance <= 2, best.distance < min(typed.count, best.name.utf8.count) else {
      return nil
    }
    return best.name
  }

  /// Edits from one word to the other: insert, delete, replace, or swap two neighbours.
  static func distance(_ left: [UInt8], _ right: [UInt8]) -> Int {
    var before: [Int] = []
    var above = Array(0...right.count)
    for (row, letter) in left.enumerated() {
      var current = [row + 1]
      for (column, other) in right.enumerated() {
        var best = min(above[column + 1] + 1, current[column] + 1, above[column] + (letter == other ? 0 : 1))
        if row > 0, column > 0, letter == right[column - 1], left[row - 1] == other {
          best = min(best, before[column - 1] + 1)
        }
        current.append(best)
      }
      before = above
      above = current
    }
    return above[right.count]
  }
}
