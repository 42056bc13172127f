/// One thing that happened on the host, with who did it: plain values.
public struct Event: Sendable {
  /// Counts the events of one watcher from 1, in the order of time.
  public var sequence: UInt64 = 0
  /// CLOCK_BOOTTIME, nanoseconds: what orders events.
  public var bootNanoseconds: UInt64
  /// The same moment, nanoseconds since 1970.
  public var wallNanoseconds: UInt64
  public var action: EventAction
  public var outcome = EventOutcome.success
  /// Name of the errno: `ECONNREFUSED`. nil when nothing failed.
  public var reason: String?
  public var evidence = EventEvidence.kernelEvent
  /// nil for events that have no socket.
  public var socket: EventSocketFacts?
  /// Who did it: of a connection its originator; of a fork the child. nil where nobody is known.
  public var process: Process?
  /// Who is at the other end, where that is a process of this host.
  public var peerProcess: Process?
  public var detail: EventDetails = .none

  public init(action: EventAction, bootNanoseconds: UInt64, wallNanoseconds: UInt64) {
    self.action = action
    self.bootNanoseconds = bootNanoseconds
    self.wallNanoseconds = wallNanoseconds
  }
}

/// What only some actions carry.
public enum EventDetails: Sendable {
  case none
  case exit(ExitFacts)
  /// What could not be executed, as it was named.
  case execFailed(RawText)
  case thread(ThreadFacts)
  case module(ModuleFacts)
  case dns(NameAnswer)
  case gap(LossFacts)
}

/// A socket as an event saw it.
public struct EventSocketFacts: Sendable {
  public var netns = NetworkNamespace.unknown
  public var cookie = SocketCookie.unknown
  /// 0 when it was not known.
  public var inode: UInt64 = 0
  public var family = AddressFamily.unspecified
  public var type = SocketType.unknown
  public var `protocol` = SocketProtocol.unspecified
  public var origin = SocketOrigin.unknown
  /// The state that the socket was in, or came into.
  public var state = SocketState.close
  public var local = Endpoint(IPAddress(v4: 0), port: 0)
  public var peer = Endpoint(IPAddress(v4: 0), port: 0)
  /// Payload. nil when nothing has been counted yet.
  public var sentBytes: UInt64?
  public var receivedBytes: UInt64?
  public var sentPackets: UInt64?
  public var receivedPackets: UInt64?
  public var roundTripMicroseconds: UInt32?
  public var minimumRoundTripMicroseconds: UInt32?
  public var retransmits: UInt32?
  /// From opening to close; of a connect, to its answer. nil when the opening was not seen.
  public var durationNanoseconds: UInt64?
  public init() {}
}

/// How a process ended.
public struct ExitFacts: Sendable, Equatable {
  /// What it gave to exit(2); 0 if a signal ended it.
  public var code: UInt8
  public var signal: UInt8?
  public var dumpedCore: Bool
  public var durationNanoseconds: UInt64?
  /// Time on a CPU, all threads. nil when the process was gone before it could be read.
  public var cpuNanoseconds: UInt64?
  public init(
    code: UInt8, signal: UInt8?, dumpedCore: Bool, durationNanoseconds: UInt64?, cpuNanoseconds: UInt64?
  ) {
    self.code = code
    self.signal = signal
    self.dumpedCore = dumpedCore
    self.durationNanoseconds = durationNanoseconds
    self.cpuNanoseconds = cpuNanoseconds
  }
}

/// A thread that began or ended.
public struct ThreadFacts: Sendable, Equatable {
  public var id: Int32
  public var name: RawText
  /// At its end.
  public var cpuNanoseconds: UInt64?
  public init(id: Int32, name: RawText, cpuNanoseconds: UInt64? = nil) {
    self.id = id
    self.name = name
    self.cpuNanoseconds = cpuNanoseconds
  }
}

/// A file mapped with the right to execute, or unmapped.
public struct ModuleFacts: Sendable, Equatable {
  /// nil for the unloading of what was not seen loading.
  public var path: RawText?
  public var address: UInt64
  public var size: UInt64
  public var buildID: [UInt8]
  public init(path: RawText?, address: UInt64, size: UInt64, buildID: [UInt8]) {
    self.path = path
    self.address = address
    self.size = size
    self.buildID = buildID
  }
}

/// What a name server answered.
public struct NameAnswer: Sendable, Equatable {
  public var question: RawText
  public var addresses: [IPAddress]
  public init(question: RawText, addresses: [IPAddress]) {
    self.question = question
    self.addresses = addresses
  }
}

/// What was lost, at which stage.
public struct LossFacts: Sendable, Equatable {
  public enum Stage: String, Sendable, CaseIterable {
    /// The kernel skipped a probe.
    case kernelMissed = "kernel_missed"
    /// The ring between kernel and us was full.
    case ringLost = "ring_lost"
    /// Our own queue was full.
    case queueLost = "queue_lost"
  }
  public var stage: Stage
  public var count: UInt64
  /// The loss lies between these, CLOCK_REALTIME.
  public var fromWallNanoseconds: UInt64
  public var toWallNanoseconds: UInt64
  public init(stage: Stage, count: UInt64, fromWallNanoseconds: UInt64, toWallNanoseconds: UInt64) {
    self.stage = stage
    self.count = count
    self.fromWallNanoseconds = fromWallNanoseconds
    self.toWallNanoseconds = toWallNanoseconds
  }
}
