import CLinux

/// `INET_DIAG_INFO` of a TCP socket: `struct tcp_info` as long as the running kernel sends it.
///
/// Every field of an older kernel that is missing is 0; `has` tells absent from zero.
public struct TCPInfoRecord: Sendable {
  /// How much of it the kernel sent: 232 up to `tcpi_snd_wnd` (5.4 to 6.1).
  public var byteCount: Int
  /// The part that the header of the build knows.
  public var kernel: linux_tcp_info
  /// Shifts of the window that the peer and we announce (bit fields, which Swift does not import).
  public var sendWindowScale: UInt8 = 0
  public var receiveWindowScale: UInt8 = 0
  /// The delivery rate was limited by the application.
  public var isDeliveryRateApplicationLimited = false
  /// `tcpi_rcv_wnd`, `tcpi_rehash`: since 6.2.
  public var receiveWindow: UInt32 = 0
  public var rehashes: UInt32 = 0
  /// `tcpi_total_rto`, `tcpi_total_rto_recoveries`, `tcpi_total_rto_time` (milliseconds): since 6.7.
  public var totalTimeouts: UInt16 = 0
  public var totalTimeoutRecoveries: UInt16 = 0
  public var totalTimeoutMilliseconds: UInt32 = 0

  /// The kernel sent all bytes of the field that ends before `end`.
  @inlinable public func has(upTo end: Int) -> Bool { byteCount >= end }
  @inlinable public var hasReceiveWindow: Bool { has(upTo: 236) }

  @inlinable init(_ datagram: RawSpan, _ range: Range<Int>) {
    byteCount = range.count
    kernel = datagram.overlay(range, on: linux_tcp_info())
    let start = range.lowerBound
    if has(upTo: 8) {
      let scales = datagram.byte(at: start + 6)
      sendWindowScale = scales & 15
      receiveWindowScale = scales >> 4
      isDeliveryRateApplicationLimited = datagram.byte(at: start + 7) & 1 != 0
    }
    if has(upTo: 236) { receiveWindow = datagram.word(at: start + 232) }
    if has(upTo: 240) { rehashes = datagram.word(at: start + 236) }
    if has(upTo: 248) {
      totalTimeouts = datagram.half(at: start + 240)
      totalTimeoutRecoveries = datagram.half(at: start + 242)
      totalTimeoutMilliseconds = datagram.word(at: start + 244)
    }
  }
}

/// `INET_DIAG_INFO` of an MPTCP socket: `struct mptcp_info`, with the same rule about length.
public struct MPTCPInfoRecord: Sendable {
  public var byteCount: Int
  public var kernel: mptcp_info

  @inlinable init(_ datagram: RawSpan, _ range: Range<Int>) {
    byteCount = range.count
    kernel = datagram.overlay(range, on: mptcp_info())
  }
}

/// `struct tcp_info` of the headers that the build saw, under a name for modules that see no headers.
public typealias KernelTCPInfo = linux_tcp_info
