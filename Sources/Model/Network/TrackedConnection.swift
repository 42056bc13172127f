/// A connection that the host tracks for its firewall, with both directions as they are on the wire.
public struct TrackedConnection: Sendable, Equatable {
  public struct Direction: Sendable, Equatable {
    public var source, destination: Endpoint
    public init(source: Endpoint, destination: Endpoint) {
      self.source = source
      self.destination = destination
    }
  }
  /// `IPPROTO_*`.
  public var protocolNumber: UInt8
  public var original, reply: Direction
  /// Seconds until it is forgotten; nil is unknown.
  public var timeoutSeconds: UInt32?
  /// Correction of TCP sequence numbers behind a position.
  public var sequencePosition: UInt32 = 0
  public var sequenceOffsetBefore: Int32 = 0
  public var sequenceOffsetAfter: Int32 = 0
  public init(protocolNumber: UInt8, original: Direction, reply: Direction, timeoutSeconds: UInt32?) {
    self.protocolNumber = protocolNumber
    self.original = original
    self.reply = reply
    self.timeoutSeconds = timeoutSeconds
  }

  /// Answers do not simply go back: an address or port is translated (NAT).
  public var isTranslated: Bool {
    reply.source != original.destination || reply.destination != original.source
  }
}
