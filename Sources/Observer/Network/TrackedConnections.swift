import KernelNetlink
import Model

/// The connections that the calling thread's network namespace tracks.
public enum TrackedConnections {
  /// Needs CAP_NET_ADMIN.
  public static func take() throws(ObserverError) -> [TrackedConnection] {
    do throws(ConntrackDump.Failure) {
      return try ConntrackDump.take().map(TrackedConnection.init)
    } catch { throw .notPossible(error.description) }
  }
}

extension TrackedConnection {
  init(_ record: ConntrackRecord) {
    self.init(
      protocolNumber: record.original.protocolNumber, original: Direction(record.original),
      reply: Direction(record.reply), timeoutSeconds: record.timeoutSeconds)
    sequencePosition = record.sequencePosition
    sequenceOffsetBefore = record.sequenceOffsetBefore
    sequenceOffsetAfter = record.sequenceOffsetAfter
  }
}

extension TrackedConnection.Direction {
  fileprivate init(_ tuple: ConntrackRecord.Tuple) {
    let family: AddressFamily = tuple.isIPv6 ? .inet6 : .inet
    self.init(
      source: Endpoint(
        IPAddress(family: family, high: tuple.sourceHigh, low: tuple.sourceLow), port: tuple.sourcePort),
      destination: Endpoint(
        IPAddress(family: family, high: tuple.destinationHigh, low: tuple.destinationLow),
        port: tuple.destinationPort))
  }
}
