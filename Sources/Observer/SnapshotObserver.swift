import Attribution
import KernelBPF
import KernelNetlink
import KernelProc
import KernelSystem
import Model

/// Why there is no snapshot at all.
public enum ObserverError: Error, Sendable, CustomStringConvertible {
  case system(SystemError)
  case iterator(BPFError)
  /// The namespace that was asked for: what was given, and why it cannot be used.
  case namespace(String, String)
  /// Nothing of what was asked for can be told this way: why, and what would help.
  case notPossible(String)

  public var description: String {
    switch self {
    case .system(let error): error.description
    case .iterator(let error):
      error.errno.meansDenied
        ? "the BPF iterator needs CAP_BPF and CAP_PERFMON, or CAP_SYS_ADMIN (\(error))" : error.description
    case .namespace(let name, let reason): "network namespace '\(name)': \(reason)"
    case .notPossible(let reason): reason
    }
  }
}

/// Takes snapshots of the host's sockets and their processes.
public enum SnapshotObserver {
  /// Blocks for as long as the kernel takes to answer; enters other namespaces on the calling thread only.
  public static func take(_ request: SnapshotRequest) throws(ObserverError) -> Snapshot {
    var run: SnapshotRun
    do throws(SystemError) { run = try SnapshotRun(request) } catch { throw .system(error) }
    try run.findNamespaces()
    try run.collect()
    return run.finish()
  }
}

/// One snapshot in the making.
struct SnapshotRun: ~Copyable {
  let request: SnapshotRequest
  /// The request's condition as the kernel evaluates it, made once for every table of every namespace.
  let kernelCondition: InetFilter?
  let privileges = Privileges.ofThisThread()
  let proc: ProcFileSystem
  let home: OwnedDescriptor
  var catalog: NamespaceCatalog
  /// nil is all.
  var onlyNamespace: NetworkNamespace?
  var assembler: SnapshotAssembler
  /// Kept loaded for a second look.
  var iterator: IteratorSource?
  var evidence = Evidence.fdScan
  var gaps: [Gap] = []
  var refusedProcesses = 0
  var unsupported: Set<SocketTable> = []
  /// Neither sock_diag nor `/proc/net` has them, and there may be sockets of them.
  var unreadTables: Set<SocketTable> = []
  var interruptedDumps = 0
  /// Elsewhere processes outside are not even listed.
  let isInInitialPIDNamespace: Bool
  var refusedNamespaces = 0
  var buffer = ReadBuffer()

  init(_ request: SnapshotRequest) throws(SystemError) {
    self.request = request
    kernelCondition = request.internet.flatMap { InetFilter($0) }
    let proc = try ProcFileSystem()
    let home = try OwnedDescriptor.open("/proc/self/ns/net")
    catalog = try NamespaceCatalog(ownOnly: proc)
    isInInitialPIDNamespace = proc.isInInitialPIDNamespace
    self.proc = proc
    self.home = home
    assembler = SnapshotAssembler()
  }

  mutating func findNamespaces() throws(ObserverError) {
    do throws(SystemError) {
      switch request.namespaces {
      case .all: catalog = try NamespaceCatalog(proc)
      case .current: onlyNamespace = catalog.own
      case .inode(let namespace):
        catalog = try NamespaceCatalog(proc)
        onlyNamespace = namespace
      case .path(let name):
        let path = name.contains("/") ? name : "/run/netns/\(name)"
        onlyNamespace = try catalog.addPath(path, name: name.contains("/") ? nil : name)
      case .process(let pid): onlyNamespace = try catalog.addPath("/proc/\(pid.rawValue)/ns/net", name: nil)
      }
    } catch {
      if case .all = request.namespaces { throw .system(error) }
      throw .namespace(request.namespaces.text, error.description)
    }
    if catalog.refusedProcesses > 0 {
      gaps.append(
        Gap(
          kind: .namespaceRefused, count: catalog.refusedProcesses,
          message: "the network namespaces of " + Counted.processes(catalog.refusedProcesses)
            + " could not be seen"
            + (privileges.mayReadEveryProcess ? ", though every capability for it is there" : ""),
          remedy: privileges.mayReadEveryProcess
            ? nil : "run as root, or with CAP_SYS_PTRACE and CAP_SYS_ADMIN"))
    }
  }

  mutating func collect() throws(ObserverError) {
    let openFiles = proc.openFiles(&buffer).value?.allocated ?? 0
    let plan = HolderPlan(
      request.holderSource,
      HolderPlan.Situation(
        mayTrace: privileges.mayTrace, isInInitialPIDNamespace: isInInitialPIDNamespace,
        mayReadEveryProcess: privileges.mayReadEveryProcess,
        keepsProgram: privileges.effectiveUserID == 0, openFiles: Int(clamping: openFiles),
        namespaces: selectedNamespaces.count))
    switch request.wantsHolders ? plan.method : nil {
    case nil: for entry in selectedNamespaces { dumpAllTables(entry) }
    case .procfs: try collectByScan()
    case .iterator:
      assembler = SnapshotAssembler(
        expectedSockets: Int(clamping: openFiles), withDetails: request.wantsDetails)
      do throws(BPFError) {
        if request.isInTableOrder { try collectTablesAndHolders() } else { try collectByIterator() }
      } catch {
        if request.holderSource == .iterator { throw .iterator(error) }
        gaps.append(
          Gap(
            kind: .sourceFailed, count: nil,
            message: "the BPF iterator failed, /proc was read instead: \(error)",
            remedy: "see sockeye doctor"))
        assembler = SnapshotAssembler()
        try collectByScan()
      }
    }
    assembler.shareHoldersByInode()
    do throws(SystemError) { try addAskedProcesses() } catch { throw .system(error) }
    if let onlyNamespace, catalog.entries[onlyNamespace] == nil, assembler.sockets.isEmpty {
      throw .namespace(
        "\(onlyNamespace.rawValue)", "no process, mount, descriptor or socket of it is to be seen")
    }
  }

  /// Processes that were asked for are in the answer, even if they hold nothing.
  private mutating func addAskedProcesses() throws(SystemError) {
    let asked =
      switch request.processes {
      case .ofSockets: [] as [Int32]
      case .also(let pid): [pid.rawValue]
      case .all: try proc.processIDs()
      }
    for pid in asked {
      guard case .value(let directory) = proc.process(pid), let stat = directory.stat(&buffer).value else {
        continue
      }
      _ = assembler.process(ProcessIdentity(pid: ProcessID(pid), startTicks: stat.startTicks))
    }
  }

  /// The namespaces whose tables are read, the own one first: there nothing has to be entered.
  var selectedNamespaces: [NamespaceCatalog.Entry] {
    catalog.entries.values.filter { onlyNamespace == nil || $0.namespace == onlyNamespace }
      .sorted { ($0.namespace != catalog.own, $0.namespace) < ($1.namespace != catalog.own, $1.namespace) }
  }
}

extension SnapshotRequest.Namespaces {
  fileprivate var text: String {
    switch self {
    case .all: "all"
    case .current: "current"
    case .inode(let namespace): "\(namespace.rawValue)"
    case .path(let path): path
    case .process(let pid): "\(pid.rawValue)"
    }
  }
}

/// Tuples of a Bool and a namespace, ordered: false first.
private func < (left: (Bool, NetworkNamespace), right: (Bool, NetworkNamespace)) -> Bool {
  left.0 == right.0 ? left.1 < right.1 : !left.0
}
