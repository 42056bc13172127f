import Attribution
import KernelBPF
import KernelSystem
import Model

/// Sockets and their holders from the `task_file` iterator: one kernel pass over every process and namespace.
struct IteratorSource {
  /// Descriptors of network namespaces that were met on the way: a way into namespaces without processes.
  struct NamespaceHandle {
    let namespace: NetworkNamespace
    let pid: Int32
    let descriptor: Int32
  }

  private(set) var namespaceHandles: [NamespaceHandle] = []
  /// Hashed sockets met, a namespace and a table: what `/proc/net/sockstat` counts too.
  private(set) var hashedCounts: [SockstatKey: Int] = [:]
  /// Listeners have connections that nobody accepted, in these namespaces.
  private(set) var namespacesWithPendingConnections: Set<NetworkNamespace> = []

  /// A descriptor of some socket of each namespace: a way into one that nothing else keeps.
  private(set) var firstHolders: [NetworkNamespace: (pid: Int32, descriptor: Int32)] = [:]
  private var lastNamespace: NetworkNamespace?

  struct SockstatKey: Hashable {
    let netns: NetworkNamespace
    let table: SocketTable
  }

  /// Runs the pass into `assembler`.
  static func run(
    _ request: SocketIteratorRequest, into assembler: inout SnapshotAssembler,
    wanted: (borrowing Socket) -> Bool
  ) throws(BPFError) -> IteratorSource {
    let iterator = try SocketIterator.load(request)
    var source = IteratorSource()
    var counts = HashedCounts()
    try iterator.forEachBatch { batch in
      batch.forEach { record, parts in
        if record.isNamespace {
          source.namespaceHandles.append(
            NamespaceHandle(
              namespace: NetworkNamespace(UInt32(truncatingIfNeeded: record.inode)), pid: record.tgid,
              descriptor: record.descriptor))
          return
        }
        let socket = Socket(record)
        let isNew = !assembler.contains(socket.cookie)
        if isNew { counts.add(socket) }
        if socket.isListening && (record.synBacklog > 0 || socket.receiveQueue ?? 0 > 0) {
          source.namespacesWithPendingConnections.insert(socket.netns)
        }
        source.note(socket.netns, pid: record.tgid, descriptor: record.descriptor)
        guard wanted(socket) else { return }
        let index = assembler.add(
          socket, detail: isNew ? SocketDetail(record, parts) : nil,
          name: isNew ? parts.name.map(RawText.init) : nil)
        let identity = ProcessIdentity(
          pid: ProcessID(record.tgid), startTicks: ProcessStart.ticks(nanoseconds: record.processStartNanoseconds))
        assembler.hold(socket: index, process: assembler.process(identity), descriptor: record.descriptor)
      }
    }
    source.hashedCounts = counts.byKey
    return source
  }

  private mutating func note(_ namespace: NetworkNamespace, pid: Int32, descriptor: Int32) {
    if namespace == lastNamespace { return }
    lastNamespace = namespace
    if firstHolders[namespace] == nil { firstHolders[namespace] = (pid, descriptor) }
  }
}

/// Counts a run of sockets of one kind without a dictionary access each.
private struct HashedCounts {
  var byKey: [IteratorSource.SockstatKey: Int] { finished() }
  private var stored: [IteratorSource.SockstatKey: Int] = [:]
  private var current: IteratorSource.SockstatKey?
  private var run = 0

  mutating func add(_ socket: Socket) {
    guard socket.isHashed else { return }
    let key = IteratorSource.SockstatKey(netns: socket.netns, table: socket.table)
    if key != current {
      stored = finished()
      current = key
      run = 0
    }
    run += 1
  }

  private func finished() -> [IteratorSource.SockstatKey: Int] {
    var result = stored
    if let current { result[current, default: 0] += run }
    return result
  }
}

extension Socket {
  /// In the kernel's look-up tables, and so counted as `inuse` in `/proc/net/sockstat`.
  fileprivate var isHashed: Bool {
    switch table {
    case .tcp: state != .close
    case .udp, .udplite: local.port != 0
    default: true
    }
  }
}

/// The two scales of a process's start.
enum ProcessStart {
  /// `start_boottime` in nanoseconds → field 22 of `/proc/PID/stat`, as the kernel's nsec_to_clock_t does it.
  @inline(__always) static func ticks(nanoseconds: UInt64) -> UInt64 {
    nanoseconds / nanosecondsPerTick
  }
  private static let nanosecondsPerTick = 1_000_000_000 / KernelClock.ticksPerSecond
}
