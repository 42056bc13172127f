import Glibc
import Model
import Store

/// Times the queries of a filled store, warm: the best and the worst of seven.
func ask(_ path: String) throws(StoreError) {
  let reader = try StoreReader(path: path)
  var (first, last) = (Int64(0), Int64(0))
  try StoreSQL(path: path).run("SELECT min(opened_first), max(opened_last) FROM segment") { row in
    if case .integer(let value) = row[0] { first = value }
    if case .integer(let value) = row[1] { last = value }
    return true
  }
  let middle = first + (last - first) / 2
  try measure("newest page") { () throws(StoreError) in try reader.history(HistoryQuery()).connections.count }
  for (name, peer) in [
    ("busiest peer", "11.0.0.0"), ("rare peer", "11.112.232.206"), ("absent peer", "9.9.9.9"),
  ] {
    var query = HistoryQuery()
    query.addresses = [AddressPrefix(IPAddress(peer)!)]
    try measure("history, \(name)") { () throws(StoreError) in try reader.history(query).connections.count }
    query.since = middle
    query.until = middle
    try measure("who at, \(name)") { () throws(StoreError) in try reader.history(query).connections.count }
  }
  var query = HistoryQuery()
  query.peerAddresses = [AddressPrefix(IPAddress("11.100.0.0")!, length: 16)]
  try measure("history, a /16 of peers") { () throws(StoreError) in
    try reader.history(query).connections.count
  }
  for port: UInt16 in [443, 40_000, 7] {
    query = HistoryQuery()
    query.port = port
    try measure("history, port \(port)") { () throws(StoreError) in
      try reader.history(query).connections.count
    }
    (query.since, query.until) = (middle, middle)
    try measure("who at, port \(port)") { () throws(StoreError) in try reader.history(query).connections.count
    }
  }
  query = HistoryQuery()
  query.processes.pid = ProcessID(150_000)
  try measure("history, a pid of one connection") { () throws(StoreError) in
    try reader.history(query).connections.count
  }
  query.processes.pid = ProcessID(107)
  try measure("history, a busy pid") { () throws(StoreError) in try reader.history(query).connections.count }
  query = HistoryQuery()
  query.processes.executable = "/usr/lib/application/bin/program-399"
  try measure("history, an executable") { () throws(StoreError) in try reader.history(query).connections.count
  }
  query = HistoryQuery()
  query.processes.userID = 7
  try measure("history, a user") { () throws(StoreError) in try reader.history(query).connections.count }
  query = HistoryQuery()
  (query.since, query.until) = (middle, middle)
  query.limit = 1_000_000
  try measure("all alive at a moment") { () throws(StoreError) in try reader.history(query).connections.count
  }
  query.limit = 100
  (query.since, query.until) = (middle - 60_000_000, middle)
  try measure("history, a minute, first page") { () throws(StoreError) in
    try reader.history(query).connections.count
  }
  // A tenth of the store: 1 million of 10.
  let tenth = (last - first) / 10
  try measure("map of a tenth, by executable", rounds: 3) { () throws(StoreError) in
    try reader.edges(since: middle - tenth, until: middle, by: .executable).count
  }
  try measure("map of a tenth, by unit", rounds: 3) { () throws(StoreError) in
    try reader.edges(since: middle - tenth, until: middle, by: .unit).count
  }
  try hunt(reader)
  try measure("SQL, view connections by peer_address") { () throws(StoreError) in
    var count = 0
    try StoreSQL(path: path).run("SELECT * FROM connections WHERE peer_address = '11.112.232.206'") { _ in
      count += 1
      return true
    }
    return count
  }
}

func measure(_ name: String, rounds: Int = 7, _ body: () throws(StoreError) -> Int) throws(StoreError) {
  var count = try body()
  var (best, worst) = (Double.infinity, 0.0)
  for _ in 0..<rounds {
    let before = seconds(CLOCK_MONOTONIC)
    count = try body()
    let took = (seconds(CLOCK_MONOTONIC) - before) * 1000
    (best, worst) = (min(best, took), max(worst, took))
  }
  print("\(name): \(rounded(best)) to \(rounded(worst)) ms, \(count) rows")
}
