import KernelBPF
import KernelSystem
import Model

extension EventResolver {
  mutating func takeStream(_ record: KernelEvent) {
    guard let socket = record.socket else { return }
    var facts = EventSocketFacts(socket)
    let identity = record.actor.map { actor($0) }
    switch record.kind {
    case .connect: beginConnect(facts, identity, record.time)
    case .established: finishConnect(&facts, record)
    case .connectFailed: failConnect(&facts, identity, socket.error, record.time)
    case .accept: accept(&facts, identity, record.time)
    case .listen: listen(&facts, identity, record.time)
    case .close: close(&facts, identity, socket, record)
    case .bind:
      emit(facts, .bind, by: identity, at: record.time)
    default: break
    }
  }

  private mutating func emit(
    _ facts: EventSocketFacts, _ action: EventAction, by identity: ProcessIdentity?, at time: UInt64,
    failure: Int32? = nil
  ) {
    var event = event(action, at: time)
    event.socket = facts
    if let failure {
      event.outcome = .failure
      // A connect that its own process gave up has no errno.
      event.reason = failure == 0 ? nil : Errno(rawValue: failure).name
    }
    emit(event, by: identity)
  }

  // MARK: Connects

  private mutating func beginConnect(_ facts: EventSocketFacts, _ identity: ProcessIdentity?, _ time: UInt64)
  {
    guard facts.cookie != .unknown else { return }
    names.open(facts.cookie, peerName(of: facts.peer.address, for: identity, at: time))
    table.update(netns: facts.netns.rawValue, cookie: facts.cookie.rawValue) { connection in
      connection.take(facts)
      connection.opened = time
      connection.closed = 0
      connection.process = identity
      connection.origin = .connect
      connection.isSeeded = false
      connection.hasFailed = false
      connection.isConnecting = true
    }
    guard actions.contains(.connect) else { return }
    connecting.add(BegunConnect(time: time, netns: facts.netns.rawValue, cookie: facts.cookie.rawValue))
  }

  private mutating func finishConnect(_ facts: inout EventSocketFacts, _ record: KernelEvent) {
    let (netns, cookie) = (facts.netns.rawValue, facts.cookie.rawValue)
    let known = table[netns, cookie]
    // The server's side of the handshake, or a repetition by the twin.
    if known?.origin == .accept { return }
    let whole = facts
    table.update(netns: netns, cookie: cookie) { connection in
      connection.take(whole)
      connection.origin = .connect
      connection.isConnecting = false
    }
    // Begun before the probes were there: known from now on, and named by who closes it.
    if known?.process == nil && record.time < startEnded { return }
    facts.origin = .connect
    facts.peerName = names[facts.cookie]
    if let known, known.opened > 0 { facts.durationNanoseconds = record.time &- known.opened }
    emit(facts, .connect, by: known?.process, at: record.time)
  }

  /// EINPROGRESS, EALREADY, EISCONN and EINTR leave the connect going, or concern another one.
  private static func isFailure(_ error: Int32) -> Bool { ![115, 114, 106, 4].contains(error) }

  private mutating func failConnect(
    _ facts: inout EventSocketFacts, _ identity: ProcessIdentity?, _ error: Int32, _ time: UInt64
  ) {
    guard Self.isFailure(error) else { return }
    let (netns, cookie) = (facts.netns.rawValue, facts.cookie.rawValue)
    let known = facts.cookie == .unknown ? nil : table[netns, cookie]
    if let known, known.hasFailed { return }
    facts.origin = .connect
    facts.peerName = names[facts.cookie] ?? peerName(of: facts.peer.address, for: identity, at: time)
    markFailed(facts, at: time)
    if let known, known.opened > 0 { facts.durationNanoseconds = time &- known.opened }
    emit(facts, .connectFailed, by: identity ?? known?.process, at: time, failure: error)
  }

  /// The kernel tells of most failures twice: by the socket's state and by the call's result.
  private mutating func markFailed(_ facts: EventSocketFacts, at time: UInt64) {
    guard facts.cookie != .unknown else { return }
    names.close(facts.cookie)
    table.update(netns: facts.netns.rawValue, cookie: facts.cookie.rawValue) { connection in
      connection.hasFailed = true
      connection.closed = time
    }
  }

