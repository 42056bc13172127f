import Randomness
@testable import Model

/// Small random hosts and filters, that hit each other often.
struct FilterWorld {
  var random: SeededRandom

  static let addresses = [
    "10.0.0.1", "10.1.2.3", "192.168.0.1", "0.0.0.0", "::", "::1", "fe80::1", "::ffff:10.0.0.1",
    "2001:db8::5",
  ].compactMap { IPAddress($0) }
  static let ports: [UInt16] = [0, 22, 80, 443, 1024, 40_000, 65_535]
  static let words = ["nginx", "curl", "a b", "x\"y\\z", "s*", "[!a]?", "", "é", "ssh"]

  mutating func snapshot() -> Snapshot {
    var snapshot = Snapshot()
    snapshot.takenWallNanoseconds = 1_000_000_000_000
    snapshot.namespaces = [
      NamespaceInfo(namespace: NetworkNamespace(7), name: nil, isOwn: true),
      NamespaceInfo(namespace: NetworkNamespace(8), name: "nginx", isOwn: false),
    ]
    snapshot.names = ["/run/nginx", RawText([0] + Array("00a1f".utf8)), "curl"]
    for pid in 1...5 { snapshot.processes.append(process(Int32(pid))) }
    for _ in 0..<40 { add(socket(), to: &snapshot) }
    return snapshot
  }

  mutating func process(_ pid: Int32) -> Process {
    let identity = ProcessIdentity(pid: ProcessID(pid), startTicks: 1)
    var process = Process(
      identity: identity, name: RawText(random.pick(Self.words)),
      parentPID: ProcessID(random.pick([0, 1, 2])))
    if random.chance(2) {
      process.user = User(id: random.pick([0, 1000]), name: random.chance(2) ? "nginx" : nil)
    }
    if random.chance(2) { process.executable = "/usr/bin/curl" }
    if random.chance(2) { process.arguments = ["a", "b"] }
    if random.chance(2) { process.systemdUnit = "ssh.service" }
    if random.chance(2) { process.container = Container(id: "nginx", runtime: "docker", name: "curl") }
    if random.chance(2) { process.startWallNanoseconds = 999_000_000_000 }
    if random.chance(2) { process.ancestors = [Ancestor(identity: identity, name: "ssh", entityID: nil)] }
    return process
  }

  mutating func socket() -> Socket {
    var socket = Socket()
    socket.netns = NetworkNamespace(random.pick([0, 7, 8]))
    socket.inode = UInt64(random.pick([0, 5, 22]))
    socket.cookie = SocketCookie(UInt64(random.pick([0, 22])))
    socket.family = random.pick([
      .inet, .inet, .inet6, .unix, .netlink, .packet, .vsock, AddressFamily(rawValue: 99),
    ])
    socket.type = random.pick([.stream, .datagram, .raw, .unknown])
    socket.protocol = random.pick([.tcp, .udp, .mptcp, .icmp, .unspecified])
    socket.state = random.pick(SocketState.allCases)
    socket.origin = random.pick([.unknown, .connect, .accept, .listen])
    socket.absence = random.pick([.none, .timeWait, .refused])
    let version = socket.family == .inet6 ? IPAddress.Version.v6 : .v4
    let addresses = Self.addresses.filter { $0.version == version }
    socket.local = Endpoint(random.pick(addresses), port: random.pick(Self.ports))
    socket.peer = Endpoint(random.pick(addresses), port: random.pick(Self.ports))
    socket.userID = random.pick([nil, 0, 1000])
    socket.receiveQueue = random.pick([nil, 0, 22])
    socket.interfaceIndex = random.pick([0, 1])
    socket.mark = random.pick([0, 1, 3])
    socket.cgroupID = UInt64(random.pick([0, 22]))
    socket.peerInode = UInt64(random.pick([0, 5, 9]))
    socket.nameIndex = socket.family == .unix ? random.pick([-1, 0, 1, 2]) : -1
    return socket
  }

  mutating func add(_ socket: Socket, to snapshot: inout Snapshot) {
    var socket = socket
    if random.chance(2) {
      var detail = SocketDetail()
      if random.chance(2) { detail.tcp = TCPInternals() }
      if random.chance(2) {
        detail.vsock = VsockAddress(localContextID: 1, localPort: 22, peerContextID: 2, peerPort: 80)
      }
      socket.detailIndex = Int32(snapshot.details.count)
      snapshot.details.append(detail)
    }
    socket.firstHolding = Int32(snapshot.holdings.count)
    for process in 0..<5 where random.chance(3) {
      snapshot.holdings.append(
        Holding(socket: Int32(snapshot.sockets.count), process: Int32(process), descriptor: 3))
    }
    socket.holdingCount = Int32(snapshot.holdings.count) - socket.firstHolding
    snapshot.sockets.append(socket)
  }

  mutating func expression(depth: Int = 4) -> FilterExpression {
    if depth == 0 || random.chance(3) { return .test(test()) }
    if random.chance(4) { return .not(expression(depth: depth - 1)) }
    var parts: [FilterExpression] = []
    for _ in 0..<Int(2 + random.next(upTo: 2)) { parts.append(expression(depth: depth - 1)) }
    return random.chance(2) ? .and(parts) : .or(parts)
  }

  mutating func test() -> FilterTest {
    let side = random.pick([SocketSide.local, .peer, .either])
    let comparison = random.pick(FilterComparison.allCases)
    switch random.next(upTo: 15) {
    case 0:
      return .states(SocketStateSet(rawValue: UInt16(truncatingIfNeeded: random.next())).intersection(.all))
    case 1, 2, 3: return .port(side, comparison, random.pick(Self.ports))
    case 4, 5, 6:
      let prefix = AddressPrefix(
        random.pick(Self.addresses), length: random.pick([0, 7, 8, 24, 32, 96, 104, 128]))
      return .host(side, .internet(random.pick([nil, prefix]), port: random.pick([nil, 22, 80])))
    case 7: return .host(side, .unix(RawText(random.pick(["/run/*", "@*", "", "\\*"]))))
    case 8: return .host(side, .vsock(contextID: random.pick([nil, 1]), port: random.pick([nil, 22])))
    case 9:
      return random.pick([
        .interface(1), .mark(value: 1, mask: 3), .mark(value: 1, mask: .max), .controlGroup(22),
      ])
    case 10: return .autobound
    case 11: return .family(random.pick([.inet, .inet6, .unix, .netlink, .vsock]))
    case 12: return .table(random.pick(SocketTable.allCases))
    case 13: return random.pick([.type(.stream), .direction(.inbound), .direction(.outbound)])
    case 14: return number(comparison)
    default:
      let word = RawText(random.pick(Self.words))
      return .text(random.pick(FilterText.allCases), random.chance(2) ? .exact(word) : .glob(word))
    }
  }

  private mutating func number(_ comparison: FilterComparison) -> FilterTest {
    let number = random.pick(FilterNumber.allCases)
    let isName = FilterText(rawValue: number.rawValue) != nil
    let value = random.pick([0, 1, 2, 7, 22, 1000, 10_240, 1_000_000_000, 90_000_000_000, UInt64.max])
    return .number(number, isName ? .equal : comparison, value)
  }
}
