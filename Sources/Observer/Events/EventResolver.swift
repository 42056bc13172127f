import Attribution
import KernelBPF
import KernelProc
import KernelSystem
import Model

/// Turns the kernel's records, in the order of their time, into events that name processes, by what it has learnt.
struct EventResolver: ~Copyable {
  struct PortKey: Hashable {
    var netns: UInt32
    var port: UInt16
  }
  struct Conversation {
    var key: EventFlowKey
    var peerName: PeerName?
  }
  /// Of the small tables here, each.
  static let limit = 65_536

  let actions: Set<EventAction>
  var roots: Set<ProcessIdentity>?
  /// CLOCK_REALTIME minus CLOCK_BOOTTIME.
  let bootWallNanoseconds: UInt64
  var tree: ProcessTree
  var table: ConnectionTable
  var reader: ProcessFactsReader
  let identifiers: EntityIdentifiers
  var users = UserNames()
  var flows: FlowTable?
  /// When what was there before had been looked at (boot time, nanoseconds).
  var startEnded: UInt64 = .max
  /// Who listens on a port, and who uses a datagram port.
  var listeners: [PortKey: ProcessIdentity] = [:]
  var datagramOwners: [PortKey: ProcessIdentity] = [:]
  var conversations: [UInt64: [Conversation]] = [:]
  var names = NameEvidence()
  /// By the inode of the end that connected.
  var unixPairs = RecentTable<UInt64, UnixPair>(limit: limit)
  var connecting = BegunConnects()
  /// Nothing tells the end of a packet socket: it ends with its process.
  var endsPacketsAtExit = false
  var packets: [ProcessIdentity: [EventSocketFacts]] = [:]
  var modules: [ModuleKey: RawText] = [:]
  /// Made by `take`, for the observer to fetch.
  var events: [Event] = []

  /// See `EventStatistics`.
  var forgotten: UInt64 { table.evictedOpen &+ tree.refused }

  init(_ request: EventRequest, flows: FlowTable?) throws(SystemError) {
    let identifiers = EntityIdentifiers.ofThisHost(try ProcFileSystem())
    let reader = try ProcessFactsReader([
      .user, .arguments, .executable, .executableFile, .entityID, .cgroup, .workingDirectory,
    ])
    self.identifiers = identifiers
    self.reader = reader
    actions = request.actions
    tree = ProcessTree(keepNanoseconds: request.keepNanoseconds)
    table = ConnectionTable(keepNanoseconds: request.keepNanoseconds)
    bootWallNanoseconds = KernelClock.wallTimeNanoseconds &- KernelClock.bootTimeNanoseconds
    self.flows = flows
  }

  mutating func take(_ record: KernelEvent) {
    switch record.kind {
    case .fork, .exec, .execFailed, .exit, .rename, .threadStart, .threadExit, .identity:
      takeProcess(record)
    case .moduleLoad, .moduleUnload: takeModule(record)
    case .connect, .established, .connectFailed, .listen, .accept, .close, .bind: takeStream(record)
    case .datagramConnect, .flow, .flowEnd: takeDatagram(record)
    case .unixConnect, .unixAccept: takeUnix(record)
    case .dnsAnswer: takeAnswer(record)
    case .closing: takeClosing(record)
    }
  }

  mutating func expire(at time: UInt64) {
    tree.expire(at: time)
    table.expire(at: time)
    names.streams.expire(at: time)
  }

  var occupancies: [Occupancy] {
    [
      Occupancy("processes", tree.count, ceiling: tree.ceiling),
      Occupancy("connections", table.count, ceiling: table.ceiling),
      Occupancy("names", names.table.count, ceiling: names.table.ceiling),
    ]
  }

  // MARK: Making events

  func event(_ action: EventAction, at time: UInt64) -> Event {
    Event(action: action, bootNanoseconds: time, wallNanoseconds: bootWallNanoseconds &+ time)
  }

  /// Hands the event on if it was asked for, with its process as it is at this moment.
  mutating func emit(_ event: consuming Event, by identity: ProcessIdentity?) {
    guard actions.contains(event.action) else { return }
    if let roots {
      guard let identity, tree.isDescendant(identity, of: roots) else { return }
    }
    if let identity { event.process = named(identity) }
    events.append(event)
  }

  /// A process with its ancestors.
  func named(_ identity: ProcessIdentity) -> Process? {
    guard var process = tree.process(identity) else { return nil }
    process.ancestors = tree.ancestors(of: identity)
    return process
  }

  /// Fills in who is at the other end, as late as possible: an accept may follow its connect by a while.
  func complete(_ event: inout Event) {
    guard let socket = event.socket, event.action != .listen, event.action != .bind else { return }
    if socket.family == .unix {
      if event.outcome == .success, let other = otherUnixEnd(socket) {
        event.peerProcess = tree.process(other)
      }
      return
    }
    let netns = socket.netns.rawValue
    var other = table.otherEnd(netns: netns, cookie: socket.cookie.rawValue)?.process
    if other == nil, socket.peer.port != 0, socket.isPeerLocal, event.outcome != .failure {
      let key = PortKey(netns: netns, port: socket.peer.port)
      if socket.table == .udp { other = datagramOwners[key] }
      if socket.type == .stream, socket.origin == .connect { other = listeners[key] }
    }
    if let other { event.peerProcess = tree.process(other) }
  }

  // MARK: Processes

  /// Who acted; a process that no event has told of yet is looked for in /proc, and else known by what the event says.
  mutating func actor(_ actor: EventActor) -> ProcessIdentity {
    // Perf's records have nothing but the pid.
    guard actor.start != 0 else { return latest(actor) }
    let identity = actor.identity
    let generation = actor.exec_generation
    if tree.isUpToDate(identity, userID: actor.uid, execGeneration: generation) { return identity }
    if !tree.contains(identity) { learn(identity, actor) }
    let user = users.user(actor.uid)
    tree.update(identity) { process in
      process.user = user
      process.execGeneration = generation
    }
    return identity
  }

  private mutating func latest(_ actor: EventActor) -> ProcessIdentity {
    let pid = ProcessID(Int32(bitPattern: actor.tgid))
    if let identity = tree.identity(of: pid) { return identity }
    guard let process = reader.read(pid.rawValue) else { return ProcessIdentity(pid: pid, startTicks: 0) }
    tree.seed(process, parent: tree.identity(of: process.parentPID))
    return process.identity
  }

  private mutating func learn(_ identity: ProcessIdentity, _ actor: EventActor) {
    if let process = reader.read(identity.pid.rawValue), process.identity == identity {
      tree.seed(process, parent: actor.parentIdentity)
    } else {
      tree.seed(bare(identity, actor), parent: actor.parentIdentity)
    }
  }

  /// What the actor part of a record alone tells.
  mutating func bare(_ identity: ProcessIdentity, _ actor: EventActor) -> Process {
    var process = Process(
      identity: identity, name: RawText(actor.name),
      parentPID: ProcessID(Int32(bitPattern: actor.parent_tgid)))
    process.entityID = identifiers.identifier(of: identity)
    process.startWallNanoseconds = bootWallNanoseconds &+ actor.start
    process.user = users.user(actor.uid)
    process.netns = NetworkNamespace(actor.netns)
    return process
  }
}

/// Where a file is mapped.
struct ModuleKey: Hashable {
  var process: ProcessIdentity
  var address: UInt64
}

extension EventSocketFacts {
  /// The peer is surely on this host: loopback, or our own address.
  var isPeerLocal: Bool { peer.address.isLoopback || peer.address.unmapped == local.address.unmapped }
}
