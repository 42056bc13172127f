import CLinux
import Glibc
import KernelSystem
import OwnThread
import Testing

@testable import KernelNetlink

/// Not a test of ours: rewrites Fixtures/ from the running kernel when asked to.
///
///     SOCKEYE_CAPTURE=6.18 swift test --filter CaptureFixtures
@Suite struct CaptureFixtures {
  static let kernel = getenv("SOCKEYE_CAPTURE").map { String(cString: $0) }

  @Test("The fixtures are captured anew", .enabled(if: kernel != nil, "needs SOCKEYE_CAPTURE=KERNEL"))
  func capture() throws {
    let kernel = Self.kernel!
    try inFreshNamespace {
      let world = try TestWorld()
      func save<Record>(_ name: String, _ request: SockDiagRequest<Record>) throws {
        try Fixture.write("\(name)-\(kernel)", try rawAnswer(request.bytes))
      }
      try save("inet-tcp", SockDiagRequest<InetDiagRecord>(InetQuery(.tcp, .both)))
      try save(
        "inet-tcp-details", SockDiagRequest<InetDiagDetails>(InetQuery(.tcp, .both, extensions: .details)))
      try save("inet-udp", SockDiagRequest<InetDiagDetails>(InetQuery(.udp, .v6, extensions: .details)))
      try save("inet-mptcp", SockDiagRequest<InetDiagDetails>(InetQuery(.mptcp, .v4, extensions: .details)))
      try save("unix", SockDiagRequest.unix(show: [.table, .memory]))
      try save("packet", SockDiagRequest.packet())
      try save("netlink", SockDiagRequest.netlink())
      try save("unsupported-sctp", SockDiagRequest<InetDiagRecord>(InetQuery(.sctp, .v4)))
      try save("unsupported-vsock", SockDiagRequest.vsock())
      withExtendedLifetime(world) {}
    }
    try Fixture.write("proc-connector-\(kernel)", try noticesOfOneChild())
    try Fixture.write("destroy-\(kernel)", try endsOfSomeSockets())
  }

  /// The messages about one child that changes user and name, and ends with 23.
  private func noticesOfOneChild() throws -> [[UInt8]] {
    let connector = try ProcConnector.open()
    var listener = try NetlinkListener(
      protocol: NETLINK_CONNECTOR, groups: 1, receiveBufferByteCount: 1 << 20)
    let pid = try spawn([
      "setpriv", "--reuid", "65534", "--clear-groups", "sh", "-c", "printf eye > /proc/self/comm; exit 23",
    ])
    #expect(wait(for: pid) == 23 << 8)
    var datagrams: [[UInt8]] = []
    try listener.drain { (datagram) in
      var isOurs = false
      ProcConnector.read(datagram) { isOurs = $0.kind.process == pid }
      if isOurs { datagrams.append(datagram.array(0..<datagram.byteCount)) }
    }
    _ = connector.lost
    return datagrams
  }

  /// A connection with both ends, an aborted one, a listener, a refused connect, a UDP socket.
  private func endsOfSomeSockets() throws -> [[UInt8]] {
    var datagrams: [[UInt8]] = []
    try inFreshNamespace {
      let groups: UInt32 = 15
      var listener = try NetlinkListener(
        protocol: NETLINK_SOCK_DIAG, groups: groups, receiveBufferByteCount: 1 << 20)
      try EndedSockets().end()
      usleep(100_000)
      try listener.drain { datagrams.append($0.array(0..<$0.byteCount)) }
    }
    return datagrams
  }

  private func rawAnswer(_ request: [UInt8]) throws -> [[UInt8]] {
    let diag = try TestSocket(AF_NETLINK, SOCK_RAW, NETLINK_SOCK_DIAG)
    var request = request
    request[8] = 1
    guard send(diag.number, request, request.count, 0) == request.count else {
      throw SystemError("send", on: "NETLINK_SOCK_DIAG", .current)
    }
    var datagrams: [[UInt8]] = []
    var buffer = [UInt8](repeating: 0, count: 65536)
    var reader = DumpReader<VsockDiagRecord>(SockDiagSubject(family: 0, protocol: 0), sequence: 1)
    while !reader.isFinished {
      let count = recv(diag.number, &buffer, buffer.count, 0)
      guard count > 0 else { throw SystemError("recv", on: "NETLINK_SOCK_DIAG", .current) }
      let datagram = Array(buffer[..<count])
      reader.skip(datagram.span.bytes)
      datagrams.append(datagram)
    }
    return datagrams
  }
}
