import ArgumentParser
import Model
import Store
import ViewRecords
import ViewTerminal
import ViewText

/// What a store knows of the target of `sockeye who`.
struct PastAnswers {
  struct Card {
    var snapshot: Snapshot
    var answer: WhoAnswer
  }
  var cards: [Card] = []
  /// More than the cards; nil when they were not counted to the end.
  var more: Int?
  private static let counted = 1000

  /// - Parameter isOver: only what has ended.
  init(_ target: WhoTarget, _ reader: StoreReader, first: Int64?, last: Int64?, isOver: Bool, limit: Int)
    throws(StoreError)
  {
    var query = target.query
    (query.since, query.until) = (first, last)
    if case .pid(let pid) = target {
      try takeProcesses(pid, query, reader, limit)
      return
    }
    if isOver { query.isOpen = false }
    query.limit = max(limit, Self.counted)
    let search = try HistorySearch(reader, query) { connection in
      let snapshot = connection.snapshot
      return Verdict(target.matches(snapshot.sockets[0], in: snapshot))
    }
    for connection in search.found.prefix(limit) {
      var card = Card(snapshot: connection.snapshot, answer: WhoAnswer(.socket(0)))
      card.answer.past = connection
      if connection.peerProcess != nil { card.answer.peerSocket = card.snapshot.sockets.count - 1 }
      cards.append(card)
    }
    more = search.next == nil ? search.found.count - cards.count : nil
  }

  /// A process is one answer, with its latest connections on the card.
  private mutating func takeProcesses(
    _ pid: ProcessID, _ query: HistoryQuery, _ reader: StoreReader, _ limit: Int
  ) throws(StoreError) {
    var processes = ProcessQuery()
    processes.pid = pid
    let found = try reader.processes(processes, limit: Self.counted).filter {
      $0.began <= query.until ?? .max && $0.ended ?? .max >= query.since ?? 0
    }
    for process in found.prefix(limit) {
      var query = query
      query.processes = ProcessQuery()
      query.processes.rows = [process.id]
      query.limit = Self.counted
      var snapshot = Snapshot()
      snapshot.evidence = .kernelEvent
      snapshot.processes = [process.process]
      for connection in try reader.history(query).connections {
        let one = connection.snapshot
        var socket = one.sockets[0]
        (socket.firstHolding, socket.detailIndex) = (Int32(snapshot.holdings.count), -1)
        if connection.duration != nil { socket.state = .close }
        snapshot.holdings.append(Holding(socket: Int32(snapshot.sockets.count), process: 0, descriptor: -1))
        snapshot.sockets.append(socket)
      }
      var card = Card(snapshot: snapshot, answer: WhoAnswer(.process(0)))
      card.answer.pastProcess = process
      cards.append(card)
    }
    more = found.count == Self.counted ? nil : found.count - cards.count
  }

  /// `3 more`, `1000 or more`; nil when the cards are all.
  var moreWords: String? {
    guard let more else { return "1000 or more" }
    return more == 0 ? nil : "\(more) more"
  }

  func append(_ format: OutputFormat, isColored: Bool, isFirst: Bool, to text: inout TextBuffer) {
    var isFirst = isFirst
    for var card in cards {
      card.snapshot.takenWallNanoseconds = UInt64(clamping: Moment.now) * 1000
      if format.recordFormat == nil {
        if !isFirst { text.append("\n") }
        WhoCard.append(card.answer, of: card.snapshot, isColored: isColored, to: &text)
      } else {
        if format == .json && !isFirst { text.append(",\n") }
        if let past = card.answer.past {
          var records = HistoryRecords()
          records.append(past, to: &text)
        } else {
          var writer = RecordWriter(card.snapshot)
          writer.append(card.answer, to: &text)
        }
        if format == .jsonl { text.append("\n") }
      }
      isFirst = false
    }
  }
}

extension WhoTarget {
  /// Necessary of every answer, not sufficient.
  fileprivate var query: HistoryQuery {
    var query = HistoryQuery()
    func any(of addresses: [IPAddress]) -> [AddressPrefix] { addresses.map { AddressPrefix($0.unmapped) } }
    switch self {
    case .port(let port): query.port = port
    case .address(let addresses): query.addresses = any(of: addresses)
    case .endpoint(let place), .connection(let place, _):
      (query.addresses, query.port) = (any(of: place.addresses), place.port)
    case .pid, .path, .inode, .cookie: break
    }
    return query
  }

  /// Why nothing of the past can be said about it.
  var notRecorded: String? {
    switch self {
    case .path: "names of unix sockets are not recorded"
    case .inode: "inodes are not recorded; a cookie is"
    default: nil
    }
  }
}
