extension Event {
  /// The event as a snapshot of one socket that its process holds: what a filter is judged on.
  ///
  /// An event without a socket has one of no family: predicates about addresses say no, those about processes are
  /// judged by the event's process, the rest is unknown.
  public var snapshot: Snapshot {
    var snapshot = Snapshot()
    snapshot.takenWallNanoseconds = wallNanoseconds
    snapshot.evidence = .kernelEvent
    var socket = Socket()
    if let facts = self.socket { socket.take(facts, into: &snapshot) }
    if let process {
      snapshot.processes = [process]
      snapshot.holdings = [Holding(socket: 0, process: 0, descriptor: -1)]
      socket.holdingCount = 1
      socket.userID = process.user?.id
    }
    snapshot.sockets = [socket]
    return snapshot
  }
}

extension Filter {
  /// Whether the filter is sure that it wants this event.
  public func judges(_ event: Event) -> Verdict {
    FilterEvaluator(self, snapshot: event.snapshot).evaluate(socketAt: 0)
  }
}

extension Socket {
  fileprivate mutating func take(_ facts: EventSocketFacts, into snapshot: inout Snapshot) {
    netns = facts.netns
    cookie = facts.cookie
    inode = facts.inode
    family = facts.family
    type = facts.type
    self.protocol = facts.protocol
    origin = facts.origin
    state = facts.state
    local = facts.local
    peer = facts.peer
    guard facts.sentBytes != nil || facts.receivedBytes != nil else { return }
    var detail = SocketDetail()
    var tcp = TCPInternals()
    tcp.sentBytes = facts.sentBytes ?? 0
    tcp.receivedBytes = facts.receivedBytes ?? 0
    tcp.totalRetransmits = facts.retransmits ?? 0
    tcp.roundTripMicroseconds = facts.roundTripMicroseconds ?? 0
    detail.tcp = tcp
    snapshot.details = [detail]
    detailIndex = 0
  }
}
