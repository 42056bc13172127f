import Attribution
import KernelNetlink
import KernelProc
import KernelSystem
import Model

extension SnapshotRun {
  /// The tables of each namespace, then one pass over the descriptors of every process.
  ///
  /// In this order a socket that closes meanwhile shows without holder, and one that opens meanwhile not at all.
  mutating func collectByScan() throws(ObserverError) {
    evidence = .fdScan
    for entry in selectedNamespaces { dumpAllTables(entry) }
    var scan = DescriptorScan()
    do throws(SystemError) { try proc.scanDescriptors(&scan) } catch { throw .system(error) }
    take(unreadOf: scan)
    if onlyNamespace == nil { dumpHeldNamespaces(scan) }
    askUnmatched(assembler.hold(scan, assembler.indexByInode()), scan)
  }

  /// Counts the processes that refused, and says of those that failed why.
  private mutating func take(unreadOf scan: DescriptorScan) {
    refusedProcesses = scan.deniedPIDs.count + scan.failedCount
    guard let failure = scan.firstFailure else { return }
    gaps.append(
      Gap(
        kind: .sourceFailed, count: scan.failedCount,
        message: "the descriptors of " + Counted.processes(scan.failedCount)
          + " could not be read: \(failure)"))
  }

  mutating func dumpAllTables(_ entry: NamespaceCatalog.Entry) {
    let states = request.states.diagStates
    let questions = SocketTable.allCases.filter { request.tables.contains($0) }.map {
      (table: $0, states: states)
    }
    enter(entry) { (run) in run.dump(questions, in: entry.namespace) }
  }

  /// Namespaces that only a descriptor keeps.
  private mutating func dumpHeldNamespaces(_ scan: DescriptorScan) {
    for held in scan.namespaces {
      let namespace = NetworkNamespace(UInt32(truncatingIfNeeded: held.inode))
      guard catalog.addHandle(namespace, pid: held.pid, descriptor: held.descriptor),
        let entry = catalog.entries[namespace]
      else { continue }
      dumpAllTables(entry)
    }
  }

  /// Only where everything was asked for: otherwise most of what is in no table is simply of other families.
  var asksUnmatched: Bool {
    request.wantsHolders && request.states.contains(SocketState.close) && request.tables == .all
  }

  /// Sockets in no table: neither bound nor connected, of a family without a table, or of a namespace that we may
  /// not enter. They are asked through a duplicate of their descriptor.
  ///
  private mutating func askUnmatched(_ unmatched: [HeldInode], _ scan: DescriptorScan) {
    guard asksUnmatched else { return }
    let identities = scan.identities
    var known: [UInt64: Int] = [:]
    for held in unmatched {
      guard let identity = identities[held.pid] else { continue }
      if known[held.inode] == nil {
        guard let asked = AskedSocket(held.descriptor, of: held.pid), asked.answers.inode == held.inode else {
          continue
        }
        readTablesOfUnknownNamespace(asked, held)
        let socket = Socket(asked)
        guard filterScope.isWanted(socket) else { continue }
        known[held.inode] = assembler.add(socket, name: asked.unixName)
      }
      guard let index = known[held.inode] else { continue }
      assembler.hold(socket: index, process: assembler.process(identity), descriptor: held.descriptor)
    }
  }

  /// A namespace that nothing keeps but its sockets: its tables tell more than the socket itself.
  private mutating func readTablesOfUnknownNamespace(_ asked: AskedSocket, _ held: HeldInode) {
    guard onlyNamespace == nil, let namespace = asked.netns,
      catalog.addSocket(of: namespace, pid: held.pid, descriptor: held.descriptor),
      let entry = catalog.entries[namespace]
    else { return }
    dumpAllTables(entry)
  }
}

