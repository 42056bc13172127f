import Model

/// What identifies an open connection: of a datagram socket, which has many, with the peer.
struct FlowKey: Hashable {
  var netns: UInt32
  var cookie: UInt64
  var peerHigh: UInt64 = 0
  var peerLow: UInt64 = 0
  var peerPort: UInt16 = 0

  init(_ socket: EventSocketFacts) {
    netns = socket.netns.rawValue
    cookie = socket.cookie.rawValue
    if socket.type == .datagram {
      let peer = socket.peer.address.unmapped
      (peerHigh, peerLow, peerPort) = (peer.high, peer.low, socket.peer.port)
    }
  }
  init(netns: UInt32, cookie: UInt64) {
    self.netns = netns
    self.cookie = cookie
  }

  func hash(into hasher: inout Hasher) {
    hasher.combine(cookie ^ peerLow &* 0x9e37_79b9_7f4a_7c15)
    hasher.combine(netns ^ UInt32(peerPort))
  }
}

/// A connection that waits for the next batch.
struct PendingConnection {
  var opened: Int64
  var duration: Int64?
  var flags: ConnectionFlags
  var process: ProcessEntry?
  var peerProcess: ProcessEntry?
  var netns: UInt32
  var cookie: UInt64
  var local: Endpoint?
  var peer: Endpoint?
  var counts = PendingCounts()
  var reason: String?
  var hits: [WatchlistHit] = []
}

/// What is counted until the end.
struct PendingCounts {
  var sent: Int64?
  var received: Int64?
  var sentPackets: Int64?
  var receivedPackets: Int64?
  var roundTrip: Int64?
  var retransmits: Int64?

  init() {}
  init(_ socket: EventSocketFacts) {
    sent = socket.sentBytes.map(Int64.init(clamping:))
    received = socket.receivedBytes.map(Int64.init(clamping:))
    sentPackets = socket.sentPackets.map(Int64.init(clamping:))
    receivedPackets = socket.receivedPackets.map(Int64.init(clamping:))
    roundTrip = socket.roundTripMicroseconds.map(Int64.init)
    retransmits = socket.retransmits.map(Int64.init)
  }
}

/// The end of a connection that has a row already.
struct PendingClose {
  var id: Int64
  var duration: Int64
  var counts: PendingCounts
  var reason: String?
  /// It is gone, nobody saw how.
  var isUnseen = false
}

struct PendingListener {
  var opened: Int64
  var socket: EventSocketFacts
  var process: ProcessEntry?
}

struct PendingModule {
  var time: Int64
  var facts: ModuleFacts
  var process: ProcessEntry
}

struct PendingAnswer {
  var time: Int64
  var answer: NameAnswer
  var process: ProcessEntry?
}

struct PendingGap {
  var kind: String
  var began: Int64
  var ended: Int64
  var count: Int64?
  var message: String
}

/// Everything since the last batch.
struct PendingRecords {
  var connections: [PendingConnection] = []
  var closes: [PendingClose] = []
  var processes: [ProcessEntry] = []
  var listeners: [PendingListener] = []
  var closedListeners: [(cookie: UInt64, netns: UInt32, time: Int64)] = []
  var modules: [PendingModule] = []
  var unloads: [PendingModule] = []
  var answers: [PendingAnswer] = []
  var hits: [PendingHit] = []
  var hashes: [(file: FileIdentity, hash: FileHash)] = []
  var gaps: [PendingGap] = []
  var steps: [(at: Int64, step: Int64)] = []
  /// Time of the oldest, µs.
  var began: Int64?

  var count: Int {
    connections.count + closes.count + processes.count + listeners.count + closedListeners.count
      + modules.count
      + unloads.count + answers.count + hits.count
  }
  var isEmpty: Bool { count == 0 && hashes.isEmpty && gaps.isEmpty && steps.isEmpty }
}

/// A process life between two execs, and its row.
final class ProcessEntry {
  /// 0 before it has a row.
  var id: Int64 = 0
  /// `text.id` of its executable.
  var program: Int64?
  /// The segment that its row is marked with.
  var segment: Int64 = -1
  var facts: Process
  /// nil when nothing is known of its execs; then the row decides.
  var generation: Int64
  var began: Int64
  var ended: Int64?
  var exit: ExitFacts?
  /// It was told of as a hit of the watch-list.
  var isWatched = false
  /// Waits in `PendingRecords.processes`.
  var isWaiting = false

  init(_ facts: Process, generation: Int64, began: Int64) {
    self.facts = facts
    self.generation = generation
    self.began = began
  }
}
