import Attribution
import KernelBPF
import KernelNetlink
import KernelProc
import KernelSystem
import Model

extension SnapshotRun {
  /// Sockets and holders in one kernel pass; then, a namespace at a time, what no descriptor holds.
  mutating func collectByIterator() throws(BPFError) {
    let source = try IteratorSource(iteratorRequest)
    let findings = try source.collect(into: &assembler, filterScope)
    iterator = consume source
    evidence = .iterator
    // Refused although every process may be read: something hides them, from the iterator too.
    if privileges.mayReadEveryProcess { refusedProcesses = catalog.refusedProcesses }
    if onlyNamespace == nil {
      for handle in findings.namespaceHandles {
        catalog.addHandle(handle.namespace, pid: handle.pid, descriptor: handle.descriptor)
      }
      for (namespace, holder) in findings.firstHolders {
        catalog.addSocket(of: namespace, pid: holder.pid, descriptor: holder.descriptor)
      }
    }
    for entry in selectedNamespaces { complement(entry, findings) }
  }

  /// The tables in their own order, then in one kernel pass the holders of what is in them.
  mutating func collectTablesAndHolders() throws(BPFError) {
    for entry in selectedNamespaces { dumpAllTables(entry) }
    let source = try IteratorSource(iteratorRequest)
    try source.findHolders(of: assembler.indexByInode(), into: &assembler)
    iterator = consume source
    evidence = .iterator
  }

  private var iteratorRequest: SocketIteratorRequest {
    var iterator = SocketIteratorRequest()
    iterator.families = request.tables.familyBits
    iterator.wantsInternals = request.wantsDetails
    iterator.wantsNamespaces = onlyNamespace == nil
    iterator.netns = onlyNamespace?.rawValue
    // With a condition the kernel's own counts cannot be compared: then every table is asked, with it.
    iterator.port = request.internet?.onlyPort
    return iterator
  }

  /// Asks one namespace for the sockets that no descriptor holds, unless its counters say that there are none.
  private mutating func complement(_ entry: NamespaceCatalog.Entry, _ findings: IteratorSource.Findings) {
    let use = request.internet == nil ? tableUse(of: entry) : nil
    let questions = questions(about: entry, findings, use)
    guard !questions.isEmpty else { return }
    enter(entry) { (run) in
      guard let use, let unseen = run.unseenTCP(questions, entry, findings, use) else {
        return run.dump(questions, in: entry.namespace)
      }
      // Listeners are few, and in a table of their own; connections are one in the table of all namespaces.
      let before = run.assembler.sockets.count
      run.dump([(.tcp, .listen)], in: entry.namespace)
      let isSettled = run.assembler.sockets.count - before >= unseen
      let unheld = run.unheldStates(entry, findings, use)
      let rest = questions.compactMap { (question) -> Question? in
        guard question.table == .tcp else { return question }
        let states = question.states.subtracting(.listen).intersection(isSettled ? unheld : .all)
        return states.isEmpty ? nil : (.tcp, states)
      }
      if !rest.isEmpty { run.dump(rest, in: entry.namespace) }
    }
  }

  /// How many TCP sockets are counted that no descriptor led to; nil where there is no more than that to ask for.
  private func unseenTCP(
    _ questions: [Question], _ entry: NamespaceCatalog.Entry, _ findings: IteratorSource.Findings,
    _ use: TableUse
  ) -> Int? {
    guard let tcp = questions.first(where: { $0.table == .tcp }), tcp.states.contains(.listen),
      tcp.states != .listen, let inUse = use.sockets(.tcp)
    else { return nil }
    return inUse - findings.hashedCounts.count(entry.namespace, .tcp)
  }

  /// TCP states whose sockets no descriptor holds, and the counters of sockets in use leave out.
  private func unheldStates(
    _ entry: NamespaceCatalog.Entry, _ findings: IteratorSource.Findings, _ use: TableUse
  ) -> SocketStates {
    var unheld: SocketStates = []
    if use.statistics.tcpTimeWait > 0 { unheld.insert(.timeWait) }
    if findings.pendingNamespaces.contains(entry.namespace) { unheld.insert(.synReceived) }
    return unheld
  }

