import CLinux
import Glibc
import KernelSystem
import OwnThread
import Testing

@testable import KernelNetlink

private let isRoot = geteuid() == 0

/// Records of the running kernel against what the sockets say about themselves.
@Suite struct KernelTests {
  @Test(
    "Each end of 23 connections is found by its cookie, with its addresses, inode and state",
    .enabled(if: isRoot, "needs root for a network namespace"), arguments: [AF_INET, AF_INET6])
  func connections(family: Int32) throws {
    try inFreshNamespace {
      let listener = try TestSocket(family, SOCK_STREAM)
      try listener.bind(family == AF_INET ? .loopback4 : .loopback6)
      try listener.listen(29)
      var sockets: [TestSocket] = []
      for _ in 0..<23 {
        let client = try TestSocket(family, SOCK_STREAM)
        try client.connect(listener.local)
        sockets += [client, try listener.accept()]
      }
      let found = try dump(InetQuery(.tcp, .both))
      #expect(found.count == 47)
      let byCookie = Dictionary(uniqueKeysWithValues: found.map { ($0.cookie, $0) })
      for socket in sockets {
        let record = try #require(byCookie[socket.cookie])
        expect(record, isAt: socket.local, and: socket.peer)
        #expect(record.inode == socket.inode)
        #expect(record.state == 1)
        #expect(record.isFullSocket)
      }
      let record = try #require(byCookie[listener.cookie])
      #expect(record.state == 10)
      #expect(record.sendQueue == 29)
      let single = try dump(InetQuery(.tcp, family == AF_INET ? .v4 : .v6))
      #expect(Set(single.map(\.cookie)) == Set(byCookie.keys))
    }
  }

  @Test(
    "Queues, marks, devices and shutdown are those of the socket",
    .enabled(if: isRoot, "needs root for a network namespace"))
  func attributes() throws {
    try inFreshNamespace {
      let world = try TestWorld()
      let text = [UInt8](repeating: 7, count: 1009)
      send(world.clients[3].number, text, text.count, 0)
      shutdown(world.clients[4].number, Int32(SHUT_WR))
      let byCookie = Dictionary(
        uniqueKeysWithValues: try dump(InetQuery(.tcp, .both)).map { ($0.cookie, $0) })
      #expect(byCookie[world.clients[0].cookie]?.mark == 0x1d)
      #expect(byCookie[world.servers[2].cookie]?.interface == 1)
      #expect(byCookie[world.servers[3].cookie]?.receiveQueue == 1009)
      #expect(byCookie[world.clients[4].cookie]?.shutdown == 2)
      // FIN_WAIT2 once the FIN is acknowledged.
      #expect([4, 5].contains(byCookie[world.clients[4].cookie]?.state))
      // A socket closed for writing has got a FIN at the other end: CLOSE_WAIT.
      #expect(byCookie[world.servers[4].cookie]?.state == 8)
    }
  }

  @Test(
    "A socket that is bound but neither listening nor connected is listed where the kernel can",
    .enabled(if: isRoot, "needs root for a network namespace"))
  func bound() throws {
    try inFreshNamespace {
      let socket = try TestSocket(AF_INET, SOCK_STREAM)
      try socket.bind(.loopback4)
      let found = try dump(InetQuery(.tcp, .both, states: .boundInactive))
      // Since 6.8; an older kernel has no such question and answers with nothing. The state is TCP_CLOSE.
      #expect(found.map(\.cookie) == [socket.cookie] || found.isEmpty)
      #expect(found.map(\.state).allSatisfy { $0 == 7 })
    }
  }

  @Test(
    "UDP and MPTCP sockets are found, each under its own protocol",
    .enabled(if: isRoot, "needs root for a network namespace"))
  func otherProtocols() throws {
    try inFreshNamespace {
      let world = try TestWorld()
      let udp = try dump(InetQuery(.udp, .v6)) + dump(InetQuery(.udp, .v4))
      #expect(Set(udp.map(\.cookie)) == Set(world.datagrams.map(\.cookie)))
      for socket in world.datagrams {
        let record = try #require(udp.first { $0.cookie == socket.cookie })
        #expect(record.sourcePort == socket.local.port)
        #expect(record.inode == socket.inode)
      }
      if let mptcp = world.mptcp {
        let found = try dump(InetQuery(.mptcp, .v4))
        #expect(found.map(\.cookie) == [mptcp.cookie])
        #expect(found.map(\.protocol) == [262])
      }
    }
  }

