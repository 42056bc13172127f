/// Which way a connection was opened.
public enum StoredDirection: Int64, Sendable { case unknown = 0, outbound, inbound }

/// How a connection ended.
public enum StoredOutcome: Int64, Sendable {
  /// Still open if it has no duration; otherwise closed as connections are.
  case normal = 0
  case failed
  /// The recorder stopped, or lost sight: `duration` is how long it was known to last.
  case unknown
}