  // MARK: Servers

  private mutating func accept(_ facts: inout EventSocketFacts, _ identity: ProcessIdentity?, _ time: UInt64)
  {
    let netns = facts.netns.rawValue
    if facts.cookie == .unknown {
      let found = table.find(
        netns: netns, protocol: facts.protocol.rawValue, local: facts.local, peer: facts.peer)
      facts.cookie = SocketCookie(found?.cookie ?? 0)
    }
    let whole = facts
    if facts.cookie != .unknown {
      let known = table[netns, facts.cookie.rawValue]
      // accept(2) or getpeername(2), the hook cannot tell: the first was the accept.
      if let known, known.origin == .accept, !known.isSeeded, known.process != nil { return }
      // A connection that we opened ourselves asks for its peer.
      if let known, known.origin == .connect { return }
      table.update(netns: netns, cookie: facts.cookie.rawValue) { connection in
        connection.take(whole)
        connection.process = identity
        connection.origin = .accept
        connection.isSeeded = false
        if connection.opened == 0 { connection.opened = time }
      }
    }
    facts.origin = .accept
    emit(facts, .accept, by: identity, at: time)
  }

  private mutating func listen(_ facts: inout EventSocketFacts, _ identity: ProcessIdentity?, _ time: UInt64)
  {
    let whole = facts
    table.update(netns: facts.netns.rawValue, cookie: facts.cookie.rawValue) { connection in
      connection.take(whole)
      connection.process = identity
      connection.origin = .listen
      connection.closed = 0
      connection.opened = time
    }
    let key = PortKey(netns: facts.netns.rawValue, port: facts.local.port)
    if let identity, listeners.count < Self.limit { listeners[key] = identity }
    facts.origin = .listen
    emit(facts, .listen, by: identity, at: time)
  }

  // MARK: Ends

  /// While we start: who closes a connection that began before the probes and was gone before the look at the host.
  mutating func takeClosing(_ record: KernelEvent) {
    guard let socket = record.socket, let actor = record.actor else { return }
    let known = table[socket.netns, socket.cookie]
    guard known?.process == nil else { return }
    let identity = self.actor(actor)
    let facts = EventSocketFacts(socket)
    table.update(netns: socket.netns, cookie: socket.cookie) { connection in
      if known == nil { connection.take(facts) }
      connection.process = identity
    }
  }

  private mutating func close(
    _ facts: inout EventSocketFacts, _ identity: ProcessIdentity?, _ socket: EventSocket,
    _ record: KernelEvent
  ) {
    let (netns, cookie) = (facts.netns.rawValue, facts.cookie.rawValue)
    let known = table[netns, cookie]
    let before = SocketState(rawValue: socket.old_state) ?? .close
    if let known, known.hasFailed || !known.isOpen && !known.isPresumedClosed { return }
    facts.origin = known?.origin ?? (before == .listen ? .listen : .unknown)
    if let known, known.opened > 0 { facts.durationNanoseconds = record.time &- known.opened }
    // The whole tuple: the kernel may have let go of it already.
    if let known, facts.local.port == 0 { facts.local = known.local }
    let owner = known?.process ?? identity
    // Its process closed it before the probes were there: nobody has it any more.
    if owner == nil && record.time < startEnded { return }
    switch before {
    case .synSent:
      facts.origin = .connect
      facts.peerName = names[facts.cookie]
      markFailed(facts, at: record.time)
      emit(facts, .connectFailed, by: owner, at: record.time, failure: socket.error)
      return
    case .synReceived, .newSynReceived: if known == nil { return }
    case .listen:
      let key = PortKey(netns: netns, port: facts.local.port)
      if listeners[key] == owner { listeners[key] = nil }
    default:
      if let totals = record.totals { facts.take(totals) }
    }
    facts.state = before == .listen ? .listen : .established
    facts.peerName = names[facts.cookie]
    names.close(facts.cookie)
    table.update(netns: netns, cookie: cookie) {
      $0.isPresumedClosed = false
      $0.closed = record.time
    }
    // `sk_err` of a connection that was reset, or timed out.
    var event = event(.close, at: record.time)
    if socket.error != 0 { event.reason = Errno(rawValue: socket.error).name }
    event.socket = facts
    emit(event, by: owner)
  }
}
