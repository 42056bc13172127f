/// The segments that can hold connections of a time window, and by which way to look into each.
struct SegmentWalk {
  enum Way {
    /// Every row may be meant.
    case whole
    /// Only what lasted: the classes, with the earliest opening of each.
    case lasting([LastingSpan])
  }
  struct LastingSpan {
    var span: Int64
    var openedFrom: Int64
  }
  struct Segment {
    var id: Int64
    var way: Way
  }

  /// How long after its opening a row of class 0 can be alive: short, or open and not yet marked as lasting.
  static let shortReach = 20_000_000 as Int64

  /// Newest first.
  let segments: [Segment]

  init(_ connection: SQLiteConnection, since: Int64?, until: Int64?) throws(StoreError) {
    let rows = try connection.prepare(
      "SELECT id, opened_first, opened_last, short_first, spans FROM segment ORDER BY id DESC")
    // Nothing is older than 1970; so nothing below overflows.
    let since = since.map { max($0, 0) }
    var found: [Segment] = []
    while try rows.step() {
      let id = rows.integer(0)
      let (first, last, shortFirst, spans) = (
        rows.integer(1), rows.integer(2), rows.integer(3), rows.integer(4)
      )
      if let until, first > until { continue }
      guard let since else {
        found.append(Segment(id: id, way: .whole))
        continue
      }
      if shortFirst <= until ?? .max && last + Self.shortReach >= since {
        found.append(Segment(id: id, way: .whole))
        continue
      }
      var lasting: [LastingSpan] = []
      for span in 1...SpanClass.open where spans >> span & 1 == 1 {
        let from = SpanClass.reach(span).map { since - $0 } ?? .min
        if last >= from { lasting.append(LastingSpan(span: span, openedFrom: from)) }
      }
      if !lasting.isEmpty { found.append(Segment(id: id, way: .lasting(lasting))) }
    }
    segments = found
  }
}
