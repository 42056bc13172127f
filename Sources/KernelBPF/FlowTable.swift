import CLinux

/// The counts of datagram conversations, kept in the kernel: read them when wanted, take them out at the end.
///
/// Borrowed from the session: it must not outlive it.
@safe public struct FlowTable {
  private let map: Int32

  /// nil when the plan has no datagram probe.
  public init?(_ session: borrowing ProbeSession) {
    guard let map = session.map("flows", of: .datagrams) else { return nil }
    self.map = map
  }

  /// The counts now; nil when there is no such conversation.
  public func counts(of key: EventFlowKey) -> EventFlow? {
    var key = key
    var flow = EventFlow()
    let status = unsafe bpf_map_lookup_elem(map, &key, &flow)
    return status == 0 ? flow : nil
  }

  /// The counts, which the kernel forgets: a later datagram makes a new event.
  public func take(_ key: EventFlowKey) -> EventFlow? {
    // Not bpf_map_lookup_and_delete_elem: hash maps have that since 5.14, and a datagram between two calls is
    // one that the new conversation would count anyway.
    guard let flow = counts(of: key) else { return nil }
    var key = key
    _ = unsafe bpf_map_delete_elem(map, &key)
    return flow
  }

  /// Every conversation. One that begins or ends meanwhile may be missing or there.
  public func all() -> [(key: EventFlowKey, flow: EventFlow)] {
    var found: [(key: EventFlowKey, flow: EventFlow)] = []
    var key = EventFlowKey(), next = EventFlowKey()
    var status = unsafe bpf_map_get_next_key(map, nil, &next)
    while status == 0 {
      if let flow = counts(of: next) { found.append((next, flow)) }
      key = next
      status = unsafe bpf_map_get_next_key(map, &key, &next)
    }
    return found
  }
}

extension EventFlowKey {
  /// The key of the conversation that a flow event began; nil for other events.
  public init?(_ event: KernelEvent) {
    guard event.kind == .flow, let actor = event.actor, let socket = event.socket else { return nil }
    self.init(
      cookie: socket.cookie, peer_address: socket.peer_address, tgid: actor.tgid, peer_port: socket.peer_port,
      reserved: 0)
  }
}
