import Model
import Testing
import ViewFixtures
import ViewText

@testable import ViewNetstat

/// Rows of what the suite's kernels lack: the sockets are made up, and the rows frozen.
@Suite struct SSTableTests {
  private func text(
    _ words: [String], width: Int? = nil, names: SSNames = SSNames(), holders: HolderList = HolderList(),
    filter: SSFilter? = nil, _ body: (inout SSTable) -> Void
  ) throws -> String {
    let host = SSCommandLine.Host(
      enterNamespace: { _ in nil }, hasSELinux: { true }, cannotRead: { _ in nil })
    guard case .run(let options) = SSCommandLine.read(program: "ss", arguments: words, host: host) else {
      throw Failure()
    }
    let output = Collected()
    var table = SSTable(
      options, filter: filter, holders: holders, names: names, screenWidth: width,
      sink: { output.take($0) })
    body(&table)
    table.flush()
    return output.text
  }
  private struct Failure: Error {}
  private final class Collected {
    private(set) var bytes: [UInt8] = []
    var text: String { String(decoding: bytes, as: UTF8.self) }
    func take(_ chunk: Span<UInt8>) -> Bool {
      for index in chunk.indices { bytes.append(chunk[index]) }
      return true
    }
  }

  private func expectGolden(_ text: String, _ name: String) {
    let difference = Golden.difference(text, name, testFile: #filePath)
    #expect(difference == nil, "\(difference ?? "")")
  }

  private func tcp(
    _ port: UInt16, _ extras: [SocketExtra] = [], _ change: (inout SocketRow) -> Void = { _ in }
  )
    -> SocketRow
  {
    var socket = Socket()
    socket.family = .inet
    socket.type = .stream
    socket.protocol = .tcp
    socket.state = .established
    socket.local = Endpoint(IPAddress(v4: 0x7f00_0001), port: port)
    socket.peer = Endpoint(IPAddress(v4: 0x0a00_0002), port: 443)
    socket.inode = 4711
    socket.cookie = SocketCookie(0x2a)
    socket.userID = 1000
    socket.receiveQueue = 7
    var row = SocketRow(socket: socket)
    var detail = SocketDetail()
    detail.tcp = TCPInternals()
    detail.tcp?.reordering = 3
    detail.extras = extras
    row.detail = detail
    change(&row)
    return row
  }

  @Test("Congestion controls, upper layers and signature keys of TCP")
  func tcpExtras() throws {
    var dctcp = DCTCPInternals()
    dctcp.isEnabled = true
    dctcp.alpha = 1024
    var bbr = BBRInternals()
    bbr.bandwidth = 1_250_000
    bbr.minimumRoundTripMicroseconds = 23_500
    bbr.pacingGain = 739
    bbr.windowGain = 512
    var tls = TLSInternals()
    tls.version = 0x0304
    tls.cipher = 52
    tls.receiveConfiguration = 2
    tls.sendConfiguration = 9
    tls.sendsWithoutCopy = true
    var subflow = MPTCPSubflow()
    subflow.flags = 0x141
    (subflow.remoteToken, subflow.localToken, subflow.remoteID, subflow.localID) = (0xab, 0xcd_ef12, 1, 2)
    subflow.mapSequence = 0x1234_5678_9abc
    subflow.mapLength = 23
    let keys = [
      SignatureKey(prefix: AddressPrefix(IPAddress(v4: 0x0a00_0002)), key: Array("se cret,\\".utf8)),
      SignatureKey(
        prefix: AddressPrefix(IPAddress(v6High: 0x2001_0db8_0000_0000, low: 0), length: 32), key: [0, 255]),
    ]
    let rows = [
      tcp(1, [.dctcp(dctcp)]), tcp(2, [.dctcp(DCTCPInternals())]), tcp(3, [.bbr(bbr)]),
      tcp(4, [.vegas(isEnabled: true, roundTripMicroseconds: 2000)]) {
        $0.detail?.tcp?.congestionWindow = 10
        $0.detail?.tcp?.sendMaximumSegment = 1448
        $0.detail?.tcp?.roundTripMicroseconds = 1000
      },
      tcp(5, [.upperLayer(0x73_6c74, 0), .tls(tls)]),
      tcp(6, [.upperLayer(0x70_6370_746d, 0), .subflow(subflow)]),
      tcp(7, [.signatureKeys(keys)]),
    ]
    for (words, name) in [(["-tniO"], "ss-tcp-extras.txt"), (["-tiO"], "ss-tcp-extras-units.txt")] {
      expectGolden(try text(words) { table in for row in rows { table.internet(row) } }, name)
    }
  }

  @Test("Every field of the internals, in ss's order")
  func internals() throws {
    let row = tcp(1) { row in
      var tcp = TCPInternals()
      tcp.congestionName = (0x63_6962_7563, 0)
      tcp.options = 63
      (tcp.sendWindowScale, tcp.receiveWindowScale, tcp.backoff) = (7, 9, 2)
      tcp.retransmitTimeoutMicroseconds = 204_000
      (tcp.roundTripMicroseconds, tcp.roundTripVarianceMicroseconds) = (1_234_567, 89)
      tcp.delayedAckTimeoutMicroseconds = 40_000
      (tcp.sendMaximumSegment, tcp.pathMTU, tcp.receiveMaximumSegment, tcp.advertisedMaximumSegment) = (
        1448, 1500, 536, 1460
      )
      (tcp.congestionWindow, tcp.slowStartThreshold) = (10, 7)
      (tcp.sentBytes, tcp.retransmittedBytes, tcp.ackedBytes, tcp.receivedBytes) = (1000, 23, 900, 1 << 40)
      (tcp.segmentsOut, tcp.segmentsIn, tcp.dataSegmentsOut, tcp.dataSegmentsIn) = (11, 13, 17, 19)
      (tcp.lastDataSentMilliseconds, tcp.lastDataReceivedMilliseconds, tcp.lastAckReceivedMilliseconds) = (
        1, 2, 3
      )
      (tcp.pacingRate, tcp.maximumPacingRate, tcp.deliveryRate) = (12_345, 1 << 50, 999)
      (tcp.delivered, tcp.deliveredMarked, tcp.isApplicationLimited) = (5, 6, true)
      tcp.busyMicroseconds = 7000
      (tcp.receiveWindowLimitedMicroseconds, tcp.sendBufferLimitedMicroseconds) = (2333, 1000)
      (tcp.unackedSegments, tcp.retransmittedSegments, tcp.totalRetransmits) = (1, 2, 3)
      (tcp.lostSegments, tcp.sackedSegments, tcp.duplicateSacks) = (4, 5, 6)
      (tcp.reordering, tcp.reorderingSeen) = (23, 1)
      (tcp.receiverRoundTripMicroseconds, tcp.receiveSpace, tcp.receiveSlowStartThreshold) = (
        500, 14600, 64000
      )
      (tcp.notSentBytes, tcp.minimumRoundTripMicroseconds) = (77, 20)
      (tcp.outOfOrderPackets, tcp.sendWindow) = (8, 65536)
      row.detail?.tcp = tcp
      row.detail?.memory = SocketMemory()
    }
    expectGolden(try text(["-tmieO"]) { $0.internet(row) }, "ss-internals.txt")
  }

  @Test("SCTP: an endpoint, and its associations beneath it")
  func sctp() throws {
    func row(_ state: UInt8, _ tag: UInt32) -> SocketRow {
      tcp(1) { row in
        row.socket.protocol = .sctp
        row.socket.state = .listen
        var info = SCTPInternals()
        (info.tag, info.state, info.receiveWindow, info.peerTag, info.noDelay) = (tag, 3, 106_496, 0xbeef, 1)
        let addresses = [IPAddress(v4: 0x7f00_0001), IPAddress(v6High: 0, low: 1)]
        row.detail?.extras = [.sctpState(state), .sctp(info), .addresses(local: addresses, peer: addresses)]
      }
    }
    let shown = try text(["-Saine"]) { table in
      for number in 0...7 { table.internet(row(UInt8(number), 0xabc)) }
    }
    expectGolden(shown, "ss-sctp.txt")
  }

  @Test("MPTCP, vsock, XDP and TIPC")
  func others() throws {
    var mptcp = MPTCPInternals()
    (mptcp.subflows, mptcp.maximumSubflows, mptcp.flags, mptcp.token) = (2, 8, 3, 0xdead)
    (mptcp.writeSequence, mptcp.receiveNext) = (0x1234_5678_9abc, 7)
    let connection = tcp(1, [.mptcp(mptcp)]) { $0.socket.protocol = .mptcp }
    var vsock = Socket()
    (vsock.family, vsock.type, vsock.state) = (.vsock, .stream, .listen)
    var vsockRow = SocketRow(socket: vsock, detail: SocketDetail())
    vsockRow.detail?.vsock = VsockAddress(
      localContextID: .max, localPort: 1024, peerContextID: 2, peerPort: .max)
    var xdp = XDPInternals()
    (xdp.queue, xdp.receiveRing, xdp.sendRing, xdp.fillRing, xdp.completionRing) = (3, 2048, nil, 4096, 1024)
    xdp.area = XDPInternals.Area()
    xdp.statistics = [1, 2, 3, 4, 5, 6]
    var xdpSocket = Socket()
    (xdpSocket.family, xdpSocket.interfaceIndex, xdpSocket.inode) = (.xdp, 2, 4711)
    var xdpRow = SocketRow(socket: xdpSocket, detail: SocketDetail())
    xdpRow.detail?.extras = [.xdp(xdp)]
    var tipc = TIPCInternals()
    (tipc.node, tipc.port, tipc.isPublished, tipc.isLinkCongested, tipc.drops) = (1, 2, true, true, 7)
    tipc.peer = TIPCInternals.Peer()
    tipc.peer?.service = (4711, 23)
    var tipcSocket = Socket()
    (tipcSocket.family, tipcSocket.type, tipcSocket.state) = (.tipc, .stream, .established)
    var tipcRow = SocketRow(socket: tipcSocket, detail: SocketDetail())
    tipcRow.detail?.extras = [.tipc(tipc)]
    for (words, name) in [
      (["-aie", "--tipcinfo", "--vsock", "--xdp", "--tipc", "-M"], "ss-others.txt"),
      (["-aieOn", "--tipcinfo", "--vsock", "--xdp", "--tipc", "-M"], "ss-others-oneline.txt"),
    ] {
      let names = SSNames(interface: { $0 == 2 ? Array("eth0".utf8) : nil })
      expectGolden(
        try text(words, names: names) { table in
          table.internet(connection)
          table.vsock(vsockRow)
          table.tipc(tipcRow)
          table.xdp(xdpRow)
        }, name)
    }
  }

  @Test("Contexts of SELinux, of processes and of sockets")
  func contexts() throws {
    var holders = HolderList()
    holders.tasks = [
      .init(pid: 1, threadID: 1, name: "systemd", context: "system_u:system_r:init_t:s0"),
      .init(pid: 823, threadID: 824, name: "nginx"),
    ]
    holders.descriptors = [
      .init(task: 1, number: 6), .init(task: 0, number: 23, context: "system_u:system_r:init_t:s0"),
    ]
    let row = tcp(1) { $0.holders = 0..<2 }
    for (words, name) in [
      (["-tZ"], "ss-context.txt"), (["-tz"], "ss-contexts.txt"), (["-tzT"], "ss-contexts-threads.txt"),
    ] {
      expectGolden(try text(words, holders: holders) { $0.internet(row) }, name)
    }
  }

  @Test("Names that would command a terminal are escaped; others stay as they are")
  func hostileNames() throws {
    var holders = HolderList()
    holders.tasks = [.init(pid: 1, threadID: 1, name: "a\u{1b}[2J\n)b")]
    holders.descriptors = [.init(task: 0, number: 3)]
    let shown = try text(["-tnp"], holders: holders) { table in table.internet(tcp(1) { $0.holders = 0..<1 })
    }
    #expect(shown.contains(#"(("a\x1b[2J\n)b",pid=1,fd=3))"#))
    var socket = Socket()
    (socket.family, socket.type, socket.inode) = (.unix, .datagram, 1)
    let unix = try text(["-xa"]) { table in
      table.unix(SocketRow(socket: socket, name: RawText(Array("/run/größe \\ x\0".utf8))))
      table.unix(SocketRow(socket: socket, name: RawText([0, 0x1b, 0, 65])))
    }
    #expect(unix.contains("/run/größe ") && unix.contains(#"@\x1b@A"#) && !unix.contains("\u{1b}"))
  }

  @Test("When the reader goes away it stops")
  func brokenPipe() throws {
    var chunks = 0
    let host = SSCommandLine.Host(
      enterNamespace: { _ in nil }, hasSELinux: { false }, cannotRead: { _ in nil })
    guard case .run(let options) = SSCommandLine.read(program: "ss", arguments: ["-t"], host: host) else {
      throw Failure()
    }
    var table = SSTable(
      options, filter: nil, holders: HolderList(), names: SSNames(), screenWidth: nil,
      sink: { _ in
        chunks += 1
        return false
      })
    for _ in 0..<4711 { table.internet(tcp(1)) }
    table.flush()
    table.internet(tcp(1))
    table.flush()
    #expect(chunks == 1 && !table.isOpen)
  }
}
