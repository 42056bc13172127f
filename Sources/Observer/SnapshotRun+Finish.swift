import Attribution
import KernelBPF
import KernelProc
import KernelSystem
import Model

extension SnapshotRun {
  /// Adds what is known of processes, says why sockets have none, and what was not seen.
  consuming func finish() -> Snapshot {
    if request.wantsHolders { settleUnheld() }
    let (catalog, request, privileges) = (self.catalog, self.request, self.privileges)
    let (refused, evidence) = (refusedProcesses, self.evidence)
    var gaps = self.gaps + sourceGaps()
    let hasUnheld = request.wantsHolders && !assembler.isEverySocketHeld
    let unlisted = hasUnheld ? unlistedProcesses() : nil
    var snapshot = self.assembler.finish()
    snapshot.takenWallNanoseconds = KernelClock.wallTimeNanoseconds
    snapshot.evidence = evidence
    snapshot.namespaces = catalog.infos
    ProcessFactsReader.fill(&snapshot, request.processFacts, &gaps)
    if hasUnheld { snapshot.explainAbsences(mayBeHidden: refused > 0 || unlisted != nil) }
    if request.wantsOrigins { snapshot.inferOrigins() }
    if request.tables.contains(SocketTable.unix) { snapshot.nameUnixPeers() }
    if hasUnheld && request.processFacts.contains(.user) { snapshot.nameOwners() }
    snapshot.nameInterfaces()
    if request.asksSockets { gaps += snapshot.crossCheckWithSockets() }
    if hasUnheld, let gap = Self.refusalGap(snapshot, refused, unlisted, privileges) {
      // One line says it all: the namespaces of processes that refused are among what is unseen.
      gaps.removeAll { $0.kind == .namespaceRefused && $0.count == catalog.refusedProcesses }
      gaps.append(gap)
    }
    snapshot.gaps = gaps
    return snapshot
  }

  private borrowing func sourceGaps() -> [Gap] {
    var gaps: [Gap] = []
    if interruptedDumps > 0 {
      gaps.append(
        Gap(
          kind: .dumpInterrupted, count: interruptedDumps,
          message: "\(interruptedDumps) tables changed while they were read, even when read again"))
    }
    if evidence != .iterator && !asksUnmatched {
      for table in unreadTables.sorted(by: { $0.rawValue < $1.rawValue }) {
        gaps.append(
          Gap(
            kind: .familyMissing, count: nil,
            message:
              "sockets of \(table.name) are not listed: neither sock_diag nor /proc/net has a table of them here",
            remedy: "find holders by the BPF iterator: CAP_BPF and CAP_PERFMON"))
      }
    }
    if refusedNamespaces > 0 {
      gaps.append(
        Gap(
          kind: .namespaceRefused, count: refusedNamespaces,
          message: Counted.namespaces(refusedNamespaces) + " could not be entered: "
            + (evidence == .iterator
              ? "sockets there that no process holds are missing" : "the sockets there are missing"),
          remedy: "run as root, or with CAP_SYS_ADMIN"))
    }
    return gaps
  }

  /// Why `/proc` need not list every process, so that none refuses.
  private struct Unlisted {
    let why: String
    let remedy: String
  }

  private mutating func unlistedProcesses() -> Unlisted? {
    if !isInInitialPIDNamespace {
      return Unlisted(
        why: "processes outside this pid namespace are not to be seen",
        remedy: "run in the initial pid namespace")
    }
    // The iterator does not look into /proc.
    if evidence == .iterator || privileges.mayReadEveryProcess { return nil }
    switch proc.processVisibility(&buffer) {
    case .value(.othersHidden), .value(.onlyTraceable):
      return Unlisted(
        why: "/proc hides the processes of others (hidepid), and network namespaces with them",
        remedy: "run as root, or with CAP_BPF and CAP_PERFMON, or with CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH"
      )
    default: return nil
    }
  }

  /// The line that an ordinary user reads: how many sockets have no name for want of privilege.
  private static func refusalGap(
    _ snapshot: Snapshot, _ refusedProcesses: Int, _ unlisted: Unlisted?, _ privileges: Privileges
  ) -> Gap? {
    let unnamed = snapshot.sockets.count { $0.absence == .refused }
    guard unnamed > 0 else { return nil }
    let what = Counted.sockets(unnamed) + " could not be named: "
    if refusedProcesses == 0, let unlisted {
      return Gap(
        kind: .processRefused, count: unnamed, message: what + unlisted.why, remedy: unlisted.remedy)
    }
    let why = Counted.processes(refusedProcesses) + " could not be looked into"
    if privileges.mayReadEveryProcess {
      return Gap(
        kind: .processRefused, count: unnamed,
        message: what + why + ", though every capability for it is there")
    }
    return Gap(
      kind: .processRefused, count: unnamed, message: what + why,
      remedy: "run as root, or with CAP_BPF and CAP_PERFMON, or with CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH")
  }
}

