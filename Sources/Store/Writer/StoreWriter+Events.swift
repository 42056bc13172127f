import Model

extension StoreWriter {
  func route(_ event: Event) {
    let time = timeline.microseconds(boot: event.bootNanoseconds)
    if pending.began == nil { pending.began = time }
    switch event.action {
    // Without an answer yet: it is told again with its outcome.
    case .connect where event.outcome == .unknown: break
    case .connect, .accept, .udpFlow: opened(event, time)
    case .connectFailed: failed(event, time)
    case .close: closed(event, time)
    case .listen: listens(event, time)
    case .fork, .exec, .exit: lives(event, time)
    case .moduleLoad, .moduleUnload: mapped(event, time)
    case .dns: answered(event, time)
    case .gap: if case .gap(let loss) = event.detail { note(loss) }
    // Binding tells nothing that listening and connecting do not; threads, failed execs, changes of ids and namespaces,
    // and unix connections are not kept.
    case .bind, .threadStart, .threadExit, .execFailed, .setID, .setNamespace: break
    case .unixConnect, .unixConnectFailed, .unixAccept: break
    }
  }

  // MARK: Connections

  private func opened(_ event: Event, _ time: Int64) {
    guard let socket = event.socket else { return }
    // connect(2) on a datagram socket only sets its peer: its conversation begins with a packet.
    if event.action == .connect && socket.type == .datagram { return }
    let key = FlowKey(socket)
    let known = open[key]
    if known == nil && open.count >= Self.openLimit {
      counters.untracked += 1
      return
    }
    var connection = row(event, socket, opened: time)
    if event.action != .udpFlow {
      let direction = event.action == .accept ? StoredDirection.inbound : .outbound
      connection.flags.direction = direction.rawValue
    }
    if let known {
      replaceLook(known, connection, key, at: event.bootNanoseconds)
    } else {
      begin(connection, key, at: event.bootNanoseconds)
    }
  }

  /// Told twice: the first telling stands, unless it was a look, during which the connection opened.
  private func replaceLook(
    _ known: OpenConnection, _ connection: PendingConnection, _ key: FlowKey, at bootNanoseconds: UInt64
  ) {
    guard bootNanoseconds >= known.bootOpened else { return }
    if held[key]?.flags.isOpenedBefore == true {
      held[key] = connection
    } else if known.id == 0, held[key] == nil, pending.connections[known.index].flags.isOpenedBefore {
      pending.connections[known.index] = connection
    } else {
      return
    }
    open[key]?.bootOpened = bootNanoseconds
  }

  /// Remembers an open connection, and gives it its row if that is now.
  func begin(_ connection: PendingConnection, _ key: FlowKey, at bootNanoseconds: UInt64) {
    var entry = OpenConnection(id: 0, index: -1, bootOpened: bootNanoseconds)
    if settings.rowTime == .open {
      entry.index = pending.connections.count
      pending.connections.append(connection)
    } else {
      held[key] = connection
    }
    open[key] = entry
    notice(connection)
  }

  private func failed(_ event: Event, _ time: Int64) {
    guard let socket = event.socket else { return }
    let duration = microseconds(socket.durationNanoseconds) ?? 0
    var connection = row(event, socket, opened: time - duration)
    connection.duration = duration
    connection.flags.outcome = StoredOutcome.failed.rawValue
    connection.flags.direction = StoredDirection.outbound.rawValue
    pending.connections.append(connection)
    notice(connection)
  }

  private func closed(_ event: Event, _ time: Int64) {
    guard let socket = event.socket else { return }
    if socket.origin == .listen || socket.state == .listen {
      openListeners.remove(FlowKey(netns: socket.netns.rawValue, cookie: socket.cookie.rawValue))
      pending.closedListeners.append((socket.cookie.rawValue, socket.netns.rawValue, time))
      return
    }
    let key = FlowKey(socket)
    let counts = PendingCounts(socket)
    guard let entry = open.removeValue(forKey: key) else { return closedUnknown(event, socket, counts, time) }
    let duration = Int64(clamping: (max(event.bootNanoseconds, entry.bootOpened) - entry.bootOpened) / 1000)
    if var connection = held.removeValue(forKey: key) {
      connection.finish(duration, counts, event.reason)
      pending.connections.append(connection)
    } else if entry.id == 0 {
      pending.connections[entry.index].finish(duration, counts, event.reason)
    } else {
      pending.closes.append(
        PendingClose(id: entry.id, duration: duration, counts: counts, reason: event.reason))
    }
  }

