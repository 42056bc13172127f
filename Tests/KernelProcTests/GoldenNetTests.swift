import CLinux
import Glibc
import KernelSystem
import Testing

@testable import KernelProc

/// A line of `truth-6.18`: what the program that made a socket knows of it.
private struct Truth {
  let table: String
  let inode: UInt64
  let type: String
  let state: String
  let local: (address: String, port: UInt16)
  let peer: (address: String, port: UInt16)
  let name: [UInt8]

  static func all() throws -> [Truth] {
    try Fixture.text("truth").split(separator: 0x0a).map { line in
      let words = String(decoding: line, as: UTF8.self).split(separator: " ").map(String.init)
      return Truth(
        table: words[0], inode: UInt64(words[1])!, type: words[2], state: words[3],
        local: (words[4], UInt16(words[5])!), peer: (words[6], UInt16(words[7])!),
        name: words[8] == "-" ? [] : bytes(ofHex: words[8]))
    }
  }

  private static func bytes(ofHex text: String) -> [UInt8] {
    let digits = text.utf8.map { UInt8($0.digit(radix: 16)!) }
    return stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
  }
}

/// The address as `InetSocketRecord` has it; `-` is the unspecified one.
private func address(_ text: String) -> (high: UInt64, low: UInt64) {
  var raw = [UInt8](repeating: 0, count: 16)
  if text == "-" { return (0, 0) }
  if text.contains(":") {
    precondition(inet_pton(AF_INET6, text, &raw) == 1)
  } else {
    precondition(inet_pton(AF_INET, text, &raw) == 1)
    raw = [UInt8](repeating: 0, count: 12) + raw[..<4]
  }
  func half(_ bytes: ArraySlice<UInt8>) -> UInt64 { bytes.reduce(0) { $0 << 8 | UInt64($1) } }
  return (half(raw[..<8]), half(raw[8...]))
}

private func table<Record: NetTableRecord & Sendable>(_ name: String, of type: Record.Type) throws
  -> NetTable<Record>
{
  var table = NetTable<Record>()
  let text = try Fixture.text("net-" + name)
  table.append(parsing: text.span)
  return table
}

@Suite("Tables of /proc/net, as kernel 6.18 wrote them")
struct GoldenNetTests {
  @Test("Every line but the header is a record", arguments: InetSocketRecord.Table.allCases)
  func wholeTables(_ kind: InetSocketRecord.Table) throws {
    let read = try table(kind.rawValue, of: InetSocketRecord.self)
    #expect(read.records.count == (try Fixture.text("net-" + kind.rawValue)).count { $0 == 0x0a } - 1)
    #expect(read.unreadableLines == 0)
    #expect(read.records.allSatisfy { $0.isIPv6 == kind.isIPv6 })
  }

  @Test("Every internet socket has the addresses, ports and state that its maker knows")
  func internetSockets() throws {
    var records: [UInt64: InetSocketRecord] = [:]
    for kind in InetSocketRecord.Table.allCases {
      for record in try table(kind.rawValue, of: InetSocketRecord.self).records where record.inode != 0 {
        #expect(records.updateValue(record, forKey: record.inode) == nil)
      }
    }
    var count = 0
    for truth in try Truth.all() where ["tcp", "udp", "udplite", "raw", "icmp"].contains(truth.table) {
      let record = try #require(records[truth.inode])
      let (local, peer) = (address(truth.local.address), address(truth.peer.address))
      #expect(record.localHigh == local.high && record.localLow == local.low, "\(truth)")
      #expect(record.localPort == truth.local.port, "\(truth)")
      #expect(record.peerHigh == peer.high && record.peerLow == peer.low, "\(truth)")
      #expect(record.peerPort == truth.peer.port, "\(truth)")
      #expect(record.state == ["established": 1, "unconnected": 7, "listening": 10][truth.state], "\(truth)")
      count += 1
    }
    #expect(count == 165)
  }

  @Test("Connections in TIME-WAIT have no inode, and a timer")
  func timeWait() throws {
    let waiting = try table("tcp", of: InetSocketRecord.self).records.filter { $0.state == 6 }
    #expect(waiting.count == 23)
    #expect(waiting.allSatisfy { $0.inode == 0 && $0.timer == 3 && $0.timerTicks > 5_000 && $0.drops == nil })
  }

  @Test("Half-open connections have no inode, and connections that wait for accept have none either")
  func withoutInode() throws {
    let records = try table("tcp", of: InetSocketRecord.self).records
    #expect(records.filter { $0.state == 3 }.count == 5)
    #expect(records.filter { $0.state == 3 }.allSatisfy { $0.inode == 0 && $0.timer == 1 })
    #expect(records.filter { $0.state == 1 && $0.inode == 0 }.count == 23)
    #expect(records.filter { $0.state == 10 && $0.receiveQueue == 23 }.count == 1)
  }