/// Numbers with their nouns.
enum Counted {
  static func sockets(_ count: Int) -> String { count == 1 ? "1 socket" : "\(count) sockets" }
  static func processes(_ count: Int) -> String { count == 1 ? "1 process" : "\(count) processes" }
  static func namespaces(_ count: Int) -> String {
    count == 1 ? "1 network namespace" : "\(count) network namespaces"
  }
}

extension Snapshot {
  /// Names the users that own sockets without a process.
  fileprivate mutating func nameOwners() {
    var users = UserNames()
    for socket in sockets where socket.holdingCount == 0 {
      guard let id = socket.userID, ownerNames[id] == nil else { continue }
      ownerNames[id] = users.user(id).name
    }
  }

  /// Names the interfaces of the own namespace.
  fileprivate mutating func nameInterfaces() {
    let own = namespaces.first { $0.isOwn }?.namespace
    for socket in sockets where socket.interfaceIndex != 0 && socket.netns == own {
      guard interfaceName(of: socket) == nil, let name = HostNames.interfaceName(at: socket.interfaceIndex)
      else {
        continue
      }
      interfaces.append(
        InterfaceInfo(namespace: socket.netns, index: socket.interfaceIndex, name: RawText(name)))
    }
  }
}

extension SnapshotRun {
  /// Sockets with an inode and no holder may have changed hands while descriptors were read, or belong to a thread with
  /// a descriptor table of its own, or to a process whose first thread has ended: a second look, by the iterator where
  /// it is allowed, for `/proc/PID/fd` shows neither of the latter two.
  private mutating func settleUnheld() {
    guard refusedProcesses == 0 || privileges.mayReadEveryProcess else { return }
    let unheld = assembler.unheldWithInode()
    guard !unheld.isEmpty else { return }
    countHiddenProcesses()
    if privileges.mayTrace && isInInitialPIDNamespace && request.holderSource != .procfs {
      do throws(BPFError) {
        if let source = iterator.take() {
          try source.findHolders(of: unheld, into: &assembler)
        } else {
          try IteratorSource(SocketIteratorRequest()).findHolders(of: unheld, into: &assembler)
        }
        return
      } catch { if evidence == .iterator { return note("\(error)") } }
    }
    var scan = DescriptorScan()
    do throws(SystemError) { try proc.scanDescriptors(&scan) } catch { return note("\(error)") }
    _ = assembler.hold(scan, unheld)
    searchThreads(assembler.unheldWithInode())
  }

  /// Looks through the tables of single threads: one may have left its process's table, or outlived the first thread.
  private mutating func searchThreads(_ unheld: InodeIndex) {
    guard !unheld.isEmpty, let pids = try? proc.processIDs() else { return }  // no list: nothing to search
    var owners: [Int32: ProcessIdentity] = [:]
    for pid in pids {
      guard case .value(let directory) = proc.process(pid), let stat = directory.stat(&buffer).value,
        stat.threadCount > 1, let threads = directory.threadIDs().value
      else { continue }
      let owner = ProcessIdentity(pid: ProcessID(pid), startTicks: stat.startTicks)
      for thread in threads where thread != pid { owners[thread] = owner }
    }
    var scan = DescriptorScan()
    proc.scanDescriptors(of: owners.keys.sorted(), &scan)
    var known: Set<Holding> = []  // threads that share a table show it each
    for held in scan.sockets {
      guard let socket = unheld[held.inode], let owner = owners[held.pid] else { continue }
      let holding = Holding(
        socket: Int32(truncatingIfNeeded: socket), process: assembler.process(owner),
        descriptor: held.descriptor)
      guard known.insert(holding).inserted else { continue }
      assembler.hold(socket: socket, process: holding.process, descriptor: held.descriptor)
    }
  }

  /// Processes that even root may not look into: the iterator does not show theirs either, so they may be the holders.
  private mutating func countHiddenProcesses() {
    // No list: nothing to count.
    guard refusedProcesses == 0, let pids = try? proc.processIDs() else { return }
    for pid in pids {
      guard case .value(let directory) = proc.process(pid) else { continue }
      if case .denied = directory.namespace(.net) { refusedProcesses += 1 }
    }
  }

  private mutating func note(_ failure: String) {
    gaps.append(Gap(kind: .sourceFailed, count: nil, message: failure))
  }
}

extension ProcessFactsReader {
  /// Fills every process of the snapshot; those that ended meanwhile keep their pid only, and are counted.
  static func fill(_ snapshot: inout Snapshot, _ facts: ProcessFacts, _ gaps: inout [Gap]) {
    do throws(SystemError) {
      var reader = try ProcessFactsReader(facts)
      for index in snapshot.processes.indices {
        if reader.fill(&snapshot.processes[index]) == .gone { snapshot.processes[index].hasEnded = true }
      }
    } catch {
      gaps.append(Gap(kind: .sourceFailed, count: snapshot.processes.count, message: "\(error)"))
    }
  }
}
