import KernelBPF
import Model

/// What a watcher wants to see.
public struct EventRequest: Sendable {
  public var actions: Set<EventAction>
  /// Only what these processes do, and what comes from them; nil is all.
  public var roots: [ProcessID]?
  /// Only events that this may be true of need be told: the caller judges them all the same. nil is all.
  public var filter: Filter?
  /// The kernel leaves out what it can: with the same answer, at less cost.
  public var pushesDown = true
  /// How long an event waits for earlier ones of other CPUs, milliseconds.
  public var holdMilliseconds: UInt64 = 20
  /// How long a connection waits to be told, so that its other end is known, milliseconds.
  public var pairMilliseconds: UInt64 = 10
  /// How long closed connections and ended processes are remembered, nanoseconds.
  public var keepNanoseconds: UInt64 = 60_000_000_000
  /// Of the ring between kernel and us: a power of two.
  public var ringByteCount: UInt32 = 1 << 24
  /// Of the queue behind it.
  public var queueByteCount = 64 << 20
  /// Our own traffic too.
  public var includesOwn = false
  /// Peers get the names that their process was told by name servers: some 0.2 µs for each packet that a socket of the
  /// host receives. With the action `dns` it is so anyway.
  public var namesPeers = false
  /// No hook that every system call of the host pays for.
  public var avoidsCallTax = false
  public init(actions: Set<EventAction>) { self.actions = actions }

  /// What the kernel must tell: fork, exec and exit always, for they name all others.
  var facts: Set<ProbeFact> {
    var facts: Set<ProbeFact> = [.fork, .exec, .exit, .rename]
    if !actions.isDisjoint(with: [.connect, .connectFailed, .accept, .listen, .close]) {
      facts.formUnion([.connections, .accept, .ringAccept])
    }
    if actions.contains(.connectFailed) { facts.insert(.connectFailure) }
    if actions.contains(.bind) { facts.insert(.bind) }
    if actions.contains(.udpFlow) { facts.formUnion(Self.datagramFacts) }
    if !actions.isDisjoint(with: EventFamily.unix.actions) {
      facts.formUnion([.unixConnections, .ringAccept])
    }
    if actions.contains(.setID) || actions.contains(.setNamespace) { facts.insert(.identity) }
    if actions.contains(.execFailed) { facts.insert(.execFailure) }
    if actions.contains(.moduleLoad) || actions.contains(.moduleUnload) { facts.insert(.moduleLoad) }
    if actions.contains(.moduleUnload) { facts.insert(.moduleUnload) }
    if wantsNames { facts.insert(.dns) }
    return facts
  }

  private static let datagramFacts: Set<ProbeFact> = [
    .datagrams, .datagramPeers, .datagramEnd, .rawDatagrams, .rawPeers, .packetEnd,
  ]

  var wantsNames: Bool { namesPeers || actions.contains(.dns) }
  var wantsSockets: Bool { !actions.isDisjoint(with: EventFamily.socket.actions) }
  var wantsThreads: Bool { !actions.isDisjoint(with: EventFamily.thread.actions) }
  var wantsModules: Bool { !actions.isDisjoint(with: EventFamily.module.actions) }

  /// Module loads come by a ring that wakes nobody.
  var holdNanoseconds: UInt64 { max(holdMilliseconds, wantsModules ? 110 : 0) * 1_000_000 }
}

/// What was lost and spent, counted since the start.
public struct EventStatistics: Sendable, Equatable {
  public var delivered: UInt64 = 0
  public var kernelMissed: UInt64 = 0
  public var ringLost: UInt64 = 0
  public var queueLost: UInt64 = 0
  /// Conversations that the kernel's table of datagrams had no room for: not told as events.
  public var flowsRefused: UInt64 = 0
  /// Answers of name servers that were not read, or are forgotten, for want of room: peers without a name.
  public var namesLost: UInt64 = 0
  /// Open connections and processes for which there was no room: what is told of them later lacks what was known.
  public var forgotten: UInt64 = 0
  /// Looks at everything there is, after a loss.
  public var reconciliations: UInt64 = 0
  public var cpuNanoseconds: UInt64 = 0
  public init() {}
}
