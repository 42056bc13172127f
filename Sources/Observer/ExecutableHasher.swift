import KernelSystem
import Model

/// Hashes what processes run, each file once, on a thread of its own that runs while there is something to do.
///
/// Owned by one thread, which asks with `want` and fetches with `takeResults`. Neither waits: a full queue turns away, is
/// counted, and the next process of that file asks again.
public final class ExecutableHasher {
  /// Files that may wait.
  static let queueLimit = 1024
  /// Files that are remembered; when they are more, all are forgotten, and hashed again.
  static let fileLimit = 65_536

  public struct Counters: Sendable, Equatable {
    public var hashed: UInt64 = 0
    /// Files of which no hash could be had so far.
    public var missing: UInt64 = 0
    /// Times that the queue was full.
    public var turnedAway: UInt64 = 0
  }

  fileprivate struct Request: Sendable {
    var file: FileIdentity
    var process: ProcessIdentity
    var path: RawText?
  }
  fileprivate struct Shared: Sendable {
    var queue: [Request] = []
    /// Those before are done.
    var next = 0
    var results: [(file: FileIdentity, hash: FileHash)] = []
    var isRunning = false
  }
  private enum Knowledge {
    /// `isRepeated`: an earlier process had nothing to read.
    case awaited(by: ProcessIdentity, isRepeated: Bool)
    case known(FileHash, of: ProcessIdentity?)
  }

  public private(set) var counters = Counters()
  private let shared = LockedValue(Shared())
  private let wake: WaitPoint
  private var files: [FileIdentity: Knowledge] = [:]

  /// - Parameter wake: woken when there are results.
  public init(wake: WaitPoint) { self.wake = wake }

  /// What an earlier recording of this boot has found out.
  public func learn(_ hashes: [FileIdentity: String]) {
    for (file, hash) in hashes { files[file] = .known(.sha256(hash), of: nil) }
  }

  /// All that are known.
  public var hashes: [FileIdentity: String] {
    files.compactMapValues { if case .known(let hash, _) = $0 { hash.sha256 } else { nil } }
  }

  /// Asks for the hash of what `process` runs, unless it is known or asked for.
  public func want(_ process: Process) {
    guard let file = process.executableFile else { return }
    var isRepeated = false
    switch files[file] {
    case .awaited, .known(.sha256, _), .known(.missing(.tooLarge), _): return
    // Another process may have what the first one took with it.
    case .known(.missing, let asked) where asked == process.identity: return
    case .known(.missing, _): isRepeated = true
    case nil: break
    }
    let request = Request(file: file, process: process.identity, path: process.executable)
    guard push(request) else {
      counters.turnedAway += 1
      return
    }
    if files.count >= Self.fileLimit { files.removeAll(keepingCapacity: true) }
    files[file] = .awaited(by: process.identity, isRepeated: isRepeated)
  }

  /// What has been found out since the last call.
  public func takeResults() -> [(file: FileIdentity, hash: FileHash)] {
    let results = shared.withLock { (shared) in
      let results = shared.results
      shared.results = []
      return results
    }
    for (file, hash) in results {
      var (asked, wasMissing): (ProcessIdentity?, Bool) = (nil, false)
      if case .awaited(let process, let isRepeated)? = files[file] {
        (asked, wasMissing) = (process, isRepeated)
      }
      files[file] = .known(hash, of: asked)
      if hash.sha256 != nil { counters.hashed += 1 }
      if wasMissing {
        counters.missing -= hash.sha256 == nil ? 0 : 1
      } else if hash.sha256 == nil {
        counters.missing += 1
      }
    }
    return results
  }

  /// Waits until nothing is asked for any more, `milliseconds` at most.
  public func settle(milliseconds: Int) {
    for _ in 0..<(milliseconds / 5) where shared.withLock({ $0.isRunning }) {
      DetachedThread.sleep(milliseconds: 5)
    }
  }

  // MARK: The thread

  private func push(_ request: Request) -> Bool {
    let (isTaken, starts) = shared.withLock { (shared) in
      if shared.queue.count - shared.next >= Self.queueLimit { return (false, false) }
      shared.queue.append(request)
      let starts = !shared.isRunning
      shared.isRunning = true
      return (true, starts)
    }
    guard starts else { return isTaken }
    do throws(Errno) {
      try DetachedThread.start { [shared, wake] in Self.work(shared, wake) }
    } catch {
      // No thread to be had: the next that asks may have one.
      shared.withLock { (shared) in
        (shared.queue, shared.next, shared.isRunning) = ([], 0, false)
      }
      return false
    }
    return true
  }

  private static func work(_ shared: LockedValue<Shared>, _ wake: WaitPoint) {
    DetachedThread.lowerPriority()
    // It reads files that others chose.
    Privileges.keep(only: [.sysPtrace, .dacReadSearch])
    while let request = shared.withLock({ (shared) in shared.take() }) {
      let hash = ExecutableFile.hash(of: request.file, process: request.process, path: request.path)
      shared.withLock { (shared) in shared.results.append((request.file, hash)) }
      wake.wake()
    }
  }
}

extension ExecutableHasher.Shared {
  /// The next to be done; without one, the thread ends.
  fileprivate mutating func take() -> ExecutableHasher.Request? {
    guard next < queue.count else {
      (queue, next, isRunning) = ([], 0, false)
      return nil
    }
    let request = queue[next]
    next += 1
    if next == ExecutableHasher.queueLimit {
      queue.removeFirst(next)
      next = 0
    }
    return request
  }
}
