import Attribution
import KernelBPF
import KernelProc
import KernelSystem
import Model

/// Who holds sockets of this thread's network namespace, by inode: read once, asked by every row.
public struct SocketHolders: Sendable {
  private let index: HolderIndex

  public var list: HolderList { index.list }

  /// Fills in the holders of a row.
  public func attach(to row: inout SocketRow) { row.holders = index[row.socket.inode] }

  /// What is wanted of each holder.
  public struct Request: Sendable {
    /// Every thread's table by itself, even where threads share one.
    public var listsThreads = false
    /// Security contexts of processes, and of the sockets' files.
    public var taskContexts = false
    public var fileContexts = false
    /// A tree that looks like `/proc`; the iterator knows the real one only.
    public var procPath: String?
    /// Of which families sockets will be asked about; empty is all.
    public var families: [AddressFamily] = []
    public init() {}
  }

  /// By the iterator or by `/proc`, whichever is cheaper here; nobody where neither can be read.
  public init(_ request: Request) {
    index = Self.find(request) ?? HolderIndex()
  }

  private static func find(_ request: Request) -> HolderIndex? {
    // No list of processes: nobody to be named, as with any other process that may not be looked into.
    guard let proc = try? ProcFileSystem(path: request.procPath ?? "/proc") else { return nil }
    var found: [(inode: UInt64, pid: Int32, thread: Int32, descriptor: Int32)] = []
    if request.listsThreads || request.procPath != nil || !mayIterate(proc) || !iterate(request, proc, &found)
    {
      found = []
      scan(proc, request, &found)
    }
    return index(found, proc, request)
  }

  /// As `SnapshotRun.collect` chooses.
  private static func mayIterate(_ proc: borrowing ProcFileSystem) -> Bool {
    let privileges = Privileges.ofThisThread()
    var buffer = ReadBuffer()
    let files = proc.openFiles(&buffer).value?.allocated ?? 0
    let plan = HolderPlan(
      .automatic,
      HolderPlan.Situation(
        mayTrace: privileges.mayTrace, isInInitialPIDNamespace: proc.isInInitialPIDNamespace,
        mayReadEveryProcess: privileges.mayReadEveryProcess,
        keepsProgram: privileges.effectiveUserID == 0, openFiles: Int(clamping: files), namespaces: 1))
    return plan.method == .iterator
  }

  /// False where the iterator does not work.
  private static func iterate(
    _ request: Request, _ proc: borrowing ProcFileSystem,
    _ found: inout [(inode: UInt64, pid: Int32, thread: Int32, descriptor: Int32)]
  ) -> Bool {
    var question = SocketIteratorRequest()
    if !request.families.isEmpty {
      question.families = request.families.reduce(0) { $0 | 1 << UInt64($1.rawValue) }
    }
    // Not to be seen: then those of every namespace, which does no harm.
    if case .value(let own) = proc.process(ThisProcess.pid) {
      question.netns = own.namespace(.net).value.map { UInt32(truncatingIfNeeded: $0) }
    }
    do throws(BPFError) {
      try SocketIterator.load(question).forEachBatch { batch in
        batch.forEach { record, _ in
          guard !record.isNamespace else { return }
          found.append((record.inode, record.tgid, record.tgid, record.descriptor))
        }
      }
      return true
    } catch { return false }
  }

  private static func scan(
    _ proc: borrowing ProcFileSystem, _ request: Request,
    _ found: inout [(inode: UInt64, pid: Int32, thread: Int32, descriptor: Int32)]
  ) {
    guard let pids = try? proc.processIDs() else { return }  // as in `find`
    var scan = DescriptorScan()
    proc.scanDescriptors(of: pids, &scan)
    found = scan.sockets.map { ($0.inode, $0.pid, $0.pid, $0.descriptor) }
    guard request.listsThreads else { return }
    for pid in pids {
      guard case .value(let directory) = proc.process(pid), let threads = directory.threadIDs().value else {
        continue
      }
      let others = threads.filter { $0 != pid }
      guard !others.isEmpty else { continue }
      scan.removeAll()
      proc.scanDescriptors(of: others, &scan)
      found += scan.sockets.map { ($0.inode, pid, $0.pid, $0.descriptor) }
    }
  }

  private static func index(
    _ found: [(inode: UInt64, pid: Int32, thread: Int32, descriptor: Int32)],
    _ proc: borrowing ProcFileSystem, _ request: Request
  ) -> HolderIndex {
    struct Key: Hashable {
      let pid: Int32
      let thread: Int32
    }
    // Ascending, a process's first thread before the others: the order of `/proc`.
    var keys: Set<Key> = []
    var last: Key?
    for entry in found {
      let key = Key(pid: entry.pid, thread: entry.thread)
      if key != last { keys.insert(key) }
      last = key
    }
    let sorted = keys.sorted {
      ($0.pid, $0.thread == $0.pid ? 0 : 1, $0.thread) < ($1.pid, $1.thread == $1.pid ? 0 : 1, $1.thread)
    }
    var buffer = ReadBuffer()
    var places: [Key: Int32] = [:]
    var tasks: [HolderList.Task] = []
    for key in sorted {
      guard case .value(let directory) = proc.process(key.thread), let stat = directory.stat(&buffer).value
      else { continue }
      places[key] = Int32(tasks.count)
      let context = request.taskContexts ? directory.securityContext(&buffer).value : nil
      tasks.append(
        HolderList.Task(
          pid: key.pid, threadID: key.thread, name: RawText(stat.name), context: context.map { RawText($0) }))
    }
    var held: [HolderIndex.Held] = []
    held.reserveCapacity(found.count)
    var current: (key: Key, place: Int32)?
    for entry in found {
      let key = Key(pid: entry.pid, thread: entry.thread)
      if current?.key != key {
        guard let place = places[key] else { continue }
        current = (key, place)
      }
      guard let current else { continue }
      let context =
        request.fileContexts ? proc.securityContext(ofDescriptor: entry.descriptor, of: entry.thread) : nil
      held.append(
        HolderIndex.Held(
          inode: entry.inode,
          descriptor: HolderList.Descriptor(
            task: current.place, number: entry.descriptor, context: context.map { RawText($0) })))
    }
    return HolderIndex(tasks: tasks, held: held)
  }
}
