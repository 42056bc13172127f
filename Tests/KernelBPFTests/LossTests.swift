import CLinux
import KernelSystem
import Testing

@testable import KernelBPF

@Suite(.enabled(if: mayTrace, "needs CAP_BPF and CAP_PERFMON, or CAP_SYS_ADMIN"))
struct LossTests {
  /// Each connection makes a CONNECT, an ESTABLISHED and two CLOSEs, and the listener a LISTEN and a CLOSE.
  private static let connections = 2003
  private static let port: UInt16 = 4723

  /// Events of one port, told without accepts, so that their number is known.
  private func record(ringByteCount: UInt32, isReadLate: Bool) throws -> Recording {
    var settings = ProbeSettings()
    settings.port = Self.port
    settings.ringByteCount = ringByteCount
    settings.reportsClosing = false
    return try Recording.of(
      ["steady", "0", "0", "\(Self.connections)", "\(Self.port)"], request: .init(facts: [.connections]),
      settings: settings, isReadLate: isReadLate, isStarting: false)
  }

  @Test("What came through a ring that is too small, and what is counted as lost, are everything")
  func overflow() throws {
    let recording = try record(ringByteCount: 1 << 14, isReadLate: true)
    #expect(recording.undecoded == 0)
    #expect(recording.losses.kernelMissed == 0)
    #expect(recording.losses.ringLost > 4000)
    #expect(recording.events.count > 50)
    #expect(
      recording.events.count + Int(recording.losses.ringLost) - recording.repeats.count == 4
        * Self.connections + 2)
  }

  @Test("Records across the end of a ring that goes round many times are whole")
  func goingRound() throws {
    let recording = try record(ringByteCount: 1 << 16, isReadLate: false)
    #expect(recording.undecoded == 0)
    #expect(recording.events.count > 2000)
    #expect(
      recording.events.count + Int(recording.losses.ringLost) - recording.repeats.count == 4
        * Self.connections + 2)
    #expect(
      recording.events.allSatisfy { $0.socket?.local_port == Self.port || $0.socket?.peer_port == Self.port })
  }

  @Test("Nothing is lost with the usual ring, and nobody's closing is told after the start")
  func enough() throws {
    let recording = try record(ringByteCount: 1 << 24, isReadLate: false)
    #expect(recording.losses.ringLost == 0)
    let repeats = recording.repeats
    #expect(repeats.count < 10)
    var kinds = Dictionary(grouping: recording.events) { $0.kind }.mapValues(\.count)
    for kind in repeats { kinds[kind, default: 0] -= 1 }
    #expect(
      kinds == [
        .connect: Self.connections, .established: Self.connections, .close: 2 * Self.connections + 1,
        .listen: 1,
      ])
  }
}

extension Recording {
  /// Events that were told before: of what interrupts its first program, the twin may tell a second time (6.1 does).
  fileprivate var repeats: [EventKind] {
    struct Telling: Hashable {
      let kind: EventKind
      let cookie: UInt64
    }
    var told: Set<Telling> = []
    return events.compactMap { (event) in
      guard let cookie = event.socket?.cookie, event.kind == .close else { return nil }
      return told.insert(Telling(kind: event.kind, cookie: cookie)).inserted ? nil : event.kind
    }
  }
}
