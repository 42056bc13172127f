import Model

/// What was seen of a window, µs since 1970.
public struct Coverage: Sendable, Equatable {
  public var gaps: [StoredGap] = []
  /// Parts of the window in which nothing was recorded, oldest first.
  public var unrecorded: [ClosedRange<Int64>] = []

  init(_ connection: SQLiteConnection, since: Int64, until: Int64) throws(StoreError) {
    let gaps = try connection.prepare(
      "SELECT kind, began, ended, count, message FROM gap WHERE ended >= ? AND began <= ? ORDER BY began, id")
    gaps.bind(1, since)
    gaps.bind(2, until)
    while try gaps.step() {
      self.gaps.append(
        StoredGap(
          kind: gaps.string(0) ?? "", began: gaps.integer(1), ended: gaps.integer(2),
          count: gaps.optionalInteger(3),
          message: gaps.string(4) ?? ""))
    }
    // A recording that runs says so each minute. One that has not for longer is over, though nobody has written its end.
    let end = "coalesce(stopped, flushed + 61000000)"
    let recordings = try connection.prepare(
      "SELECT started, \(end) FROM recording WHERE \(end) >= ?1 AND started <= ?2 ORDER BY started")
    recordings.bind(1, since)
    recordings.bind(2, until)
    var covered = since
    while try recordings.step() {
      let (started, stopped) = (recordings.integer(0), recordings.integer(1))
      if started > covered { unrecorded.append(covered...(started - 1)) }
      covered = max(covered, stopped + 1)
    }
    if covered <= until { unrecorded.append(covered...until) }
  }
}
