/// A recorded connection. Times are µs since 1970.
public struct StoredConnection: Sendable {
  public var id: Int64
  public var opened: Int64
  /// µs; nil while it is open.
  public var duration: Int64?
  /// The opening was not seen: it was there when recording began, at the latest.
  public var isOpenedBefore: Bool
  public var outcome: StoredOutcome
  public var direction: StoredDirection
  /// Name of the errno.
  public var reason: RawText?
  /// Family, addresses, counts as an event tells them.
  public var socket: EventSocketFacts
  public var evidence: EventEvidence
  public var process: StoredProcess?
  public var peerProcess: StoredProcess?
  /// What a name server had answered this address to, before.
  public var peerName: RawText?
  /// What of it is on a watch-list.
  public var hits: [WatchlistHit] = []

  public init(
    id: Int64, opened: Int64, duration: Int64?, isOpenedBefore: Bool, outcome: StoredOutcome,
    direction: StoredDirection, reason: RawText?, socket: EventSocketFacts, evidence: EventEvidence,
    process: StoredProcess?, peerProcess: StoredProcess?, peerName: RawText?
  ) {
    self.id = id
    self.opened = opened
    self.duration = duration
    self.isOpenedBefore = isOpenedBefore
    self.outcome = outcome
    self.direction = direction
    self.reason = reason
    self.socket = socket
    self.evidence = evidence
    self.process = process
    self.peerProcess = peerProcess
    self.peerName = peerName
  }
}

/// A recorded process between two execs.
public struct StoredProcess: Sendable {
  public var id: Int64
  public var process: Process
  /// 0 before its first exec that was seen.
  public var generation: Int64
  /// When it began or executed this program, µs since 1970.
  public var began: Int64
  public var ended: Int64?
  public var exitCode: Int64?
  public var signal: Int64?
  public var cpuMicroseconds: Int64?
  public var bootID: String

  public init(
    id: Int64, process: Process, generation: Int64, began: Int64, ended: Int64?, exitCode: Int64? = nil,
    signal: Int64? = nil, cpuMicroseconds: Int64? = nil, bootID: String
  ) {
    self.id = id
    self.process = process
    self.generation = generation
    self.began = began
    self.ended = ended
    self.exitCode = exitCode
    self.signal = signal
    self.cpuMicroseconds = cpuMicroseconds
    self.bootID = bootID
  }
}

/// Something that is known not to have been recorded. Times are µs since 1970.
public struct StoredGap: Sendable, Equatable {
  /// `recorder_crashed`, `store_lost`, `unrecorded`, a stage of loss (`ring_lost`), or what a recording could not see
  /// (`no_probes`).
  public var kind: String
  public var began: Int64
  public var ended: Int64
  /// Records lost; nil when not even that is known.
  public var count: Int64?
  public var message: String

  public init(kind: String, began: Int64, ended: Int64, count: Int64?, message: String) {
    self.kind = kind
    self.began = began
    self.ended = ended
    self.count = count
    self.message = message
  }
}
