import Model
import Testing
import ViewText

@testable import ViewNetstat

/// What the sections look like where there is no netstat to compare with.
@Suite struct NetstatViewTests {
  private func options(_ words: String) throws -> NetstatOptions {
    let request = NetstatOptions.parse(
      words.split(separator: " ").map(String.init), program: "netstat", isSELinuxEnabled: { true })
    guard case .run(let options) = request else { throw Failure() }
    return options
  }
  private struct Failure: Error {}

  private func text(_ body: (inout TextBuffer) -> Void) -> String {
    var text = TextBuffer()
    body(&text)
    return text.string
  }

  private var v4: IPAddress { IPAddress(v4: 0x0a09_0001) }
  private var v6: IPAddress { IPAddress(v6High: 0x2001_0db8_1111_2222, low: 0x3333_4444_5555_6666) }

  /// A listener, a connection over IPv6 with a timer, and a datagram socket; two processes hold the listener.
  private func snapshot() -> Snapshot {
    var snapshot = Snapshot()
    func socket(
      _ family: AddressFamily, _ type: SocketType, _ number: SocketProtocol, _ state: SocketState,
      _ local: Endpoint,
      _ peer: Endpoint, inode: UInt64
    ) -> Socket {
      var socket = Socket()
      (socket.family, socket.type, socket.protocol, socket.state) = (family, type, number, state)
      (socket.local, socket.peer, socket.inode, socket.userID) = (local, peer, inode, 1000)
      (socket.receiveQueue, socket.sendQueue) = (23, 128)
      return socket
    }
    snapshot.sockets = [
      socket(
        .inet6, .stream, .tcp, .established, Endpoint(v6, port: 443), Endpoint(v6, port: 61001), inode: 17),
      socket(
        .inet, .stream, .tcp, .listen, Endpoint(v4, port: 22), Endpoint(IPAddress(v4: 0), port: 0), inode: 19),
      socket(
        .inet, .datagram, .udp, .close, Endpoint(v4, port: 53), Endpoint(IPAddress(v4: 0), port: 0), inode: 23
      ),
    ]
    var detail = SocketDetail()
    detail.timer = SocketTimer()
    detail.timer?.kind = .probe
    detail.timer?.expiresMilliseconds = 7_019
    detail.timer?.retransmits = 5
    snapshot.details = [detail]
    snapshot.sockets[0].detailIndex = 0
    for (pid, argument) in [(4711, "/usr/sbin/server"), (813, "a\u{1b}title\\x")] {
      var process = Process(
        identity: ProcessIdentity(pid: ProcessID(Int32(pid)), startTicks: 1), name: "x",
        parentPID: ProcessID(1))
      process.arguments = [RawText(argument)]
      snapshot.processes.append(process)
    }
    snapshot.holdings = [
      Holding(socket: 1, process: 0, descriptor: 3), Holding(socket: 1, process: 1, descriptor: 3),
    ]
    snapshot.sockets[1].holdingCount = 2
    return snapshot
  }

  private func internet(_ words: String, _ names: NetstatNames = NetstatNames()) throws -> String {
    let snapshot = snapshot()
    let options = try options(words)
    let view = NetstatSockets(
      options, names: names,
      programs: NetstatPrograms(snapshot, all: options.better, contexts: [ProcessID(813): "system_u:r"]))
    return text { text in
      view.appendInternetHeader(to: &text)
      for table in [SocketTable.tcp, .udp] {
        view.appendInternet(table, of: snapshot, to: &text, flush: { _ in true })
      }
    }
  }

