import Attribution
import KernelBPF
import KernelSystem
import Model

/// Watches the host by the event probes: attach, then look at what is there, then tell events in the order of time.
///
/// Everything but the reading of the ring happens on the thread that calls `run`. Memory is bounded: the ring, the
/// queue behind it (`queueByteCount`), the process tree and the connection table have ceilings, and count what they
/// turn away.
///
/// Needs what `ProbeSession` needs.
public final class EventObserver {
  private let request: EventRequest
  private let session: ProbeSession
  private let eventReader: EventReader
  private let queue: EventQueue
  private let wake: WaitPoint
  private var resolver: EventResolver
  private var order = EventOrder()
  private var listing: TreeListing
  /// Told by the resolver, waiting for their other ends; the first `sent` are gone.
  private var waiting: [Event] = []
  private var sequence: UInt64 = 0
  private var seenLosses = EventStatistics()
  /// The beginning: what is lost while the host is looked at is a loss like any other.
  private var lossesRead = KernelClock.bootTimeNanoseconds
  /// Everything until then has been handed on (boot time, nanoseconds).
  public private(set) var told: UInt64 = 0
  private var hurryingTo: UInt64 = 0
  /// More is in the queue than was taken.
  private var isBehind = false
  private var reconciliations: UInt64 = 0
  private var needsReconciliation = false
  private let cpuAtStart = KernelClock.processCPUNanoseconds
  public private(set) var gaps: [Gap] = []
  /// Which way each fact is learnt.
  public var plan: ProbePlan { session.plan }

  /// Attaches the probes, then reads the processes and sockets that are there.
  ///
  /// - Parameter wake: where the thread that runs this waits.
  public init(_ request: EventRequest, wake: WaitPoint) throws(ObserverError) {
    self.request = request
    listing = TreeListing(request)
    self.wake = wake
    let queue = EventQueue(limit: request.queueByteCount, wake: wake)
    self.queue = queue
    do throws(BPFError) {
      let plan = ProbePlan.Request(facts: request.facts, avoidsCallTax: request.avoidsCallTax)
      session = try ProbeSession.open(plan, settings: request.settings)
    } catch { throw .iterator(error) }
    do throws(SystemError) {
      resolver = try EventResolver(request, flows: FlowTable(session))
      let ring: EventRing
      do throws(BPFError) { ring = try session.makeRing { queue.push($0) } } catch {
        throw SystemError("ring_buffer__new", on: "\(error)", error.errno)
      }
      eventReader = try EventReader(ring)
      resolver.endsPacketsAtExit = session.plan.chosen(for: .packetEnd) == nil
      try resolver.seedProcesses(roots: request.roots)
    } catch { throw .system(error) }
    if request.wantsSockets { seedSockets() }
    if request.wantsNames { noteMissingNames() }
    session.endStart()
    resolver.startEnded = KernelClock.bootTimeNanoseconds
  }

  /// Hands events on, at least twice a second if there are none, until `body` says stop, a signal or the end of the
  /// awaited process comes, or `deadline` (boot
  /// time, nanoseconds) passes.
  public func run(until deadline: UInt64?, _ body: ([Event]) -> Bool) -> WaitPoint.Reasons {
    while true {
      let now = KernelClock.bootTimeNanoseconds
      if let deadline, now >= deadline { return [] }
      var wait = order.isEmpty && waiting.isEmpty ? resolver.connecting.isEmpty ? 500 : 100 : 10
      if isBehind { wait = 0 }
      if told < hurryingTo { wait = min(wait, 10) }
      if let deadline { wait = min(wait, Int((deadline - now) / 1_000_000) + 1) }
      let reasons = wake.wait(milliseconds: Int32(wait))
      let events = collect(at: KernelClock.bootTimeNanoseconds)
      if !body(events) { return reasons }
      if !reasons.isDisjoint(with: .ends) { return reasons }
    }
  }

  /// Stops the reader and hands on what is left.
  public func finish(_ body: ([Event]) -> Bool) {
    eventReader.stop()
    repeat {
      let events = collect(at: KernelClock.bootTimeNanoseconds)
      if !events.isEmpty && !body(events) { return }
    } while isBehind
    release(upTo: .max)
    let now = KernelClock.bootTimeNanoseconds
    resolver.tellHanging(at: now, after: 0)
    takeTold()
    checkLosses(at: now, told: now)
    let events = takeWaiting(upTo: .max)
    told = now
    if !events.isEmpty { _ = body(events) }
  }

  /// Losses as the gaps have told them.
  public var statistics: EventStatistics {
    var statistics = seenLosses
    statistics.delivered = sequence
    statistics.reconciliations = reconciliations
    statistics.cpuNanoseconds = KernelClock.processCPUNanoseconds &- cpuAtStart
    return statistics
  }

  /// BPF and PERFMON load the iterator for a look after a loss, and BPF reads maps where unprivileged BPF is off (before
  /// Linux 5.19). PTRACE and DAC_READ_SEARCH read /proc/PID of other users; ADMIN enters their namespaces for what only
  /// sock_diag has.
  public var neededCapabilities: [Capability] { [.bpf, .perfmon, .sysPtrace, .dacReadSearch, .sysAdmin] }

