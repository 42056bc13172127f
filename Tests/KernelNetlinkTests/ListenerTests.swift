import CLinux
import Glibc
import KernelSystem
import OwnThread
import Testing

@testable import KernelNetlink

@Suite struct ListenerTests {
  @Test("The messages about one process decode: fork, exec, user, name and exit code, in order")
  func notices() throws {
    var notices: [ProcessNotice] = []
    for datagram in try Fixture("proc-connector-6.18").datagrams {
      ProcConnector.read(datagram.span.bytes) { notices.append($0) }
    }
    let pid = try #require(notices.first?.kind.process)
    let task = ProcessNotice.Task(thread: pid, process: pid)
    guard case .fork(let parent, task) = notices.first?.kind else { throw Missing("fork") }
    #expect(parent.process != pid && parent.process > 1)
    let rest = notices.dropFirst().map(\.kind)
    #expect(
      rest.filter { if case .group = $0 { false } else { true } } == [
        .exec(task), .user(task, real: 65534, effective: 65534), .exec(task),
        .rename(task, name: Array("eye".utf8)),
        .exit(task, status: 23 << 8),
      ], "\(rest)")
    #expect(notices.map(\.time) == notices.map(\.time).sorted())
  }

  @Test("A gap in the sequence of a CPU is counted once, over the end of the numbers too")
  func sequences() throws {
    var counter = ProcessNoticeCounter()
    var notice = try #require(Fixture.notice)
    for (cpu, sequence) in [(0, 7), (1, UInt32.max), (0, 8), (1, 0), (0, 11), (1, 5), (0, 12)]
      as [(UInt32, UInt32)]
    {
      (notice.cpu, notice.sequence) = (cpu, sequence)
      counter.count(notice)
    }
    #expect(counter.missing == 2 + 4)
    notice.kind = .acknowledged(0)
    notice.sequence = 0
    counter.count(notice)
    #expect(counter.missing == 6)
  }

  @Test("Sockets that ended decode, and tell whether they were connected")
  func ends() throws {
    var ends: [InetDiagDetails] = []
    for datagram in try Fixture("destroy-6.18").datagrams {
      DestroyListener.read(datagram.span.bytes) { ends.append($0) }
    }
    #expect(ends.allSatisfy { $0.record.cookie != 0 && $0.record.state == 7 && $0.record.inode == 0 })
    // Two ends of one connection and of one that was aborted; the abort has cleared the peer.
    let connected = ends.filter(\.wasConnected)
    #expect(connected.count == 4)
    #expect(connected.count { $0.record.destinationPort == 0 } == 1)
    let client = try #require(connected.first { $0.record.destinationPort == 10007 })
    #expect(client.tcp?.sentBytes == 23)
    // The bytes and the end of the stream.
    #expect([7, 8].contains(client.tcp?.receivedBytes))
    #expect(ends.filter { $0.record.protocol == 17 }.count == 1)
    // The listener, the refused one, the one that was only bound, the UDP socket.
    #expect(ends.count == 8)
  }
}

/// Against the running kernel.
@Suite(
  .serialized, .enabled(if: geteuid() == 0, "needs root: the proc connector before 6.6, and CLONE_NEWNET"))
struct LiveListenerTests {
  @Test("23 processes are each told of with fork, exec and exit code")
  func processes() throws {
    var connector = try ProcConnector.open()
    let codes = (0..<23).map { $0 * 11 }
    var statuses: [Int32: Int32] = [:]
    for code in codes {
      let pid = try spawn(["sh", "-c", "exit \(code)"])
      statuses[pid] = wait(for: pid)
    }
    #expect(Set(statuses.values) == Set(codes.map { Int32($0) << 8 }))
    var kinds: [Int32: [String]] = [:]
    try connector.drain { (notice) in
      guard let pid = notice.kind.process, statuses[pid] != nil else { return }
      switch notice.kind {
      case .fork(let parent, _):
        #expect(parent.process == getpid())
        kinds[pid, default: []].append("fork")
      case .exec: kinds[pid, default: []].append("exec")
      case .exit(_, let status):
        #expect(Int32(status) == statuses[pid])
        kinds[pid, default: []].append("exit")
      default: break
      }
    }
    #expect(kinds.count == 23)
    #expect(Set(kinds.values) == [["fork", "exec", "exit"]])
    #expect(connector.lost == 0)
  }

  @Test("What a tiny buffer cannot hold is counted, by the kernel's drops and by the sequences alike")
  func overrun() throws {
    var connector = try ProcConnector.open(receiveBufferByteCount: 4096)
    // Of a CPU that has told nothing yet, a gap does not show.
    try tell(onEachCPU: &connector)
    for _ in 0..<307 { _ = wait(for: try spawn(["true"])) }
    try connector.drain { _ in }
    let lost = connector.lost
    #expect(lost > 307)
    // The next message of each CPU shows its gap, if it is not lost in its turn.
    for _ in 0..<101 where connector.missingInSequence < lost { try tell(onEachCPU: &connector) }
    // Other processes of the host may have been lost meanwhile, too: both counts go on.
    #expect(connector.missingInSequence >= lost && connector.missingInSequence <= connector.lost)
    #expect(connector.missed == 0)
  }

  private func tell(onEachCPU connector: inout ProcConnector) throws {
    for cpu in 0..<sysconf(Int32(_SC_NPROCESSORS_ONLN)) {
      try connector.drain { _ in }
      _ = wait(for: try spawn(["taskset", "-c", "\(cpu)", "true"]))
      try connector.drain { _ in }
    }
  }

  @Test("23 connections in a namespace are each told of at both ends, with the bytes that were sent")
  func connections() throws {
    try inFreshNamespace {
      var listener = try DestroyListener()
      let sockets = try EndedSockets()
      var sent: [UInt64: UInt64] = [:]
      for _ in 0..<23 {
        let cookies = try sockets.endConnection()
        (sent[cookies.client], sent[cookies.server]) = (23, 7)
      }
      let aborted = try sockets.abortConnection()
      let unconnected = Set(try sockets.endUnconnected())
      var found: [UInt64: InetDiagDetails] = [:]
      // The kernel tells from a work queue.
      while found.count < 46 + 1 + 3 {
        try listener.drain { found[$0.record.cookie] = $0 }
        usleep(1000)
      }
      for (cookie, bytes) in sent { #expect(found[cookie]?.tcp?.sentBytes == bytes) }
      #expect(found[aborted]?.wasConnected == true && found[aborted]?.record.destinationPort == 0)
      for cookie in unconnected { #expect(found[cookie]?.wasConnected == false) }
      #expect(listener.lost == 0)
    }
  }

  @Test("Ends that found no room are counted")
  func lostEnds() throws {
    try inFreshNamespace {
      var listener = try DestroyListener(receiveBufferByteCount: 4096)
      let sockets = try EndedSockets()
      for _ in 0..<101 { try sockets.endConnection() }
      var found: UInt64 = 0
      // 202 ends in all, told or lost.
      while found + listener.lost < 202 {
        usleep(1000)
        if listener.lost == 0 { continue }
        try listener.drain { _ in found += 1 }
      }
      #expect(found + listener.lost == 202 && listener.lost > 0)
    }
  }
}

private struct Missing: Error {
  let what: String
  init(_ what: String) { self.what = what }
}

extension Fixture {
  /// Any message, to be changed.
  fileprivate static var notice: ProcessNotice? {
    var first: ProcessNotice?
    for datagram in (try? Fixture("proc-connector-6.18"))?.datagrams ?? [] {
      ProcConnector.read(datagram.span.bytes) { first = first ?? $0 }
    }
    return first
  }
}