  @Test("Internet sockets with owner, inode, the process with the lowest pid, and timer; IPv4 before IPv6")
  func sockets() throws {
    #expect(
      try internet("-tuanpeo") == """
        Active Internet connections (servers and established)
        Proto Recv-Q Send-Q Local Address           Foreign Address         State       User       Inode      PID/Program name     Timer
        tcp       23      0 10.9.0.1:22             0.0.0.0:*               LISTEN      1000       19         813/a\\x1btitle\\x     off (0.00/0/0)
        tcp6      23    128 2001:db8:1111:2222::443 2001:db8:1111:222:61001 ESTABLISHED 1000       17         -                    probe (7.01/0/5)
        udp       23    128 10.9.0.1:53             0.0.0.0:*                           1000       23         -                    off (0.00/0/0)

        """)
  }

  @Test("Names take the place of numbers, and --better cuts nothing")
  func names() throws {
    var names = NetstatNames()
    names.hosts = [v4: "a-host.example.org", v6: "six.example.org"]
    names.tcpPorts = [22: "ssh", 443: "https"]
    names.udpPorts = [53: "domain"]
    names.users = [1000: "alice"]
    let named = try internet("-tua", names)
    #expect(named.contains(" a-host.example.org:ssh  0.0.0.0:*  "))
    #expect(named.contains(" six.example.org:https   six.example.org:61001   ESTABLISHED"))
    #expect(named.contains(" a-host.example.o:domain "))
    #expect(try internet("-tean", names).contains(" 1000       19        "))
    #expect(try internet("-tea", names).contains(" alice      19        "))
    let better = try internet("-tanp --better", names)
    #expect(better.contains("2001:db8:1111:2222:3333:4444:5555:6666:443 "))
    #expect(better.contains(" 4711/server,813/a\\x1btitle\\x 0\n"))
    #expect(try internet("-tanZ").contains(" system_u:r  "))
  }

  @Test("Filters: servers have no peer, others have one")
  func filters() throws {
    func rows(_ words: String) throws -> [Substring] {
      try internet(words).split(separator: "\n").dropFirst(2).map { $0.prefix(4) }
    }
    #expect(try rows("-tun") == ["tcp6"])
    #expect(try rows("-tunl") == ["tcp ", "udp "])
    #expect(try rows("-tunla") == ["tcp ", "tcp6", "udp "])
    #expect(try rows("-tunla4") == ["tcp ", "udp "])
  }

  @Test("Unix sockets, their paths up to a blank, and whole where they are known")
  func unix() throws {
    let rows = [
      UnixTableRow(
        inode: 17, type: .stream, state: 1, isListening: true, references: 2, name: "/run/a b.sock"),
      UnixTableRow(
        inode: 19, type: .sequencedPacket, state: 3, isListening: false, references: 3, name: "@abs\u{7}"),
      UnixTableRow(inode: 0, type: .datagram, state: 2, isListening: false, references: 1, name: ""),
    ]
    let view = NetstatSockets(try options("-xa"), names: NetstatNames(), programs: NetstatPrograms())
    let printed = text { text in
      view.appendUnixHeader(to: &text)
      view.appendUnix(rows, to: &text, flush: { _ in true })
    }
    #expect(
      printed == """
        Active UNIX domain sockets (servers and established)
        Proto RefCnt Flags       Type       State         I-Node   Path
        unix  2      [ ACC ]     STREAM     LISTENING     17       /run/a
        unix  3      [ ]         SEQPACKET  CONNECTED     19       @abs\\x07
        unix  1      [ ]         DGRAM      CONNECTING    0        \("")

        """)
  }

  @Test("--better: whole paths, the namespace, and no reference count where none is known")
  func everyUnix() throws {
    var snapshot = Snapshot()
    for (inode, name) in [(17, "/run/a b.sock"), (19, "\0abs\u{7}")] {
      var socket = Socket()
      (socket.family, socket.type, socket.state, socket.inode) = (.unix, .stream, .listen, UInt64(inode))
      socket.netns = NetworkNamespace(4_026_531_840)
      socket.nameIndex = Int32(snapshot.names.count)
      snapshot.names.append(RawText(name))
      snapshot.sockets.append(socket)
    }
    snapshot.namespaces = [
      NamespaceInfo(namespace: NetworkNamespace(4_026_531_840), name: "blue", isOwn: false)
    ]
    let view = NetstatSockets(try options("-xl --better"), names: NetstatNames(), programs: NetstatPrograms())
    let printed = text { text in
      view.appendUnixHeader(to: &text)
      view.appendEveryUnix(snapshot, references: [17: 3], to: &text, flush: { _ in true })
    }
    #expect(
      printed == """
        Active UNIX domain sockets (only servers)
        Proto RefCnt Flags       Type       State         I-Node   Netns      Path
        unix  3      [ ACC ]     STREAM     LISTENING     17       blue       /run/a b.sock
        unix  -      [ ACC ]     STREAM     LISTENING     19       blue       @abs\\x07

        """)
  }

  @Test("SCTP has a line for each further address")
  func sctp() throws {
    let endpoint = SCTPTableRow(
      inode: 17, userID: 1000, isAssociation: false, state: 10, receiveQueue: 0, sendQueue: 0,
      localPort: 9999,
      peerPort: 0, localAddresses: [v4, v6], peerAddresses: [])
    var association = endpoint
    association.isAssociation = true
    association.state = 1
    association.peerPort = 4711
    association.peerAddresses = [v4]
    let view = NetstatSockets(try options("-Sane"), names: NetstatNames(), programs: NetstatPrograms())
    #expect(
      text { view.appendSCTP([endpoint, association], of: Snapshot(), to: &$0) }
        .split(separator: "\n", omittingEmptySubsequences: false) == [
          "sctp                10.9.0.1:9999                                   LISTEN     ",
          "                    2001:db8:1111:2222:3333:4444:5555:6666:9999                 1000       17        ",
          "sctp       0      0 10.9.0.1:9999           10.9.0.1:4711           ESTABLISHED",
          "                    2001:db8:1111:2222:3333:4444:5555:6666                                     1000       17        ",
          "",
        ])
  }

  @Test("With --better a row of SCTP ends in its network namespace, as the others do")
  func sctpNamespace() throws {
    let endpoint = SCTPTableRow(
      inode: 17, userID: 0, isAssociation: false, state: 10, receiveQueue: 0, sendQueue: 0, localPort: 9999,
      peerPort: 0, localAddresses: [v4], peerAddresses: [])
    var snapshot = Snapshot()
    let view = NetstatSockets(
      try options("-Sa --better"), names: NetstatNames(), programs: NetstatPrograms())
    #expect(text { view.appendSCTP([endpoint], of: snapshot, to: &$0) }.hasSuffix("LISTEN      -\n"))
    snapshot.namespaces = [
      NamespaceInfo(namespace: NetworkNamespace(7), name: "other", isOwn: false),
      NamespaceInfo(namespace: NetworkNamespace(8), name: nil, isOwn: true),
    ]
    #expect(text { view.appendSCTP([endpoint], of: snapshot, to: &$0) }.hasSuffix("LISTEN      8\n"))
  }

  @Test("Routes of IPv4 in the three forms, and IPv6")
  func routes() throws {
    func route(_ flags: RouteFlags, _ mask: UInt32, _ gateway: UInt32, _ interface: RawText) -> Route {
      var route = Route(
        destination: IPAddress(v4: mask == 0 ? 0 : 0x0a00_0000), prefixLength: 8, mask: mask,
        gateway: IPAddress(v4: gateway), interface: interface, flags: flags, metric: 100, references: 0,
        use: 0)
      route.mtu = 1400
      return route
    }
    let routes = [
      route([.up, .gateway], 0, 0x0a09_0002, "eth0"), route([.up, .reject, .host], 0xff00_0000, 0, "*"),
      route([.gateway], 0, 1, "down"),
    ]
    func print(_ words: String) throws -> String {
      let view = NetstatRoutes(try options(words), names: NetstatNames())
      return text { view.appendIPv4(routes, to: &$0) }
    }
    #expect(
      try print("-r") == """
        Kernel IP routing table
        Destination     Gateway         Genmask         Flags   MSS Window  irtt Iface
        default         10.9.0.2        0.0.0.0         UG     1400 0          0 eth0
        10.0.0.0        -               255.0.0.0       !H        - -          - -

        """)
    #expect(
      try print("-rne").contains(
        "0.0.0.0         10.9.0.2        0.0.0.0         UG    100    0        0 eth0\n"))
    #expect(try print("-rnee").contains("!H    100    -        0 -        -     -      -\n"))
    let six = Route(
      destination: v6, prefixLength: 128, mask: 0, gateway: IPAddress(v6High: 0, low: 0), interface: "eth0",
      flags: [.up, .noNextHop], metric: -1, references: 1, use: 7)
    let view = NetstatRoutes(try options("-r6"), names: NetstatNames())
    #expect(
      text { view.appendIPv6([six], cached: false, to: &$0) }.hasSuffix(
        "\n2001:db8:1111:2222:3333:4444:5555:6666/128 [::]                       Un   -1  1      7 eth0\n"))
    #expect(text { view.appendIPv6([six], cached: true, to: &$0) }.split(separator: "\n").count == 2)
  }

  @Test("Interfaces sort by the numbers in their names")
  func order() {
    let names = ["eth10", "eth2", "lo", "eth1:10", "eth1:2", "eth1", "a", "eth", "eth01"]
    #expect(
      names.sorted { InterfaceName(RawText($0)) < InterfaceName(RawText($1)) }
        == ["a", "eth", "eth01", "eth1", "eth1:2", "eth1:10", "eth2", "eth10", "lo"])
  }

  @Test("An interface as a line and as a card; volumes are cut, not rounded")
  func interface() {
    var interface = NetworkInterface(name: "eth0", flags: [.up, .broadcast, .running, .multicast])
    interface.mtu = 1500
    interface.hardwareType = 1
    interface.hardwareAddress = [2, 0, 0xfe, 4, 5, 6, 0, 0]
    interface.queueLength = 1000
    interface.address = InterfaceAddress(
      address: v4, netmask: IPAddress(v4: 0xffff_ff00), broadcast: IPAddress(v4: 0x0a09_00ff), destination: v4
    )
    interface.addresses6 = [InterfaceAddress6(address: v6, prefixLength: 64, scope: 0)]
    interface.counters = InterfaceCounters(
      receivedBytes: 2_097_151, receivedPackets: 17, receiveErrors: 1, receiveDrops: 2, receiveFIFOErrors: 3,
      receiveFrameErrors: 4, sentBytes: 1024, sentPackets: 18, sendErrors: 5, sendDrops: 6, sendFIFOErrors: 7,
      collisions: 8, carrierErrors: 9)
    #expect(
      text { NetstatInterfaces.append(interface, to: &$0) }
        == "eth0             1500       17      1      2 3            18      5      6      7 BMRU\n")
    #expect(
      text { NetstatInterfaces.appendCard(of: interface, to: &$0) } == """
        eth0: flags=4163<UP,BROADCAST,RUNNING,MULTICAST>  mtu 1500
                inet 10.9.0.1  netmask 255.255.255.0  broadcast 10.9.0.255
                inet6 2001:db8:1111:2222:3333:4444:5555:6666  prefixlen 64  scopeid 0x0<global>
                ether 02:00:fe:04:05:06  txqueuelen 1000  (Ethernet)
                RX packets 17  bytes 2097151 (1.9 MiB)
                RX errors 1  dropped 2  overruns 3  frame 4
                TX packets 18  bytes 1024 (1024.0 B)
                TX errors 5  dropped 6 overruns 7  carrier 9  collisions 8


        """)
  }

  @Test("Groups by interface")
  func groups() throws {
    let printed = text {
      NetstatGroups.append(
        [MulticastMembership(interface: "eth0", users: 2, group: v4)], try! options("-g"),
        names: NetstatNames(), to: &$0)
    }
    #expect(
      printed.hasSuffix("--------------- ------ ---------------------\neth0            2      10.9.0.1\n"))
  }

  @Test(
    "Statistics: prose, histograms, hidden ones, names where there is no prose, and what netstat's search misses"
  )
  func statistics() throws {
    func table(_ title: String, _ values: [(String, UInt64)]) -> CounterTable {
      CounterTable(title: title, counters: values.map { .init(name: $0.0, value: $0.1) })
    }
    let tables = [
      table(
        "Ip", [("Forwarding", 1), ("DefaultTTL", 64), ("InReceives", 23), ("OutNoRoutes", 0), ("New", 7)]),
      table("Icmp", [("InMsgs", 0), ("InEchos", 5), ("OutMsgs", 3), ("OutEchos", 0)]),
      table("IcmpMsg", [("InType8", 5), ("OutType3", 0)]),
      table("Tcp", [("ActiveOpens", 1)]),
    ]
    func print(_ words: String) throws -> String {
      var view = NetstatStatistics(try options(words))
      return text { view.append(tables, to: &$0) }
    }
    #expect(
      try print("-sw") == """
        Ip:
            Forwarding: 1
            23 total packets received
            New: 7
        Icmp:
            0 ICMP messages received
            ICMP input histogram:
                echo requests: 5
            3 ICMP messages sent
            ICMP output histogram:
        IcmpMsg:
                InType8: 5

        """)
    #expect(try print("-s --better").contains("Forwarding") == false)
    #expect(try print("-st") == "IcmpMsg:\n    InType8: 5\nTcp:\n    1 active connection openings\n")
  }
}
