import KernelSystem
import Model
import Observer
import Store
import ViewText

/// Takes what one source tells into one store, on one thread.
final class Recorder {
  private let settings: RecordSettings
  private let source: any EventSource
  private let writer: StoreWriter
  private var retention: Retention
  private var retentionDue: UInt64 = 0
  private var looks = HostLooks()
  private let hasher: ExecutableHasher
  private var hitLog = HitLog()
  private var hasWatchlist: Bool
  private var desk: RecorderDesk?
  private var knownGaps = 0
  /// What writing last failed with, told once.
  private var failure: StoreError?
  private var fatal: StoreError?

  /// - Parameter wake: what `source` waits at.
  init(
    _ settings: RecordSettings, _ source: any EventSource, _ wake: WaitPoint, _ watchlist: Watchlist,
    setsAside: Bool
  ) throws {
    self.settings = settings
    self.source = source
    hasher = ExecutableHasher(wake: wake)
    hasWatchlist = !watchlist.isEmpty
    retention = settings.retention
    guard let bootID = ThisBoot.id else { throw Failure("/proc/sys/kernel/random/boot_id cannot be read") }
    var store = StoreSettings(bootID: bootID, version: Sockeye.configuration.version)
    store.rowTime = settings.rowAt.stored
    writer = try Self.open(settings.database, store, setsAside: setsAside)
    do throws(StoreError) { hasher.learn(try writer.knownHashes()) } catch {
      throw Failure(Self.words(error))
    }
    writer.watch(for: watchlist, hasher.hashes)
    // Whoever has the database's lock is the only one at its socket.
    do throws(SystemError) { desk = try RecorderDesk(database: settings.database, wake: wake) } catch {
      Self.tell("nobody can ask this recorder: \(error)")
    }
  }

  private static func open(_ path: String, _ settings: StoreSettings, setsAside: Bool) throws -> StoreWriter {
    if let slash = path.lastIndex(of: "/"), slash > path.startIndex {
      do throws(SystemError) { try PrivateDirectory.make(at: String(path[..<slash])) } catch {
        throw Failure("\(error)")
      }
    }
    do throws(StoreError) {
      do throws(StoreError) { return try StoreWriter(path: path, settings: settings, now: .now) } catch {
        guard case .corrupted = error, setsAside else { throw error }
        let aside = try StoreWriter.setAside(path: path, now: .now)
        tell("\(path) is damaged, and is now \(aside)")
        return try StoreWriter(path: path, settings: settings, now: .now)
      }
    } catch { throw Failure(Self.words(error)) }
  }

  private static func words(_ error: StoreError) -> String {
    if case .corrupted = error { return "\(error); --set-aside renames it and begins a new one" }
    return "\(error)"
  }

  private static func tell(_ text: String) {
    var line = TextBuffer()
    line.append("sockeye: ")
    line.append(terminal: text)
    line.append("\n")
    Output.error().write(line)
  }

  /// Records until a signal to stop, without the privileges that only opening needed. `reload` has the settings as the configuration file has them now.
  func run(reload: () throws -> RecordSettings) throws {
    Self.tell("recording into \(settings.database) (\(settings.summary))")
    Privileges.keep(only: source.neededCapabilities)
    noteBlindness()
    tellGaps()
    looks.isOwed = true
    looks.begin()
    while true {
      let reasons = source.run(until: nil) { take($0) }
      if fatal != nil || reasons.contains(.stopSignal) { break }
      if reasons.contains(.reloadSignal) { take(reload) }
    }
    desk = nil
    source.finish { take($0) }
    while fatal == nil, looks.next != nil { passLook() }
    hasher.settle(milliseconds: 1000)
    writer.take(hasher.takeResults())
    hitLog.tell(writer.takeHits())
    hitLog.finish()
    if fatal == nil { guarded { () throws(StoreError) in try writer.stop(.now) } }
    tellGaps()
    sumUp()
    if let fatal { throw Failure(Self.words(fatal)) }
  }

  // MARK: Events

  /// False when there is no sense in going on.
  private func take(_ events: [Event]) -> Bool {
    var rest = events[...]
    // A look stands between the events before it and those after.
    while fatal == nil, let moment = looks.next {
      let count = rest.firstIndex { $0.bootNanoseconds > moment } ?? rest.endIndex
      if count == rest.endIndex && !looks.isDue(source.told) { break }
      write(rest[..<count])
      rest = rest[count...]
      passLook()
    }
    write(rest)
    for event in events {
      if let process = event.process { hasher.want(process) }
    }
    writer.take(hasher.takeResults())
    hitLog.tell(writer.takeHits())
    if events.contains(where: { $0.action == .gap }) { looks.isOwed = true }
    looks.begin()
    desk?.serve(source, status: { status }, flush: flush)
    keepRetention()
    tellGaps()
    return fatal == nil
  }

  private func passLook() {
    for process in looks.found { hasher.want(process) }
    guarded { () throws(StoreError) in try looks.pass(into: writer) }
  }

  /// Writes what waits; what went wrong, if it did.
  private func flush() -> StoreError? {
    if writer.isWaiting { guarded { () throws(StoreError) in try writer.flush(.now) } }
    return fatal ?? failure
  }

