import Attribution
import KernelBPF
import Model

/// What name servers told processes, and so the names of the peers that they connect to.
struct NameEvidence {
  var table = NameTable()
  var streams = AnswerStreams()
  /// The names of the open connections, by cookie: a later answer does not change them.
  private var connections: [UInt64: PeerName] = [:]
  /// Connections whose name was not kept for their close, for want of room.
  private(set) var unkept: UInt64 = 0

  subscript(cookie: SocketCookie) -> PeerName? { connections[cookie.rawValue] }

  mutating func open(_ cookie: SocketCookie, _ name: PeerName?) {
    guard let name else { return close(cookie) }
    if connections.count < EventResolver.limit { connections[cookie.rawValue] = name } else { unkept += 1 }
  }

  mutating func close(_ cookie: SocketCookie) {
    if !connections.isEmpty { connections[cookie.rawValue] = nil }
  }

  var lost: UInt64 { table.evicted &+ streams.dropped &+ unkept }
}

extension EventResolver {
  func peerName(of address: IPAddress, for identity: ProcessIdentity?, at time: UInt64) -> PeerName? {
    identity.flatMap { names.table.name(of: address, for: $0, at: time) }
  }

  /// What came from port 53, to the process that asked.
  mutating func takeAnswer(_ record: KernelEvent) {
    guard let socket = record.socket, case .payload(let bytes, let sequence) = record.detail else { return }
    let facts = EventSocketFacts(socket)
    let asker = asker(record, facts.cookie)
    var messages = [bytes]
    if facts.protocol == .tcp {
      messages = names.streams.take(
        facts.cookie.rawValue, sequence: sequence, bytes, isStart: record.flags.contains(.streamStart),
        at: record.time)
    }
    for message in messages {
      guard let answer = NameAnswer(message: message) else { continue }
      if let asker {
        for address in answer.addresses {
          names.table.learn(asker, address, answer.question, at: record.time)
        }
      }
      var event = event(.dns, at: record.time)
      event.socket = facts
      event.detail = .dns(answer)
      if let failure = answer.failure {
        event.outcome = .failure
        event.reason = failure
      }
      emit(event, by: asker)
    }
  }

  /// Nobody where several processes have used the socket: whose question it was cannot be told.
  private mutating func asker(_ record: KernelEvent, _ cookie: SocketCookie) -> ProcessIdentity? {
    let users = Set(conversations[cookie.rawValue]?.map(\.key.tgid) ?? [])
    if let actor = record.actor { return users.subtracting([actor.tgid]).isEmpty ? self.actor(actor) : nil }
    // It asked before the probes were there, or is long ago.
    guard users.count == 1, let user = users.first else { return nil }
    return tree.identity(of: ProcessID(Int32(bitPattern: user)))
  }
}

extension NameAnswer {
  /// RCODE by the names of the registry (RFC 6895, 2.3); nil is no error.
  var failure: String? {
    let names = ["FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED"]
    if responseCode == 0 { return nil }
    return Int(responseCode) <= names.count ? names[Int(responseCode) - 1] : "RCODE\(responseCode)"
  }
}
