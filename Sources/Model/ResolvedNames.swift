/// Names that were looked up for addresses and ports (`--resolve`).
public struct ResolvedNames: Sendable {
  /// Services have a number a transport.
  public struct Service: Hashable, Sendable {
    public let table: SocketTable
    public let port: UInt16
    public init(table: SocketTable, port: UInt16) {
      self.table = table
      self.port = port
    }
  }
  /// By unmapped address; what had no name, or none in time, is absent. Chosen by whoever runs the reverse zone.
  public var hosts: [IPAddress: RawText] = [:]
  public var services: [Service: RawText] = [:]
  public init() {}

  public func host(_ address: IPAddress) -> RawText? { hosts[address.unmapped] }
  public func service(_ port: UInt16, _ table: SocketTable) -> RawText? {
    services[Service(table: table, port: port)]
  }
}
