import CLinux
import Glibc
import KernelSystem
import Testing

@testable import KernelNetlink

/// Plays the kernel at the other end of a socket pair: the answers to dump 1, 2, 3 are written beforehand.
@Suite struct DumpTests {
  @Test("Records are handed out in order until the end of the dump")
  func plain() throws {
    let played = try play([
      vsockBytes(port: 2) + vsockBytes(port: 3), vsockBytes(port: 5), vsockBytes(port: 7) + doneBytes(),
    ])
    #expect(played.ports == [2, 3, 5, 7])
    #expect(try played.result.get() == DumpOutcome(recordCount: 4))
  }

  @Test("A dump that a change spoilt is asked again, and the caller starts over")
  func interrupted() throws {
    let played = try play([
      vsockBytes(port: 2, flags: NLM_F_MULTI | NLM_F_DUMP_INTR), doneBytes(),
      vsockBytes(port: 3, sequence: 2), doneBytes(sequence: 2),
    ])
    #expect(played.restarts == 1)
    #expect(played.ports == [3])
    #expect(try played.result.get() == DumpOutcome(recordCount: 1, attempts: 2))
  }

  @Test("A dump that is spoilt three times is handed out and marked")
  func alwaysInterrupted() throws {
    let flags = NLM_F_MULTI | NLM_F_DUMP_INTR
    let played = try play(
      (1...3).map { vsockBytes(port: $0, flags: flags, sequence: $0) + doneBytes(sequence: $0) })
    #expect(played.ports == [3])
    #expect(try played.result.get() == DumpOutcome(recordCount: 1, attempts: 3, wasInterrupted: true))
  }

  @Test("After lost answers the rest of the dump is passed over and it is asked again")
  func overrun() throws {
    let played = try play([
      vsockBytes(port: 2), messageBytes(type: NLMSG_OVERRUN), vsockBytes(port: 3), doneBytes(),
      vsockBytes(port: 5, sequence: 2) + doneBytes(sequence: 2),
    ])
    #expect(played.ports == [5])
    #expect(played.restarts == 1)
  }

  @Test("A datagram larger than the buffer makes room for itself and is asked again")
  func truncated() throws {
    let large = (0..<2503).flatMap { vsockBytes(port: $0) }
    let again = (0..<2503).flatMap { vsockBytes(port: $0, sequence: 2) }
    let played = try play([large, doneBytes(), again, doneBytes(sequence: 2)])
    #expect(played.ports.count == 2503)
    #expect(played.restarts == 1)
  }

  @Test("An error is told by its number, and EINVAL without a filter means an unknown family")
  func errors() throws {
    let subject = SockDiagSubject(family: 40, protocol: 0)
    let denied = try play([messageBytes(type: NLMSG_ERROR, payload: requestBytes(of: -EPERM))])
    #expect(denied.result == .failure(.refused(subject, .notPermitted)))
    let invalid = try play([messageBytes(type: NLMSG_ERROR, payload: requestBytes(of: -EINVAL))])
    #expect(invalid.result == .failure(.unsupported(subject, .invalidArgument)))
    let atEnd = try play([doneBytes(-ENOENT)])
    #expect(atEnd.result == .failure(.unsupported(subject, .noSuchFile)))
    let impossible = try play([doneBytes(.min)])
    #expect(try impossible.result.get() == DumpOutcome())
  }

  @Test("Answers to another question are passed over")
  func otherSequence() throws {
    let played = try play([vsockBytes(port: 2, sequence: 99), vsockBytes(port: 3), doneBytes()])
    #expect(played.ports == [3])
  }

  @Test("After a malformed answer the next dump reads past what is left of it")
  func malformedThenFine() throws {
    var pair = try FakeKernel()
    try pair.answer([[1, 2, 3], vsockBytes(port: 2), doneBytes()])
    let first = pair.dump()
    #expect(first.result == .failure(.malformed(.headerCutShort(offset: 0, available: 3))))
    try pair.answer([vsockBytes(port: 5, sequence: 2) + doneBytes(sequence: 2)])
    #expect(pair.dump().ports == [5])
  }

  private func play(_ datagrams: [[UInt8]]) throws -> FakeKernel.Played {
    var pair = try FakeKernel()
    try pair.answer(datagrams)
    return pair.dump()
  }
}

private struct FakeKernel: ~Copyable {
  struct Played {
    var ports: [UInt32] = []
    var restarts = 0
    var result: Result<DumpOutcome, SockDiagError> = .success(DumpOutcome())
  }
  private let kernel: TestSocket
  private var diag: SockDiagSocket

  init() throws {
    var numbers: [Int32] = [-1, -1]
    guard socketpair(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0, &numbers) == 0 else {
      throw SystemError("socketpair", on: "AF_UNIX", .current)
    }
    let kernel = TestSocket(owning: numbers[0])
    try kernel.set(SOL_SOCKET, SO_SNDBUF, Int32(4 << 20))
    self.kernel = kernel
    diag = SockDiagSocket(owning: OwnedDescriptor(owning: numbers[1]))
  }

  func answer(_ datagrams: [[UInt8]]) throws {
    for datagram in datagrams {
      guard send(kernel.number, datagram, datagram.count, 0) == datagram.count else {
        throw SystemError("send", on: "the socket pair", .current)
      }
    }
  }

  mutating func dump() -> Played {
    var played = Played()
    var ports: [UInt32] = []
    var restarts = 0
    do throws(SockDiagError) {
      let outcome = try diag.dump(.vsock()) {
        ports = []
        restarts += 1
      } each: {
        ports.append($0.sourcePort)
      }
      played.result = .success(outcome)
    } catch { played.result = .failure(error) }
    played.ports = ports
    played.restarts = restarts
    return played
  }
}

extension DumpOutcome {
  fileprivate init(recordCount: Int, attempts: Int = 1, wasInterrupted: Bool = false) {
    self.init()
    self.recordCount = recordCount
    self.attempts = attempts
    self.wasInterrupted = wasInterrupted
  }
}