  public func hurry(to moment: UInt64) {
    hurryingTo = max(hurryingTo, moment)
    eventReader.hurry()
  }

  public var occupancies: [Occupancy] {
    resolver.occupancies + [
      Occupancy("ring_bytes_at_most", eventReader.mostBytes, ceiling: Int(request.ringByteCount)),
      Occupancy("queue_bytes", queue.byteCount, ceiling: request.queueByteCount),
    ]
  }

  // MARK: Order

  private func collect(at now: UInt64) -> [Event] {
    var reached = min(eventReader.drained, now)
    let taken = queue.take()
    for batch in taken.batches { batch.forEach { order.add($0) } }
    isBehind = !taken.isEmpty
    // What is left in the queue is later, but for what several CPUs did at the same time.
    if isBehind { reached = min(reached, order.latest) }
    let end = isBehind ? reached : now
    let held = end &- min(request.holdNanoseconds, end)
    release(upTo: held)
    listing.update(session, resolver, told: held)
    resolver.tellHanging(at: held)
    takeTold()
    resolver.expire(at: held)
    if now &- lossesRead > 1_000_000_000 {
      checkLosses(at: now, told: end)
      if needsReconciliation { reconcile() }
    }
    let paired = held &- min(request.pairMilliseconds * 1_000_000, held)
    told = min(paired, reached)
    return takeWaiting(upTo: paired)
  }

  private func release(upTo limit: UInt64) {
    order.release(upTo: limit) { resolver.take($0) }
    takeTold()
  }

  private func takeTold() {
    waiting += resolver.events
    resolver.events.removeAll(keepingCapacity: true)
  }

  private func takeWaiting(upTo limit: UInt64) -> [Event] {
    let count = waiting.firstIndex { $0.bootNanoseconds > limit } ?? waiting.count
    if count == 0 { return [] }
    var events = Array(waiting[..<count])
    waiting.removeFirst(count)
    for index in events.indices {
      sequence += 1
      events[index].sequence = sequence
      resolver.complete(&events[index])
    }
    return events
  }

  // MARK: Losses

  private func losses() -> EventStatistics {
    let kernel = session.losses()
    var statistics = EventStatistics()
    statistics.kernelMissed = kernel.kernelMissed
    statistics.ringLost = kernel.ringLost &+ eventReader.mappingsLost
    statistics.queueLost = queue.lost
    statistics.flowsRefused = kernel.flowsRefused
    statistics.forgotten = resolver.forgotten
    statistics.namesLost = kernel.answersRefused &+ resolver.names.lost
    return statistics
  }

  /// Tells of each loss as an event, which stands among those of `told`, and asks for a look at everything.
  private func checkLosses(at now: UInt64, told: UInt64) {
    let losses = losses()
    let stages: [(LossFacts.Stage, KeyPath<EventStatistics, UInt64>)] = [
      (.kernelMissed, \.kernelMissed), (.ringLost, \.ringLost), (.queueLost, \.queueLost),
    ]
    for (stage, path) in stages where losses[keyPath: path] > seenLosses[keyPath: path] {
      var event = resolver.event(.gap, at: now)
      event.outcome = .failure
      event.reason = stage.rawValue
      event.detail = .gap(
        LossFacts(
          stage: stage, count: losses[keyPath: path] &- seenLosses[keyPath: path],
          fromWallNanoseconds: resolver.bootWallNanoseconds &+ lossesRead,
          toWallNanoseconds: event.wallNanoseconds))
      event.bootNanoseconds = told
      waiting.append(event)
      needsReconciliation = true
    }
    seenLosses = losses
    lossesRead = now
  }

  private func reconcile() {
    needsReconciliation = false
    reconciliations += 1
    do throws(SystemError) { try resolver.reconcileProcesses() } catch { note("\(error)") }
    if request.wantsSockets { seedSockets() }
  }

  /// The sockets that are there: those from before the probes, or from a gap.
  private func seedSockets() {
    let started = KernelClock.bootTimeNanoseconds
    var snapshotRequest = SnapshotRequest()
    snapshotRequest.tables = .internet
    snapshotRequest.processFacts = []
    do throws(ObserverError) {
      let snapshot = try SnapshotObserver.take(snapshotRequest)
      resolver.seedSockets(snapshot, lookBegan: started)
      if reconciliations == 0 { gaps += snapshot.gaps }
    } catch { note("the sockets that were there before are not known: \(error)") }
  }

  private func noteMissingNames() {
    guard let choice = plan.choices.first(where: { $0.fact == .dns }), choice.chosen == nil else { return }
    note("what name servers answer cannot be seen: \(choice.passed.map(\.reason).joined(separator: "; "))")
  }

  private func note(_ message: String) {
    if gaps.count < 16 { gaps.append(Gap(kind: .sourceFailed, count: nil, message: message)) }
  }
}
