import Model

/// What of a store a watch-list can mean: the addresses and processes that it knows, by their ids.
///
/// Looked up once, before rows are: necessary of what hits, not sufficient, for an address has had other names too.
public struct HistoryHunt: Sendable {
  /// Newest marks first: no connection of a later segment than its mark uses it.
  struct Peer: Sendable {
    var id: Int64
    var mark: Int64
  }
  struct Program: Sendable {
    var process: Int64
    var program: Int64?
    var mark: Int64
  }
  private(set) var peers: [Peer] = []
  private(set) var programs: [Program] = []
  private(set) var peerIDs: Set<Int64> = []
  private(set) var processIDs: Set<Int64> = []

  var isEmpty: Bool { peers.isEmpty && programs.isEmpty }

  func wants(_ row: RawConnection) -> Bool {
    row.peer.map(peerIDs.contains) ?? false || row.process.map(processIDs.contains) ?? false
  }

  init(_ list: Watchlist, _ connection: SQLiteConnection, _ names: StoredNames, schema: Int)
    throws(StoreError)
  {
    try takeAddresses(list, connection)
    if list.hasDomains { try takeNames(list, connection, names) }
    if schema >= 2 { try takeExecutables(list, connection) }
    peers.sort { $0.mark > $1.mark }
    programs.sort { $0.mark > $1.mark }
  }

  private mutating func takeAddresses(_ list: Watchlist, _ connection: SQLiteConnection) throws(StoreError) {
    let range = try connection.prepare(
      "SELECT id, segment FROM address WHERE bytes BETWEEN ? AND ? AND length(bytes) = ?")
    for prefix in list.prefixes {
      let (first, last) = prefix.byteRange
      range.bind(1, blob: first)
      range.bind(2, blob: last)
      range.bind(3, Int64(first.count))
      while try range.step() { add(peer: range.integer(0), mark: range.integer(1)) }
      range.reset()
    }
  }

  /// Addresses that a listed name was ever answered with.
  private mutating func takeNames(
    _ list: Watchlist, _ connection: SQLiteConnection, _ names: StoredNames
  ) throws(StoreError) {
    let answers = try connection.prepare("SELECT address, question FROM dns_answer")
    let mark = try connection.prepare("SELECT segment FROM address WHERE id = ?")
    var isListed: [Int64: Bool] = [:]
    while try answers.step() {
      let question = answers.integer(1)
      if isListed[question] == nil {
        isListed[question] = try names.text(question).flatMap { list.indicator(of: $0) } != nil
      }
      guard isListed[question] == true else { continue }
      mark.bind(1, answers.integer(0))
      if try mark.step() { add(peer: answers.integer(0), mark: mark.integer(0)) }
      mark.reset()
    }
  }

  private mutating func takeExecutables(_ list: Watchlist, _ connection: SQLiteConnection) throws(StoreError)
  {
    let found = try connection.prepare(
      """
      SELECT p.id, p.executable, p.segment FROM file f CROSS JOIN process p ON p.file = f.id WHERE f.sha256 = ?
      """)
    for hash in list.sha256 {
      found.bind(1, text: hash)
      while try found.step() {
        let process = Program(
          process: found.integer(0), program: found.optionalInteger(1), mark: found.integer(2))
        if processIDs.insert(process.process).inserted { programs.append(process) }
      }
      found.reset()
    }
  }

  private mutating func add(peer id: Int64, mark: Int64) {
    if peerIDs.insert(id).inserted { peers.append(Peer(id: id, mark: mark)) }
  }
}

/// Finds the candidates of one segment after the other, by its indexes alone.
struct HuntSearch {
  /// Beyond so many, one pass over an index of the segment is cheaper than to look for each.
  private static let sought = 1024
  /// What retention has moved into the newest segments is marked a little later.
  private static let unmarked: Int64 = 8

  private let hunt: HistoryHunt
  private let newest: Int64
  private let byPeer: SQLiteStatement
  private let byProgram: SQLiteStatement
  private let allPeers: SQLiteStatement
  private let allPrograms: SQLiteStatement

  init(_ hunt: HistoryHunt, _ connection: SQLiteConnection) throws(StoreError) {
    self.hunt = hunt
    newest = try connection.integer("SELECT max(id) FROM segment") ?? 0
    byPeer = try connection.prepare("SELECT id FROM connection WHERE (id >> 14) = ? AND peer = ?")
    byProgram = try connection.prepare(
      "SELECT id FROM connection WHERE (id >> 14) = ? AND program IS ? AND process = ?")
    allPeers = try connection.prepare(
      "SELECT peer, id FROM connection INDEXED BY connection_by_peer WHERE (id >> 14) = ?")
    allPrograms = try connection.prepare(
      "SELECT process, id FROM connection INDEXED BY connection_by_program WHERE (id >> 14) = ?")
  }

  /// Ascending, each once.
  func candidates(in segment: Int64) throws(StoreError) -> [Int64] {
    let isMarked = segment < newest - Self.unmarked
    var ids: [Int64] = []
    let peers = isMarked ? hunt.peers.prefix { $0.mark >= segment } : hunt.peers[...]
    if peers.count > Self.sought {
      try scan(allPeers, segment, hunt.peerIDs, &ids)
    } else {
      for peer in peers {
        byPeer.bind(2, peer.id)
        try take(byPeer, segment, &ids)
      }
    }
    let programs = isMarked ? hunt.programs.prefix { $0.mark >= segment } : hunt.programs[...]
    if programs.count > Self.sought {
      try scan(allPrograms, segment, hunt.processIDs, &ids)
    } else {
      for program in programs {
        byProgram.bind(2, program.program)
        byProgram.bind(3, program.process)
        try take(byProgram, segment, &ids)
      }
    }
    return Set(ids).sorted()
  }

  private func take(_ statement: SQLiteStatement, _ segment: Int64, _ ids: inout [Int64]) throws(StoreError) {
    statement.bind(1, segment)
    while try statement.step() { ids.append(statement.integer(0)) }
    statement.reset()
  }

  private func scan(
    _ statement: SQLiteStatement, _ segment: Int64, _ wanted: Set<Int64>, _ ids: inout [Int64]
  ) throws(StoreError) {
    statement.bind(1, segment)
    while try statement.step() {
      if wanted.contains(statement.integer(0)) { ids.append(statement.integer(1)) }
    }
    statement.reset()
  }
}
