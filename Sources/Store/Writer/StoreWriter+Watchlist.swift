import Model

/// A hit that waits for the next batch; of no connection.
struct PendingHit {
  var time: Int64
  var hit: WatchlistHit
  var process: ProcessEntry?
}

/// The list, and which of the files that processes run are on it.
struct WatchlistState {
  var list = Watchlist()
  var files: [FileIdentity: WatchlistHit] = [:]
  var noticed: [NoticedHit] = []
  /// `indicator.id` of what has hit before.
  var rows: [Indicator: Int64] = [:]

  func hit(of process: ProcessEntry) -> WatchlistHit? {
    if files.isEmpty { return nil }
    return process.facts.executableFile.flatMap { files[$0] }
  }

  mutating func learn(_ file: FileIdentity, _ hash: String) -> Bool {
    guard let found = list.indicator(ofSHA256: hash) else { return false }
    files[file] = WatchlistHit(found, .executable, RawText(hash))
    return true
  }
}

extension StoreWriter {
  /// Hits that wait to be told of, at most; they are stored and counted anyway.
  static let noticedLimit = 4096

  /// From now on what is new is compared with this list. `hashes`: of the files that are known already.
  public func watch(for list: Watchlist, _ hashes: [FileIdentity: String]) {
    watchlist = WatchlistState(list: list, noticed: watchlist.noticed)
    for (file, hash) in hashes { _ = watchlist.learn(file, hash) }
    for process in processes.values { noticeExecutable(of: process, watchlist.hit(of: process)) }
  }

  /// What has hit since the last call.
  public func takeHits() -> [NoticedHit] {
    defer { watchlist.noticed = [] }
    return watchlist.noticed
  }

  /// What has been found out about files that processes run: it goes with every process of theirs, ended or not.
  public func take(_ hashes: [(file: FileIdentity, hash: FileHash)]) {
    pending.hashes += hashes
    for (file, hash) in hashes {
      guard let digest = hash.sha256, watchlist.learn(file, digest) else { continue }
      for process in processes.values where process.facts.executableFile == file {
        noticeExecutable(of: process, watchlist.files[file])
      }
    }
  }

  /// Once a process.
  func noticeExecutable(of process: ProcessEntry, _ hit: WatchlistHit?) {
    guard let hit, !process.isWatched else { return }
    process.isWatched = true
    pending.hits.append(PendingHit(time: process.began, hit: hit, process: process))
    notice(hit, process, nil)
  }

  /// Of a connection that begins: its peer, and what its process runs.
  func hits(of event: Event, _ process: ProcessEntry?) -> [WatchlistHit] {
    if watchlist.list.isEmpty { return [] }
    return watchlist.list.hits(of: event) + (process.flatMap { watchlist.hit(of: $0) }.map { [$0] } ?? [])
  }

  func notice(_ connection: PendingConnection) {
    if connection.hits.isEmpty { return }
    var facts = EventSocketFacts()
    facts.protocol = SocketProtocol(rawValue: UInt16(connection.flags.protocol))
    facts.origin = connection.flags.direction == StoredDirection.inbound.rawValue ? .accept : .connect
    facts.family = connection.flags.family == 1 ? .inet6 : .inet
    facts.local = connection.local ?? facts.local
    facts.peer = connection.peer ?? facts.peer
    for hit in connection.hits { notice(hit, connection.process, facts) }
  }

  func notice(_ answer: Event, _ process: ProcessEntry?, _ time: Int64) {
    for hit in watchlist.list.hits(of: answer) {
      pending.hits.append(PendingHit(time: time, hit: hit, process: process))
      notice(hit, process, nil)
    }
  }

  private func notice(_ hit: WatchlistHit, _ process: ProcessEntry?, _ connection: EventSocketFacts?) {
    counters.hits += 1
    guard watchlist.noticed.count < Self.noticedLimit else { return }
    watchlist.noticed.append(NoticedHit(hit: hit, process: process?.facts, connection: connection))
  }

  // MARK: Rows

  func writeHits(_ batch: PendingRecords) throws(StoreError) {
    for hit in batch.hits {
      if let process = hit.process { try refresh(process, currentSegment) }
      try write(hit.hit, at: hit.time, connection: nil, process: hit.process?.id)
    }
  }

  func write(_ hit: WatchlistHit, at time: Int64, connection: Int64?, process: Int64?) throws(StoreError) {
    let statement = statements.addHit
    statement.bind(1, time)
    statement.bind(2, try row(of: hit.indicator))
    statement.bind(3, text: hit.matched.lossyString)
    statement.bind(4, connection)
    statement.bind(5, process)
    try statement.run()
  }

  private func row(of indicator: Indicator) throws(StoreError) -> Int64 {
    if let known = watchlist.rows[indicator] { return known }
    let statement = statements.addIndicator
    statement.bind(1, text: indicator.kind.rawValue)
    statement.bind(2, text: indicator.text)
    statement.bind(3, text: indicator.note)
    statement.bind(4, text: indicator.list)
    defer { statement.reset() }
    _ = try statement.step()
    let id = statement.integer(0)
    watchlist.rows[indicator] = id
    return id
  }
}
