import CLinux
import Testing

@testable import KernelNetlink

/// Attributes that few sockets have, as `linux/*.h` lays them out.
@Suite struct RareRecordTests {
  private func attribute(_ type: Int, _ payload: [UInt8]) -> [UInt8] {
    requestBytes(of: UInt16(4 + payload.count)) + requestBytes(of: UInt16(type)) + payload
      + [UInt8](repeating: 0, count: -payload.count & 3)
  }
  private func word(_ value: UInt32) -> [UInt8] { requestBytes(of: value) }
  private func half(_ value: UInt16) -> [UInt8] { requestBytes(of: value) }

  /// Decodes a record from its payload, after every shorter one was decoded or refused.
  private func decode<Record: DiagRecord>(_ payload: [UInt8], protocol: UInt16 = 6) throws -> Record {
    for length in 0..<payload.count {
      let bytes = Array(payload[..<length])
      _ = try? Record(bytes.span.bytes, payload: 0..<length, protocol: `protocol`)
    }
    return try Record(payload.span.bytes, payload: 0..<payload.count, protocol: `protocol`)
  }

  private func details(_ attributes: [UInt8], protocol: UInt16 = 6) throws -> InetDiagDetails {
    try decode([UInt8(AF_INET), 1] + [UInt8](repeating: 0, count: 70) + attributes, protocol: `protocol`)
  }

  @Test("Vegas, DCTCP and BBR tell their internals")
  func congestion() throws {
    let vegas = try details(attribute(INET_DIAG_VEGASINFO, word(1) + word(2) + word(4711) + word(23)))
    #expect(vegas.congestion == .vegas(isEnabled: true, roundTripMicroseconds: 4711))
    let dctcp = try details(
      attribute(INET_DIAG_DCTCPINFO, half(1) + half(7) + word(11) + word(13) + word(17)))
    guard case .dctcp(let record)? = dctcp.congestion else { throw Unexpected() }
    #expect(record.isEnabled && record.congestionState == 7 && record.alpha == 11)
    #expect(record.markedBytes == 13 && record.totalBytes == 17)
    let bbr = try details(attribute(INET_DIAG_BBRINFO, word(5) + word(1) + word(6) + word(739) + word(512)))
    guard case .bbr(let record)? = bbr.congestion else { throw Unexpected() }
    #expect(record.bandwidth == 1 << 32 | 5 && record.minimumRoundTripMicroseconds == 6)
    #expect(record.pacingGain == 739 && record.windowGain == 512)
  }

  private struct Unexpected: Error {}

  @Test("Keys of TCP_MD5SIG: address, prefix and key, several in a row")
  func signatures() throws {
    func key(_ family: UInt8, _ length: UInt8, _ address: [UInt8], _ key: [UInt8]) -> [UInt8] {
      [family, length] + half(UInt16(key.count)) + address + [UInt8](repeating: 0, count: 16 - address.count)
        + key
        + [UInt8](repeating: 0, count: 80 - key.count)
    }
    let found = try details(
      attribute(
        INET_DIAG_MD5SIG,
        key(2, 32, [10, 0, 0, 1], Array("secret".utf8)) + key(10, 64, [0x20, 1, 0xd, 0xb8], [1, 2])))
    #expect(found.signatureKeys.map(\.prefixLength) == [32, 64])
    #expect(found.signatureKeys.map(\.key) == [Array("secret".utf8), [1, 2]])
    #expect(found.signatureKeys[0].low == 0x0a00_0001 && found.signatureKeys[1].high == 0x2001_0db8_0000_0000)
  }

  @Test("TLS and the subflow of MPTCP lie in the upper layer's attribute")
  func upperLayers() throws {
    let tls = attribute(
      INET_ULP_INFO_TLS,
      attribute(TLS_INFO_VERSION, half(0x0304)) + attribute(TLS_INFO_CIPHER, half(52))
        + attribute(TLS_INFO_TXCONF, half(2)) + attribute(TLS_INFO_ZC_RO_TX, []))
    let subflow = attribute(
      INET_ULP_INFO_MPTCP,
      attribute(MPTCP_SUBFLOW_ATTR_FLAGS, word(0x41)) + attribute(MPTCP_SUBFLOW_ATTR_TOKEN_REM, word(7))
        + attribute(MPTCP_SUBFLOW_ATTR_ID_LOC, [3]) + attribute(MPTCP_SUBFLOW_ATTR_MAP_SEQ, word(9) + word(1))
        + attribute(MPTCP_SUBFLOW_ATTR_MAP_DATALEN, half(23)))
    let found = try details(
      attribute(INET_DIAG_ULP_INFO, attribute(INET_ULP_INFO_NAME, Array("tls\0".utf8)) + tls + subflow))
    #expect(found.upperLayerName.0 == 0x73_6c74)
    #expect(found.tls?.version == 0x0304 && found.tls?.cipher == 52 && found.tls?.sendConfiguration == 2)
    #expect(found.tls?.receiveConfiguration == nil && found.tls?.sendsWithoutCopy == true)
    #expect(found.subflow?.flags == 0x41 && found.subflow?.remoteToken == 7 && found.subflow?.localID == 3)
    #expect(found.subflow?.mapSequence == 1 << 32 | 9 && found.subflow?.mapLength == 23)
    #expect(found.subflow?.localToken == nil)
  }

