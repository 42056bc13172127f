import KernelBPF

/// Something that has happened at a time: CLOCK_BOOTTIME, ns.
protocol Timed {
  var time: UInt64 { get }
}
extension CreationRecord: Timed {}
extension PerfRecord: Timed {}

/// Records of several rings, until all of the same time must be there.
struct Backlog<Record: Timed> {
  /// So long may a record come later than a younger one of another CPU, ns.
  static var settleTime: UInt64 { 30_000_000 }

  private var waiting: [Record] = []
  var count: Int { waiting.count }

  mutating func add(_ record: Record) { waiting.append(record) }

  /// Takes out what is older than `time`, in order; those of the same time as they came: pages stand behind their call.
  mutating func take(before time: UInt64) -> [Record] {
    var due: [(Int, Record)] = []
    var kept: [Record] = []
    for (index, record) in waiting.enumerated() {
      if record.time < time { due.append((index, record)) } else { kept.append(record) }
    }
    waiting = kept
    due.sort { ($0.1.time, $0.0) < ($1.1.time, $1.0) }
    return due.map { $0.1 }
  }
}
