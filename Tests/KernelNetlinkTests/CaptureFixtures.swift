import CLinux
import Glibc
import KernelSystem
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

/// One socket of each kind and state that a namespace of our own can have.
final class TestWorld {
  let listener4 = try! TestSocket(AF_INET, SOCK_STREAM)
  let listener6 = try! TestSocket(AF_INET6, SOCK_STREAM)
  let mptcp = try? TestSocket(AF_INET, SOCK_STREAM, 262)
  let packet = try? TestSocket(AF_PACKET, SOCK_RAW, Int32(UInt16(0x0800).bigEndian))
  let route = try! TestSocket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE)
  var clients: [TestSocket] = []
  var servers: [TestSocket] = []
  var datagrams: [TestSocket] = []
  var locals: [TestSocket] = []

  init() throws {
    try listener4.bind(.loopback4)
    try listener4.listen(17)
    try listener6.bind(.v6(high: 0, low: 0))
    try listener6.listen(19)
    for _ in 0..<5 { try connect(AF_INET, to: listener4.local) }
    for _ in 0..<3 { try connect(AF_INET6, to: .v6(high: 0, low: 1, port: listener6.local.port)) }
    // A v4 client of the v6 listener: the server's end is IPv4-mapped.
    for _ in 0..<2 { try connect(AF_INET, to: .v4(0x7f00_0001, port: listener6.local.port)) }
    // The client closes first, then the server: TIME_WAIT.
    try connect(AF_INET, to: listener4.local)
    clients.removeLast()
    servers.removeLast()
    if let mptcp {
      try mptcp.bind(.loopback4)
      try mptcp.listen(3)
    }
    for address in [TestAddress.loopback4, .loopback6, .loopback6] {
      let socket = try TestSocket(Int32(address.family), SOCK_DGRAM)
      try socket.bind(address)
      datagrams.append(socket)
    }
    try unixSockets()
  }

  private func connect(_ family: Int32, to address: TestAddress) throws {
    let client = try TestSocket(family, SOCK_STREAM)
    try client.connect(address)
    clients.append(client)
    servers.append(try (address.port == listener4.local.port ? listener4 : listener6).accept())
  }

  private func unixSockets() throws {
    let listener = try TestSocket(AF_UNIX, SOCK_STREAM)
    try listener.bind(.unix([0] + Array("sockeye\u{1b}[31m".utf8) + [0xff]))
    try listener.listen(7)
    let client = try TestSocket(AF_UNIX, SOCK_STREAM)
    try client.connect(listener.local)
    locals = [listener, client, try TestSocket(AF_UNIX, SOCK_SEQPACKET), try TestSocket(AF_UNIX, SOCK_DGRAM)]
  }
}
