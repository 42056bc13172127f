import CLinux
import Randomness
import Testing

@testable import KernelNetlink

@Suite struct GoldenTests {
  @Test("The TCP answer of a real kernel decodes to the sockets that were there")
  func tcp() throws {
    let found = try golden("inet-tcp-6.18", as: InetDiagRecord.self)
    // Three listeners, ten connections with both ends, one end in TIME_WAIT.
    #expect(found.filter { $0.state == 10 }.map(\.sourcePort).sorted() == [10007, 10009, 10037])
    #expect(found.filter { $0.state == 1 }.count == 20)
    let waiting = found.filter { !$0.isFullSocket }
    #expect(waiting.map(\.timer) == [3])
    #expect(waiting.map(\.inode) == [0])
    #expect(waiting.first.map { $0.expiresMilliseconds > 50_000 } == true)
    let mapped = found.filter { $0.family == 10 && $0.sourceLow == 0xffff_7f00_0001 }
    #expect(mapped.count == 2)
    #expect(found.filter { $0.sourcePort == 10009 && $0.state == 10 }.map(\.v6Only) == [0])
    #expect(found.filter { $0.mark == 0x1d }.count == 1)
    #expect(found.allSatisfy { $0.cookie != 0 && $0.protocol == 6 })
    #expect(Set(found.map(\.cookie)).count == 24)
  }

  @Test("The details of a real kernel decode by the length that it sent")
  func details() throws {
    let found = try golden("inet-tcp-details-6.18", as: InetDiagDetails.self)
    let established = found.filter { $0.record.state == 1 }
    #expect(established.count == 20)
    for details in established {
      let tcp = try #require(details.tcp)
      #expect(tcp.byteCount > 248)
      #expect(tcp.state == 1)
      #expect(tcp.sendMaximumSegment > 500)
      #expect(tcp.receiveWindow > 0)
      #expect(try #require(details.memory).receiveBuffer > 4096)
      #expect(details.congestionName.0 != 0)
    }
    #expect(found.filter { $0.upperLayerName.0 != 0 }.count <= 1)
  }

  @Test("The tcp_info of an older kernel leaves its missing fields 0")
  func olderKernel() throws {
    let bytes = [UInt8](repeating: 0xff, count: 300)
    let older = TCPInfoRecord(bytes.span.bytes, 4..<4 + 192)
    #expect(older.byteCount == 192)
    #expect(older.sendBufferLimitedMicroseconds == .max)
    #expect(older.delivered == 0)
    #expect(older.sendWindow == 0)
    #expect(older.receiveWindow == 0)
    let newer = TCPInfoRecord(bytes.span.bytes, 4..<4 + 280)
    #expect(newer.sendWindow == .max)
    #expect(newer.receiveWindow == .max)
    #expect(newer.totalTimeoutMilliseconds == .max)
    #expect(TCPInfoRecord(bytes.span.bytes, 4..<4).roundTripMicroseconds == 0)
  }

  @Test("The unix answer of a real kernel decodes, names as bytes")
  func unix() throws {
    let found = try golden("unix-6.18", as: UnixDiagRecord.self)
    let listener = try #require(found.first { $0.state == 10 })
    #expect(listener.name == [0] + Array("sockeye\u{1b}[31m".utf8) + [0xff])
    #expect(listener.sendQueue == 7)
    #expect(listener.receiveQueue == 1)
    let client = try #require(found.first { $0.peerInode != nil && $0.inode != 0 })
    #expect(listener.pendingInodes == [client.inode])
    #expect(found.allSatisfy { $0.cookie != 0 && $0.memory != nil && $0.userID == 0 })
    #expect(Set(found.map(\.type)) == [1, 2, 5])
  }

  @Test("The answers about packet, netlink, UDP and MPTCP sockets decode")
  func others() throws {
    let packets = try golden("packet-6.18", as: PacketDiagRecord.self)
    #expect(packets.map(\.protocol) == [0x0800])
    #expect(packets.map(\.interface) == [0])
    #expect(packets.map { $0.receiveRing == nil } == [true])
    let netlinks = try golden("netlink-6.18", as: NetlinkDiagRecord.self)
    #expect(netlinks.contains { $0.protocol == 4 && $0.portID != 0 && $0.inode != 0 })
    #expect(netlinks.contains { $0.protocol == 0 && $0.portID == 0 })
    #expect(try golden("inet-udp-6.18", as: InetDiagDetails.self, protocol: 17).count == 2)
    let mptcp = try golden("inet-mptcp-6.18", as: InetDiagDetails.self, protocol: 262)
    #expect(mptcp.map(\.record.sourcePort) == [10037])
    #expect(mptcp.map { $0.mptcp != nil && $0.tcp == nil } == [true])
  }

  @Test("A protocol without a handler is unsupported, whether the kernel says so in an error or at the end")
  func unsupported() throws {
    let sctp = SockDiagSubject(family: 0, protocol: 132)
    #expect(throws: SockDiagError.unsupported(sctp, .noSuchFile)) {
      try golden("unsupported-sctp-6.18", as: InetDiagRecord.self, protocol: 132)
    }
    let vsock = SockDiagSubject(family: 0, protocol: 0)
    #expect(throws: SockDiagError.unsupported(vsock, .noSuchFile)) {
      try golden("unsupported-vsock-6.18", as: VsockDiagRecord.self, protocol: 0)
    }
  }

  @Test("Every prefix of every answer is parsed or refused, by every parser", arguments: Fixture.names)
  func prefixes(name: String) throws {
    for datagram in try Fixture(name).datagrams {
      for length in 0...datagram.count { parseAsEverything(Array(datagram[..<length])) }
    }
  }

  @Test("Answers with flipped bits are parsed or refused, by every parser", arguments: Fixture.names)
  func flips(name: String) throws {
    let seed: UInt64 = 20_261_121
    var generator = SeededRandom(seed: seed)
    for datagram in try Fixture(name).datagrams {
      for _ in 0..<1009 {
        var bytes = datagram
        for _ in 0..<Int.random(in: 1...7, using: &generator) {
          let position = Int.random(in: 0..<bytes.count, using: &generator)
          bytes[position] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
        }
        parseAsEverything(bytes)
      }
    }
  }

  private func parseAsEverything(_ bytes: [UInt8]) {
    // A refusal is as good as an answer here: the test is that nothing traps.
    _ = try? records(bytes, as: InetDiagRecord.self)
    _ = try? records(bytes, as: InetDiagDetails.self, protocol: 6)
    _ = try? records(bytes, as: InetDiagDetails.self, protocol: 262)
    _ = try? records(bytes, as: UnixDiagRecord.self)
    _ = try? records(bytes, as: PacketDiagRecord.self)
    _ = try? records(bytes, as: NetlinkDiagRecord.self)
    _ = try? records(bytes, as: VsockDiagRecord.self)
    _ = try? records(bytes, as: InetDiagDetails.self, protocol: 132)
    _ = try? records(bytes, as: XDPDiagRecord.self)
    _ = try? records(bytes, as: TIPCDiagRecord.self)
    var messages = NetlinkMessages()
    while case .socket = DumpMessage.next(&messages, in: bytes.span) {}
    ProcConnector.read(bytes.span.bytes) { _ in }
    DestroyListener.read(bytes.span.bytes) { _ in }
  }

  @discardableResult
  private func golden<Record: DiagRecord>(
    _ name: String, as type: Record.Type, protocol: UInt16 = 6
  ) throws -> [Record] {
    var found: [Record] = []
    for datagram in try Fixture(name).datagrams {
      found += try records(datagram, as: type, protocol: `protocol`)
    }
    return found
  }
}
