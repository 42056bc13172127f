import CLinux

/// One internet socket with all that its request's extensions brought.
///
/// For `--info` and `--memory`; the table path uses `InetDiagRecord`, which skips these attributes.
public struct InetDiagDetails: DiagRecord {
  public var record: InetDiagRecord
  /// `INET_DIAG_SKMEMINFO`.
  public var memory: MemoryRecord?
  /// `INET_DIAG_INFO` of a TCP socket.
  public var tcp: TCPInfoRecord?
  /// `INET_DIAG_INFO` of an MPTCP socket.
  public var mptcp: MPTCPInfoRecord?
  /// `INET_DIAG_CONG`: at most 15 bytes as two little-endian words, `(0, 0)` when absent.
  public var congestionName: (UInt64, UInt64) = (0, 0)
  /// What `INET_DIAG_VEGASINFO`, `_DCTCPINFO` or `_BBRINFO` tell.
  public var congestion: CongestionRecord?
  /// `INET_DIAG_MD5SIG`; only sent with CAP_NET_ADMIN.
  public var signatureKeys: [SignatureKeyRecord] = []
  /// `INET_DIAG_INFO` of an SCTP socket.
  public var sctp: SCTPInfoRecord?
  /// Name of the upper layer protocol (`tls`, `mptcp`), likewise.
  public var upperLayerName: (UInt64, UInt64) = (0, 0)
  public var tls: TLSRecord?
  /// Of a TCP socket that carries a part of an MPTCP connection.
  public var subflow: MPTCPSubflowRecord?
  /// SCTP: every address of both ends.
  public var localAddresses: [InetDiagAddress] = []
  public var peerAddresses: [InetDiagAddress] = []

  @inlinable
  public init(_ datagram: RawSpan, payload: Range<Int>, protocol: UInt16) throws(NetlinkError) {
    record = try InetDiagRecord(fixedPartOf: datagram, payload: payload, protocol: `protocol`)
    var attributes = NetlinkAttributes(payload.lowerBound &+ 72..<payload.upperBound)
    while let attribute = try attributes.next(in: datagram) {
      switch Int(attribute.type) {
      case INET_DIAG_INFO: takeInfo(datagram, attribute.payload)
      case INET_DIAG_SKMEMINFO: memory = MemoryRecord(datagram, attribute.payload)
      case INET_DIAG_VEGASINFO, INET_DIAG_DCTCPINFO, INET_DIAG_BBRINFO:
        congestion = CongestionRecord(datagram, attribute)
      case INET_DIAG_MD5SIG: signatureKeys = SignatureKeyRecord.list(datagram, attribute.payload)
      case INET_DIAG_CONG: congestionName = datagram.shortText(attribute.payload)
      case INET_DIAG_ULP_INFO: try takeUpperLayer(datagram, attribute.payload)
      case INET_DIAG_LOCALS: localAddresses = InetDiagAddress.list(datagram, attribute.payload)
      case INET_DIAG_PEERS: peerAddresses = InetDiagAddress.list(datagram, attribute.payload)
      default: record.take(attribute, of: datagram)
      }
    }
  }

  @inlinable mutating func takeInfo(_ datagram: RawSpan, _ range: Range<Int>) {
    switch Int32(record.protocol) {
    case InetProtocol.tcp.number: tcp = TCPInfoRecord(datagram, range)
    case InetProtocol.sctp.number: sctp = SCTPInfoRecord(datagram, range)
    case InetProtocol.mptcp.number: mptcp = MPTCPInfoRecord(datagram, range)
    default: break
    }
  }

  @usableFromInline
  mutating func takeUpperLayer(_ datagram: RawSpan, _ range: Range<Int>) throws(NetlinkError) {
    var attributes = NetlinkAttributes(range)
    while let attribute = try attributes.next(in: datagram) {
      switch Int(attribute.type) {
      case INET_ULP_INFO_NAME: upperLayerName = datagram.shortText(attribute.payload)
      case INET_ULP_INFO_TLS: tls = try TLSRecord(datagram, attribute.payload)
      case INET_ULP_INFO_MPTCP: subflow = try MPTCPSubflowRecord(datagram, attribute.payload)
      default: break
      }
    }
  }
}

/// One address of `INET_DIAG_LOCALS` or `INET_DIAG_PEERS`: a `struct sockaddr_storage`.
public struct InetDiagAddress: Hashable, Sendable {
  /// `AF_INET` or `AF_INET6`.
  public let family: UInt8
  /// Host order.
  public let port: UInt16
  /// As in `InetDiagRecord`.
  public let high: UInt64
  public let low: UInt64

  /// Whole elements of 128 bytes; addresses of other families are left out.
  @usableFromInline static func list(_ datagram: RawSpan, _ range: Range<Int>) -> [InetDiagAddress] {
    let size = MemoryLayout<sockaddr_storage>.size
    var addresses: [InetDiagAddress] = []
    var start = range.lowerBound
    while range.upperBound - start >= size {
      if let address = InetDiagAddress(datagram, at: start) { addresses.append(address) }
      start += size
    }
    return addresses
  }

  private init?(_ datagram: RawSpan, at start: Int) {
    port = datagram.half(at: start + 2).bigEndian
    switch Int32(datagram.half(at: start)) {
    case AF_INET:
      family = UInt8(AF_INET)
      high = 0
      low = UInt64(datagram.word(at: start + 4).bigEndian)
    case AF_INET6:
      family = UInt8(AF_INET6)
      high = datagram.integer(at: start + 8, as: UInt64.self).bigEndian
      low = datagram.integer(at: start + 16, as: UInt64.self).bigEndian
    default: return nil
    }
  }
}
