/// What netstat says for one counter.
struct CounterProse: Sendable {
  enum Kind: Sendable {
    /// Said whatever the value.
    case always
    /// Said unless it is 0.
    case nonzero
    /// Of the histograms of ICMP: said unless it is 0, below a title that is said anyway.
    case input, output
    /// Not said.
    case hidden
  }
  let name: String
  /// `%` stands for the value.
  let text: String
  let kind: Kind

  static func always(_ name: String, _ text: String) -> CounterProse {
    .init(name: name, text: text, kind: .always)
  }
  static func nonzero(_ name: String, _ text: String) -> CounterProse {
    .init(name: name, text: text, kind: .nonzero)
  }
  static func input(_ name: String, _ text: String) -> CounterProse {
    .init(name: name, text: text, kind: .input)
  }
  static func output(_ name: String, _ text: String) -> CounterProse {
    .init(name: name, text: text, kind: .output)
  }
  static func hidden(_ name: String) -> CounterProse { .init(name: name, text: "", kind: .hidden) }

  /// Finds a counter in a table as netstat does: by bsearch(3), which misses some, for not all tables are sorted.
  static func search(_ table: [CounterProse], for name: String) -> CounterProse? {
    let key = Array(name.utf8)
    var range = 0..<table.count
    while !range.isEmpty {
      let middle = (range.lowerBound + range.upperBound) / 2
      let entry = Array(table[middle].name.utf8)
      if entry == key { return table[middle] }
      if key.lexicographicallyPrecedes(entry) {
        range = range.lowerBound..<middle
      } else {
        range = middle + 1..<range.upperBound
      }
    }
    return nil
  }
}
