import KernelProc
import Testing

/// A fake `/proc` with one table in it.
private func withTable<Record>(
  _ name: String, _ content: [UInt8],
  _ read: (borrowing NetDirectory, inout ReadBuffer) -> ProcAnswer<NetTable<Record>>
) throws -> NetTable<Record> {
  let tree = try FakeTree()
  try tree.file("net/\(name)", content)
  let proc = try ProcFileSystem(path: tree.path)
  guard let net = proc.network().take() else { throw TableMissing() }
  // Less than a line at first: the buffer must grow and carry lines over.
  var buffer = ReadBuffer(capacity: 512)
  return try #require(read(net, &buffer).value)
}
private struct TableMissing: Error {}

private func inet(_ table: InetSocketRecord.Table) throws -> NetTable<InetSocketRecord> {
  try withTable(table.rawValue, try fixture("\(table.rawValue)-6.18")) { $0.sockets(table, &$1) }
}

@Suite struct NetTableTests {
  @Test("A TCP line gives addresses in network order, ports, state, queues, timer and inode")
  func tcp() throws {
    let table = try inet(.tcp)
    #expect(table.records.count == 6 && table.unreadableLines == 0)
    let listener = table.records[0]
    #expect(listener.localLow == 0x7f00_0001 && listener.localPort == 8081 && listener.state == 10)
    #expect(listener.receiveQueue == 1 && listener.inode == 9_809_265 && !listener.isIPv6)
    #expect(listener.drops == nil)
    let waiting = table.records[2]
    #expect(waiting.inode == 0 && waiting.receiveQueue == 1009 && waiting.peerPort == 0xad1c)
    let timeWait = table.records[4]
    #expect(timeWait.state == 6 && timeWait.timer == 3 && timeWait.timerTicks == 0x176e)
  }

  @Test("An IPv6 line gives both halves of the address")
  func tcp6() throws {
    let table = try inet(.tcp6)
    #expect(table.unreadableLines == 0 && table.records.count == 6)
    #expect(table.records.allSatisfy { $0.isIPv6 })
    #expect(table.records[0].localHigh == 0 && table.records[0].localLow == 1)
    let line =
      "   0: B80D0120000000000000000001000000:0016 00000000000000000000000000000000:0000 0A "
      + "00000000:00000000 00:00000000 00000000  1000        0 42 1 0 100 0 0 10 0\n"
    let other = try withTable("tcp6", Array(line.utf8)) { $0.sockets(.tcp6, &$1) }.records[0]
    #expect(other.localHigh == 0x2001_0db8_0000_0000 && other.localLow == 1 && other.userID == 1000)
  }

  @Test(
    "Datagram and raw lines give drops too",
    arguments: [
      (InetSocketRecord.Table.udp, 2, 5353), (.udp6, 2, 5354), (.udplite, 1, 5355), (.udplite6, 1, 5355),
      (.raw, 1, 89), (.raw6, 1, 89), (.icmp, 1, 77), (.icmp6, 2, 77),
    ])
  func datagrams(table: InetSocketRecord.Table, count: Int, port: Int) throws {
    let read = try inet(table)
    #expect(read.records.count == count && read.unreadableLines == 0)
    #expect(read.records.contains { Int($0.localPort) == port })
    #expect(read.records.allSatisfy { $0.drops == 0 && $0.isIPv6 == table.isIPv6 && $0.inode > 0 })
  }

  @Test("A UDP socket whose datagrams were dropped says how many")
  func drops() throws {
    let line =
      " 1523: 0100007F:14E9 00000000:0000 07 00000000:00000340 00:00000000 00000000     0        0 7 2 ab 19\n"
    #expect(try withTable("udp", Array(line.utf8)) { $0.sockets(.udp, &$1) }.records[0].drops == 19)
  }

  @Test("A unix name keeps blanks; an abstract one has @ for NUL")
  func unix() throws {
    let table = try withTable("unix", try fixture("unix-6.18")) { $0.unixSockets(&$1) }
    #expect(table.records.count == 7 && table.unreadableLines == 0)
    let named = table.records[0]
    #expect(named.name.text == "/tmp/sk proc/a b.sock" && named.isListening && named.type == 1)
    #expect(named.inode == 9_809_292 && named.state == 1 && !named.isAbstract)
    let abstract = table.records[6]
    #expect(abstract.name.text == "@abstract name@x" && abstract.isAbstract)
    #expect(table.records[2].name.isEmpty && table.records[2].type == 5 && table.records[2].state == 3)
  }

