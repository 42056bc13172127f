/// How full a table or a queue is.
public struct Occupancy: Sendable, Equatable {
  /// `open_connections`, `queue_bytes`.
  public var name: String
  public var used: Int
  public var ceiling: Int

  public init(_ name: String, _ used: Int, ceiling: Int) {
    (self.name, self.used, self.ceiling) = (name, used, ceiling)
  }
}