  /// The end of what was not seen, or not remembered, to open.
  private func closedUnknown(
    _ event: Event, _ socket: EventSocketFacts, _ counts: PendingCounts, _ time: Int64
  ) {
    let known = microseconds(socket.durationNanoseconds)
    var connection = row(event, socket, opened: known.map { time - $0 } ?? min(began, time))
    connection.flags.isOpenedBefore = known == nil
    connection.finish(known ?? max(time - began, 0), counts, event.reason)
    pending.connections.append(connection)
    notice(connection)
  }

  func row(_ event: Event, _ socket: EventSocketFacts, opened: Int64) -> PendingConnection {
    var flags = ConnectionFlags(socket)
    flags.isPolled = event.evidence != .kernelEvent
    if flags.direction == 0 && event.action == .accept { flags.direction = StoredDirection.inbound.rawValue }
    if flags.direction == 0 && event.action == .connect {
      flags.direction = StoredDirection.outbound.rawValue
    }
    let isInternet = socket.family.isInternet
    let process = event.process.map { life(of: $0, opened) }
    return PendingConnection(
      opened: opened, flags: flags, process: process,
      peerProcess: event.peerProcess.map { life(of: $0, opened) }, netns: socket.netns.rawValue,
      cookie: socket.cookie.rawValue, local: isInternet ? socket.local : nil,
      peer: isInternet ? socket.peer : nil,
      counts: PendingCounts(socket), reason: event.reason, hits: hits(of: event, process))
  }

  private func microseconds(_ nanoseconds: UInt64?) -> Int64? {
    nanoseconds.map { Int64(clamping: $0 / 1000) }
  }

  // MARK: Listeners, modules, names

  func listens(_ event: Event, _ time: Int64) {
    guard let socket = event.socket else { return }
    let key = FlowKey(netns: socket.netns.rawValue, cookie: socket.cookie.rawValue)
    // Told twice: listen(2) again changes the length of its queue only.
    if openListeners.contains(key) { return }
    guard openListeners.count < Self.processLimit else {
      lossCount += 1
      counters.lost += 1
      lossBegan = lossBegan ?? time
      return
    }
    openListeners.insert(key)
    pending.listeners.append(
      PendingListener(opened: time, socket: socket, process: event.process.map { life(of: $0, time) }))
  }

  private func mapped(_ event: Event, _ time: Int64) {
    guard case .module(let facts) = event.detail, let process = event.process else { return }
    let module = PendingModule(time: time, facts: facts, process: life(of: process, time))
    if event.action == .moduleLoad { pending.modules.append(module) } else { pending.unloads.append(module) }
  }

  private func answered(_ event: Event, _ time: Int64) {
    guard case .dns(let answer) = event.detail else { return }
    let process = event.process.map { life(of: $0, time) }
    pending.answers.append(PendingAnswer(time: time, answer: answer, process: process))
    if !watchlist.list.isEmpty { notice(event, process, time) }
  }
}

extension PendingConnection {
  mutating func finish(_ duration: Int64, _ counts: PendingCounts, _ reason: String?) {
    self.duration = duration
    self.counts = counts
    self.reason = reason ?? self.reason
  }
}

extension ConnectionFlags {
  init(_ socket: EventSocketFacts) {
    family =
      switch socket.family {
      case .inet: 0
      case .inet6: 1
      case .unix: 2
      default: 3
      }
    direction =
      switch socket.origin {
      case .connect: StoredDirection.outbound.rawValue
      case .accept: StoredDirection.inbound.rawValue
      case .unknown, .listen: 0
      }
    self.protocol = Int64(min(socket.protocol.rawValue, 1023))
    type = Int64(min(socket.type.rawValue, 15))
  }
}
