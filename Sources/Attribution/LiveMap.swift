import Model

/// Who talks to whom now: the internet connections of a snapshot, summed up by their ends.
///
/// A connection with both ends here is one, told from the end that connected. What is over (TIME_WAIT) is left out.
public enum LiveMap {
  private struct Ends: Hashable {
    var `protocol`: SocketProtocol
    var local: Endpoint
    var peer: Endpoint
  }

  /// Busiest first.
  ///
  /// - Parameter opened: µs since 1970, as far as it is known; `first` and `last` are 0 otherwise.
  public static func edges(
    of snapshot: Snapshot, by grouping: MapGrouping, opened: [SocketIdentity: Int64] = [:]
  ) -> [MapEdge] {
    let alive = snapshot.sockets.indices.filter { isAlive(snapshot.sockets[$0]) }
    let byEnds = Dictionary(grouping: alive) { ends(of: snapshot.sockets[$0]) }
    var edges: [MapEdge] = []
    for index in alive {
      let other = peer(of: index, in: snapshot, byEnds)
      if let other, (rank(snapshot.sockets[other]), other) < (rank(snapshot.sockets[index]), index) {
        continue
      }
      var edge = edge(of: index, other, in: snapshot, grouping)
      let times = [index, other].compactMap { $0.flatMap { opened[snapshot.sockets[$0].identity] } }
      edge.first = times.min() ?? 0
      edge.last = edge.first
      edges.append(edge)
    }
    return MapEdge.merged(edges)
  }

  /// Connections that the map shows.
  public static func isAlive(_ socket: Socket) -> Bool {
    socket.family.isInternet && socket.isConnected && socket.state != .timeWait
  }

  private static func ends(of socket: Socket) -> Ends {
    Ends(protocol: socket.protocol, local: socket.local.unmapped, peer: socket.peer.unmapped)
  }

  /// The other end: in the same namespace, else in another one unless the address is loopback.
  private static func peer(of index: Int, in snapshot: Snapshot, _ byEnds: [Ends: [Int]]) -> Int? {
    let own = ends(of: snapshot.sockets[index])
    let candidates = (byEnds[Ends(protocol: own.protocol, local: own.peer, peer: own.local)] ?? []).filter {
      $0 != index
    }
    let netns = snapshot.sockets[index].netns
    return candidates.first { snapshot.sockets[$0].netns == netns }
      ?? (own.local.address.isLoopback ? nil : candidates.first)
  }

  private static func rank(_ socket: Socket) -> Int {
    switch socket.origin {
    case .connect: 0
    case .unknown, .listen: 1
    case .accept: 2
    }
  }

  private static func edge(of index: Int, _ other: Int?, in snapshot: Snapshot, _ grouping: MapGrouping)
    -> MapEdge
  {
    let socket = snapshot.sockets[index]
    let own = node(of: socket, in: snapshot, grouping)
    let peer =
      other.map { node(of: snapshot.sockets[$0], in: snapshot, grouping) }
      ?? .address(socket.peer.address.unmapped)
    let tcp = snapshot.detail(of: socket)?.tcp
    let (sent, received) = (Int64(clamping: tcp?.sentBytes ?? 0), Int64(clamping: tcp?.receivedBytes ?? 0))
    let isInbound = socket.origin == .accept
    return MapEdge(
      source: isInbound ? peer : own, target: isInbound ? own : peer, protocol: socket.protocol,
      port: isInbound ? socket.local.port : socket.peer.port,
      direction: isInbound ? .inbound : socket.origin == .connect ? .outbound : .unknown, count: 1, failed: 0,
      sent: isInbound ? received : sent, received: isInbound ? sent : received, first: 0, last: 0)
  }

  private static func node(of socket: Socket, in snapshot: Snapshot, _ grouping: MapGrouping) -> MapNode {
    guard let process = snapshot.mainProcess(of: socket) else { return .unknown }
    return MapNode(process, grouping)
  }
}

extension Endpoint {
  fileprivate var unmapped: Endpoint { Endpoint(address.unmapped, port: port) }
}
