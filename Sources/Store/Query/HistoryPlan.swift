import Model

/// A `HistoryQuery` with its names looked up: SQL for what SQLite can judge, sets for the rest.
struct HistoryPlan {
  /// Ids beyond this go into a set that is judged here.
  private static let listed = 64

  private(set) var conditions: [String] = []
  /// Nothing can be found: a name or an address is not in the store.
  private(set) var isEmpty = false
  /// Some condition has an index.
  private(set) var hasIndex = false
  private var eitherSet: Set<Int64>?
  private var localSet: Set<Int64>?
  private var peerSet: Set<Int64>?
  private var processSet: Set<Int64>?
  let hunt: HistoryHunt?

  init(_ query: HistoryQuery, _ names: StoredNames) throws(StoreError) {
    hunt = query.hunt
    if hunt?.isEmpty == true { isEmpty = true }
    if let since = query.since { conditions.append("(duration IS NULL OR opened + duration >= \(since))") }
    if let until = query.until { conditions.append("opened <= \(until)") }
    try takeAddresses(query, names)
    try takeProcesses(query.processes, names)
    if let port = query.port { conditions.append("(local_port = \(port) OR peer_port = \(port))") }
    if let port = query.localPort { conditions.append("local_port = \(port)") }
    if let port = query.peerPort { conditions.append("peer_port = \(port)") }
    hasIndex = conditions.count > (query.since == nil ? 0 : 1) + (query.until == nil ? 0 : 1)
    conditions += query.bounds.map(\.condition)
    if let number = query.protocol { conditions.append("flags >> 9 & 1023 = \(number.rawValue)") }
    if let direction = query.direction { conditions.append("flags >> 3 & 3 = \(direction.rawValue)") }
    if let outcome = query.outcome { conditions.append("flags >> 5 & 3 = \(outcome.rawValue)") }
    if let isOpen = query.isOpen { conditions.append("duration IS \(isOpen ? "" : "NOT ")NULL") }
  }

  private mutating func takeAddresses(_ query: HistoryQuery, _ names: StoredNames) throws(StoreError) {
    if let ids = try ids(query.addresses, names) {
      if ids.count > Self.listed {
        eitherSet = Set(ids)
      } else {
        conditions.append("(peer IN (\(list(ids))) OR local IN (\(list(ids))))")
      }
    }
    if let ids = try ids(query.localAddresses, names) {
      if ids.count > Self.listed { localSet = Set(ids) } else { conditions.append("local IN (\(list(ids)))") }
    }
    if let ids = try ids(query.peerAddresses, names) {
      if ids.count > Self.listed { peerSet = Set(ids) } else { conditions.append("peer IN (\(list(ids)))") }
    }
  }

  private mutating func ids(_ prefixes: [AddressPrefix], _ names: StoredNames) throws(StoreError) -> [Int64]?
  {
    if prefixes.isEmpty { return nil }
    var ids: [Int64] = []
    for prefix in prefixes { ids += try names.addresses(in: prefix) }
    if ids.isEmpty { isEmpty = true }
    return ids
  }

  private mutating func takeProcesses(_ query: ProcessQuery, _ names: StoredNames) throws(StoreError) {
    if query.isEmpty { return }
    if query.isExecutableOnly, let executable = query.executable {
      guard let program = try names.text(executable) else {
        isEmpty = true
        return
      }
      return conditions.append("program = \(program)")
    }
    let found = try names.processes(query)
    if found.isEmpty { isEmpty = true }
    guard found.count <= Self.listed else {
      processSet = Set(found.map(\.id))
      return
    }
    // By program and process, for the index that has them in this order.
    let groups = Dictionary(grouping: found, by: \.program).map { program, processes in
      "(program \(program.map { "= \($0)" } ?? "IS NULL") AND process IN (\(list(processes.map(\.id)))))"
    }
    conditions.append("(\(groups.joined(separator: " OR ")))")
  }

  private func list(_ ids: [Int64]) -> String { ids.map(String.init).joined(separator: ", ") }

  func wants(_ row: RawConnection) -> Bool {
    func holds(_ set: Set<Int64>?, _ id: Int64?) -> Bool {
      guard let set else { return true }
      return id.map(set.contains) ?? false
    }
    if let hunt, !hunt.wants(row) { return false }
    return holds(localSet, row.local) && holds(peerSet, row.peer) && holds(processSet, row.process)
      && (eitherSet == nil || holds(eitherSet, row.local) || holds(eitherSet, row.peer))
  }
}
