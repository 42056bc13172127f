import Attribution
import KernelNetlink
import KernelProc
import KernelSystem
import Model

/// Watches without event probes: processes by the proc connector, or else by polling /proc; sockets by polling
/// sock_diag, and their ends by its destroy multicast groups.
///
/// Everything happens on the thread that calls `run`, which visits other network namespaces.
public final class PollingObserver: EventSource {
  /// Between two looks, unless a look costs more than a fourth of that in CPU time.
  static let pollMilliseconds: UInt64 = 200
  /// What can be told this way.
  static let possible: Set<EventAction> = [.listen, .connect, .accept, .close, .fork, .exec, .exit, .gap]

  private let request: EventRequest
  private let wake: WaitPoint
  private let proc: ProcFileSystem
  private let readiness: ReadinessSet
  private var resolver: EventResolver
  private var connector: ProcConnector?
  private var noticed: NoticedProcesses
  private var polled = PolledProcesses()
  private var namespaces: PolledNamespaces
  private var missing: Set<SocketIdentity> = []
  private var nextLook: UInt64 = 0
  private var longestPause = pollMilliseconds
  public private(set) var told: UInt64 = 0
  private var sequence: UInt64 = 0
  private var seen = EventStatistics()
  private var lossesRead: UInt64
  private var reconciliations: UInt64 = 0
  private let cpuAtStart = KernelClock.processCPUNanoseconds
  public private(set) var gaps: [Gap] = []

  /// - Parameter reason: why not by the event probes.
  public init(_ request: EventRequest, wake: WaitPoint, instead reason: String) throws(ObserverError) {
    self.request = request
    self.wake = wake
    guard !request.actions.subtracting([.gap]).isDisjoint(with: Self.possible) else {
      let names = request.actions.subtracting([.gap]).map(\.rawValue).sorted().joined(separator: ", ")
      throw .notPossible(
        "\(names): only event probes can tell (\(reason)); they need CAP_BPF and CAP_PERFMON, or root")
    }
    lossesRead = KernelClock.bootTimeNanoseconds
    var refusal: SystemError?
    do throws(SystemError) {
      proc = try ProcFileSystem()
      readiness = try ReadinessSet()
      noticed = try NoticedProcesses()
      resolver = try EventResolver(request, flows: nil)
      namespaces = try PolledNamespaces(entersOthers: Privileges.ofThisThread().mayEnterNamespaces)
      if proc.isInInitialPIDNamespace {
        do throws(SystemError) {
          let connector = try ProcConnector.open()
          try readiness.add(connector.descriptor)
          self.connector = consume connector
        } catch { refusal = error }
      } else {
        refusal = SystemError(
          "PROC_CN_MCAST_LISTEN", on: "the proc connector: not in the initial pid namespace", .notSupported)
      }
      try resolver.seedProcesses(roots: request.roots)
      try noticed.seedThreads()
    } catch { throw .system(error) }
    polled.seed(resolver.tree.live)
    if request.wantsSockets { look(isFirst: true) }
    gaps = Self.blindness(request, instead: reason, connector: refusal, namespaces) + gaps
    nextLook = KernelClock.bootTimeNanoseconds + Self.pollMilliseconds * 1_000_000
  }

  public func run(until deadline: UInt64?, _ body: ([Event]) -> Bool) -> WaitPoint.Reasons {
    while true {
      let now = KernelClock.bootTimeNanoseconds
      if let deadline, now >= deadline { return [] }
      let next = min(nextLook, deadline ?? .max)
      let reasons = wake.wait(milliseconds: next <= now ? 0 : Int32((next - now) / 1_000_000) + 1, readiness)
      let events = collect(mustLook: false)
      if !body(events) { return reasons }
      if !reasons.isDisjoint(with: .ends) { return reasons }
    }
  }

  public func finish(_ body: ([Event]) -> Bool) {
    // As often as the buffers can be full: what comes meanwhile may be endless.
    for _ in 0..<64 where !drainConnector() {}
    var events = collect(mustLook: true)
    for _ in 0..<64 where !drainEnds() {}
    checkLosses()
    events += takeEvents()
    if !events.isEmpty { _ = body(events) }
  }

  public var statistics: EventStatistics {
    var statistics = seen
    statistics.delivered = sequence
    statistics.reconciliations = reconciliations
    statistics.cpuNanoseconds = KernelClock.processCPUNanoseconds &- cpuAtStart
    return statistics
  }

