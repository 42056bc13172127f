extension StoredConnection {
  /// The connection as it was while it lived, as a snapshot whose first socket its process holds: what a filter is judged
  /// on, and what the answer card shows. The second socket, held by the process at the other end, is there if that is known.
  public var snapshot: Snapshot {
    let moment = UInt64(clamping: opened) * 1000
    var event = Event(action: .connect, bootNanoseconds: 0, wallNanoseconds: moment)
    event.socket = socket
    event.process = process?.process
    var snapshot = event.snapshot
    if evidence == .polling || evidence == .fdScan { snapshot.evidence = .fdScan }
    // As it was; a connect that failed never had a peer.
    if outcome == .failed {
      snapshot.sockets[0].state = .close
    } else {
      snapshot.sockets[0].state = .established
    }
    if let peer = peerProcess?.process {
      var other = Socket()
      (other.family, other.type, other.protocol) = (socket.family, socket.type, socket.protocol)
      (other.local, other.peer, other.state) = (socket.peer, socket.local, .established)
      snapshot.processes.append(peer)
      snapshot.holdings.append(
        Holding(socket: 1, process: Int32(snapshot.processes.count - 1), descriptor: -1))
      (other.firstHolding, other.holdingCount) = (Int32(snapshot.holdings.count - 1), 1)
      snapshot.sockets.append(other)
    }
    return snapshot
  }

  /// The end, µs since 1970; nil while it is open.
  public var closed: Int64? { duration.map { opened + $0 } }

  /// `open`, `closed`, `failed` or `unknown`.
  public var outcomeWord: String {
    switch outcome {
    case .failed: "failed"
    case .unknown: "unknown"
    case .normal: duration == nil ? "open" : "closed"
    }
  }
}

extension Filter {
  /// Whether the filter is sure that it wants this recorded connection.
  public func judges(_ connection: StoredConnection) -> Verdict {
    FilterEvaluator(self, snapshot: connection.snapshot).evaluate(socketAt: 0)
  }
}