  private typealias Question = (table: SocketTable, states: SocketStates)

  /// The tables to be read, and the states that matter in each.
  private func questions(
    about entry: NamespaceCatalog.Entry, _ findings: IteratorSource.Findings, _ use: TableUse?
  ) -> [Question] {
    var questions: [Question] = []
    for table in SocketTable.allCases where request.tables.contains(table) {
      // Sockets that are bound only are held by a descriptor, or nothing would bind them: seen already.
      let wanted = request.states.diagStates.subtracting(.boundInactive)
      guard let use, let inUse = use.sockets(table) else {
        questions.append((table, wanted))
        continue
      }
      if findings.hashedCounts.count(entry.namespace, table) < inUse {
        questions.append((table, wanted))
      } else if table == .tcp {
        let unheld = unheldStates(entry, findings, use)
        if !unheld.isDisjoint(with: wanted) { questions.append((table, unheld.intersection(wanted))) }
      }
    }
    return questions
  }

  /// The kernel's counters of a namespace, by the cheapest way to them; nil when there is none.
  private mutating func tableUse(of entry: NamespaceCatalog.Entry) -> TableUse? {
    switch entry.door {
    case .own:
      guard case .value(let directory) = proc.network() else { return nil }
      return tableUse(directory)
    case .process(let pid):
      guard case .value(let process) = proc.process(pid), case .value(let directory) = process.network()
      else {
        return nil
      }
      return tableUse(directory)
    default: return nil
    }
  }

  private mutating func tableUse(_ directory: borrowing NetDirectory) -> TableUse? {
    guard let statistics = directory.statistics(&buffer).value else { return nil }
    let wantsProtocols = TableUse.ofProtocols.contains { request.tables.contains($0) }
    return TableUse(
      statistics: statistics, protocols: wantsProtocols ? directory.protocolUse(&buffer).value : nil)
  }
}

/// How many sockets a namespace has in the kernel's look-up tables.
private struct TableUse {
  let statistics: SocketStatistics
  let protocols: ProtocolUse?
  /// Counted in `protocols` only.
  static let ofProtocols: [SocketTable] = [.mptcp, .sctp, .icmp]
  private static let countsMPTCP = ThisProcess.isKernel(atLeast: 6, 3)

  /// nil for tables that the kernel does not count.
  func sockets(_ table: SocketTable) -> Int? {
    switch table {
    case .tcp: Int(clamping: statistics.tcpInUse &+ statistics.tcp6InUse)
    case .udp: Int(clamping: statistics.udpInUse &+ statistics.udp6InUse)
    case .udplite: Int(clamping: statistics.udpLiteInUse &+ statistics.udpLite6InUse)
    case .raw: Int(clamping: statistics.rawInUse &+ statistics.raw6InUse)
    case .mptcp: Self.countsMPTCP ? sum("MPTCP", "MPTCPv6") : nil
    case .icmp: sum("PING", "PINGv6")
    case .sctp: sum("SCTP", "SCTPv6")
    default: nil
    }
  }

  private func sum(_ v4: String, _ v6: String) -> Int? {
    guard let protocols, let four = protocols.sockets(v4), let six = protocols.sockets(v6) else { return nil }
    return Int(clamping: four &+ six)
  }
}

extension SocketTableSet {
  /// The address families of the tables, a bit each.
  fileprivate var familyBits: UInt64 {
    if contains(SocketTable.other) { return .max }
    let families: [(SocketTable, AddressFamily)] = [
      (.unix, .unix), (.packet, .packet), (.netlink, .netlink), (.vsock, .vsock), (.xdp, .xdp),
    ]
    var bits: UInt64 = 0
    func add(_ family: AddressFamily) { bits |= 1 << UInt64(family.rawValue) }
    for (table, family) in families where contains(table) { add(family) }
    if !isDisjoint(with: .internet) {
      add(.inet)
      add(.inet6)
    }
    return bits
  }
}

extension SocketStateSet {
  /// As sock_diag's mask, which has a bit a state too.
  var diagStates: SocketStates { SocketStates(rawValue: UInt32(rawValue)) }
}