  @Test("The rest of a unix name behind a newline is counted as unreadable")
  func newline() throws {
    let text = "Num       RefCount Protocol Flags    Type St Inode Path\n00: 2 0 10000 1 01 5 /a\nb\n"
    let table = try withTable("unix", Array(text.utf8)) { $0.unixSockets(&$1) }
    #expect(table.records.count == 1 && table.unreadableLines == 1)
  }

  @Test("Packet sockets give protocol and interface")
  func packet() throws {
    let table = try withTable("packet", try fixture("packet-6.18")) { $0.packetSockets(&$1) }
    #expect(table.records.map(\.protocolNumber) == [3, 0x800])
    #expect(table.records.map(\.interfaceIndex) == [0, 1] && table.records.map(\.type) == [3, 2])
    #expect(table.unreadableLines == 0 && table.records[1].inode == 9_809_290)
  }

  @Test("Netlink sockets give protocol and port")
  func netlink() throws {
    let text = try fixture("netlink-6.18")
    let table = try withTable("netlink", text) { $0.netlinkSockets(&$1) }
    #expect(table.records.count == text.split(separator: 0x0a).count - 1 && table.unreadableLines == 0)
    #expect(table.records.contains { $0.protocolNumber == 0 && $0.groups == 0x51 && $0.port != 0 })
  }

  @Test("SCTP lines, in the form of net/sctp/proc.c, give every address of both ends")
  func sctp() throws {
    let eps =
      " ENDPT     SOCK   STY SST HBKT LPORT   UID INODE LADDRS\n"
      + "       1        2 2   10  23   9999      0 27310 0.0.0.0 \n"
    let endpoint = try withTable("sctp/eps", Array(eps.utf8)) { $0.sctpEndpoints(&$1) }
    #expect(endpoint.records[0].localPort == 9999 && endpoint.records[0].state == 10)
    #expect(endpoint.records[0].addresses.count == 1 && endpoint.records[0].inode == 27310)
    let assocs =
      " ASSOC     SOCK   STY SST ST HBKT ASSOC-ID TX_QUEUE RX_QUEUE UID INODE LPORT RPORT LADDRS\n"
      + "       1        2 2   1   3  0       7       11       13    1000 27311 45678  9999  "
      + "*127.0.0.1 fe80:0000:0000:0000:0000:0000:0000:0001 <-> *10.0.0.2 \t    7500    10    10   10    0\n"
    let read = try withTable("sctp/assocs", Array(assocs.utf8)) { $0.sctpAssociations(&$1) }
    let association = try #require(read.records.first)
    #expect(association.localAddresses.count == 2 && association.peerAddresses.map(\.low) == [0x0a00_0002])
    #expect(association.localAddresses[0].isPrimary && !association.localAddresses[1].isPrimary)
    #expect(association.localAddresses[1].high == 0xfe80_0000_0000_0000 && association.state == 3)
    #expect(association.sendQueue == 11 && association.receiveQueue == 13 && association.userID == 1000)
  }

  @Test("The counts of both versions, and the interface names, are read")
  func counts() throws {
    let tree = try FakeTree()
    for name in ["sockstat", "sockstat6", "dev"] { try tree.file("net/\(name)", try fixture("\(name)-6.18")) }
    let proc = try ProcFileSystem(path: tree.path)
    guard let net = proc.network().take() else { throw TableMissing() }
    var buffer = ReadBuffer()
    let statistics = try #require(net.statistics(&buffer).value)
    #expect(statistics.socketsUsed == 30 && statistics.tcpInUse == 5 && statistics.tcpTimeWait == 2)
    #expect(statistics.tcpAllocated == 11 && statistics.tcpMemory == 77 && statistics.rawInUse == 1)
    #expect(statistics.tcp6InUse == 5 && statistics.udp6InUse == 2)
    #expect(net.interfaceNames(&buffer).value?.map(\.text).first == "lo")
    #expect(net.sctpEndpoints(&buffer).value == nil)
  }
}
