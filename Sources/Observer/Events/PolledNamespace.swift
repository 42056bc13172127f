import KernelNetlink
import KernelProc
import KernelSystem
import Model

/// The connections and listeners of one network namespace, looked at again and again, and told of when they end.
///
/// Its sockets keep the namespace alive: it must be let go of when nobody else is in it.
final class PolledNamespace {
  let namespace: NetworkNamespace
  private var diag: SockDiagSocket
  private var ends: DestroyListener

  /// In the calling thread's namespace, which must be `namespace`.
  init(_ namespace: NetworkNamespace, _ set: borrowing ReadinessSet) throws(SystemError) {
    self.namespace = namespace
    do throws(SockDiagError) { diag = try SockDiagSocket() } catch {
      guard case .system(let reason) = error else {
        throw SystemError("socket", on: "NETLINK_SOCK_DIAG", .notSupported)
      }
      throw reason
    }
    ends = try DestroyListener()
    try set.add(ends.descriptor)
  }

  /// What did not fit into the listener's buffer.
  var lost: UInt64 { ends.lost }

  /// What is asked for: listeners, connections, those that are closing, and connected datagram sockets.
  static let queries: [InetQuery] = [
    InetQuery(
      .tcp, .both, states: [.established, .closeWait, .finWait1, .finWait2, .closing, .lastAck, .listen],
      extensions: .information),
    InetQuery(.udp, .v4, states: .established), InetQuery(.udp, .v6, states: .established),
  ]

  /// The sockets that answer one of them.
  func look(_ query: InetQuery, into sockets: inout [Socket]) throws(SockDiagError) {
    let namespace = namespace
    var found: [Socket] = []
    try diag.dump(Self.request(query)) {
      found = []
    } each: { details in
      found.append(Socket(details, netns: namespace))
    }
    sockets += found
  }

  private static func request(_ query: InetQuery) -> SockDiagRequest<InetDiagDetails> {
    do throws(InetFilterError) { return try SockDiagRequest<InetDiagDetails>(query) } catch {
      preconditionFailure("a query without a filter is not too long: \(error)")
    }
  }

  /// The sockets that have ended since the last call, some thousand at most; whether that was all.
  func drain(_ body: (InetDiagDetails) -> Void) throws(SystemError) -> Bool { try ends.drain(body) }
}
