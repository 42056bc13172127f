import CLinux
import Glibc
import KernelSystem

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
    // Ports of our choice, so that `autobound` tells these from the clients.
    try listener4.bind(.v4(0x7f00_0001, port: 10007))
    try listener4.listen(17)
    try listener6.bind(.v6(high: 0, low: 0, port: 10009))
    try listener6.listen(19)
    for _ in 0..<5 { try connect(AF_INET, to: listener4.local) }
    for _ in 0..<3 { try connect(AF_INET6, to: .v6(high: 0, low: 1, port: listener6.local.port)) }
    // A v4 client of the v6 listener: the server's end is IPv4-mapped.
    for _ in 0..<2 { try connect(AF_INET, to: .v4(0x7f00_0001, port: listener6.local.port)) }
    // The client closes first, then the server: TIME_WAIT.
    try connect(AF_INET, to: listener4.local)
    clients.removeLast()
    servers.removeLast()
    try clients[0].set(SOL_SOCKET, SO_MARK, UInt32(0x1d))
    try clients[1].set(SOL_SOCKET, SO_MARK, UInt32(0x11d))
    try servers[2].set(SOL_SOCKET, SO_BINDTODEVICE, UInt64(0x6f6c))  // "lo"
    if let mptcp {
      try mptcp.bind(.v4(0x7f00_0001, port: 10037))
      try mptcp.listen(3)
    }
    for address in [TestAddress.loopback4, .loopback6, .loopback6] {
      let socket = try TestSocket(Int32(address.family), SOCK_DGRAM)
      try socket.bind(address)
      datagrams.append(socket)
    }
    // Unbound netlink sockets are in no table.
    try route.bind(.netlink(groups: 5))
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
