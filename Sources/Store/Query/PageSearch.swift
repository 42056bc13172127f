/// Walks the segments until a page is full.
struct PageSearch {
  private let query: HistoryQuery
  private let plan: HistoryPlan
  private let segments: [SegmentWalk.Segment]
  private let whole: SQLiteStatement
  private let lasting: SQLiteStatement
  private let byID: SQLiteStatement
  private let hunt: HuntSearch?
  private let limit: Int

  init(_ query: HistoryQuery, _ plan: HistoryPlan, _ connection: SQLiteConnection) throws(StoreError) {
    self.query = query
    self.plan = plan
    // One more, which tells that there is a next page.
    limit = min(query.limit, 1 << 32) + 1
    let order = query.order == .oldest ? "ASC" : "DESC"
    var conditions = plan.conditions
    if let after = query.after, query.order == .newest { conditions.append("id < \(after.id)") }
    if let after = query.after, query.order == .oldest { conditions.append("id > \(after.id)") }
    let more = conditions.map { " AND \($0)" }.joined()
    // Without an index of its own the segment is read in its order, and left as soon as the page is full.
    let segment = plan.hasIndex ? "(id >> 14) = ?1" : "id >= ?1 << 14 AND id < (?1 + 1) << 14"
    whole = try connection.prepare(
      "SELECT \(RawConnection.columns) FROM connection WHERE \(segment)\(more) ORDER BY id \(order)")
    lasting = try connection.prepare(
      """
      SELECT \(RawConnection.columns) FROM connection INDEXED BY connection_by_span
      WHERE (id >> 14) = ?1 AND span > 0 AND span = ?2 AND opened >= ?3\(more)
      """)
    byID = try connection.prepare("SELECT \(RawConnection.columns) FROM connection WHERE id = ?1\(more)")
    hunt = try plan.hunt.map { (hunt) throws(StoreError) in try HuntSearch(hunt, connection) }
    let walk = try SegmentWalk(connection, since: query.since, until: query.until).segments
    segments = query.order == .oldest ? walk.reversed() : walk
  }

  /// At most `limit` rows, in order.
  func found() throws(StoreError) -> [RawConnection] {
    let isByAge = query.order == .newest || query.order == .oldest
    var found: [RawConnection] = []
    for segment in segments {
      if isByAge, let after = query.after {
        let reached = after.id >> StoreSchema.segmentShift
        if query.order == .newest ? segment.id > reached : segment.id < reached { continue }
      }
      try look(into: segment, &found, isByAge: isByAge)
      if isByAge && found.count >= limit { break }
      if found.count > max(4 * limit, 4096) { prune(&found) }
    }
    prune(&found)
    return found
  }

  private func look(into segment: SegmentWalk.Segment, _ found: inout [RawConnection], isByAge: Bool)
    throws(StoreError)
  {
    switch segment.way {
    case .whole where hunt != nil:
      let ids = try hunt?.candidates(in: segment.id) ?? []
      for id in query.order == .oldest ? ids : ids.reversed() {
        byID.bind(1, id)
        defer { byID.reset() }
        if try byID.step() { take(RawConnection(byID), &found) }
        if isByAge && found.count >= limit { return }
      }
    case .whole:
      whole.bind(1, segment.id)
      defer { whole.reset() }
      while try whole.step() {
        take(RawConnection(whole), &found)
        if isByAge && found.count >= limit { return }
      }
    case .lasting(let spans):
      let start = found.count
      for span in spans {
        lasting.bind(1, segment.id)
        lasting.bind(2, span.span)
        lasting.bind(3, span.openedFrom)
        defer { lasting.reset() }
        while try lasting.step() { take(RawConnection(lasting), &found) }
      }
      if isByAge { found[start...].sort { query.order == .oldest ? $0.id < $1.id : $0.id > $1.id } }
    }
  }

  private func take(_ row: RawConnection, _ found: inout [RawConnection]) {
    guard plan.wants(row) else { return }
    if let after = query.after, query.order != .newest, query.order != .oldest {
      let value = row.value(query.order)
      guard value < after.value || value == after.value && row.id < after.id else { return }
    }
    found.append(row)
  }

  private func prune(_ found: inout [RawConnection]) {
    if query.order != .newest && query.order != .oldest {
      found.sort {
        let (left, right) = ($0.value(query.order), $1.value(query.order))
        return left == right ? $0.id > $1.id : left > right
      }
    }
    if found.count > limit { found.removeLast(found.count - limit) }
  }
}
