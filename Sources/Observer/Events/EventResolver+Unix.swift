import KernelBPF
import KernelSystem
import Model

/// Who connected and who accepted, of one unix connection.
struct UnixPair {
  var connector: ProcessIdentity?
  var acceptor: ProcessIdentity?
}

/// The latest entries: at the limit the older half goes.
struct RecentTable<Key: Hashable, Value> {
  private let limit: Int
  private var young: [Key: Value] = [:]
  private var old: [Key: Value] = [:]

  init(limit: Int) { self.limit = limit }

  subscript(key: Key) -> Value? {
    get { young[key] ?? old[key] }
    set {
      if young.count >= limit / 2 {
        old = young
        young = [:]
      }
      young[key] = newValue
    }
  }
}

extension EventResolver {
  mutating func takeUnix(_ record: KernelEvent) {
    guard let socket = record.socket, let actor = record.actor,
      case .unix(let ends, let local, let peer) = record.detail
    else { return }
    let identity = self.actor(actor)
    var facts = EventSocketFacts(socket)
    facts.localPath = local.isEmpty ? nil : RawText(socketName: local)
    facts.peerPath = peer.isEmpty ? nil : RawText(socketName: peer)
    facts.peerInode = ends.peer_inode
    facts.peerPID = ends.peer_tgid == 0 ? nil : ProcessID(Int32(bitPattern: ends.peer_tgid))
    facts.origin = record.kind == .unixAccept ? .accept : .connect

    if socket.error == 0 { remember(facts, identity) }
    let action: EventAction =
      record.kind == .unixAccept ? .unixAccept : socket.error == 0 ? .unixConnect : .unixConnectFailed
    var event = event(action, at: record.time)
    if socket.error != 0 {
      event.outcome = .failure
      event.reason = Errno(rawValue: socket.error).name
    }
    event.socket = facts
    emit(event, by: identity)
  }

  /// Both ends know the inode of the one that connected. Either may be told first; inodes come again.
  private mutating func remember(_ facts: EventSocketFacts, _ identity: ProcessIdentity) {
    let isAccepted = facts.origin == .accept
    let key = isAccepted ? facts.peerInode : facts.inode
    if key == 0 { return }
    var pair = unixPairs[key] ?? UnixPair()
    if (isAccepted ? pair.acceptor : pair.connector) != nil { pair = UnixPair() }
    if isAccepted { pair.acceptor = identity } else { pair.connector = identity }
    unixPairs[key] = pair
  }

  /// The other end: who accepted, or, if nobody has yet, who listens.
  func otherUnixEnd(_ socket: EventSocketFacts) -> ProcessIdentity? {
    let isAccepted = socket.origin == .accept
    let pair = unixPairs[isAccepted ? socket.peerInode : socket.inode]
    return (isAccepted ? pair?.connector : pair?.acceptor)
      ?? socket.peerPID.flatMap { tree.identity(of: $0) }
  }
}
