import CLinux

/// The internals of a congestion control, as far as it has a structure of its own: `union tcp_cc_info`.
public enum CongestionRecord: Hashable, Sendable {
  /// `struct tcpvegas_info`, of several algorithms that measure round trips.
  case vegas(isEnabled: Bool, roundTripMicroseconds: UInt32)
  case dctcp(DCTCPRecord)
  case bbr(BBRRecord)

  @usableFromInline init?(_ datagram: RawSpan, _ attribute: NetlinkAttribute) {
    let range = attribute.payload
    switch Int(attribute.type) {
    case INET_DIAG_VEGASINFO:
      let info = datagram.overlay(range, on: tcpvegas_info())
      self = .vegas(isEnabled: info.tcpv_enabled != 0, roundTripMicroseconds: info.tcpv_rtt)
    case INET_DIAG_DCTCPINFO: self = .dctcp(DCTCPRecord(datagram.overlay(range, on: tcp_dctcp_info())))
    case INET_DIAG_BBRINFO: self = .bbr(BBRRecord(datagram.overlay(range, on: tcp_bbr_info())))
    default: return nil
    }
  }
}

/// `struct tcp_dctcp_info`.
public struct DCTCPRecord: Hashable, Sendable {
  public var isEnabled: Bool
  public var congestionState: UInt16
  public var alpha: UInt32
  /// Acknowledged bytes that were marked, and all.
  public var markedBytes: UInt32
  public var totalBytes: UInt32

  init(_ info: tcp_dctcp_info) {
    isEnabled = info.dctcp_enabled != 0
    congestionState = info.dctcp_ce_state
    alpha = info.dctcp_alpha
    markedBytes = info.dctcp_ab_ecn
    totalBytes = info.dctcp_ab_tot
  }
}

/// `struct tcp_bbr_info`.
public struct BBRRecord: Hashable, Sendable {
  /// Bytes a second.
  public var bandwidth: UInt64
  public var minimumRoundTripMicroseconds: UInt32
  /// In 256ths.
  public var pacingGain: UInt32
  public var windowGain: UInt32

  init(_ info: tcp_bbr_info) {
    bandwidth = UInt64(info.bbr_bw_hi) << 32 | UInt64(info.bbr_bw_lo)
    minimumRoundTripMicroseconds = info.bbr_min_rtt
    pacingGain = info.bbr_pacing_gain
    windowGain = info.bbr_cwnd_gain
  }
}

/// A key of TCP_MD5SIG: `struct tcp_diag_md5sig`.
public struct SignatureKeyRecord: Hashable, Sendable {
  /// `AF_INET` or `AF_INET6`.
  public var family: UInt8
  public var prefixLength: UInt8
  /// As in `InetDiagRecord`.
  public var high: UInt64
  public var low: UInt64
  public var key: [UInt8]

  /// Whole elements of 100 bytes.
  @usableFromInline static func list(_ datagram: RawSpan, _ range: Range<Int>) -> [SignatureKeyRecord] {
    stride(from: range.lowerBound, through: range.upperBound - 100, by: 100).map {
      SignatureKeyRecord(datagram, at: $0)
    }
  }

  private init(_ datagram: RawSpan, at start: Int) {
    family = datagram.byte(at: start)
    prefixLength = datagram.byte(at: start + 1)
    let isV6 = family == AF_INET6
    high = isV6 ? datagram.integer(at: start + 4, as: UInt64.self).bigEndian : 0
    low =
      isV6
      ? datagram.integer(at: start + 12, as: UInt64.self).bigEndian
      : UInt64(datagram.word(at: start + 4).bigEndian)
    key = datagram.array(start + 20..<start + 20 + min(Int(datagram.half(at: start + 2)), 80))
  }
}
