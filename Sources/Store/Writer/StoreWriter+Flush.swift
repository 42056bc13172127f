import Model

extension StoreWriter {
  /// Writes everything that waits, as one transaction. An error means that all of it is lost, and
  /// counted, but for the ends of connections that have rows.
  public func flush(_ now: StoreTime) throws(StoreError) {
    let time = timeline.microseconds(boot: now.boot)
    let batch = pending
    rotateSegment(time)
    let (firstID, firstYoung, firstLasting) = (nextID, youngStart, lasting)
    do {
      try connection.transaction { () throws(StoreError) in try write(batch, time, now) }
    } catch {
      (youngStart, lasting) = (firstYoung, firstLasting)
      lose(batch, time, firstID)
      flushedBoot = now.boot
      throw error
    }
    settle(batch, firstID)
    pending = PendingRecords()
    (flushed, flushedBoot) = (time, now.boot)
    (lossCount, lossBegan) = (0, nil)
    counters.batches += 1
    counters.connections += UInt64(batch.connections.count)
    counters.open = open.count
  }

  private func write(_ batch: PendingRecords, _ time: Int64, _ now: StoreTime) throws(StoreError) {
    if let lossBegan {
      try add(
        PendingGap(
          kind: "store_lost", began: lossBegan, ended: time, count: Int64(clamping: lossCount),
          message: "\(lossCount) records could not be written"))
    }
    for gap in batch.gaps { try add(gap) }
    try extendLasting(time)
    for step in batch.steps { try statements.addStep.run(recording, step.at, step.step) }
    for process in batch.processes { try write(process) }
    var segments = SegmentFacts()
    for connection in batch.connections { try write(connection, &segments) }
    for close in batch.closes { try write(close, &segments) }
    try markLasting(now, &segments)
    if batch.connections.isEmpty && !batch.processes.isEmpty { segments.touch(currentSegment, at: time) }
    try segments.write(statements)
    try writeOthers(batch)
    try writeHashes(batch, segment: currentSegment)
    try writeHits(batch)
    try statements.heartbeat.run(time, recording)
  }

  private func extendLasting(_ time: Int64) throws(StoreError) {
    let end = time + Int64(settings.heartbeat.nanoseconds / 1000) + 1_000_000
    for index in lasting.indices {
      if lasting[index].id != 0 {
        try statements.extendGap.run(end, lasting[index].id)
      } else {
        lasting[index].gap.ended = end
        try add(lasting[index].gap)
        lasting[index].id = connection.lastID
      }
    }
  }

  /// After a batch that was written: its open connections have their rows.
  private func settle(_ batch: PendingRecords, _ firstID: Int64) {
    if settings.rowTime == .open {
      for (index, connection) in batch.connections.enumerated() where connection.duration == nil {
        var key = FlowKey(netns: connection.netns, cookie: connection.cookie)
        if connection.flags.type == Int64(SocketType.datagram.rawValue), let peer = connection.peer {
          let address = peer.address.unmapped
          (key.peerHigh, key.peerLow, key.peerPort) = (address.high, address.low, peer.port)
        }
        guard let entry = open[key], entry.id == 0 else { continue }
        let id = firstID + Int64(index)
        open[key]?.id = id
        young.append((key, id, entry.bootOpened))
      }
    }
    for process in batch.processes {
      process.isWaiting = false
      if process.ended != nil, processes[process.facts.identity] === process {
        processes[process.facts.identity] = nil
      }
    }
    if youngStart > 4096 && youngStart * 2 > young.count {
      young.removeFirst(youngStart)
      youngStart = 0
    }
    if processes.count > Self.processLimit { processes.removeAll(keepingCapacity: true) }
  }

  /// After a batch that failed: nothing of it is in the tables, nor is what the caches learnt from it.
  private func lose(_ batch: PendingRecords, _ time: Int64, _ firstID: Int64) {
    // Ends of connections that have rows are tried again: dropped, these would stay open. They need no room but in the log.
    let closes = Array(batch.closes.suffix(settings.batchLimit / 2))
    lossCount += UInt64(batch.count - closes.count)
    counters.lost += UInt64(batch.count - closes.count)
    if lossCount > 0 { lossBegan = lossBegan ?? batch.began ?? flushed }
    nextID = firstID
    for process in batch.processes { (process.id, process.segment, process.isWaiting) = (0, -1, false) }
    forgetCaches()
    for (key, entry) in open where entry.id == 0 && held[key] == nil { open[key] = nil }
    for listener in batch.listeners {
      openListeners.remove(
        FlowKey(netns: listener.socket.netns.rawValue, cookie: listener.socket.cookie.rawValue))
    }
    // What is told of gaps and steps is kept: it is little, and says what else is missing.
    let (gaps, steps) = (pending.gaps.suffix(64), pending.steps.suffix(64))
    pending = PendingRecords()
    pending.closes = closes
    (pending.gaps, pending.steps) = (Array(gaps), Array(steps))
    // Found out once, and not again.
    pending.hashes = Array(batch.hashes.suffix(settings.batchLimit))
  }

  /// The tables may be other than the caches have it.
  func forgetCaches() {
    interner.forgetAll()
    files.forgetAll()
    watchlist.rows = [:]
    for process in processes.values { (process.id, process.segment, process.isWaiting) = (0, -1, false) }
    processes.removeAll()
  }

  // MARK: Connections

  var currentSegment: Int64 { nextID >> StoreSchema.segmentShift }

