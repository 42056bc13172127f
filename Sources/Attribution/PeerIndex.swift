import Model

/// Finds the other end of a connection whose both ends are on this host.
public struct PeerIndex {
  private struct Key: Hashable {
    let table: SocketTable
    let local: Endpoint
    let peer: Endpoint
  }
  private let byEnds: [Key: [Int32]]
  private let byInode: [UInt64: Int32]

  public init(_ snapshot: Snapshot) {
    var ends: [Key: [Int32]] = [:]
    var inodes: [UInt64: Int32] = [:]
    for (index, socket) in snapshot.sockets.enumerated() {
      if socket.family.isInternet && socket.isConnected {
        ends[Self.key(of: socket), default: []].append(Int32(index))
      } else if socket.family == .unix && socket.inode != 0 {
        inodes[socket.inode] = Int32(index)
      }
    }
    byEnds = ends
    byInode = inodes
  }

  /// v4-mapped ends are written as IPv4, for a dual-stack server's socket is IPv6 and its client's IPv4.
  private static func key(of socket: Socket) -> Key {
    Key(
      table: socket.table, local: Endpoint(socket.local.address.unmapped, port: socket.local.port),
      peer: Endpoint(socket.peer.address.unmapped, port: socket.peer.port))
  }

  /// Index of the other end in the snapshot's sockets; nil when it is elsewhere or cannot be told.
  ///
  /// Looks in the same namespace first; in another one only when the tuple is unique on the host (a veth pair).
  public func peer(of socket: Socket, in snapshot: Snapshot) -> Int? {
    if socket.family == .unix { return byInode[socket.peerInode].map(Int.init) }
    guard socket.family.isInternet, socket.isConnected else { return nil }
    let own = Self.key(of: socket)
    let candidates = byEnds[Key(table: own.table, local: own.peer, peer: own.local)] ?? []
    if let near = candidates.first(where: { snapshot.sockets[Int($0)].netns == socket.netns }) { return Int(near) }
    guard candidates.count == 1, !socket.peer.address.isLoopback else { return nil }
    return Int(candidates[0])
  }
}
