import Model

/// Reads a store, while a recorder writes it or not. Changes nothing. Owned by one thread.
public final class StoreReader {
  let connection: SQLiteConnection
  let names: StoredNames
  let rows: StoredRows
  private let schema: Int

  public init(path: String) throws(StoreError) {
    connection = try SQLiteConnection(path: path, .reading)
    // Pages are read where the kernel caches them; it is asked for no more than it has.
    try connection.run("PRAGMA query_only = ON; PRAGMA mmap_size = 4294967296; PRAGMA cache_size = -8192")
    let found = Int(try connection.integer("PRAGMA user_version") ?? 0)
    guard found <= StoreSchema.version else { throw .newer(path: path, schema: found) }
    guard found > 0 else { throw .corrupted(path: path, detail: "it holds no store") }
    schema = found
    names = try StoredNames(connection)
    rows = try StoredRows(connection, names, schema: found)
  }

  /// Runs queries that see the store as it is at one moment.
  private func snapshot<Result>(_ body: () throws(StoreError) -> Result) throws(StoreError) -> Result {
    try connection.run("BEGIN")
    defer { endSnapshot() }
    return try body()
  }

  private func endSnapshot() {
    names.forgetAll()
    rows.forgetAll()
    do { try connection.run("COMMIT") } catch
    { /* Only reading: whatever went wrong, there is nothing to undo. */  }
  }

  // MARK: Connections

  /// One page of connections. Cost grows with what is looked through until the page is full, not with the store.
  public func history(_ query: HistoryQuery) throws(StoreError) -> HistoryPage {
    try snapshot { () throws(StoreError) in
      let plan = try HistoryPlan(query, names)
      if plan.isEmpty || query.limit <= 0 { return HistoryPage() }
      var found = try PageSearch(query, plan, connection).found()
      var page = HistoryPage()
      if found.count > query.limit {
        found.removeLast(found.count - query.limit)
        page.next = found.last.map { HistoryCursor(id: $0.id, value: $0.value(query.order)) }
      }
      for row in found { page.connections.append(try rows.connection(row)) }
      return page
    }
  }

  /// Looks up what a watch-list can mean here, for `HistoryQuery.hunt`: a fraction of a second.
  public func hunt(_ list: Watchlist) throws(StoreError) -> HistoryHunt {
    try snapshot { () throws(StoreError) in try HistoryHunt(list, connection, names, schema: schema) }
  }

  /// What is known of a moment or a window besides its connections: gaps, and when nothing was recorded.
  public func coverage(since: Int64, until: Int64) throws(StoreError) -> Coverage {
    try snapshot { () throws(StoreError) in try Coverage(connection, since: since, until: until) }
  }

  // MARK: Processes

  /// Processes, the latest first.
  public func processes(_ query: ProcessQuery, at time: Int64? = nil, limit: Int = 1000) throws(StoreError)
    -> [StoredProcess]
  {
    try snapshot { () throws(StoreError) in
      var found: [StoredProcess] = []
      for (id, _) in try names.processes(query).sorted(by: { $0.id > $1.id }) {
        guard let process = try rows.process(id) else { continue }
        if let time, process.began > time || process.ended ?? .max < time { continue }
        found.append(process)
        if found.count == limit { break }
      }
      return found
    }
  }

  // MARK: The map

  /// Who spoke with whom in a window, µs since 1970, in no order. Connections that `living` has are left out, and noted there.
  public func edges(
    since: Int64, until: Int64, by grouping: MapGrouping, leavingOut living: inout LivingSockets
  ) throws(StoreError) -> [MapEdge] {
    var search = EdgeSearch(grouping, names, rows, living)
    let edges = try snapshot { () throws(StoreError) in
      try search.run(connection, since: since, until: until)
      return try search.edges()
    }
    living = search.living
    return edges
  }

  /// Who spoke with whom in a window, µs since 1970, in no order.
  public func edges(since: Int64, until: Int64, by grouping: MapGrouping) throws(StoreError) -> [MapEdge] {
    var nothing = LivingSockets([], at: 0)
    return try edges(since: since, until: until, by: grouping, leavingOut: &nothing)
  }
}

/// Sockets that were seen to live, and what the store knows of them.
public struct LivingSockets: Sendable {
  let sockets: Set<SocketIdentity>
  /// When they were seen, µs since 1970.
  let moment: Int64
  /// Of those that the store has: when they were opened, µs since 1970.
  public private(set) var opened: [SocketIdentity: Int64] = [:]

  public init(_ sockets: Set<SocketIdentity>, at moment: Int64) {
    self.sockets = sockets
    self.moment = moment
  }

  /// Whether a stored connection is one of them.
  mutating func note(_ socket: SocketIdentity, opened time: Int64) -> Bool {
    guard sockets.contains(socket) else { return false }
    opened[socket] = min(time, opened[socket] ?? .max)
    return true
  }
}