  /// NET_ADMIN joins the multicast groups of namespaces that come later; the rest as for the probes.
  public var neededCapabilities: [Capability] { [.netAdmin, .sysPtrace, .dacReadSearch, .sysAdmin] }

  public func hurry(to moment: UInt64) {
    if told < moment { nextLook = min(nextLook, moment) }
  }

  public var occupancies: [Occupancy] { resolver.occupancies }

  public var way: String? {
    let processes = connector == nil ? "polling of /proc" : "proc connector"
    let slowed =
      longestPause > Self.pollMilliseconds ? ", at times \(longestPause) ms, for a look costs much here" : ""
    return "\(processes), polling every \(Self.pollMilliseconds) ms\(slowed)"
  }

  // MARK: Rounds

  private func collect(mustLook: Bool) -> [Event] {
    let now = KernelClock.bootTimeNanoseconds
    drainConnector()
    if mustLook || now >= nextLook {
      told = now
      let cpuBefore = KernelClock.processCPUNanoseconds
      if connector == nil { polled.look(proc, &resolver, at: now) }
      if request.wantsSockets { look(isFirst: false) }
      let cost = (KernelClock.processCPUNanoseconds &- cpuBefore) / 1_000_000
      let pause = max(Self.pollMilliseconds, cost * 4)
      longestPause = max(longestPause, pause)
      nextLook = KernelClock.bootTimeNanoseconds + pause * 1_000_000
      resolver.expire(at: now)
      checkLosses()
    }
    // After the look: a socket that it found is known when its end is told.
    drainEnds()
    return takeEvents()
  }

  private func takeEvents() -> [Event] {
    var events = resolver.events
    resolver.events = []
    if !request.includesOwn { events.removeAll { $0.process?.identity.pid.rawValue == ThisProcess.pid } }
    events.sort { $0.bootNanoseconds < $1.bootNanoseconds }
    for index in events.indices {
      sequence += 1
      events[index].sequence = sequence
      resolver.complete(&events[index])
    }
    return events
  }

  @discardableResult
  private func drainConnector() -> Bool {
    // Its messages are timed by the clock that stands still in sleep.
    let asleep = KernelClock.bootTimeNanoseconds &- KernelClock.monotonicNanoseconds
    do throws(SystemError) {
      return try connector?.drain { resolver.take($0, at: $0.time &+ asleep, &noticed) } ?? true
    } catch {
      note("the proc connector failed: \(error)")
      return true
    }
  }

  @discardableResult
  private func drainEnds() -> Bool {
    let now = KernelClock.bootTimeNanoseconds
    return namespaces.drain {
      resolver.takeEnd($0, $1, at: now)
    } failed: {
      note("the destroy multicast failed: \($0)")
    }
  }

  private func look(isFirst: Bool) {
    var look = SocketLook(time: KernelClock.bootTimeNanoseconds)
    look.isFirst = isFirst
    namespaces.look(into: &look, proc, readiness)
    resolver.take(look, missing: &missing, proc)
  }

  // MARK: Losses

  private func losses() -> EventStatistics {
    var statistics = EventStatistics()
    statistics.kernelMissed = connector?.missed ?? 0
    statistics.ringLost = namespaces.lost &+ (connector?.lost ?? 0)
    statistics.forgotten = resolver.forgotten
    return statistics
  }

  /// Tells of each loss as an event, and looks at all processes; the next look at the sockets comes anyway.
  private func checkLosses() {
    let losses = losses()
    let now = KernelClock.bootTimeNanoseconds
    for (stage, count) in [
      (LossFacts.Stage.kernelMissed, losses.kernelMissed &- seen.kernelMissed),
      (.ringLost, losses.ringLost &- seen.ringLost),
    ] where count > 0 {
      var event = resolver.event(.gap, at: now)
      event.outcome = .failure
      event.reason = stage.rawValue
      event.detail = .gap(
        LossFacts(
          stage: stage, count: count, fromWallNanoseconds: resolver.bootWallNanoseconds &+ lossesRead,
          toWallNanoseconds: event.wallNanoseconds))
      resolver.events.append(event)
    }
    if losses != seen {
      reconciliations += 1
      do throws(SystemError) {
        try resolver.reconcileProcesses()
        try noticed.reseedThreads()
      } catch { note("\(error)") }
    }
    seen = losses
    lossesRead = now
  }

  private func note(_ message: String) {
    if gaps.count < 16 { gaps.append(Gap(kind: .sourceFailed, count: nil, message: message)) }
  }
}
