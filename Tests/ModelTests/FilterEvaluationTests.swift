import Testing

@testable import Model

@Suite("Judging sockets")
struct FilterEvaluationTests {
  /// 0: nginx's listener, 1: its connection, shared with a worker, 2: curl's, 3: TIME_WAIT, 4: refused, 5: nginx's unix
  /// socket, 6: the other end of 5, abstract.
  private static func host() throws -> Snapshot {
    var snapshot = Snapshot()
    snapshot.takenWallNanoseconds = 1_000_000_000_000
    snapshot.names = ["/run/Web.sock", RawText([0] + Array("00a1f".utf8))]
    snapshot.namespaces = [NamespaceInfo(namespace: NetworkNamespace(7), name: "blue", isOwn: true)]
    var nginx = Process(
      identity: ProcessIdentity(pid: ProcessID(10), startTicks: 1), name: "nginx", parentPID: ProcessID(1))
    nginx.executable = "/usr/sbin/nginx"
    nginx.systemdUnit = "nginx.service"
    nginx.user = User(id: 0, name: "root")
    nginx.startWallNanoseconds = 400_000_000_000
    nginx.ancestors = [
      Ancestor(identity: ProcessIdentity(pid: ProcessID(1), startTicks: 0), name: "systemd", entityID: nil)
    ]
    var worker = nginx
    worker.identity = ProcessIdentity(pid: ProcessID(11), startTicks: 2)
    worker.user = User(id: 33, name: "www-data")
    var curl = Process(
      identity: ProcessIdentity(pid: ProcessID(20), startTicks: 3), name: "curl", parentPID: ProcessID(19))
    curl.container = Container(id: "3f9abc", runtime: "docker", name: "web")
    snapshot.processes = [nginx, worker, curl]
    add(&snapshot, .listen, "0.0.0.0", 80, "0.0.0.0", 0, [0])
    add(&snapshot, .established, "::ffff:10.0.0.1", 80, "::ffff:192.0.2.7", 5_000, [0, 1], origin: .accept)
    add(&snapshot, .established, "10.0.0.1", 40_000, "192.0.2.9", 443, [2], origin: .connect, sent: 20_000)
    add(&snapshot, .timeWait, "10.0.0.1", 40_001, "192.0.2.9", 443, [], absence: .timeWait)
    add(&snapshot, .established, "10.0.0.1", 22, "192.0.2.9", 999, [], absence: .refused)
    for (inode, peer, name) in [(50, 51, 0), (51, 50, 1)] {
      add(&snapshot, .established, "0.0.0.0", 0, "0.0.0.0", 0, [0])
      let last = snapshot.sockets.count - 1
      snapshot.sockets[last].family = .unix
      snapshot.sockets[last].inode = UInt64(inode)
      snapshot.sockets[last].peerInode = UInt64(peer)
      snapshot.sockets[last].nameIndex = Int32(name)
    }
    return snapshot
  }

  private static func add(
    _ snapshot: inout Snapshot, _ state: SocketState, _ local: String, _ localPort: UInt16, _ peer: String,
    _ peerPort: UInt16, _ holders: [Int32], absence: HolderAbsence = .none, origin: SocketOrigin = .unknown,
    sent: UInt64? = nil
  ) {
    var socket = Socket()
    socket.netns = NetworkNamespace(7)
    socket.family = local.contains(":") ? .inet6 : .inet
    (socket.type, socket.protocol, socket.state) = (.stream, .tcp, state)
    (socket.absence, socket.origin) = (absence, origin)
    socket.local = Endpoint(IPAddress(local)!, port: localPort)
    socket.peer = Endpoint(IPAddress(peer)!, port: peerPort)
    socket.firstHolding = Int32(snapshot.holdings.count)
    socket.holdingCount = Int32(holders.count)
    for process in holders {
      snapshot.holdings.append(
        Holding(socket: Int32(snapshot.sockets.count), process: process, descriptor: 3))
    }
    if let sent {
      var detail = SocketDetail()
      detail.tcp = TCPInternals()
      detail.tcp?.sentBytes = sent
      socket.detailIndex = Int32(snapshot.details.count)
      snapshot.details.append(detail)
    }
    snapshot.sockets.append(socket)
  }

