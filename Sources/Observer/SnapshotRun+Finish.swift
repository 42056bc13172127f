import Attribution
import KernelProc
import KernelSystem
import Model

extension SnapshotRun {
  /// Adds what is known of processes, says why sockets have none, and what was not seen.
  consuming func finish() -> Snapshot {
    settleUnheld()
    let (catalog, request, privileges) = (self.catalog, self.request, self.privileges)
    let (refused, evidence) = (refusedProcesses, self.evidence)
    var gaps = self.gaps + sourceGaps()
    var snapshot = self.assembler.finish()
    snapshot.takenWallNanoseconds = KernelClock.wallTimeNanoseconds
    snapshot.evidence = evidence
    snapshot.namespaces = catalog.infos
    ProcessFactsReader.fill(&snapshot, request.processFacts, &gaps)
    snapshot.explainAbsences(refusedProcesses: refused)
    snapshot.inferOrigins()
    if request.asksSockets { gaps += snapshot.crossCheckWithSockets() }
    if let gap = Self.refusalGap(snapshot, refused, privileges) { gaps.append(gap) }
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
    if refusedNamespaces > 0 {
      gaps.append(
        Gap(
          kind: .namespaceRefused, count: refusedNamespaces,
          message: "\(refusedNamespaces) network namespaces could not be entered: their sockets without a process "
            + "are missing" + (evidence == .iterator ? "" : ", and those of processes too"),
          remedy: "run as root, or with CAP_SYS_ADMIN"))
    }
    return gaps
  }

  /// The line that an ordinary user reads: how many sockets have no name for want of privilege.
  private static func refusalGap(_ snapshot: Snapshot, _ refusedProcesses: Int, _ privileges: Privileges) -> Gap? {
    let unnamed = snapshot.sockets.count { $0.absence == .refused }
    guard unnamed > 0 else { return nil }
    return Gap(
      kind: .processRefused, count: unnamed,
      message: "\(unnamed) sockets could not be named: \(refusedProcesses) processes refused to be looked into",
      remedy: "run as root, or with CAP_BPF and CAP_PERFMON, or with CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH")
  }
}

extension SnapshotRun {
  /// Sockets with an inode and no holder may have changed hands while descriptors were read, or ended: they are
  /// looked for once more.
  private mutating func settleUnheld() {
    guard refusedProcesses == 0 else { return }
    let unheld = assembler.unheldWithInode()
    guard !unheld.isEmpty else { return }
    var scan = DescriptorScan()
    do throws(SystemError) { try proc.scanDescriptors(&scan) } catch {
      gaps.append(Gap(kind: .sourceFailed, count: nil, message: "\(error)"))
      return
    }
    var starts: [Int32: UInt64] = [:]
    for process in scan.processes { starts[process.pid] = process.startTicks }
    for held in scan.sockets {
      guard let socket = unheld[held.inode], let start = starts[held.pid] else { continue }
      let identity = ProcessIdentity(pid: ProcessID(held.pid), startTicks: start)
      assembler.hold(socket: socket, process: assembler.process(identity), descriptor: held.descriptor)
    }
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
