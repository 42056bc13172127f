import Model

/// Sums the connections of a window into edges, in one pass.
struct EdgeSearch {
  private struct Key: Hashable {
    /// An id of whatever is grouped by; -1 is unknown.
    var own: Int64
    /// The same for a process at the other end; -2 when there is none, and the address counts.
    var other: Int64
    var peer: Int64
    var packed: Int64

    /// One word for the hasher: there may be a million keys.
    func hash(into hasher: inout Hasher) {
      hasher.combine(own &* 0x1e37_79b9_7f4a_7c15 ^ peer &* 0x2545_f491_4f6c_dd1d ^ packed &+ other << 48)
    }
  }
  private struct Sums {
    var count: Int64 = 0
    var failed: Int64 = 0
    var sent: Int64 = 0
    var received: Int64 = 0
    var first = Int64.max
    var last = Int64.min
  }

  private let grouping: MapGrouping
  private let names: StoredNames
  private let rows: StoredRows
  private var slots: [Key: Int] = [:]
  private var keys: [Key] = []
  private var sums: [Sums] = []
  /// Group of each process that was met.
  private var groups: [Int64: Int64] = [:]

  private(set) var living: LivingSockets

  init(_ grouping: MapGrouping, _ names: StoredNames, _ rows: StoredRows, _ living: LivingSockets) {
    (self.grouping, self.names, self.rows, self.living) = (grouping, names, rows, living)
  }

  private static let columns = """
    opened, flags, process, program, peer_process, peer, local_port, peer_port, sent, received
    """
  /// Null unless the end is unknown, or after the living were seen.
  private static let livingColumns = """
    , CASE WHEN duration IS NULL OR (flags >> 5 & 3) = \(StoredOutcome.unknown.rawValue) OR opened + duration >= ?9
      THEN netns END, cookie
    """

  mutating func run(_ connection: SQLiteConnection, since: Int64, until: Int64) throws(StoreError) {
    let columns = Self.columns + (living.sockets.isEmpty ? "" : Self.livingColumns)
    let window = "opened <= \(until) AND (duration IS NULL OR opened + duration >= \(since))"
    let whole = try connection.prepare(
      "SELECT \(columns) FROM connection WHERE id >= ?1 << 14 AND id < (?1 + 1) << 14 AND \(window)")
    let lasting = try connection.prepare(
      """
      SELECT \(columns) FROM connection INDEXED BY connection_by_span
      WHERE (id >> 14) = ?1 AND span > 0 AND span = ?2 AND opened >= ?3 AND \(window)
      """)
    let column =
      switch grouping {
      case .executable: "executable"
      case .unit: "unit"
      case .container: "container"
      case .process: "id"
      }
    let group = try connection.prepare("SELECT \(column) FROM process WHERE id = ?")
    if !living.sockets.isEmpty { for statement in [whole, lasting] { statement.bind(9, living.moment) } }
    for segment in try SegmentWalk(connection, since: since, until: until).segments {
      switch segment.way {
      case .whole:
        whole.bind(1, segment.id)
        while try whole.step() { try add(whole, group) }
        whole.reset()
      case .lasting(let spans):
        for span in spans {
          lasting.bind(1, segment.id)
          lasting.bind(2, span.span)
          lasting.bind(3, span.openedFrom)
          while try lasting.step() { try add(lasting, group) }
          lasting.reset()
        }
      }
    }
  }

  private mutating func add(_ row: SQLiteStatement, _ group: SQLiteStatement) throws(StoreError) {
    if !living.sockets.isEmpty, let netns = row.optionalInteger(10),
      living.note(.init(storedNetns: netns, cookie: row.integer(11)), opened: row.integer(0))
    {
      return
    }
    let flags = ConnectionFlags(rawValue: row.integer(1))
    let isInbound = flags.direction == StoredDirection.inbound.rawValue
    let port = isInbound ? row.integer(6) : row.integer(7)
    let process = row.integer(2)
    let own: Int64
    switch grouping {
    case .executable: own = row.optionalInteger(3) ?? -1
    case .process: own = process == 0 ? -1 : process
    case .unit, .container: own = try self.group(of: process, group)
    }
    let peerProcess = row.integer(4)
    let other = peerProcess == 0 ? -2 : try self.group(of: peerProcess, group)
    let key = Key(
      own: own, other: other, peer: other == -2 ? row.integer(5) : 0,
      packed: flags.protocol << 18 | flags.direction << 16 | port)
    let slot: Int
    if let known = slots[key] {
      slot = known
    } else {
      slot = sums.count
      sums.append(Sums())
      keys.append(key)
      slots[key] = slot
    }
    let opened = row.integer(0)
    sums[slot].count += 1
    sums[slot].failed += flags.outcome == StoredOutcome.failed.rawValue ? 1 : 0
    sums[slot].sent &+= row.integer(8)
    sums[slot].received &+= row.integer(9)
    sums[slot].first = min(sums[slot].first, opened)
    sums[slot].last = max(sums[slot].last, opened)
  }

  private mutating func group(of process: Int64, _ statement: SQLiteStatement) throws(StoreError) -> Int64 {
    if let known = groups[process] { return known }
    statement.bind(1, process)
    defer { statement.reset() }
    let group = try statement.step() ? statement.optionalInteger(0) ?? -1 : -1
    groups[process] = group
    return group
  }

  // MARK: Names

  /// In no order.
  func edges() throws(StoreError) -> [MapEdge] {
    var edges: [MapEdge] = []
    edges.reserveCapacity(sums.count)
    for (key, sums) in zip(keys, sums) {
      let own = try node(key.own)
      var peer = MapNode.unknown
      if key.other != -2 {
        peer = try node(key.other)
      } else if let address = try names.address(key.peer) {
        peer = .address(address)
      }
      let direction = StoredDirection(rawValue: key.packed >> 16 & 3) ?? .unknown
      let isInbound = direction == .inbound
      edges.append(
        MapEdge(
          source: isInbound ? peer : own, target: isInbound ? own : peer,
          protocol: SocketProtocol(rawValue: UInt16(key.packed >> 18)), port: UInt16(key.packed & 0xffff),
          direction: direction, count: sums.count, failed: sums.failed,
          sent: isInbound ? sums.received : sums.sent,
          received: isInbound ? sums.sent : sums.received, first: sums.first, last: sums.last))
    }
    return edges
  }

  private func node(_ group: Int64) throws(StoreError) -> MapNode {
    if group < 0 { return .unknown }
    switch grouping {
    case .process: return .process(group)
    case .executable, .unit: return try names.text(group).map(MapNode.named) ?? .unknown
    case .container: return try rows.container(group).map(MapNode.named) ?? .unknown
    }
  }
}

extension SocketIdentity {
  /// As `connection` has them.
  fileprivate init(storedNetns netns: Int64, cookie: Int64) {
    self.init(
      netns: NetworkNamespace(UInt32(truncatingIfNeeded: netns + StoreSchema.firstNamespace)),
      cookie: SocketCookie(UInt64(bitPattern: cookie)))
  }
}
