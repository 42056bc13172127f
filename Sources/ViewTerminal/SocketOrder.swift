import Model
import ViewText

/// The order of rows.
public enum SocketOrder {
  /// Two words that compare as the rows should, and where the row came from.
  private struct Entry {
    var high: UInt64
    var middle: UInt64
    var low: UInt64
    var index: Int
  }

  /// Sorts indices into `snapshot.sockets`. Without a key: listeners first, then by table, local port and address.
  /// Rows that compare equal keep the standard order; unknown values come last, ascending or descending.
  public static func sorted(_ snapshot: Snapshot, _ sockets: [Int], by key: SortKey? = nil) -> [Int] {
    var entries = sockets.map { standard(snapshot.sockets[$0], $0) }
    entries.sort { ($0.high, $0.middle, $0.low, $0.index) < ($1.high, $1.middle, $1.low, $1.index) }
    let ordered = entries.map(\.index)
    guard let key else { return ordered }
    switch key.column {
    case .local: return byEndpoint(snapshot, ordered, key, \.local)
    case .peer: return byEndpoint(snapshot, ordered, key, \.peer)
    default: break
    }
    if isNumber(key.column) {
      return byNumber(ordered, key) { number(key.column, snapshot.sockets[$0], snapshot) }
    }
    return byText(snapshot, ordered, key)
  }

  private static func standard(_ socket: Socket, _ index: Int) -> Entry {
    let rank: UInt64 = socket.isListening ? 0 : 1
    let high = rank << 32 | UInt64(socket.table.rawValue) << 24 | UInt64(socket.local.port)
    return Entry(high: high, middle: socket.local.address.high, low: socket.local.address.low, index: index)
  }

  private static func byEndpoint(
    _ snapshot: Snapshot, _ sockets: [Int], _ key: SortKey, _ end: (Socket) -> Endpoint
  ) -> [Int] {
    var entries = sockets.enumerated().map { position, index in
      let endpoint = end(snapshot.sockets[index])
      let order = Entry(
        high: endpoint.address.high, middle: endpoint.address.low, low: UInt64(endpoint.port), index: position
      )
      return order
    }
    entries.sort {
      let (left, right) = key.isDescending ? ($1, $0) : ($0, $1)
      return (left.high, left.middle, left.low) != (right.high, right.middle, right.low)
        ? (left.high, left.middle, left.low) < (right.high, right.middle, right.low) : $0.index < $1.index
    }
    return entries.map { sockets[$0.index] }
  }

  private static func byNumber(_ sockets: [Int], _ key: SortKey, _ number: (Int) -> UInt64?) -> [Int] {
    var entries = sockets.enumerated().map { position, index in
      let value = number(index)
      let ordered = key.isDescending ? ~(value ?? 0) : value ?? 0
      return (unknown: value == nil ? 1 : 0, value: ordered, position: position)
    }
    entries.sort { $0 < $1 }
    return entries.map { sockets[$0.position] }
  }

  /// By the text of the cell: few ask for it, so that it may cost an array a row.
  private static func byText(_ snapshot: Snapshot, _ sockets: [Int], _ key: SortKey) -> [Int] {
    var writer = CellWriter(snapshot)
    var text = TextBuffer()
    let cells = sockets.map { index in
      text.removeAll()
      _ = writer.append(key.column, of: snapshot.sockets[index], isWide: false, to: &text)
      return text.contents
    }
    let unknown: [UInt8] = [UInt8(ascii: "-")]
    let positions = sockets.indices.sorted { left, right in
      let (one, other) = (cells[left], cells[right])
      if one == other { return left < right }
      if one == unknown || other == unknown { return other == unknown }
      return key.isDescending ? other.lexicographicallyPrecedes(one) : one.lexicographicallyPrecedes(other)
    }
    return positions.map { sockets[$0] }
  }

  private static func isNumber(_ column: Column) -> Bool {
    column.isRightAligned || column == .started || column == .fd
  }

  private static func number(_ column: Column, _ socket: Socket, _ snapshot: Snapshot) -> UInt64? {
    let tcp = snapshot.detail(of: socket)?.tcp
    switch column {
    case .recvq: return socket.receiveQueue.map(UInt64.init)
    case .sendq: return socket.sendQueue.map(UInt64.init)
    case .pid: return snapshot.mainProcess(of: socket).map { UInt64($0.identity.pid.rawValue) }
    case .uid: return socket.userID.map(UInt64.init)
    case .started: return snapshot.mainProcess(of: socket)?.startWallNanoseconds
    case .age:
      guard let started = snapshot.mainProcess(of: socket)?.startWallNanoseconds else { return nil }
      return snapshot.takenWallNanoseconds &- started
    case .fd: return snapshot.holdings(of: socket).first.map { UInt64($0.descriptor) }
    case .inode: return socket.inode == 0 ? nil : socket.inode
    case .cookie: return socket.cookie == .unknown ? nil : socket.cookie.rawValue
    case .mark: return UInt64(socket.mark)
    case .cgroup: return socket.cgroupID
    case .rtt: return tcp.map { UInt64($0.roundTripMicroseconds) }
    case .minrtt: return tcp.map { UInt64($0.minimumRoundTripMicroseconds) }
    case .retrans: return tcp.map { UInt64($0.totalRetransmits) }
    case .sent: return tcp?.sentBytes
    case .received: return tcp?.receivedBytes
    case .cwnd: return tcp.map { UInt64($0.congestionWindow) }
    case .mss: return tcp.map { UInt64($0.sendMaximumSegment) }
    case .pacing: return tcp?.pacingRate
    default: return nil
    }
  }
}
