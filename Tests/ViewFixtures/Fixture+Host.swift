import Model

extension Fixture {
  static func makeHost() -> Fixture {
    var host = Fixture()
    host.name(otherNamespace, "web")
    host.interface(2, "eth0")
    host.addProcesses()
    host.addListeners()
    host.addConnections()
    host.addUnheld()
    host.addOtherFamilies()
    host.gap(
      .processRefused, 3, "3 processes did not let us see their descriptors", remedy: "run sockeye as root")
    host.gap(.familyMissing, nil, "The kernel has no vsock_diag module: vsock sockets are not listed.")
    return host
  }

  private mutating func addProcesses() {
    let nginx = add(
      pid: 812, "nginx", started: 500, executable: "/usr/sbin/nginx",
      arguments: ["nginx: master process /usr/sbin/nginx -g daemon off;"], ancestors: [(1, "systemd")])
    edit(nginx) {
      $0.systemdUnit = "nginx.service"
      $0.entry = EntryLeader(kind: .systemd, pid: ProcessID(812))
      $0.netns = Fixture.ownNamespace
    }
    for (index, pid) in [Int32(813), 814, 815].enumerated() {
      let worker = add(
        pid: pid, "nginx", started: 501 + UInt64(index), executable: "/usr/sbin/nginx",
        arguments: ["nginx: worker process"], user: User(id: 33, name: "www-data"),
        ancestors: [(812, "nginx"), (1, "systemd")])
      edit(worker) { $0.systemdUnit = "nginx.service" }
    }
    let curl = add(
      pid: 4242, "curl", started: 99_990, executable: "/usr/bin/curl",
      arguments: ["curl", "-sS", "https://example.org/a b"], user: User(id: 1000, name: "ada"),
      ancestors: [(4200, "bash"), (4190, "sshd"), (700, "sshd"), (1, "systemd")])
    edit(curl) {
      $0.workingDirectory = "/home/ada"
      $0.terminal = "pts/0"
      $0.sessionID = ProcessID(4200)
      $0.entry = EntryLeader(kind: .sshd, pid: ProcessID(4190))
      $0.systemdUnit = "session-7.scope"
    }
    let postgres = add(
      pid: 2001, "postgres", started: 900, executable: "/usr/lib/postgresql/15/bin/postgres",
      arguments: ["postgres", "-D", "/var/lib/postgresql/data"], user: User(id: 999, name: nil),
      ancestors: [(1990, "containerd-shim"), (1, "systemd")])
    edit(postgres) {
      $0.container = Container(
        id: "3f2a9c0d1e4b5a6978877665544332211000ffeeddccbbaa9988776655443322", runtime: "docker", name: "db")
      $0.entry = EntryLeader(kind: .container, pid: ProcessID(2001))
      $0.netns = Fixture.otherNamespace
    }
    add(
      pid: 640, "systemd-resolve", started: 300, executable: "/usr/lib/systemd/systemd-resolved",
      arguments: ["/lib/systemd/systemd-resolved"], user: User(id: 101, name: "systemd-resolve"),
      ancestors: [(1, "systemd")])
    add(
      pid: 700, "sshd", started: 400, executable: "/usr/sbin/sshd", arguments: ["sshd: /usr/sbin/sshd -D"],
      ancestors: [(1, "systemd")])
    edit(7) { $0.systemdUnit = "ssh.service" }
    let sshd = snapshot.processes[7].identity
    edit(curl) { $0.ancestors[2].identity = sshd }
  }

  private mutating func addListeners() {
    let nobody = Endpoint(v4(0, 0, 0, 0), port: 8080)
    add(
      .tcp(nobody, .listen, origin: .listen, queues: (0, 511)),
      holders: [(0, [6]), (1, [6]), (2, [6]), (3, [6])])
    var dual = Socket.tcp(Endpoint(v6(0, 0), port: 22), .listen, origin: .listen, queues: (0, 128))
    dual.isV6Only = false
    add(dual, holders: [(7, [3, 4])])
    var other = Socket.tcp(Endpoint(v4(127, 0, 0, 1), port: 5432), .listen, origin: .listen, queues: (2, 200))
    other.netns = Fixture.otherNamespace
    other.userID = 999
    add(other, holders: [(5, [5])])
  }

  private mutating func addConnections() {
    var detail = SocketDetail()
    detail.tcp = Fixture.internals()
    detail.memory = SocketMemory()
    detail.memory?.receiveBuffer = 131_072
    detail.memory?.sendBuffer = 87_040
    detail.timer = SocketTimer()
    detail.timer?.kind = .keepalive
    detail.timer?.expiresMilliseconds = 7_199_000
    let here = Endpoint(v4(10, 0, 2, 15), port: 43210)
    var out = Socket.tcp(here, Endpoint(v4(93, 184, 216, 34), port: 443), .established, origin: .connect)
    out.userID = 1000
    out.interfaceIndex = 2
    out.mark = 42
    out.cgroupID = 7411
    add(out, detail: detail, holders: [(4, [5])])
    let client = Endpoint(mapped(v4(127, 0, 0, 1)), port: 50_000)
    let server = Endpoint(mapped(v4(127, 0, 0, 1)), port: 8080)
    add(.tcp(client, server, .established, origin: .connect, queues: (0, 78)), holders: [(4, [7])])
    add(
      .tcp(
        Endpoint(v4(127, 0, 0, 1), port: 8080), Endpoint(v4(127, 0, 0, 1), port: 50_000), .established,
        origin: .accept, queues: (78, 0)), holders: [(1, [12])])
    add(
      .tcp(
        Endpoint(v6(0xfe80 << 48, 0x5054_00ff_fe12_3456), port: 22),
        Endpoint(v6(0xfe80 << 48, 1), port: 60_001), .closeWait, origin: .accept), holders: [(7, [8])])
    edit(socket: 6) {
      $0.shutdown = [.receive]
      $0.interfaceIndex = 2
    }
  }

