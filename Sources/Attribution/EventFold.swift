import Model

/// Folds floods: of one kind of event by one program, so many are told each second; what exceeds that becomes one
/// event a second with counts and sums.
///
/// Pure: time is that of the events. Every event that goes in comes out, as itself or in a sum, at the latest a second
/// after it or by `finish`. Losses (`gap`) are never folded. Programs are told apart by their executable, or, where
/// that is not known, their name; beyond `ceiling` of them the others are not folded.
public struct EventFold: Sendable {
  private struct Key: Hashable {
    var action: EventAction
    var program: RawText?
  }
  private struct Window {
    var begin: UInt64
    var told = 0
    /// Made of the first that was folded.
    var sum: Event?
  }

  public static let ceiling = 4096
  private static let windowNanoseconds: UInt64 = 1_000_000_000

  /// Events a second; 0 is no limit.
  public let rate: Int
  private var windows: [Key: Window] = [:]
  private var looked: UInt64 = 0
  /// Events that were told in sums.
  public private(set) var folded: UInt64 = 0

  public init(rate: Int) { self.rate = rate }

  /// Appends `event`, or keeps it for a sum; before it, the sum of the second that it ends.
  public mutating func take(_ event: Event, into told: inout [Event]) {
    guard rate > 0, event.action != .gap else { return told.append(event) }
    let key = Key(action: event.action, program: event.process.map { $0.executable ?? $0.name })
    var window = windows.removeValue(forKey: key)
    if let old = window, event.bootNanoseconds >= old.begin &+ Self.windowNanoseconds {
      if let sum = old.sum { told.append(sum) }
      window = nil
    }
    if window == nil && windows.count >= Self.ceiling { return told.append(event) }
    var current = window ?? Window(begin: event.bootNanoseconds)
    if current.told < rate {
      current.told += 1
      told.append(event)
    } else {
      folded += 1
      if current.sum == nil { current.sum = event.asSum } else { current.sum?.add(event) }
    }
    windows[key] = current
  }

  /// Appends the sums of the seconds that have passed at `time` (CLOCK_BOOTTIME, nanoseconds).
  public mutating func expire(at time: UInt64, into told: inout [Event]) {
    guard !windows.isEmpty, time &- looked >= Self.windowNanoseconds / 10 else { return }
    looked = time
    release(into: &told) { $0.begin &+ Self.windowNanoseconds <= time }
  }

  /// Appends what is left.
  public mutating func finish(into told: inout [Event]) { release(into: &told) { _ in true } }

  private mutating func release(into told: inout [Event], where isOver: (Window) -> Bool) {
    let over = windows.filter { isOver($0.value) }
    for key in over.keys { windows[key] = nil }
    told += over.values.compactMap(\.sum).sorted { $0.bootNanoseconds < $1.bootNanoseconds }
  }
}

extension Event {
  /// A sum of this event alone. What only one event has (cookie, state, detail) is not in it.
  fileprivate var asSum: Event {
    var sum = Event(action: action, bootNanoseconds: bootNanoseconds, wallNanoseconds: wallNanoseconds)
    sum.sequence = sequence
    sum.evidence = evidence
    sum.process = process
    var facts = FoldedFacts(
      program: process.map { $0.executable ?? $0.name }, fromWallNanoseconds: wallNanoseconds)
    facts.count = 1
    facts.failures = outcome == .failure ? 1 : 0
    facts.sentBytes = socket?.sentBytes
    facts.receivedBytes = socket?.receivedBytes
    facts.end = commonEnd
    sum.detail = .folded(facts)
    return sum
  }

  fileprivate mutating func add(_ event: Event) {
    guard case .folded(var facts) = detail else { return }
    bootNanoseconds = event.bootNanoseconds
    wallNanoseconds = event.wallNanoseconds
    sequence = event.sequence
    facts.count += 1
    if event.outcome == .failure { facts.failures += 1 }
    if let bytes = event.socket?.sentBytes { facts.sentBytes = (facts.sentBytes ?? 0) &+ bytes }
    if let bytes = event.socket?.receivedBytes { facts.receivedBytes = (facts.receivedBytes ?? 0) &+ bytes }
    if facts.end != event.commonEnd { facts.end = nil }
    if process?.identity != event.process?.identity { process = nil }
    detail = .folded(facts)
  }

  /// The end that a flood may have in common: whom it goes to, or where it arrives.
  private var commonEnd: Endpoint? {
    socket.map { $0.origin == .connect ? $0.peer : $0.local }
  }
}
