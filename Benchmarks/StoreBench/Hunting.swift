import Model
import Store

/// Times the hunt of watch-lists through a whole filled store: look-ups of names and rows, all hits read.
func hunt(_ reader: StoreReader) throws(StoreError) {
  // Peers are 11.0.0.0 + 37·n, n below 200,000, the higher the rarer.
  func peers(_ numbers: some Sequence<UInt32>) -> [String] {
    numbers.map { IPAddress(v4: 0x0b00_0000 &+ $0 &* 37).text }
  }
  let absent = (0..<100_000 as Range<UInt32>).map { IPAddress(v4: 0xc600_0000 &+ $0).text }
  let lists: [(String, [String])] = [
    ("100,000 entries, none of them here", absent),
    ("100,000 entries, 100 rare peers", absent + peers(stride(from: 190_000, to: 200_000, by: 100))),
    ("100,000 entries, 10,000 peers", absent + peers(180_000..<190_000)),
    ("a domain of one peer", ["*.rare.example"]),
    ("the hash of a program", [syntheticHash(399)]),
  ]
  for (name, lines) in lists {
    var list = Watchlist()
    do throws(WatchlistError) { try list.add(list: name, Array(lines.joined(separator: "\n").utf8)) } catch {
      fatalError("\(error)")
    }
    try measure("hunt, \(name)", rounds: 3) { () throws(StoreError) in
      var query = HistoryQuery()
      query.hunt = try reader.hunt(list)
      query.limit = 1_000_000
      return try reader.history(query).connections.count { !list.hits(of: $0).isEmpty }
    }
  }
}

/// Of the file of a program.
func syntheticHash(_ program: Int) -> String {
  let digits = String(program, radix: 16)
  return String(repeating: "0", count: 64 - digits.count) + digits
}
