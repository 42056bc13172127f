/// Finds what one source says otherwise than another; each finding is a sentence that names the socket.
struct Comparison {
  /// The name of the side that is under test, as findings call it.
  var subject = "sockeye"
  private let found: [Sighting]
  private let byInode: [Inode: [Int]]
  private let byEnds: [Ends: [Int]]

  /// An MPTCP socket and its first subflow, in the table of TCP, have one inode.
  private struct Inode: Hashable {
    var table: String
    var number: UInt64
    init(_ socket: Sighting) { (table, number) = (socket.table, socket.inode) }
  }

  /// What stands for the identity of a socket without an inode.
  private struct Ends: Hashable {
    var netns: UInt64?
    var table: String
    var local: End?
    var peer: End?
  }

  init(found: [Sighting]) {
    self.found = found
    byInode = Dictionary(grouping: found.indices.filter { found[$0].inode != 0 }) { Inode(found[$0]) }
    byEnds = Dictionary(grouping: found.indices.filter { found[$0].inode == 0 }) {
      Ends(netns: found[$0].netns, table: found[$0].table, local: found[$0].local, peer: found[$0].peer)
    }
  }

  /// Every way in which `found` falls short of `expected`. Sockets that are only in `found` are no difference here.
  ///
  /// Entries of `expected` with the same inode are one socket with several holders. Those without inode are told apart
  /// by their ends, and each must have a counterpart of its own.
  func differences(from expected: [Sighting]) -> [String] {
    var result: [String] = []
    var used: Set<Int> = []
    for socket in Self.merged(expected) {
      guard let match = counterpart(of: socket, avoiding: used) else {
        result.append("\(socket): \(subject) does not list it")
        continue
      }
      used.insert(match)
      let count = byInode[Inode(socket), default: []].count
      if socket.inode != 0, count > 1 { result.append("\(socket): \(subject) lists it \(count) times") }
      result += fieldDifferences(expected: socket, found: found[match])
    }
    return result
  }

  /// The sockets of `others` that are not in `found`.
  func unknown(among others: [Sighting]) -> [String] {
    var used: Set<Int> = []
    return others.compactMap { socket in
      guard let match = counterpart(of: socket, avoiding: used) else {
        return "\(socket): \(subject) does not list it"
      }
      if socket.inode == 0 { used.insert(match) }
      return nil
    }
  }

  private func counterpart(of socket: Sighting, avoiding used: Set<Int>) -> Int? {
    if socket.inode != 0 {
      // In another table at least, for a finding that says so.
      return byInode[Inode(socket)]?.first ?? found.firstIndex { $0.inode == socket.inode }
    }
    let ends = Ends(netns: socket.netns, table: socket.table, local: socket.local, peer: socket.peer)
    let candidates = byEnds[ends, default: []].filter { !used.contains($0) }
    // Several of the same ends (connections in a unix listener's queue): the same state first.
    return candidates.first { found[$0].state == socket.state } ?? candidates.first
  }

  private func fieldDifferences(expected: Sighting, found: Sighting) -> [String] {
    var result: [String] = []
    func compare<Value: Equatable>(_ field: String, _ expected: Value?, _ value: Value?) {
      guard let expected, expected != value else { return }
      result.append("\(field) is \(expected), \(subject) says \(value.map { "\($0)" } ?? "nothing")")
    }
    compare("table", expected.table, found.table)
    compare("family", expected.family, found.family)
    compare("type", expected.type, found.type)
    compare("state", expected.state, found.state)
    compare("namespace", expected.netns, found.netns)
    compare("local end", expected.local, found.local)
    compare("peer", expected.peer, found.peer)
    compare("receive queue", expected.receiveQueue, found.receiveQueue)
    compare("send queue", expected.sendQueue, found.sendQueue)
    // A source that cannot know a cookie leaves it out; a wrong one is worse.
    if expected.cookie != 0 && found.cookie != 0 { compare("cookie", expected.cookie, found.cookie) }
    compare("reason without holder", expected.unheldReason, found.unheldReason)
    if !expected.holders.isEmpty, let reason = found.unheldReason {
      result.append("it has holders, \(subject) says that it has none: \(reason)")
    }
    let missing = expected.holders.subtracting(found.holders)
    let invented = found.holders.subtracting(expected.holders)
    if !missing.isEmpty { result.append("\(subject) does not name \(Self.list(missing))") }
    if !invented.isEmpty { result.append("\(subject) names \(Self.list(invented)), which does not hold it") }
    return result.map { "\(expected): \($0)" }
  }

  private static func list(_ holders: Set<Holder>) -> String {
    holders.sorted { ($0.pid, $0.descriptor) < ($1.pid, $1.descriptor) }.map(\.description).joined(
      separator: ", ")
  }

  /// One entry a socket: lines of the same inode become one with all holders.
  static func merged(_ sightings: [Sighting]) -> [Sighting] {
    var result: [Sighting] = []
    var position: [Inode: Int] = [:]
    for sighting in sightings {
      if sighting.inode != 0, let at = position[Inode(sighting)] {
        result[at].holders.formUnion(sighting.holders)
        continue
      }
      position[Inode(sighting)] = result.count
      result.append(sighting)
    }
    return result
  }
}
