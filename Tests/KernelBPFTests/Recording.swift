import CLinux
import Foundation
import KernelSystem
import Testing

@testable import KernelBPF

/// Whether the event probes can run here.
let mayTrace = Privileges.ofThisThread().mayTrace

/// The events of one run of `EventFixture`, and the fixture's own account.
struct Recording {
  var events: [KernelEvent]
  /// The fixture's lines, split at blanks.
  var facts: [[String]]
  var losses: EventLosses
  var undecoded: Int

  /// Attaches the probes, runs the fixture to its end, and takes what they saw.
  static func of(
    _ arguments: [String], request: ProbePlan.Request = .init(), settings: ProbeSettings = .init()
  ) throws -> Recording {
    let session = try ProbeSession.open(request, settings: settings)
    let batches = LockedValue<[EventBatch]>([])
    let ring = try session.makeRing { (batch) in batches.withLock { $0.append(batch) } }
    let reader = try EventReader(ring)
    let output = try run(arguments)
    // The last sockets are closed by softirqs a little later.
    usleep(150_000)
    reader.stop()
    var recording = Recording(events: [], facts: [], losses: session.losses(), undecoded: 0)
    for batch in batches.withLock({ $0 }) {
      recording.undecoded += batch.forEach { recording.events.append($0) }
    }
    recording.events.sort { $0.time < $1.time }
    recording.facts = output.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
    return recording
  }

  private static func run(_ arguments: [String]) throws -> String {
    let process = Process()
    let folder = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
    process.executableURL = folder.appending(path: "EventFixture")
    process.arguments = arguments
    let pipe = Pipe()
    process.standardOutput = pipe
    try process.run()
    let data = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    #expect(process.terminationStatus == 0, "EventFixture \(arguments)")
    return String(decoding: data, as: UTF8.self)
  }

  func facts(_ name: String) -> [[String]] {
    facts.filter { $0.first == name }.map { Array($0.dropFirst()) }
  }

  func number(_ name: String) -> UInt32? { facts(name).first?.first.flatMap { UInt32($0) } }

  func events(_ kind: EventKind, pid: UInt32? = nil) -> [KernelEvent] {
    events.filter { $0.kind == kind && (pid == nil || $0.actor?.tgid == pid) }
  }

  /// Those about sockets of the fixture's own network namespace.
  func events(_ kind: EventKind, netns: UInt32) -> [KernelEvent] {
    events.filter { $0.kind == kind && $0.socket?.netns == netns }
  }
}

extension KernelEvent {
  var exec: ExecDetail? { if case .exec(let detail) = detail { detail } else { nil } }
  var exit: EventExit? { if case .exit(let exit) = detail { exit } else { nil } }
  var fork: EventFork? { if case .fork(let fork) = detail { fork } else { nil } }
  var flow: EventFlow? { if case .flow(let flow) = detail { flow } else { nil } }
}

func text(_ bytes: [UInt8]?) -> String { bytes.map { String(decoding: $0, as: UTF8.self) } ?? "" }
