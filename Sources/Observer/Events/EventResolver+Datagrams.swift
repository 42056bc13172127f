import Attribution
import KernelBPF
import KernelSystem
import Model

extension EventResolver {
  mutating func takeDatagram(_ record: KernelEvent) {
    guard let socket = record.socket, let actor = record.actor else { return }
    let identity = self.actor(actor)
    var facts = EventSocketFacts(socket)
    switch (record.kind, record.detail) {
    case (.datagramConnect, _):
      facts.origin = .connect
      facts.peerName = peerName(of: facts.peer.address, for: identity, at: record.time)
      var event = event(socket.error == 0 ? .connect : .connectFailed, at: record.time)
      if socket.error != 0 {
        event.outcome = .failure
        event.reason = Errno(rawValue: socket.error).name
      }
      event.socket = facts
      emit(event, by: identity)
    case (.flow, .flow(let flow)):
      facts.take(flow)
      facts.origin = flow.packets_sent > 0 ? .connect : .accept
      if facts.origin == .connect {
        facts.peerName = peerName(of: facts.peer.address, for: identity, at: record.time)
      }
      remember(record, facts, identity)
      var event = event(.udpFlow, at: record.time)
      event.socket = facts
      emit(event, by: identity)
    case (.flowEnd, _): endConversations(facts, identity, record.time)
    default: break
    }
  }

  private mutating func remember(
    _ record: KernelEvent, _ facts: EventSocketFacts, _ identity: ProcessIdentity
  ) {
    if let key = EventFlowKey(record), conversations.count < Self.limit {
      conversations[key.cookie, default: []].append(Conversation(key: key, peerName: facts.peerName))
      if endsPacketsAtExit, facts.family == .packet { packets[identity, default: []].append(facts) }
    }
    guard facts.table == .udp else { return }
    let port = PortKey(netns: facts.netns.rawValue, port: facts.local.port)
    if datagramOwners.count < Self.limit { datagramOwners[port] = identity }
  }

  /// A close for each conversation of the socket, with its counts; `closer` is taken for the process where it is not
  /// known any more.
  ///
  /// - Parameter only: of this process.
  private mutating func endConversations(
    _ facts: EventSocketFacts, _ closer: ProcessIdentity, _ time: UInt64, only: UInt32? = nil
  ) {
    let port = PortKey(netns: facts.netns.rawValue, port: facts.local.port)
    if facts.table == .udp, datagramOwners[port] == closer { datagramOwners[port] = nil }
    guard let open = conversations.removeValue(forKey: facts.cookie.rawValue) else { return }
    for conversation in open {
      let key = conversation.key
      if let only, key.tgid != only {
        conversations[facts.cookie.rawValue, default: []].append(conversation)
        continue
      }
      guard let flow = flows?.take(key) else { continue }
      var ended = facts
      ended.peerName = conversation.peerName
      var peer = EventSocket()
      (peer.family, peer.peer_address) = (facts.family.rawValue, key.peer_address)
      let address = peer.peer
      ended.peer = Endpoint(
        IPAddress(family: facts.family, high: address.high, low: address.low), port: key.peer_port)
      if facts.family == .packet { ended.takeLink(key.peer_address) }
      ended.take(flow)
      ended.durationNanoseconds = time &- flow.first
      ended.origin = flow.packets_sent > 0 ? .connect : .accept
      var event = event(.close, at: time)
      event.socket = ended
      emit(event, by: tree.identity(of: ProcessID(Int32(bitPattern: key.tgid))) ?? closer)
    }
  }

  /// What a process that ends has sent by packet sockets.
  mutating func endPackets(of identity: ProcessIdentity, _ time: UInt64) {
    for facts in packets.removeValue(forKey: identity) ?? [] {
      endConversations(facts, identity, time, only: UInt32(bitPattern: identity.pid.rawValue))
    }
  }
}

extension Connection {
  mutating func take(_ facts: EventSocketFacts) {
    family = facts.family.rawValue
    self.protocol = facts.protocol.rawValue
    local = facts.local
    peer = facts.peer
  }
}
