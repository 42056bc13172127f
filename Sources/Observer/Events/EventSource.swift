import KernelBPF
import KernelSystem
import Model

/// Tells of what happens: by the event probes, or without them.
public protocol EventSource: AnyObject {
  /// What this way cannot see, and what failed since.
  var gaps: [Gap] { get }
  var statistics: EventStatistics { get }
  /// One clause for the last line; nil for the event probes.
  var way: String? { get }
  /// What it needs to go on, once it is open.
  var neededCapabilities: [Capability] { get }
  /// Everything that happened until then (boot time, nanoseconds) has been handed on, as far as this way sees it.
  var told: UInt64 { get }
  /// Asks that `told` reaches this moment soon, while `run` goes on.
  func hurry(to moment: UInt64)
  /// What is in tables and queues, and their ceilings.
  var occupancies: [Occupancy] { get }
  /// Hands events on until `body` says stop, a signal or the end of the awaited process comes, or `deadline` (boot
  /// time, nanoseconds) passes.
  func run(until deadline: UInt64?, _ body: ([Event]) -> Bool) -> WaitPoint.Reasons
  /// Hands on what is left.
  func finish(_ body: ([Event]) -> Bool)
}

extension EventObserver: EventSource {
  public var way: String? { nil }
}

/// How events are learnt.
public enum EventWay: String, Sendable, CaseIterable {
  /// The probes where privileges and kernel allow, else polling.
  case automatic = "auto"
  case probes
  case polling

  /// Starts to watch.
  public func open(_ request: EventRequest, wake: WaitPoint) throws(ObserverError) -> any EventSource {
    let mayTrace = Privileges.ofThisThread().mayTrace
    if self == .polling { return try PollingObserver(request, wake: wake, instead: "asked for") }
    if self == .automatic && !mayTrace {
      return try PollingObserver(request, wake: wake, instead: "no CAP_BPF and CAP_PERFMON")
    }
    do throws(ObserverError) { return try EventObserver(request, wake: wake) } catch {
      guard self == .automatic, case .iterator(let reason) = error else { throw error }
      return try PollingObserver(request, wake: wake, instead: "the event probes failed: \(reason)")
    }
  }
}
