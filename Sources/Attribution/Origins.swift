import Model

extension Snapshot {
  /// Fills in how TCP sockets came to their peers where the kernel's counters did not tell: one whose local port has
  /// a listener in its namespace was accepted, another connected.
  ///
  /// An inference (`Evidence.listener`): wrong for a client that bound itself to a port that is listened on.
  public mutating func inferOrigins() {
    struct Listening: Hashable {
      let netns: NetworkNamespace
      let port: UInt16
    }
    var ports = Set<Listening>()
    for socket in sockets where socket.isListening && socket.family.isInternet {
      ports.insert(Listening(netns: socket.netns, port: socket.local.port))
    }
    for index in sockets.indices where sockets[index].origin == .unknown {
      let socket = sockets[index]
      guard socket.family.isInternet else { continue }
      if socket.isListening {
        sockets[index].origin = .listen
      } else if socket.isConnected {
        let isAccepted =
          socket.table != .udp && ports.contains(Listening(netns: socket.netns, port: socket.local.port))
        sockets[index].origin = isAccepted ? .accept : .connect
      }
    }
  }
}
