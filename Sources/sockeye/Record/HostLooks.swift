import KernelSystem
import Model
import Observer
import Store

/// Looks at the sockets that are there: at the start, and after a loss.
///
/// A look lasts some milliseconds, and events arrive later than they happen. So what it found is stored behind the events
/// of before its beginning, and what it did not find has ended once the events of before its end are stored too.
struct HostLooks {
  private struct Look {
    let snapshot: Snapshot
    let began: UInt64
    let ended: UInt64
    var isStored = false
  }
  /// No more than one look in this time: it costs a pass over all sockets.
  private static let pause: UInt64 = 5_000_000_000

  /// There is something to be learnt by a look.
  var isOwed = false
  private var look: Look?
  private var lastBegan: UInt64?
  private(set) var failures = 0

  /// Looks, if one is owed and none is under way.
  mutating func begin() {
    let began = KernelClock.bootTimeNanoseconds
    guard isOwed, look == nil, lastBegan.map({ began &- $0 > Self.pause }) ?? true else { return }
    lastBegan = began
    isOwed = false
    var request = SnapshotRequest()
    request.tables = .internet
    request.wantsDetails = true
    request.processFacts = .all.union(.executableFile)
    do throws(ObserverError) {
      let snapshot = try SnapshotObserver.take(request)
      look = Look(snapshot: snapshot, began: began, ended: KernelClock.bootTimeNanoseconds)
    } catch {
      // The source itself looks at the same time, and tells why it cannot.
      failures += 1
    }
  }

  /// The moment (boot time, nanoseconds) up to which events must be stored before `pass`; nil when no look waits.
  var next: UInt64? { look.map { $0.isStored ? $0.ended : $0.began } }

  /// The processes of the look, before they are stored.
  var found: [Process] { look.flatMap { $0.isStored ? nil : $0.snapshot.processes } ?? [] }

  /// Every event of before `next` has come, when those until `told` have.
  func isDue(_ told: UInt64) -> Bool { next.map { told >= $0 } ?? false }

  /// Stores what was found; the second time, ends what was not.
  mutating func pass(into writer: StoreWriter) throws(StoreError) {
    guard let look else { return }
    if look.isStored {
      self.look = nil
      let isComplete = !look.snapshot.gaps.contains { $0.kind != .processRefused }
      if isComplete { writer.endUnseen(in: look.snapshot, lookBegan: look.began) }
    } else {
      self.look?.isStored = true
      try writer.take(look.snapshot, lookBegan: look.began, now: .now)
    }
  }
}
