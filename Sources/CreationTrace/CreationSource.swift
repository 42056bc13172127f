import KernelBPF

/// Where records of process creation come from, while the traced run on.
protocol CreationSource: AnyObject {
  /// From now on this process and what comes from it are told of.
  func follow(_ process: Int32)
  /// Hands on what is there. `isLast`: also what would have waited for others.
  func drain(isLast: Bool, _ body: (CreationRecord) -> Void)
  func lostRecords() -> UInt64
  /// Beside `lostRecords`.
  func lostMappings() -> UInt64
  func missedRuns() -> UInt64
  var refusedPlaces: [String] { get }
}

/// The BPF programs.
final class ProbeSource: CreationSource {
  private let session: CreationSession

  init(
    wholeHost: Bool, places: [CreationPlace], isDetailed: Bool, whenMapped: () -> Void
  ) throws(BPFError) {
    session = try CreationSession.open(
      wholeHost: wholeHost, places: places, isDetailed: isDetailed, whenMapped: whenMapped)
  }

  func follow(_ process: Int32) { session.follow(process) }
  func drain(isLast: Bool, _ body: (CreationRecord) -> Void) { session.drain(body) }
  func lostMappings() -> UInt64 { session.lostMappings() }
  func lostRecords() -> UInt64 { session.lostRecords() }
  func missedRuns() -> UInt64 { session.missedRuns() }
  var refusedPlaces: [String] { session.refusedPlaces }
}
