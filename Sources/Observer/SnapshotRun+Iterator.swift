import Attribution
import KernelBPF
import KernelNetlink
import KernelProc
import KernelSystem
import Model

extension SnapshotRun {
  /// Sockets and holders in one kernel pass; then, a namespace at a time, what no descriptor holds.
  mutating func collectByIterator() throws(BPFError) {
    let scope = filterScope
    let source = try IteratorSource.run(iteratorRequest, into: &assembler, wanted: scope.isWanted)
    evidence = .iterator
    if onlyNamespace == nil {
      for handle in source.namespaceHandles {
        catalog.addHandle(handle.namespace, pid: handle.pid, descriptor: handle.descriptor)
      }
      for (namespace, holder) in source.firstHolders {
        catalog.addSocket(of: namespace, pid: holder.pid, descriptor: holder.descriptor)
      }
    }
    for entry in selectedNamespaces { complement(entry, source) }
  }

  private var iteratorRequest: SocketIteratorRequest {
    var iterator = SocketIteratorRequest()
    iterator.families = request.tables.familyBits
    iterator.wantsInternals = request.wantsDetails
    iterator.wantsNamespaces = onlyNamespace == nil
    iterator.netns = onlyNamespace?.rawValue
    // With a port the kernel's own counts cannot be compared: then every table is asked, for that port.
    iterator.port = request.port
    return iterator
  }

  /// Asks one namespace for the sockets that no descriptor holds, unless its counters say that there are none.
  private mutating func complement(_ entry: NamespaceCatalog.Entry, _ source: IteratorSource) {
    let questions = questions(about: entry, source)
    guard !questions.isEmpty else { return }
    enter(entry) { (run) in run.dump(questions, in: entry.namespace) }
  }

  /// The tables to be read, and the states that matter in each.
  private mutating func questions(
    about entry: NamespaceCatalog.Entry, _ source: IteratorSource
  ) -> [(table: SocketTable, states: SocketStates)] {
    let statistics = request.port == nil ? statistics(of: entry) : nil
    var questions: [(table: SocketTable, states: SocketStates)] = []
    for table in request.tables.sorted(by: { $0.rawValue < $1.rawValue }) {
      let wanted = request.states.diagStates
      guard let statistics, let inUse = statistics.inUse(table) else {
        questions.append((table, wanted))
        continue
      }
      let seen = source.hashedCounts[IteratorSource.SockstatKey(netns: entry.namespace, table: table)] ?? 0
      if seen < inUse {
        questions.append((table, wanted))
      } else if table == .tcp {
        var unheld: SocketStates = []
        if statistics.tcpTimeWait > 0 { unheld.insert(.timeWait) }
        if source.namespacesWithPendingConnections.contains(entry.namespace) { unheld.insert(.synReceived) }
        if !unheld.isDisjoint(with: wanted) { questions.append((table, unheld.intersection(wanted))) }
      }
    }
    return questions
  }

  /// The kernel's counters of a namespace, by the cheapest way to them; nil when there is none.
  private mutating func statistics(of entry: NamespaceCatalog.Entry) -> SocketStatistics? {
    switch entry.door {
    case .own:
      guard case .value(let directory) = proc.network() else { return nil }
      return directory.statistics(&buffer).value
    case .process(let pid):
      guard case .value(let process) = proc.process(pid), case .value(let directory) = process.network() else {
        return nil
      }
      return directory.statistics(&buffer).value
    default: return nil
    }
  }
}

extension SocketStatistics {
  /// Sockets of a table in the kernel's look-up tables; nil for tables that it does not count.
  fileprivate func inUse(_ table: SocketTable) -> Int? {
    switch table {
    case .tcp: Int(clamping: tcpInUse &+ tcp6InUse)
    case .udp: Int(clamping: udpInUse &+ udp6InUse)
    case .udplite: Int(clamping: udpLiteInUse &+ udpLite6InUse)
    case .raw: Int(clamping: rawInUse &+ raw6InUse)
    default: nil
    }
  }
}

extension Set<SocketTable> {
  /// The address families of the tables, a bit each.
  fileprivate var familyBits: UInt64 {
    if contains(.other) { return .max }
    var bits: UInt64 = 0
    func add(_ families: AddressFamily...) { for family in families { bits |= 1 << UInt64(family.rawValue) } }
    for table in self {
      switch table {
      case .tcp, .udp, .udplite, .raw, .icmp, .mptcp, .sctp: add(.inet, .inet6)
      case .unix: add(.unix)
      case .packet: add(.packet)
      case .netlink: add(.netlink)
      case .vsock: add(.vsock)
      case .xdp: add(.xdp)
      case .other: break
      }
    }
    return bits
  }
}

extension Set<SocketState> {
  /// As sock_diag's mask.
  var diagStates: SocketStates {
    reduce(into: SocketStates()) { $0.formUnion(SocketStates(state: $1.rawValue)) }
  }
}