  private var status: RecorderStatus {
    var status = RecorderStatus()
    status.version = Sockeye.configuration.version
    status.capabilities = Privileges.ofThisThread().names
    (status.database, status.way) = (settings.database, source.way)
    (status.pid, status.userID) = (Int64(ThisProcess.pid), Int64(ThisProcess.effectiveUserID))
    (status.started, status.flushed) = writer.reach
    let (counts, counters) = (source.statistics, writer.counters)
    func number(_ value: UInt64) -> Int64 { Int64(clamping: value) }
    status.events = number(counts.delivered)
    (status.connections, status.batches) = (number(counters.connections), number(counters.batches))
    (status.kernelMissed, status.ringLost) = (number(counts.kernelMissed), number(counts.ringLost))
    (status.queueLost, status.storeLost) = (number(counts.queueLost), number(counters.lost))
    (status.conversationsLost, status.namesLost) = (number(counts.flowsRefused), number(counts.namesLost))
    (status.untracked, status.reconciliations) = (number(counters.untracked), number(counts.reconciliations))
    (status.databaseBytes, status.logBytes) = writer.fileSizes
    let memory = ThisProcess.residentBytes
    (status.residentBytes, status.peakResidentBytes) = (Int64(memory.now), Int64(memory.peak))
    status.cpuMicroseconds = number(counts.cpuNanoseconds / 1000)
    status.occupancies = source.occupancies + writer.occupancies
    return status
  }

  private func write(_ events: ArraySlice<Event>) {
    guarded { () throws(StoreError) in try writer.take(Array(events), now: .now) }
  }

  /// A few small steps while nothing waits, which would have to be written first: behind a batch, or when all is quiet.
  private func keepRetention() {
    let began = KernelClock.bootTimeNanoseconds
    guard fatal == nil, failure == nil, !writer.isWaiting, began >= retentionDue else { return }
    guarded { () throws(StoreError) in
      while try writer.keep(to: retention, .now) {
        if KernelClock.bootTimeNanoseconds &- began > 50_000_000 { return }
      }
      retentionDue = KernelClock.bootTimeNanoseconds + 5_000_000_000
    }
  }

  /// Runs what writes. A failure is told when it begins and when it ends; damage ends the recording.
  private func guarded(_ body: () throws(StoreError) -> Void) {
    guard fatal == nil else { return }
    let batches = writer.counters.batches
    do throws(StoreError) {
      try body()
      guard failure != nil, writer.counters.batches != batches else { return }
      failure = nil
      Self.tell("the store can be written again; \(writer.counters.lost) records are lost so far")
    } catch {
      if case .corrupted = error { fatal = error }
      if failure == nil && fatal == nil { Self.tell("\(error); going on, what is lost is counted") }
      failure = error
    }
  }

  // MARK: Words

  private func take(_ reload: () throws -> RecordSettings) {
    do {
      let new = try reload()
      let watchlist = try Watchlist(files: new.watchlists)
      writer.watch(for: watchlist, hasher.hashes)
      hasWatchlist = !watchlist.isEmpty
      retention = new.retention
      retentionDue = 0
      let lists = watchlist.isEmpty ? "" : "; \(watchlist.indicators.count) on the watch-list"
      Self.tell("reloaded (\(new.retentionSummary)\(lists))")
      let waiting = new.needsRestart(from: settings)
      if !waiting.isEmpty { Self.tell("at the next start: \(waiting.joined(separator: ", "))") }
    } catch {
      Self.tell("not reloaded: \(error)")
    }
  }

  /// What this way of learning events cannot see belongs to what it records.
  private func noteBlindness() {
    let unseen = source.gaps.filter { $0.kind == .noProbes || $0.kind == .sourceFailed }
    if unseen.isEmpty { return }
    let kind = source.way == nil ? Gap.Kind.sourceFailed : .noProbes
    writer.note(lasting: kind.rawValue, unseen.map(\.message).joined(separator: "; "))
  }

  private func tellGaps() {
    let new = source.gaps.dropFirst(knownGaps)
    knownGaps += new.count
    Output.tell(new.filter { $0.kind != .processRefused || $0.remedy != nil }, .auto)
  }

  private func sumUp() {
    let statistics = source.statistics
    var line = TextBuffer()
    line.append("sockeye: ")
    line.append(decimal: statistics.delivered)
    line.append(statistics.delivered == 1 ? " event, " : " events, ")
    line.append(decimal: writer.counters.connections)
    line.append(writer.counters.connections == 1 ? " connection recorded, " : " connections recorded, ")
    if hasWatchlist {
      line.append(decimal: writer.counters.hits)
      line.append(writer.counters.hits == 1 ? " hit of the watch-list, " : " hits of the watch-list, ")
    }
    line.append(hashes: hasher.counters)
    line.append(losses: statistics, inStore: writer.counters.lost, way: source.way)
    Output.error().write(line)
  }
}

extension TextBuffer {
  /// `41 executables hashed (2 could not be); `
  fileprivate mutating func append(hashes counters: ExecutableHasher.Counters) {
    append(decimal: counters.hashed)
    append(counters.hashed == 1 ? " executable hashed" : " executables hashed")
    if counters.missing > 0 {
      append(" (")
      append(decimal: counters.missing)
      append(" could not be)")
    }
    if counters.turnedAway > 0 {
      append(", put off ")
      append(decimal: counters.turnedAway)
      append(" times")
    }
    append("; ")
  }
}

extension RecordSettings {
  /// `keep 30 days, at most 4GiB`.
  fileprivate var retentionSummary: String {
    let age = keepDays == 0 ? "keep every day" : "keep \(keepDays) days"
    let size = maxSize == 0 ? "any size" : "at most \(maxSize >> 20) MiB"
    return "\(age), \(size)"
  }

  fileprivate var summary: String {
    "\(retentionSummary); rows at \(rowAt.rawValue), \(names ? "" : "no ")names, \(modules ? "" : "no ")modules"
  }
}

extension StoreTime {
  static var now: StoreTime {
    StoreTime(boot: KernelClock.bootTimeNanoseconds, wall: KernelClock.wallTimeNanoseconds)
  }
}
