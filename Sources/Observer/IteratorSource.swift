import Attribution
import KernelBPF
import KernelSystem
import Model

/// Sockets and their holders from the `task_file` iterator: one kernel pass over every process and namespace.
struct IteratorSource: ~Copyable {
  private let iterator: SocketIterator

  /// What a pass met besides sockets.
  struct Findings {
    /// A descriptor that keeps a network namespace, and so a way into it.
    struct NamespaceHandle {
      let namespace: NetworkNamespace
      let pid: Int32
      let descriptor: Int32
    }
    fileprivate(set) var namespaceHandles: [NamespaceHandle] = []
    /// A descriptor of some socket of each namespace: a way into one that nothing else keeps.
    fileprivate(set) var firstHolders: [NetworkNamespace: (pid: Int32, descriptor: Int32)] = [:]
    /// Hashed sockets met, a namespace and a table: what `/proc/net/sockstat` counts too.
    fileprivate(set) var hashedCounts = HashedCounts()
    /// Namespaces with listeners whose connections nobody accepted yet.
    fileprivate(set) var pendingNamespaces: Set<NetworkNamespace> = []
    private var lastNamespace: NetworkNamespace?

    fileprivate mutating func note(_ socket: Socket, _ record: borrowing SocketRecord) {
      hashedCounts.add(socket)
      let pending = UInt32(record.synBacklog) + (socket.receiveQueue ?? 0)
      if socket.isListening && pending > 0 {
        pendingNamespaces.insert(socket.netns)
      }
      if socket.netns == lastNamespace { return }
      lastNamespace = socket.netns
      let holder = (pid: record.tgid, descriptor: record.descriptor)
      if firstHolders[socket.netns] == nil { firstHolders[socket.netns] = holder }
    }
  }

  init(_ request: SocketIteratorRequest) throws(BPFError) { iterator = try SocketIterator.load(request) }

  /// Adds every socket that is wanted, and its holders, to `assembler`.
  borrowing func collect(into assembler: inout SnapshotAssembler, _ scope: FilterScope) throws(BPFError)
    -> Findings
  {
    var findings = Findings()
    var rate = TickRate()
    try iterator.forEachBatch { batch in
      batch.forEach { record, parts in
        if record.isNamespace {
          findings.namespaceHandles.append(
            Findings.NamespaceHandle(
              namespace: NetworkNamespace(UInt32(truncatingIfNeeded: record.inode)), pid: record.tgid,
              descriptor: record.descriptor))
          return
        }
        let socket = Socket(record)
        let isWanted = scope.isWanted(socket)
        guard isWanted else {
          if !record.isShared { findings.note(socket, record) }
          return
        }
        let (index, isNew) = record.isShared ? assembler.merge(socket) : (assembler.append(socket), true)
        if isNew { findings.note(socket, record) }
        if isNew {
          assembler.describe(
            index, SocketDetail(record, parts, &rate), parts.name.map(RawText.init(socketName:)))
        }
        assembler.hold(
          socket: index, process: assembler.process(record.holder), descriptor: record.descriptor)
      }
    }
    return findings
  }

  /// Looks for the holders of `sockets` only.
  borrowing func findHolders(of sockets: InodeIndex, into assembler: inout SnapshotAssembler) throws(BPFError)
  {
    try iterator.forEachBatch { batch in
      batch.forEach { record, _ in
        guard !record.isNamespace, let index = sockets[record.inode] else { return }
        assembler.hold(
          socket: index, process: assembler.process(record.holder), descriptor: record.descriptor)
      }
    }
  }
}

extension SocketRecord {
  fileprivate var holder: ProcessIdentity {
    ProcessIdentity(
      pid: ProcessID(tgid), startTicks: ProcessStart.ticks(nanoseconds: processStartNanoseconds))
  }
}

/// Sockets by namespace and table; a run of one kind costs no dictionary access each.
struct HashedCounts {
  private struct Key: Hashable {
    let netns: NetworkNamespace
    let table: SocketTable
  }
  private var stored: [Key: Int] = [:]
  private var current: Key?
  private var run = 0

  mutating func add(_ socket: Socket) {
    guard socket.isHashed else { return }
    let key = Key(netns: socket.netns, table: socket.table)
    if key != current {
      if let current { stored[current, default: 0] += run }
      current = key
      run = 0
    }
    run += 1
  }

  func count(_ netns: NetworkNamespace, _ table: SocketTable) -> Int {
    let key = Key(netns: netns, table: table)
    return stored[key, default: 0] + (key == current ? run : 0)
  }
}

extension Socket {
  /// In the kernel's look-up tables, and so counted in `/proc/net/sockstat` and `/proc/net/protocols`.
  fileprivate var isHashed: Bool {
    switch table {
    case .tcp, .mptcp: state != .close
    case .udp, .udplite, .icmp: local.port != 0
    default: true
    }
  }
}

/// The two scales of a process's start.
enum ProcessStart {
  /// `start_boottime` in nanoseconds → field 22 of `/proc/PID/stat`, as the kernel's nsec_to_clock_t does it.
  @inline(__always) static func ticks(nanoseconds: UInt64) -> UInt64 { nanoseconds / nanosecondsPerTick }
  private static let nanosecondsPerTick = 1_000_000_000 / KernelClock.ticksPerSecond
}