extension SnapshotAssembler {
  /// Gives sockets the holders that a scan found, by inode; returns the descriptors whose socket is not among them.
  mutating func hold(_ scan: DescriptorScan, _ sockets: InodeIndex) -> [HeldInode] {
    let identities = scan.identities
    var unmatched: [HeldInode] = []
    var last: (pid: Int32, process: Int32) = (-1, -1)
    for held in scan.sockets {
      guard let socket = sockets[held.inode] else {
        unmatched.append(held)
        continue
      }
      if held.pid != last.pid {
        guard let identity = identities[held.pid] else { continue }
        last = (held.pid, process(identity))
      }
      hold(socket: socket, process: last.process, descriptor: held.descriptor)
    }
    return unmatched
  }
}

extension DescriptorScan {
  fileprivate var identities: [Int32: ProcessIdentity] {
    processes.reduce(into: [:]) {
      $0[$1.pid] = ProcessIdentity(pid: ProcessID($1.pid), startTicks: $1.startTicks)
    }
  }
}

extension SnapshotRun {
  /// Runs `body` with this thread in the namespace; a namespace that refuses becomes a gap.
  mutating func enter(_ entry: NamespaceCatalog.Entry, _ body: (inout SnapshotRun) -> Void) {
    do throws(SystemError) {
      guard let door = try entry.door.open() else { return body(&self) }
      try withinNamespace(door, entry) { (run) in body(&run) }
    } catch {
      if error.errno.meansGone { return }  // it ended, and its sockets with it
      refusedNamespaces += 1
    }
  }

  private mutating func withinNamespace(
    _ door: borrowing OwnedDescriptor, _ entry: NamespaceCatalog.Entry, _ body: (inout SnapshotRun) -> Void
  ) throws(SystemError) {
    let visit = try NamespaceVisit(door, named: "netns \(entry.namespace.rawValue)")
    body(&self)
    visit.leave(to: home)
  }

  /// Reads tables of the namespace that this thread is in: by sock_diag, and where it has none from `/proc/net`.
  mutating func dump(
    _ questions: [(table: SocketTable, states: SocketStates)], in namespace: NetworkNamespace
  ) {
    var missing: [SocketTable] = []
    do throws(SockDiagError) {
      var source = try SockDiagSource(netns: namespace)
      let scope = filterScope
      for question in questions {
        if unsupported.contains(question.table) {
          missing.append(question.table)
          continue
        }
        source.dump(
          question.table, states: question.states, filter: kernelCondition,
          wantsDetails: request.wantsDetails, into: &assembler, wanted: scope.isWanted)
        if source.unsupported.contains(question.table) { missing.append(question.table) }
      }
      take(source)
    } catch {
      gaps.append(
        Gap(
          kind: .sourceFailed, count: nil,
          message: "sock_diag failed in netns \(namespace.rawValue): \(error)"))
      missing = questions.map(\.table)
    }
    readProcNet(missing, namespace)
  }

  private mutating func take(_ source: borrowing SockDiagSource) {
    unsupported.formUnion(source.unsupported)
    interruptedDumps += source.interruptedDumps
    for failure in source.failures {
      gaps.append(Gap(kind: .sourceFailed, count: nil, message: "sock_diag: \(failure)"))
    }
  }

  private mutating func readProcNet(_ tables: [SocketTable], _ namespace: NetworkNamespace) {
    guard !tables.isEmpty else { return }
    guard case .value(let directory) = proc.network() else { return }
    var source = ProcNetSource(directory, netns: namespace)
    let scope = filterScope
    for table in tables where !source.read(table, into: &assembler, wanted: scope.isWanted) {
      if source.mayHave(table) { unreadTables.insert(table) }
    }
  }

  /// `isWanted` apart from this run, which is borrowed for writing while sockets come in.
  var filterScope: FilterScope {
    FilterScope(tables: request.tables, states: request.states, onlyNamespace: onlyNamespace)
  }
}

/// What was asked for, as far as it can be told before holders are known.
struct FilterScope {
  let tables: SocketTableSet
  let states: SocketStateSet
  let onlyNamespace: NetworkNamespace?

  func isWanted(_ socket: borrowing Socket) -> Bool {
    let (netns, table, state) = (socket.netns, socket.table, socket.state)
    if let onlyNamespace, netns != onlyNamespace { return false }
    return tables.contains(table) && states.contains(state)
  }
}