  @Test(
    "A filter selects the sockets that match, and counts those that it cannot judge",
    arguments: [
      ("", [0, 1, 2, 3, 4, 5, 6], 0),
      ("sport = :80", [0, 1], 0),
      ("sport != :80", [2, 3, 4, 5, 6], 0),
      ("port = 443", [2, 3], 0),
      ("sport < 1024", [0, 1, 4], 0),
      ("not sport < 1024", [2, 3, 5, 6], 0),
      ("dport = 400-500", [2, 3], 0),
      ("src 10.0.0.0/8", [1, 2, 3, 4], 0),
      ("addr 192.0.2.7:5000", [1], 0),
      ("addr 192.0.2.7:80", [], 0),
      ("src *:80", [0, 1], 0),
      ("src *", [0, 1, 2, 3, 4], 0),
      ("inet6", [1], 0),
      ("proto = unix", [5, 6], 0),
      ("listening", [0], 0),
      ("connected and tcp", [1, 2, 3, 4], 0),
      ("autobound", [2, 3, 6], 0),
      ("comm = nginx", [0, 1, 5, 6], 1),
      ("not comm = nginx", [2, 3], 1),
      ("comm != nginx or sport = 22", [2, 3, 4], 0),
      ("pid = 11", [1], 1),
      ("pid != 11 and tcp", [0, 2, 3], 1),
      ("user www-data", [1], 2),
      ("user 0", [0, 1, 5, 6], 2),
      ("exe = nginx", [0, 1, 5, 6], 2),
      ("exe ~ /usr/*", [0, 1, 5, 6], 2),
      ("unit = nginx", [0, 1, 5, 6], 1),
      ("unit ~ *.service", [0, 1, 5, 6], 1),
      ("container = 3f9", [2], 1),
      ("container web", [2], 1),
      ("ancestor systemd", [0, 1, 5, 6], 2),
      ("ancestor 19", [2], 1),
      ("netns blue", [0, 1, 2, 3, 4, 5, 6], 0),
      ("netns current", [0, 1, 2, 3, 4, 5, 6], 0),
      ("netns 8", [], 0),
      ("holders = 0", [3], 1),
      ("holders > 1", [1], 1),
      ("inbound", [1], 4),
      ("outbound and tcp", [2], 2),
      ("sent > 10k", [2], 3),
      ("age > 9m", [0, 1, 5, 6], 3),
      ("src unix:/run/web*", [5], 0),
      ("path ~ /run/web*", [], 0),
      ("path = /run/Web.sock", [5], 0),
      ("dst /run/*", [6], 0),
      ("addr @00a1f", [5, 6], 0),
      ("fwmark = 0/1", [0, 1, 2, 3, 4, 5, 6], 0),
      ("exclude all", [], 0),
    ] as [(String, [Int32], Int)])
  func selection(text: String, sockets: [Int32], unjudged: Int) throws {
    let selection = try Filter(text).select(from: Self.host())
    #expect(selection.sockets == sockets)
    #expect(selection.unjudged == unjudged)
  }

  @Test("The kernel is told what every match must satisfy")
  func hints() throws {
    let hints = try Filter("tcp and state established and dport = 443 and src 10.0.0.0/8 and comm = a")
      .kernelHints
    #expect(hints.tables == SocketTableSet(.tcp))
    #expect(hints.states == SocketStateSet(.established))
    #expect(hints.peerPorts == 443...443)
    #expect(try Filter("dport = 1 and dport = 2 and tcp").kernelHints.tables.isEmpty)
    #expect(try Filter("dport = 80 or dport = 90").kernelHints.peerPorts == 80...90)
    #expect(try Filter("not (dport < 1024 or udp)").kernelHints.peerPorts == 1_024...65_535)
    #expect(try Filter("unix or dport = 80").kernelHints.peerPorts == 80...80)
    #expect(try Filter("sport = 80").kernelHints.peerPorts == 0...65_535)
    #expect(try Filter("comm = a").kernelHints == KernelHints())
  }

  @Test("The part for bytecode keeps pure conjuncts, and an or only whole")
  func internetPart() throws {
    #expect(try Filter("sport = 80 and comm = a").internetPart() == .test(.port(isLocal: true, .equal, 80)))
    #expect(try Filter("sport = 80 or comm = a").internetPart() == nil)
    #expect(
      try Filter("(sport = 80 and comm = a) or dev = 2").internetPart()
        == .or([.test(.port(isLocal: true, .equal, 80)), .test(.interface(2))]))
    #expect(
      try Filter("not (comm = a or dport = 80)").internetPart()
        == .not(.test(.port(isLocal: false, .equal, 80))))
    #expect(try Filter("").internetPart() == nil)
  }

  @Test(
    "Globs have any run, one character, sets and escapes",
    arguments: [
      ("", "", true), ("*", "", true), ("*", "abc", true), ("a*c", "abbc", true), ("a*c", "abcd", false),
      ("a?c", "abc", true), ("a?c", "ac", false), ("?", "é", true), ("[a-c]x", "bx", true),
      ("[!a-c]x", "bx", false),
      ("[^a]", "b", true), ("[]]", "]", true), ("[a", "[a", true), ("\\*", "*", true), ("\\*", "x", false),
      ("*a*b*c*", "xaybzc", true), ("a", "", false), ("", "a", false), ("**", "a", true),
      ("[a-", "[a-", true),
    ])
  func globs(pattern: String, text: String, matches: Bool) {
    #expect(Glob.matches(Array(pattern.utf8), Array(text.utf8)) == matches)
  }

  @Test("A glob with many stars ends soon")
  func manyStars() {
    let pattern = Array(String(repeating: "*a", count: 100).utf8) + [UInt8(ascii: "b")]
    #expect(!Glob.matches(pattern, Array(repeating: UInt8(ascii: "a"), count: 2_000)))
  }
}
