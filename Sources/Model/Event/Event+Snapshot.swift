extension Event {
  /// The event as a snapshot whose first socket its process holds: what a filter is judged on.
  ///
  /// An event without a socket has one of no family: predicates about addresses say no, those about processes are
  /// judged by the event's process, the rest is unknown.
  public var snapshot: Snapshot {
    var snapshot = Snapshot()
    snapshot.takenWallNanoseconds = wallNanoseconds
    snapshot.evidence = .kernelEvent
    var socket = self.socket?.plain ?? Socket()
    if let name = self.socket?.localPath {
      socket.nameIndex = Int32(snapshot.names.count)
      snapshot.names.append(name)
    }
    if let name = self.socket?.peerPath {
      socket.peerNameIndex = Int32(snapshot.names.count)
      snapshot.names.append(name)
    }
    if let detail = self.socket?.detail {
      snapshot.details = [detail]
      socket.detailIndex = 0
    }
    if let process {
      snapshot.processes = [process]
      snapshot.holdings = [Holding(socket: 0, process: 0, descriptor: -1)]
      socket.holdingCount = 1
      socket.userID = process.user?.id
    }
    snapshot.sockets = [socket]
    if socket.peerInode != 0 {
      // So that a filter knows its name, or that it has none.
      var peer = Socket()
      (peer.family, peer.inode, peer.nameIndex) = (socket.family, socket.peerInode, socket.peerNameIndex)
      snapshot.sockets.append(peer)
    }
    return snapshot
  }
}

extension Filter {
  /// Whether the filter is sure that it wants this event.
  public func judges(_ event: Event) -> Verdict {
    FilterEvaluator(self, snapshot: event.snapshot).evaluate(socketAt: 0)
  }
}

extension EventSocketFacts {
  /// The same in the form of a snapshot, without what only events tell.
  public var plain: Socket {
    var socket = Socket()
    socket.netns = netns
    socket.cookie = cookie
    socket.inode = inode
    socket.family = family
    socket.type = type
    socket.protocol = self.protocol
    socket.origin = origin
    socket.state = state
    socket.local = local
    socket.peer = peer
    socket.interfaceIndex = interfaceIndex
    socket.peerInode = peerInode
    return socket
  }

  /// The table that netstat and ss would print it in.
  public var table: SocketTable { plain.table }

  fileprivate var detail: SocketDetail? {
    guard sentBytes != nil || receivedBytes != nil else { return nil }
    var tcp = TCPInternals()
    tcp.sentBytes = sentBytes ?? 0
    tcp.receivedBytes = receivedBytes ?? 0
    tcp.totalRetransmits = retransmits ?? 0
    tcp.roundTripMicroseconds = roundTripMicroseconds ?? 0
    var detail = SocketDetail()
    detail.tcp = tcp
    return detail
  }
}