  mutating func edit(socket: Int, _ change: (inout Socket) -> Void) { change(&snapshot.sockets[socket]) }

  static func internals() -> TCPInternals {
    var tcp = TCPInternals()
    tcp.congestionName = (0x6369627563, 0)
    tcp.options = 7
    tcp.roundTripMicroseconds = 20_410
    tcp.roundTripVarianceMicroseconds = 1530
    tcp.minimumRoundTripMicroseconds = 19_002
    tcp.retransmitTimeoutMicroseconds = 224_000
    tcp.sendMaximumSegment = 1460
    tcp.receiveMaximumSegment = 1460
    tcp.pathMTU = 1500
    tcp.congestionWindow = 10
    tcp.slowStartThreshold = 0x7fff_ffff
    tcp.sendWindowScale = 7
    tcp.receiveWindowScale = 7
    tcp.totalRetransmits = 2
    tcp.sentBytes = 1024
    tcp.receivedBytes = 3_456_789
    tcp.ackedBytes = 1025
    tcp.retransmittedBytes = 512
    tcp.segmentsOut = 1210
    tcp.segmentsIn = 2401
    tcp.pacingRate = 1_300_000
    tcp.maximumPacingRate = .max
    tcp.deliveryRate = 890_000
    tcp.lastDataReceivedMilliseconds = 31
    return tcp
  }

  private mutating func addUnheld() {
    let local = v4(10, 0, 2, 15)
    let peer = Endpoint(v4(198, 51, 100, 7), port: 80)
    let absences: [(SocketState, HolderAbsence)] = [
      (.timeWait, .timeWait), (.finWait1, .orphaned), (.established, .notYetAccepted),
      (.established, .refused),
      (.synSent, .vanished), (.established, .inFlight),
    ]
    for (index, (state, absence)) in absences.enumerated() {
      add(.tcp(Endpoint(local, port: UInt16(50_001 + index)), peer, state, absence: absence))
    }
  }

  private mutating func addOtherFamilies() {
    add(
      .make(.inet, .datagram, .udp, .close) {
        $0.local = Endpoint(v4(127, 0, 0, 53), port: 53)
        ($0.receiveQueue, $0.sendQueue) = (0, 0)
        $0.userID = 101
      }, holders: [(6, [12])])
    add(
      .make(.unix, .stream, .unspecified, .listen) { ($0.receiveQueue, $0.sendQueue) = (0, 4096) },
      name: "/run/postgresql/.s.PGSQL.5432", holders: [(5, [6])])
    add(
      .make(.unix, .stream, .unspecified, .established) { $0.peerInode = 23_000 },
      name: RawText([0] + Array("/tmp/.X11-unix/X0".utf8)), holders: [(4, [9]), (5, [7])])
    var netlink = SocketDetail()
    netlink.netlink = NetlinkAddress(portID: 640, peerPortID: 0, groups: 1361)
    add(.make(.netlink, .raw, .unspecified, .close), detail: netlink, holders: [(6, [13])])
    add(.make(.netlink, .raw, .udp, .close) { $0.absence = .kernelOwned })
    add(
      .make(.packet, .packet, SocketProtocol(rawValue: 3), .close) { $0.interfaceIndex = 2 },
      holders: [(6, [14])])
  }

  /// Two processes and their sockets, named to take over a terminal, a spreadsheet and a parser.
  static func makeHostile() -> Fixture {
    var host = Fixture()
    let clear = host.add(
      pid: 666, RawText([0x1b] + Array("[2J\u{202e}evil\n".utf8)), started: 5,
      executable: RawText(Array("/tmp/\u{200b}a\u{0}b\"c\\x41".utf8) + [0xff, 0xfe]),
      arguments: ["=cmd|' /C calc'!A0", RawText([0x9b, 0x41]), "two\r\nlines\t,", "日本語 é e\u{301} 👩‍👩‍👧"],
      user: User(id: 6, name: "a\u{1b}]0;owned\u{7}"), ancestors: [(13, "\u{2066}sh\u{1b}[31m")])
    host.edit(clear) {
      $0.workingDirectory = "/tmp/\u{85}next"
      $0.container = Container(id: "<script>", runtime: "docker", name: "-web\u{202a}")
      $0.systemdUnit = #"dev-disk-by\x2duuid.device"#
    }
    let wide = host.add(pid: 667, "日本語のプロセス", started: 6, executable: "/opt/日本語/実行", arguments: ["日本"])
    host.add(
      .make(.unix, .stream, .unspecified, .listen), name: RawText([0] + Array("=1+1\u{0}\u{1b}[2J".utf8)),
      holders: [(clear, [3])])
    host.add(
      .make(.unix, .datagram, .unspecified, .close),
      name: RawText(Array("@not/abstract\n".utf8) + [0xc3, 0x28]),
      holders: [(wide, [4])])
    host.add(
      .tcp(Endpoint(v4(127, 0, 0, 1), port: 1), .listen, origin: .listen),
      holders: [(clear, [5]), (wide, [5])])
    host.gap(.sourceFailed, nil, "A source said \u{1b}[31mred\u{202e}.")
    return host
  }
}