  @Test(
    "Unix, packet and netlink sockets are found by inode and cookie",
    .enabled(if: isRoot, "needs root for a network namespace"))
  func otherFamilies() throws {
    try inFreshNamespace {
      let world = try TestWorld()
      var diag = try SockDiagSocket()
      var unix: [UnixDiagRecord] = []
      try diag.dump(.unix(), restart: { unix = [] }, each: { unix.append($0) })
      for socket in world.locals {
        #expect(unix.contains { $0.cookie == socket.cookie && $0.inode == socket.inode })
      }
      var packets: [PacketDiagRecord] = []
      try diag.dump(.packet(), restart: { packets = [] }, each: { packets.append($0) })
      #expect(packets.map(\.inode) == world.packet.map { [$0.inode] } ?? [])
      var netlinks: [NetlinkDiagRecord] = []
      try diag.dump(.netlink(), restart: { netlinks = [] }, each: { netlinks.append($0) })
      let route = try #require(netlinks.first { $0.cookie == world.route.cookie })
      #expect(route.inode == world.route.inode)
      #expect(route.groups.first == 5)
    }
  }

  @Test("A family that this kernel lacks is unsupported, and the socket stays of use")
  func unsupported() throws {
    var diag = try SockDiagSocket()
    let protocols: [InetProtocol] = [.raw, .sctp, InetProtocol(number: 259)]
    for `protocol` in protocols {
      let request = try SockDiagRequest<InetDiagRecord>(InetQuery(`protocol`, .v4))
      do throws(SockDiagError) {
        try diag.dump(request, restart: {}, each: { _ in })
      } catch {
        guard case .unsupported(request.subject, _) = error else { throw error }
      }
    }
    try diag.dump(.unix(), restart: {}, each: { _ in })
  }

  @Test("Only the kernel can send to the socket: a forged answer is refused")
  func forged() throws {
    let descriptors = openDescriptors()
    let diag = try SockDiagSocket()
    let opened = try #require(openDescriptors().subtracting(descriptors).first { isDiag($0) })
    let target = TestAddress { getsockname(opened, $0, $1) }
    let forger = try TestSocket(AF_NETLINK, SOCK_RAW, NETLINK_SOCK_DIAG)
    let bytes = doneBytes()
    let sent = target.withPointer {
      sendto(forger.number, bytes, bytes.count, 0, $0, $1)
    }
    let errno = Errno.current
    #expect(sent == -1)
    #expect(errno.rawValue == ECONNREFUSED || errno == .notPermitted)
    _ = diag
  }

  private func isDiag(_ number: Int32) -> Bool {
    let socket = TestSocket(owning: dup(number))
    return socket.option(SOL_SOCKET, SO_DOMAIN, Int32(0)) == AF_NETLINK
      && socket.option(SOL_SOCKET, SO_PROTOCOL, Int32(0)) == NETLINK_SOCK_DIAG
  }

  private func openDescriptors() -> Set<Int32> {
    Set((0..<1024).filter { fcntl($0, F_GETFD) >= 0 })
  }

  private func expect(_ record: InetDiagRecord, isAt local: TestAddress, and peer: TestAddress) {
    #expect(record.family == local.family)
    #expect([record.sourceHigh, record.sourceLow] == [local.high, local.low])
    #expect([record.destinationHigh, record.destinationLow] == [peer.high, peer.low])
    #expect([record.sourcePort, record.destinationPort] == [local.port, peer.port])
  }
}

/// What the calling thread's network namespace answers to `query`.
func dump(_ query: InetQuery) throws -> [InetDiagRecord] {
  var diag = try SockDiagSocket()
  var found: [InetDiagRecord] = []
  try diag.dump(SockDiagRequest(query), restart: { found = [] }, each: { found.append($0) })
  return found
}