  @Test("UDP tells the datagrams that wait and that were dropped, TCP does not")
  func queuesAndDrops() throws {
    let udp = try table("udp", of: InetSocketRecord.self).records
    #expect(udp.map(\.receiveQueue).filter { $0 != 0 } == [0x1040])
    for name in ["udp", "udp6", "udplite", "udplite6", "raw", "raw6", "icmp", "icmp6"] {
      #expect(try table(name, of: InetSocketRecord.self).records.allSatisfy { $0.drops == 0 })
    }
    for name in ["tcp", "tcp6"] {
      #expect(try table(name, of: InetSocketRecord.self).records.allSatisfy { $0.drops == nil })
    }
  }

  @Test("Every unix socket has its type, state and name; a newline in a name cuts it, and is counted")
  func unixSockets() throws {
    let read = try table("unix", of: UnixSocketRecord.self)
    let records = Dictionary(uniqueKeysWithValues: read.records.map { ($0.inode, $0) })
    var cutCount = 0
    for truth in try Truth.all() where truth.table == "unix" {
      let record = try #require(records[truth.inode])
      #expect(record.type == ["stream": 1, "dgram": 2, "seqpacket": 5][truth.type])
      #expect(record.isListening == (truth.state == "listening"))
      if truth.state == "established" { #expect(record.state == 3) }
      let isAbstract = truth.name.first == 0
      var name = isAbstract ? truth.name.map { $0 == 0 ? UInt8(ascii: "@") : $0 } : truth.name
      if let newline = name.firstIndex(of: 0x0a) {
        name.removeSubrange(newline...)
        cutCount += 1
      }
      #expect(record.name == name)
      #expect(record.isAbstract == isAbstract)
    }
    #expect(read.records.count == 25)
    #expect(cutCount == 2)
    #expect(read.unreadableLines == 2)
  }

  @Test("Packet sockets have type, protocol, interface and queue")
  func packetSockets() throws {
    let read = try table("packet", of: PacketSocketRecord.self)
    #expect(read.unreadableLines == 0)
    #expect(read.records.map(\.inode) == [11_752_078, 11_752_079, 11_752_080])
    #expect(read.records.map(\.type) == [3, 2, 3])
    #expect(read.records.map(\.protocolNumber) == [0, 0x0800, 3])
    #expect(read.records.map(\.interfaceIndex) == [0, 0, 1])
    #expect(read.records.map(\.isRunning) == [false, true, true])
    #expect(read.records.map(\.receiveMemory) == [0, 123_284, 213_244])
    #expect(read.records.allSatisfy { $0.userID == 0 })
  }

  @Test("Netlink sockets have protocol, port and groups; port 0 is the kernel's end")
  func netlinkSockets() throws {
    let read = try table("netlink", of: NetlinkSocketRecord.self)
    #expect(read.unreadableLines == 0)
    #expect(read.records.count == 13)
    let first = try #require(read.records.first)
    #expect(first.protocolNumber == 0 && first.port == 3_648_709_406 && first.groups == 1)
    #expect(first.inode == 11_752_086 && !first.isDumping && first.drops == 0)
    #expect(read.records.filter { $0.port == 0 }.count == 8)
    let known = Set(read.records.filter { $0.port != 0 }.map(\.inode))
    #expect(known == Set(try Truth.all().filter { $0.table == "netlink" }.map(\.inode)))
  }

  @Test("A port that an old kernel printed signed is the same port")
  func signedPort() {
    var read = NetTable<NetlinkSocketRecord>()
    read.append(parsing: bytes("00000000ff81fee4 0   -4103  00000551 0 0 (null) 2 0 4\n").span)
    #expect(read.unreadableLines == 1)
    read.append(parsing: bytes("00000000ff81fee4 0   -4103  00000551 0 0 0 2 0 4\n").span)
    #expect(read.records.map(\.port) == [4_294_963_193])
  }

  @Test("Socket statistics are those of both files")
  func statistics() throws {
    var statistics = SocketStatistics()
    for name in ["net-sockstat", "net-sockstat6"] {
      let text = try Fixture.text(name)
      statistics.read(text.span)
    }
    var expected = SocketStatistics()
    expected.socketsUsed = 221
    expected.tcpInUse = 103
    expected.tcpTimeWait = 23
    expected.tcpAllocated = 161
    expected.tcpMemory = 128
    expected.udpInUse = 6
    expected.udpLiteInUse = 4
    expected.rawInUse = 3
    expected.tcp6InUse = 57
    expected.udp6InUse = 5
    expected.udpLite6InUse = 4
    expected.raw6InUse = 2
    #expect(statistics == expected)
  }

  @Test(
    "Protocols are counted by their names; what the kernel has not got is 0, what it does not count is nil")
  func protocolUse() throws {
    // Not by capture.py: of a namespace with 3 MPTCP listeners, 3 UDP, 5 ping and 7 raw sockets.
    let use = try golden("net-protocols") { ProtocolUse(parsing: $0) }
    #expect(use.sockets("MPTCP") == 3 && use.sockets("MPTCPv6") == 0)
    #expect(use.sockets("PING") == 5 && use.sockets("RAW") == 7 && use.sockets("UDPv6") == 3)
    #expect(use.sockets("SCTP") == 0)
    let uncounted = bytes("protocol  size sockets\nXYZ  1240     -1      -1   NI\n")
    #expect(ProtocolUse(parsing: uncounted.span)?.sockets("XYZ") == nil)
    #expect(ProtocolUse(parsing: bytes("protocol  size sockets\n").span) == nil)
  }

  @Test("A statistic that is no number leaves those behind it readable")
  func oddStatistic() {
    var statistics = SocketStatistics()
    statistics.read(bytes("TCP: inuse 7 orphan -1 tw 99999999999999999999 alloc 5 mem 3").span)
    #expect(statistics.tcpInUse == 7 && statistics.tcpOrphans == 0 && statistics.tcpTimeWait == 0)
    #expect(statistics.tcpAllocated == 5 && statistics.tcpMemory == 3)
  }

  @Test("SCTP endpoints and associations have both versions' addresses")
  func sctp() {
    var endpoints = NetTable<SCTPEndpointRecord>()
    endpoints.append(
      parsing: bytes(
        " ENDPT     SOCK   STY SST HBKT LPORT   UID INODE LADDRS\n"
          + "       0        1 2   10  23   9999     1000 27310 10.0.0.1 fe80:0000:0000:0000:0000:0000:0000:0001 \n"
      ).span)
    #expect(endpoints.unreadableLines == 0)
    #expect(endpoints.records.map(\.inode) == [27310])
    #expect(endpoints.records.map(\.localPort) == [9999])
    #expect(endpoints.records.map(\.userID) == [1000])
    #expect(
      endpoints.records.first?.addresses == [
        SCTPAddress(high: 0, low: 0x0a00_0001, isIPv6: false, isPrimary: false),
        SCTPAddress(high: 0xfe80 << 48, low: 1, isIPv6: true, isPrimary: false),
      ])
    var associations = NetTable<SCTPAssociationRecord>()
    associations.append(
      parsing: bytes(
        " ASSOC     SOCK   STY SST ST HBKT ASSOC-ID TX_QUEUE RX_QUEUE UID INODE LPORT RPORT LADDRS <-> RADDRS\n"
          + "       0        1 2   1   3  7       12        5        6       0 27311 45678  9999  *127.0.0.1 <-> "
          + "*127.0.0.2 10.0.0.2 \t   30000    10    10   10    0    0        0   212992   212992\n"
      ).span)
    let association = associations.records.first
    #expect(associations.unreadableLines == 0)
    #expect(association?.state == 3 && association?.associationID == 12)
    #expect(association?.sendQueue == 5 && association?.receiveQueue == 6)
    #expect(association?.localPort == 45678 && association?.peerPort == 9999)
    #expect(association?.localAddresses.map(\.isPrimary) == [true])
    #expect(association?.peerAddresses.map(\.low) == [0x7f00_0002, 0x0a00_0002])
  }

  @Test("A socket whose inode may have been cut off is not one: it would be another's")
  func cutInode() {
    func counts<Record: NetTableRecord & Sendable>(_ line: String, _ type: Record.Type) -> [Int] {
      var read = NetTable<Record>()
      read.append(parsing: bytes(line).span)
      return [read.records.count, read.unreadableLines]
    }
    let unix = "0000000059ceeb81: 00000003 00000000 00000000 0001 03 1175"
    #expect(counts(unix, UnixSocketRecord.self) == [0, 1])
    #expect(counts(unix + "\n", UnixSocketRecord.self) == [1, 0])
    #expect(counts("0052e3ec88 2 3 0000 0 0 0 0 11752", PacketSocketRecord.self) == [0, 1])
    #expect(counts("008f9803f4 0 0 00000001 0 0 0 2 0 11752", NetlinkSocketRecord.self) == [0, 1])
  }
}
