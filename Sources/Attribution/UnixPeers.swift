import Model

extension Snapshot {
  /// Gives unix sockets the names of their other ends: a client has no name of its own, but a server does.
  public mutating func nameUnixPeers() {
    var byInode = KeyTable()
    for (index, socket) in sockets.enumerated() where socket.family == .unix && socket.nameIndex >= 0 {
      if socket.inode != 0 { _ = byInode.insert(socket.inode, index) }
    }
    // The kernel tells a client its peer only once it was accepted; the waiting end knows its client before.
    var waiting = KeyTable()
    for (index, socket) in sockets.enumerated()
    where socket.family == .unix && socket.inode == 0 && socket.peerInode != 0 {
      _ = waiting.insert(socket.peerInode, index)
    }
    for index in sockets.indices where sockets[index].family == .unix {
      if let server = waiting.index(of: sockets[index].inode) {
        sockets[index].peerNameIndex = sockets[server].nameIndex
      }
    }
    for index in sockets.indices where sockets[index].peerInode != 0 {
      guard let peer = byInode.index(of: sockets[index].peerInode) else { continue }
      sockets[index].peerNameIndex = sockets[peer].nameIndex
    }
  }
}
