import Model

/// A row of `connection`, with ids where the answer has names.
struct RawConnection {
  var id: Int64
  var opened: Int64
  var duration: Int64?
  var flags: ConnectionFlags
  var process: Int64?
  var program: Int64?
  var local: Int64?
  var peer: Int64?
  var peerProcess: Int64?
  var localPort: Int64
  var peerPort: Int64
  var sent: Int64?
  var received: Int64?

  static let columns = """
    id, opened, duration, flags, process, program, local, peer, peer_process, local_port, peer_port, sent, received
    """

  init(_ row: SQLiteStatement) {
    id = row.integer(0)
    opened = row.integer(1)
    duration = row.optionalInteger(2)
    flags = ConnectionFlags(rawValue: row.integer(3))
    process = row.optionalInteger(4)
    program = row.optionalInteger(5)
    local = row.optionalInteger(6)
    peer = row.optionalInteger(7)
    peerProcess = row.optionalInteger(8)
    localPort = row.integer(9)
    peerPort = row.integer(10)
    sent = row.optionalInteger(11)
    received = row.optionalInteger(12)
  }

  func value(_ order: HistoryQuery.Order) -> Int64 {
    switch order {
    case .newest, .oldest: 0
    // What is open lasts longest.
    case .longest: duration ?? .max
    case .mostSent: sent ?? -1
    case .mostReceived: received ?? -1
    }
  }
}
