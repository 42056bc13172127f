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
  /// What of it is on a watch-list.
  public var hits: [WatchlistHit] = []

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
  case credentials(CredentialChange)
  case namespaces(NamespaceChange)
  case gap(LossFacts)
  case folded(FoldedFacts)
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
  public var peerName: PeerName?
  /// Of a packet socket; 0 is none.
  public var interfaceIndex: UInt32 = 0
  /// Where a packet goes; nil where the caller left that to the packet or to the socket.
  public var peerHardware: HardwareAddress?
  /// Unix: the names of both ends, as in `Socket`; nil where there is none.
  public var localPath: RawText?
  public var peerPath: RawText?
  /// Unix: the inode of the other end; 0 while nobody has accepted.
  public var peerInode: UInt64 = 0
  /// Unix: who listened or connected at the other end, by SO_PEERCRED.
  public var peerPID: ProcessID?
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

/// The name by which a process knew an address when it opened a connection to it: what a name server had told it.
public struct PeerName: Sendable, Equatable {
  public var name: RawText
  /// How long before the connection it was told.
  public var ageNanoseconds: UInt64
  public init(name: RawText, ageNanoseconds: UInt64) {
    self.name = name
    self.ageNanoseconds = ageNanoseconds
  }
}

/// What a name server answered.
public struct NameAnswer: Sendable, Equatable {
  public var question: RawText
  public var addresses: [IPAddress]
  /// RCODE: 0 is no error, 3 that there is no such name.
  public var responseCode: UInt8 = 0
  public init(question: RawText, addresses: [IPAddress]) {
    self.question = question
    self.addresses = addresses
  }
}

/// Many events of one kind by one program, told as one. The event's time is that of the last; its process is there if
/// all are of the same.
public struct FoldedFacts: Sendable, Equatable {
  /// Executable, or name; nil where nobody is known.
  public var program: RawText?
  public var count: UInt64 = 0
  public var failures: UInt64 = 0
  /// Sums of those that had any.
  public var sentBytes: UInt64?
  public var receivedBytes: UInt64?
  /// Whom all went to, or where all arrived; nil where they differ.
  public var end: Endpoint?
  public var fromWallNanoseconds: UInt64
  public init(program: RawText?, fromWallNanoseconds: UInt64) {
    self.program = program
    self.fromWallNanoseconds = fromWallNanoseconds
  }
}

/// Who is meant on one network: 6 bytes on Ethernet.
public struct HardwareAddress: Sendable, Equatable {
  public var bytes: [UInt8]
  public init(_ bytes: [UInt8]) { self.bytes = bytes }
}

/// The ids of a thread, of a user or of a group; numbers of the initial user namespace.
public struct IDSet: Sendable, Equatable {
  public var real: UInt32
  public var effective: UInt32
  public var saved: UInt32
  public var fileSystem: UInt32
  public init(real: UInt32, effective: UInt32, saved: UInt32, fileSystem: UInt32) {
    self.real = real
    self.effective = effective
    self.saved = saved
    self.fileSystem = fileSystem
  }

  public var all: [UInt32] { [real, effective, saved, fileSystem] }
}

/// A thread's ids before and after.
public struct CredentialChange: Sendable, Equatable {
  public struct Side: Sendable, Equatable {
    public var user: IDSet
    public var group: IDSet
    public init(user: IDSet, group: IDSet) {
      self.user = user
      self.group = group
    }
  }
  public var thread: Int32
  public var before: Side
  public var after: Side
  public init(thread: Int32, before: Side, after: Side) {
    self.thread = thread
    self.before = before
    self.after = after
  }
}

/// The namespaces that a thread has left, and entered.
public struct NamespaceChange: Sendable, Equatable {
  public struct Step: Sendable, Equatable {
    /// As in `/proc/PID/ns`: `net`, `pid_for_children`.
    public var kind: String
    public var before: UInt32
    public var after: UInt32
    public init(kind: String, before: UInt32, after: UInt32) {
      self.kind = kind
      self.before = before
      self.after = after
    }
  }
  public var thread: Int32
  public var steps: [Step]
  public init(thread: Int32, steps: [Step]) {
    self.thread = thread
    self.steps = steps
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
