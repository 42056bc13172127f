/// Where the search for what nobody uses any more has come to.
struct OrphanSweep {
  /// Nothing of a segment before this is used.
  var oldestSegment: Int64 = 0
  /// Table that is looked through, and the id reached in it; nil when there is nothing to look for.
  var position: (table: Int, id: Int64)?
  /// The first segment that open connections have moved to since the last search began.
  var carriedTo: Int64?
  static let tables = ["process", "address", "text", "container", "file"]
}