  @Test("SCTP internals are read as far as the kernel sends them")
  func sctp() throws {
    var info = sctp_info()
    info.sctpi_tag = 0xabc
    info.sctpi_instrms = 10
    info.sctpi_s_nodelay = 1
    let bytes = requestBytes(of: info)
    let whole = try details(attribute(INET_DIAG_INFO, bytes), protocol: 132)
    #expect(whole.sctp?.tag == 0xabc && whole.sctp?.streamsIn == 10 && whole.sctp?.noDelay == 1)
    let short = try details(attribute(INET_DIAG_INFO, Array(bytes.prefix(20))), protocol: 132)
    #expect(short.sctp?.tag == 0xabc && short.sctp?.noDelay == 0)
  }

  @Test("An AF_XDP socket with rings, memory and statistics")
  func xdp() throws {
    let header: [UInt8] = [UInt8(AF_XDP), 3, 0, 0] + word(4711) + word(23) + word(1)
    var area = xdp_diag_umem()
    area.size = 8_388_608
    area.id = 7
    area.flags = 1
    let record: XDPDiagRecord = try decode(
      header + attribute(XDP_DIAG_INFO, word(2) + word(5)) + attribute(XDP_DIAG_UID, word(1000))
        + attribute(XDP_DIAG_RX_RING, word(2048)) + attribute(XDP_DIAG_UMEM, requestBytes(of: area))
        + attribute(XDP_DIAG_STATS, (1...6).flatMap { word($0) + word(0) }))
    #expect(record.inode == 4711 && record.cookie == 1 << 32 | 23)
    #expect(record.interface == 2 && record.queue == 5 && record.userID == 1000)
    #expect(record.receiveRing == 2048 && record.sendRing == nil)
    #expect(record.area?.byteCount == 8_388_608 && record.area?.identifier == 7 && record.area?.flags == 1)
    #expect(record.statistics == [1, 2, 3, 4, 5, 6])
  }

  @Test("A TIPC socket with a connection")
  func tipc() throws {
    let peer = attribute(
      TIPC_NLA_SOCK_CON,
      attribute(TIPC_NLA_CON_NODE, word(11)) + attribute(TIPC_NLA_CON_SOCK, word(12))
        + attribute(TIPC_NLA_CON_FLAG, []) + attribute(TIPC_NLA_CON_TYPE, word(13)))
    let counts = attribute(
      TIPC_NLA_SOCK_STAT,
      attribute(TIPC_NLA_SOCK_STAT_RCVQ, word(3)) + attribute(TIPC_NLA_SOCK_STAT_LINK_CONG, []))
    let record: TIPCDiagRecord = try decode(
      attribute(
        TIPC_NLA_SOCK,
        attribute(TIPC_NLA_SOCK_ADDR, word(1)) + attribute(TIPC_NLA_SOCK_REF, word(2))
          + attribute(TIPC_NLA_SOCK_TIPC_STATE, word(1)) + attribute(TIPC_NLA_SOCK_INO, word(4711)) + peer
          + counts))
    #expect(record.isSocket && record.node == 1 && record.port == 2 && record.inode == 4711)
    #expect(record.connection?.node == 11 && record.connection?.port == 12 && record.connection?.type == 13)
    #expect(record.connection?.isByService == true && record.receiveQueue == 3 && record.isLinkCongested)
    let other: TIPCDiagRecord = try decode(attribute(TIPC_NLA_LINK, []))
    #expect(!other.isSocket)
  }

  @Test("A request to close a socket is an inet_diag_req_v2 with its identity")
  func destroy() {
    let request = SockDestroyRequest(
      family: UInt8(AF_INET), protocol: 255, rawProtocol: 89, local: (0, 0x7f00_0001, 5001),
      peer: (0, 0x0a00_0002, 80), interface: 7, cookie: 0x1_0000_0017)
    let bytes = request.bytes
    #expect(bytes.count == 16 + MemoryLayout<inet_diag_req_v2>.size)
    #expect(Array(bytes[4..<6]) == half(UInt16(SOCK_DESTROY)))
    // family, protocol, extensions, raw protocol
    #expect(Array(bytes[16..<20]) == [2, 255, 0, 89])
    let identity = Array(bytes[24...])
    #expect(Array(identity[..<4]) == [0x13, 0x89, 0, 80])
    #expect(Array(identity[4..<8]) == [127, 0, 0, 1] && Array(identity[20..<24]) == [10, 0, 0, 2])
    #expect(Array(identity[36..<40]) == word(7) && Array(identity[40..<48]) == word(0x17) + word(1))
  }
}
