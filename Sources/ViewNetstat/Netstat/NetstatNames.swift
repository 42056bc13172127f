import Model

/// Names for numbers, where they were asked for; what is not in here is printed as a number.
public struct NetstatNames: Sendable {
  /// By unmapped address.
  public var hosts: [IPAddress: RawText] = [:]
  /// By address in host order.
  public var networks: [UInt32: RawText] = [:]
  public var tcpPorts: [UInt16: RawText] = [:]
  public var udpPorts: [UInt16: RawText] = [:]
  /// IP protocols, which raw sockets have for a port.
  public var protocols: [UInt16: RawText] = [:]
  public var users: [UInt32: RawText] = [:]
  public init() {}
}
