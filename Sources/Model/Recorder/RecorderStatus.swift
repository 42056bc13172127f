/// How a recorder is doing.
///
/// It crosses the control socket as text, a line a fact: `name value`, and `occupancy name used ceiling`. Names that a reader does
/// not know are left out, facts that are missing stay nil: the two sides may be of different versions.
public struct RecorderStatus: Sendable, Equatable {
  public var version: String?
  public var database: String?
  /// How events are learnt; nil for the event probes.
  public var way: String?
  /// Its privileges, `CAP_BPF CAP_PERFMON`.
  public var capabilities: String?
  public var pid: Int64?
  public var userID: Int64?
  /// When the recording began, and when it was last written: µs since 1970, as the database has it.
  public var started: Int64?
  public var flushed: Int64?
  public var events: Int64?
  public var connections: Int64?
  public var batches: Int64?
  public var kernelMissed: Int64?
  public var ringLost: Int64?
  public var queueLost: Int64?
  public var storeLost: Int64?
  /// Conversations that the kernel had no room for, and names that were forgotten or not read.
  public var conversationsLost: Int64?
  public var namesLost: Int64?
  /// Connections beyond the ceiling, stored at their close.
  public var untracked: Int64?
  public var reconciliations: Int64?
  public var databaseBytes: Int64?
  public var logBytes: Int64?
  public var residentBytes: Int64?
  public var peakResidentBytes: Int64?
  public var cpuMicroseconds: Int64?
  public var occupancies: [Occupancy] = []

  public init() {}

  private static var texts: [(String, WritableKeyPath<RecorderStatus, String?>)] {
    [("version", \.version), ("database", \.database), ("way", \.way), ("capabilities", \.capabilities)]
  }
  private static var numbers: [(String, WritableKeyPath<RecorderStatus, Int64?>)] {
    [
      ("pid", \.pid), ("user", \.userID), ("started_us", \.started), ("flushed_us", \.flushed),
      ("events", \.events), ("connections", \.connections), ("batches", \.batches),
      ("kernel_missed", \.kernelMissed), ("ring_lost", \.ringLost), ("queue_lost", \.queueLost),
      ("store_lost", \.storeLost), ("conversations_lost", \.conversationsLost), ("names_lost", \.namesLost),
      ("untracked", \.untracked), ("reconciliations", \.reconciliations),
      ("database_bytes", \.databaseBytes), ("log_bytes", \.logBytes), ("resident_bytes", \.residentBytes),
      ("peak_resident_bytes", \.peakResidentBytes), ("cpu_us", \.cpuMicroseconds),
    ]
  }

  public var text: String {
    var lines: [String] = []
    // A name with a newline must not become a line of its own.
    for (name, path) in Self.texts {
      if let value = self[keyPath: path] { lines.append("\(name) \(value.replacing("\n", with: "?"))") }
    }
    for (name, path) in Self.numbers {
      if let value = self[keyPath: path] { lines.append("\(name) \(value)") }
    }
    for occupancy in occupancies {
      lines.append("occupancy \(occupancy.name) \(occupancy.used) \(occupancy.ceiling)")
    }
    return lines.joined(separator: "\n")
  }

  public init(text: some StringProtocol) {
    for line in text.split(separator: "\n") {
      let parts = line.split(separator: " ", maxSplits: 1)
      guard parts.count == 2 else { continue }
      if let path = Self.texts.first(where: { $0.0 == parts[0] })?.1 {
        self[keyPath: path] = String(parts[1])
      }
      if let path = Self.numbers.first(where: { $0.0 == parts[0] })?.1 {
        self[keyPath: path] = Int64(parts[1])
      }
      let words = parts[1].split(separator: " ")
      if parts[0] == "occupancy", words.count == 3, let used = Int(words[1]), let ceiling = Int(words[2]) {
        occupancies.append(Occupancy(String(words[0]), used, ceiling: ceiling))
      }
    }
  }
}