  private func rotateSegment(_ time: Int64) {
    if nextID & (StoreSchema.segmentSize - 1) == 0 { segmentBegan = time }
    guard time - segmentBegan > Self.segmentAge else { return }
    nextID = (currentSegment + 1) << StoreSchema.segmentShift
    segmentBegan = time
  }

  private func write(_ row: PendingConnection, _ segments: inout SegmentFacts) throws(StoreError) {
    let id = nextID
    nextID += 1
    let segment = id >> StoreSchema.segmentShift
    let span = row.duration.map(SpanClass.of) ?? 0
    let statement = statements.addConnection
    if let process = row.process { try refresh(process, segment) }
    if let process = row.peerProcess { try refresh(process, segment) }
    statement.bind(1, id)
    statement.bind(2, row.opened)
    statement.bind(3, row.duration)
    statement.bind(4, span)
    statement.bind(5, row.flags.rawValue)
    statement.bind(6, row.process?.id)
    statement.bind(7, row.process?.program)
    statement.bind(8, Int64(row.netns) - StoreSchema.firstNamespace)
    statement.bind(9, Int64(bitPattern: row.cookie))
    statement.bind(10, try row.local.map { (end) throws(StoreError) in try address(end, segment) })
    statement.bind(11, row.local.map { Int64($0.port) })
    statement.bind(12, try row.peer.map { (end) throws(StoreError) in try address(end, segment) })
    statement.bind(13, row.peer.map { Int64($0.port) })
    statement.bind(14, row.counts.sent)
    statement.bind(15, row.counts.received)
    statement.bind(16, row.counts.roundTrip)
    statement.bind(17, row.counts.retransmits)
    statement.bind(18, row.counts.sentPackets)
    statement.bind(19, row.counts.receivedPackets)
    statement.bind(
      20, try row.reason.map { (text) throws(StoreError) in try interner.id(of: text, segment: segment) })
    statement.bind(21, row.peerProcess?.id)
    try statement.run()
    for hit in row.hits { try write(hit, at: row.opened, connection: id, process: row.process?.id) }
    segments.add(segment, opened: row.opened, span: span)
  }

  /// IPv4 in its plain form, whichever kind of socket holds it: `flags` tell the kind.
  private func address(_ end: Endpoint, _ segment: Int64) throws(StoreError) -> Int64 {
    try interner.id(of: end.address.unmapped, segment: segment)
  }

  private func write(_ close: PendingClose, _ segments: inout SegmentFacts) throws(StoreError) {
    let span = SpanClass.of(durationMicroseconds: close.duration)
    let segment = close.id >> StoreSchema.segmentShift
    let statement = statements.closeConnection
    statement.bind(1, close.id)
    statement.bind(2, close.duration)
    statement.bind(3, span)
    statement.bind(4, close.counts.sent)
    statement.bind(5, close.counts.received)
    statement.bind(6, close.counts.roundTrip)
    statement.bind(7, close.counts.retransmits)
    statement.bind(8, close.counts.sentPackets)
    statement.bind(9, close.counts.receivedPackets)
    let newest = currentSegment
    statement.bind(
      10, try close.reason.map { (text) throws(StoreError) in try interner.id(of: text, segment: newest) })
    statement.bind(11, close.isUnseen ? StoredOutcome.unknown.rawValue << 5 : 0)
    try statement.run()
    segments.addSpan(segment, span)
  }

  func hasYoungDue(_ now: StoreTime) -> Bool {
    youngStart < young.count
      && now.boot &- young[youngStart].bootOpened > UInt64(SpanClass.shortMicroseconds) * 1000
  }

  /// Open connections that are no longer short come into the index of those that last.
  private func markLasting(_ now: StoreTime, _ segments: inout SegmentFacts) throws(StoreError) {
    while hasYoungDue(now) {
      let (key, id, _) = young[youngStart]
      youngStart += 1
      guard id != 0, open[key]?.id == id else { continue }
      try statements.markLasting.run(id)
      segments.addSpan(id >> StoreSchema.segmentShift, SpanClass.open)
    }
  }
}

/// What the connections of a batch mean for the summary of their segments.
struct SegmentFacts {
  private struct Facts {
    var first = Int64.max
    var last = Int64.min
    var shortFirst = Int64.max
    var spans: Int64 = 0
  }
  private var added: [Int64: Facts] = [:]
  private var spans: [Int64: Int64] = [:]

  mutating func add(_ segment: Int64, opened: Int64, span: Int64) {
    var facts = added[segment] ?? Facts()
    facts.first = min(facts.first, opened)
    facts.last = max(facts.last, opened)
    if span == 0 { facts.shortFirst = min(facts.shortFirst, opened) }
    facts.spans |= 1 << span
    added[segment] = facts
  }
  mutating func addSpan(_ segment: Int64, _ span: Int64) { spans[segment, default: 0] |= 1 << span }
  /// A segment without connections, that processes are marked with.
  mutating func touch(_ segment: Int64, at time: Int64) {
    var facts = added[segment] ?? Facts()
    facts.first = min(facts.first, time)
    facts.last = max(facts.last, time)
    added[segment] = facts
  }

  func write(_ statements: WriterStatements) throws(StoreError) {
    for (segment, facts) in added {
      try statements.mergeSegment.run(segment, facts.first, facts.last, facts.shortFirst, facts.spans)
    }
    for (segment, bits) in spans { try statements.addSpans.run(bits, segment) }
  }
}
