import Model

extension StoreWriter {
  /// Takes a look at the host: what is there and was not known gets its row, marked as opened before.
  ///
  /// At the start of a recording, and after a loss; behind the events until `lookBegan` (boot clock, nanoseconds). With
  /// `isComplete`, `endUnseen` follows at once.
  public func take(_ snapshot: Snapshot, lookBegan: UInt64, isComplete: Bool = false, now: StoreTime)
    throws(StoreError)
  {
    let time = timeline.microseconds(boot: lookBegan)
    if pending.began == nil { pending.began = time }
    for socket in snapshot.sockets where socket.cookie != .unknown && socket.netns != .unknown {
      let key = FlowKey(netns: socket.netns.rawValue, cookie: socket.cookie.rawValue)
      guard socket.family.isInternet, socket.type == .stream, socket.state != .timeWait else { continue }
      var event = Event(
        action: .listen, bootNanoseconds: lookBegan, wallNanoseconds: snapshot.takenWallNanoseconds)
      event.process = snapshot.mainProcess(of: socket)
      event.socket = EventSocketFacts(socket, detail: snapshot.detail(of: socket))
      if socket.isListening {
        listens(event, time)
      } else if socket.isConnected, open[key] == nil, let facts = event.socket {
        guard open.count < Self.openLimit else {
          counters.untracked += 1
          continue
        }
        var connection = row(event, facts, opened: time)
        connection.flags.isOpenedBefore = true
        begin(connection, key, at: lookBegan)
      }
    }
    if isComplete { endUnseen(in: snapshot, lookBegan: lookBegan) }
    try flushIfDue(now)
  }

  /// What was opened before a look began and is not in it has ended, nobody saw how: behind the events until the look's end,
  /// which tell of what ended during it. Datagram conversations are not in a look: they end with their socket.
  public func endUnseen(in snapshot: Snapshot, lookBegan: UInt64) {
    let seen = Set(
      snapshot.sockets.lazy.filter { $0.cookie != .unknown && $0.netns != .unknown }.map {
        FlowKey(netns: $0.netns.rawValue, cookie: $0.cookie.rawValue)
      })
    let ended = open.filter { key, entry in
      entry.bootOpened < lookBegan && !seen.contains(FlowKey(netns: key.netns, cookie: key.cookie))
    }
    for (key, entry) in ended {
      open[key] = nil
      let duration = Int64(clamping: (lookBegan - entry.bootOpened) / 1000)
      if var connection = held.removeValue(forKey: key) {
        connection.duration = duration
        connection.flags.outcome = StoredOutcome.unknown.rawValue
        pending.connections.append(connection)
      } else if entry.id == 0 {
        pending.connections[entry.index].duration = duration
        pending.connections[entry.index].flags.outcome = StoredOutcome.unknown.rawValue
      } else {
        var close = PendingClose(id: entry.id, duration: duration, counts: PendingCounts(), reason: nil)
        close.isUnseen = true
        pending.closes.append(close)
      }
    }
  }
}

extension EventSocketFacts {
  fileprivate init(_ socket: Socket, detail: SocketDetail?) {
    self.init()
    netns = socket.netns
    cookie = socket.cookie
    inode = socket.inode
    family = socket.family
    type = socket.type
    self.protocol = socket.protocol
    origin = socket.origin
    state = socket.state
    local = socket.local
    peer = socket.peer
    guard let tcp = detail?.tcp else { return }
    sentBytes = tcp.sentBytes
    receivedBytes = tcp.receivedBytes
    roundTripMicroseconds = tcp.roundTripMicroseconds
    retransmits = tcp.totalRetransmits
  }
}
