import Model

/// Gives boot time a date, so that stored times never run backwards within a recording.
///
/// CLOCK_REALTIME less CLOCK_BOOTTIME changes only when somebody sets the clock: both are slewed alike. A step forward is
/// taken over. After a step back the old date goes on until the next recording; the step is recorded either way.
struct Timeline {
  /// Nanoseconds to be added to boot time.
  private var offset: Int64
  /// What the wall clock says, which may have been set back.
  private var seenOffset: Int64
  static let tolerance: Int64 = 250_000_000

  init(_ now: StoreTime) {
    offset = Int64(bitPattern: now.wall &- now.boot)
    seenOffset = offset
  }

  /// The step of the clock since the last look, µs; nil when there was none.
  mutating func observe(_ time: StoreTime) -> Int64? {
    let found = Int64(bitPattern: time.wall &- time.boot)
    let step = found &- seenOffset
    guard abs(step) > Self.tolerance else { return nil }
    seenOffset = found
    offset = max(offset, found)
    return step / 1000
  }

  /// µs since 1970.
  func microseconds(boot: UInt64) -> Int64 { (Int64(bitPattern: boot) &+ offset) / 1000 }
}
