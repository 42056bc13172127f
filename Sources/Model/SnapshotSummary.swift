/// Counts over the sockets of a snapshot: `sockeye list --summary`.
public struct SnapshotSummary: Sendable {
  /// Sockets of one table in one state.
  public struct StateCount: Sendable {
    public var table: SocketTable
    public var state: SocketState
    public var count: Int
  }
  /// What one process holds. A shared socket counts for each of its holders.
  public struct ProcessCount: Sendable {
    /// Index into `Snapshot.processes`.
    public var process: Int
    public var sockets = 0
    public var listening = 0
    public var connected = 0
    /// Payload of its TCP connections that are open now.
    public var sentBytes: UInt64 = 0
    public var receivedBytes: UInt64 = 0
  }
  /// Connections with one remote address.
  public struct PeerCount: Sendable {
    public var address: IPAddress
    public var count = 0
    public var processes: Set<Int> = []
  }
  /// Sockets that no process was found for.
  public struct AbsenceCount: Sendable {
    public var absence: HolderAbsence
    public var count: Int
  }

  public var total = 0
  /// By table, then state.
  public var states: [StateCount] = []
  /// Most sockets first.
  public var processes: [ProcessCount] = []
  /// Most connections first.
  public var peers: [PeerCount] = []
  public var unheld: [AbsenceCount] = []

  /// Counts `sockets`, indices into `snapshot.sockets`. Linear, but for the sorting of its results.
  public init(_ snapshot: Snapshot, sockets: some Sequence<Int>) {
    let stateCount = 256
    var states = [Int](repeating: 0, count: SocketTable.allCases.count * stateCount)
    var absences = [Int](repeating: 0, count: 256)
    var perProcess: [Int: ProcessCount] = [:]
    var perPeer: [IPAddress: PeerCount] = [:]
    for index in sockets {
      let socket = snapshot.sockets[index]
      total += 1
      states[Int(socket.table.rawValue) * stateCount + Int(socket.state.rawValue)] += 1
      if socket.holdingCount == 0 { absences[Int(socket.absence.rawValue)] += 1 }
      SnapshotSummary.count(socket, in: snapshot, into: &perProcess)
      guard socket.family.isInternet, socket.isConnected, !socket.peer.address.isUnspecified else { continue }
      let address = socket.peer.address.unmapped
      var peer = perPeer[address] ?? PeerCount(address: address)
      peer.count += 1
      for holding in snapshot.holdings(of: socket) { peer.processes.insert(Int(holding.process)) }
      perPeer[address] = peer
    }
    for table in SocketTable.allCases {
      for state in SocketState.allCases {
        let count = states[Int(table.rawValue) * stateCount + Int(state.rawValue)]
        if count > 0 { self.states.append(StateCount(table: table, state: state, count: count)) }
      }
    }
    for (raw, count) in absences.enumerated() where count > 0 {
      unheld.append(AbsenceCount(absence: HolderAbsence(rawValue: UInt8(raw)) ?? .none, count: count))
    }
    processes = perProcess.values.sorted { ($1.sockets, $0.process) < ($0.sockets, $1.process) }
    peers = perPeer.values.sorted {
      ($1.count, $0.address.high, $0.address.low) < ($0.count, $1.address.high, $1.address.low)
    }
  }

  private static func count(_ socket: Socket, in snapshot: Snapshot, into counts: inout [Int: ProcessCount]) {
    var last = -1
    let tcp = snapshot.detail(of: socket)?.tcp
    for holding in snapshot.holdings(of: socket) where Int(holding.process) != last {
      last = Int(holding.process)
      var process = counts[last] ?? ProcessCount(process: last)
      process.sockets += 1
      if socket.isListening { process.listening += 1 }
      if socket.isConnected { process.connected += 1 }
      process.sentBytes &+= tcp?.sentBytes ?? 0
      process.receivedBytes &+= tcp?.receivedBytes ?? 0
      counts[last] = process
    }
  }
}
