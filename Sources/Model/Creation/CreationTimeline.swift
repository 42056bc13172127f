/// The life of one process in steps: when it reached each point, as far as that was seen.
public struct CreationTimeline: Sendable {
  public let pid: Int32
  /// What it became.
  public let program: RawText
  /// By time. Each point once.
  public let points: [CreationMoment]

  /// The points that a timeline can have, in their usual order.
  public static let order: [CreationPhase] = [
    .called, .born, .runnable, .firstRun, .execCalled, .pointOfNoReturn, .userMode, .firstInstruction,
    .mapping,
    .loaded, .main, .exiting, .exited,
  ]

  /// Of a process with the call that made it, if that was seen.
  public init(_ process: CreatedProcess, birth: CreationCall?) {
    pid = process.pid
    program = process.program
    var points: [CreationMoment] = []
    for phase in [CreationPhase.called, .born, .runnable, .firstRun] {
      if let moment = birth?.moments.first(where: { $0.phase == phase }) { points.append(moment) }
    }
    if let exec = process.calls.last(where: { $0.kind == .exec && $0.failure == nil && $0.ended != nil }) {
      points.append(CreationMoment(.execCalled, exec.began))
      let after: Set<CreationPhase> = [
        .pointOfNoReturn, .userMode, .firstInstruction, .mapping, .loaded, .main,
      ]
      points += exec.moments.filter { after.contains($0.phase) }
    }
    if let end = process.end {
      // The exit that ends the process: a thread's own comes before it.
      if let exit = process.calls.last(where: { $0.kind == .exit && $0.began <= end.time }) {
        points.append(CreationMoment(.exiting, exit.began))
      }
      points.append(CreationMoment(.exited, end.time))
    }
    self.points = points.sorted { $0.time < $1.time }
  }

  public func time(of phase: CreationPhase) -> UInt64? { points.first { $0.phase == phase }?.time }

  /// From the point before in the usual order to this one, ns; nil if either was not seen, or came in another order.
  public func duration(to phase: CreationPhase) -> UInt64? {
    guard let index = Self.order.firstIndex(of: phase), index > 0, let end = time(of: phase),
      let start = time(of: Self.order[index - 1]), start <= end
    else { return nil }
    return end - start
  }

  /// From the first point to the last, ns.
  public var total: UInt64? {
    guard let first = points.first, let last = points.last, points.count > 1 else { return nil }
    return last.time - first.time
  }
}

extension CreationReport {
  /// The call that made the process, if it was seen.
  public func birth(of process: CreatedProcess) -> CreationCall? {
    guard let parent = process.parent, let call = process.birth else { return nil }
    return processes[parent].calls[call]
  }

  /// Of all processes that did something.
  public var timelines: [CreationTimeline] {
    processes.map { CreationTimeline($0, birth: birth(of: $0)) }.filter { $0.points.count > 1 }
  }
}

/// The same timelines of many runs: the least, the middle and the 99th percentile of each step.
public struct CreationStatistics: Sendable {
  public struct Row: Sendable {
    public let program: RawText
    /// The point that the step leads to; nil for the whole.
    public let phase: CreationPhase?
    public let count: Int
    /// ns.
    public let minimum: UInt64
    public let median: UInt64
    public let percentile99: UInt64
  }
  private struct Key: Hashable {
    /// Which process of a run: the first that ran this program, the second…
    let occurrence: Int
    let program: RawText
  }
  private var samples: [Key: [CreationPhase?: [UInt64]]] = [:]
  private var keys: [Key] = []

  public init() {}

  /// One run more.
  public mutating func add(_ timelines: [CreationTimeline]) {
    var seen: [RawText: Int] = [:]
    for timeline in timelines {
      let key = Key(occurrence: seen[timeline.program, default: 0], program: timeline.program)
      seen[timeline.program, default: 0] += 1
      if samples[key] == nil { keys.append(key) }
      for phase in CreationTimeline.order {
        if let duration = timeline.duration(to: phase) {
          samples[key, default: [:]][phase, default: []].append(duration)
        }
      }
      if let total = timeline.total {
        samples[key, default: [:]][nil as CreationPhase?, default: []].append(total)
      }
    }
  }

  public var rows: [Row] {
    keys.flatMap { (key) in
      (CreationTimeline.order.map { Optional($0) } + [nil]).compactMap { (phase) -> Row? in
        guard let values = samples[key]?[phase]?.sorted(), let least = values.first else { return nil }
        return Row(
          program: key.program, phase: phase, count: values.count, minimum: least,
          median: values[(values.count - 1) / 2], percentile99: values[(values.count * 99 + 99) / 100 - 1])
      }
    }
  }
}
