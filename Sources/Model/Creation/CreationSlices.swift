/// A stretch of time in the life of a process, for timelines.
public struct CreationSlice: Sendable {
  public enum Kind: String, Sendable {
    case life, birth, exec, failedExec = "failed_exec", exit
    /// A part of a call.
    case phase
    /// Born, and not yet on a CPU.
    case waiting
    /// From the program's first instruction to `main`.
    case loading
    case main
  }
  public var kind: Kind
  public var name: RawText
  public var thread: Int32
  /// CLOCK_BOOTTIME, ns.
  public var start: UInt64
  public var end: UInt64
  /// Where it stands in `CreatedProcess.calls`.
  public var call: Int?

  init(_ kind: Kind, _ name: RawText, _ thread: Int32, _ start: UInt64, _ end: UInt64, call: Int? = nil) {
    self.kind = kind
    self.name = name
    self.thread = thread
    self.start = start
    self.end = max(start, end)
    self.call = call
  }
}

extension CreationReport {
  /// The last time that was seen.
  public var lastTime: UInt64 {
    var last = origin
    for process in processes {
      if let end = process.end { last = max(last, end.time) }
      for call in process.calls { last = max(last, call.ended ?? call.began) }
    }
    return last
  }

  /// The slices of a process, outer ones before those inside them; on one thread they nest and never cross.
  public func slices(of process: CreatedProcess) -> [CreationSlice] {
    let born = birth(of: process)?.time(of: .born)
    let start = born ?? process.calls.first?.began ?? origin
    let end = process.end?.time ?? lastTime
    var slices = [CreationSlice(.life, process.program, process.pid, start, end)]
    if let run = birth(of: process)?.time(of: .firstRun), run >= start, run <= end {
      slices.append(phase(.firstRun, .waiting, process.pid, start, run))
    }
    for (index, call) in process.calls.enumerated() {
      let callEnd = min(call.ended ?? end, end)
      let kind: CreationSlice.Kind =
        switch call.kind {
        case .birth: .birth
        case .exec: call.failure == nil ? .exec : .failedExec
        case .exit: .exit
        }
      if call.kind == .exec, call.failure == nil, call.ended != nil {
        slices += startSlices(process, index, end)
      }
      slices.append(CreationSlice(kind, RawText(call.name), call.thread, call.began, callEnd, call: index))
      let inner: [CreationPhase] = call.kind == .birth ? [.born, .runnable] : [.pointOfNoReturn, .userMode]
      var from = call.began
      for phase in inner {
        guard let time = call.time(of: phase), time >= from, time <= callEnd else { continue }
        slices.append(self.phase(phase, .phase, call.thread, from, time))
        from = time
      }
    }
    return slices.sorted { ($0.start, $1.end) < ($1.start, $0.end) }
  }

  /// What leads to a point.
  private func phase(
    _ phase: CreationPhase, _ kind: CreationSlice.Kind, _ thread: Int32, _ start: UInt64, _ end: UInt64
  ) -> CreationSlice {
    CreationSlice(kind, RawText("to " + phase.words), thread, start, end)
  }

  /// From the new program's first instruction to its end or its next exec.
  private func startSlices(_ process: CreatedProcess, _ index: Int, _ end: UInt64) -> [CreationSlice] {
    let exec = process.calls[index]
    let next = process.calls[(index + 1)...].first {
      ($0.kind == .exec && $0.failure == nil) || ($0.kind == .exit && $0.name == "exit_group")
    }
    let last = min(next?.began ?? end, end)
    var slices: [CreationSlice] = []
    var from = exec.ended ?? exec.began
    for phase in [CreationPhase.firstInstruction, .mapping, .loaded, .main] {
      guard let time = exec.time(of: phase), time >= from, time <= last else { continue }
      slices.append(self.phase(phase, .loading, process.pid, from, time))
      from = time
    }
    if exec.time(of: .main) == from { slices.append(CreationSlice(.main, "main", process.pid, from, last)) }
    return slices
  }
}

extension CreatedProcess {
  /// The file that it runs at its end, without its folder; else its name.
  public var program: RawText { executable.isEmpty ? name : executable.lastPathComponent }
}

extension CreationPhase {
  /// For people.
  public var words: String {
    switch self {
    case .called: "called"
    case .born: "born"
    case .runnable: "runnable"
    case .firstRun: "first run"
    case .execCalled: "exec"
    case .pointOfNoReturn: "point of no return"
    case .executed: "executed"
    case .userMode: "user mode"
    case .firstInstruction: "first instruction"
    case .mapping: "libraries wanted"
    case .loaded: "libraries loaded"
    case .main: "main"
    case .exiting: "exiting"
    case .exited: "exited"
    }
  }
}
