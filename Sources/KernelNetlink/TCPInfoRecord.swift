import CLinux

/// `INET_DIAG_INFO` of a TCP socket: `struct tcp_info` as long as the running kernel sends it.
///
/// Fields that an older kernel does not send are 0; `byteCount` tells absent from zero. The structure itself stays
/// inside: glibc declares another one by the same name, and a file that sees both does not compile.
public struct TCPInfoRecord: Hashable, Sendable {
  /// How much of it the kernel sent: 232 up to `sendWindow` (5.4 to 6.1).
  public var byteCount: Int
  /// `TCP_*`.
  public var state: UInt8
  /// 0 open, 1 disorder, 2 cwr, 3 recovery, 4 loss.
  public var congestionState: UInt8
  public var retransmits: UInt8
  public var probes: UInt8
  public var backoff: UInt8
  /// `TCPI_OPT_*`.
  public var options: UInt8
  public var retransmitTimeoutMicroseconds: UInt32
  public var delayedAckTimeoutMicroseconds: UInt32
  public var sendMaximumSegment: UInt32
  public var receiveMaximumSegment: UInt32
  /// Of a listener: connections to be accepted.
  public var unackedSegments: UInt32
  /// Of a listener: its backlog.
  public var sackedSegments: UInt32
  public var lostSegments: UInt32
  public var retransmittedSegments: UInt32
  /// Time since.
  public var lastDataSentMilliseconds: UInt32
  public var lastDataReceivedMilliseconds: UInt32
  public var lastAckReceivedMilliseconds: UInt32
  public var pathMTU: UInt32
  public var receiveSlowStartThreshold: UInt32
  public var roundTripMicroseconds: UInt32
  public var roundTripVarianceMicroseconds: UInt32
  public var slowStartThreshold: UInt32
  public var congestionWindow: UInt32
  public var advertisedMaximumSegment: UInt32
  public var reordering: UInt32
  public var receiverRoundTripMicroseconds: UInt32
  public var receiveSpace: UInt32
  public var totalRetransmits: UInt32
  /// Bytes a second; `UInt64.max` is no limit.
  public var pacingRate: UInt64
  public var maximumPacingRate: UInt64
  /// Counts the SYN of the active side and the FIN (PROBES §2).
  public var ackedBytes: UInt64
  public var receivedBytes: UInt64
  public var segmentsOut: UInt32
  public var segmentsIn: UInt32
  public var notSentBytes: UInt32
  /// `UInt32.max` before the first sample.
  public var minimumRoundTripMicroseconds: UInt32
  public var dataSegmentsIn: UInt32
  public var dataSegmentsOut: UInt32
  /// Bytes a second.
  public var deliveryRate: UInt64
  public var busyMicroseconds: UInt64
  public var receiveWindowLimitedMicroseconds: UInt64
  public var sendBufferLimitedMicroseconds: UInt64
  /// Since 4.18.
  public var delivered: UInt32
  public var deliveredMarked: UInt32
  /// Since 4.19; payload, retransmits included.
  public var sentBytes: UInt64
  public var retransmittedBytes: UInt64
  public var duplicateSacks: UInt32
  public var reorderingSeen: UInt32
  /// Since 5.4.
  public var outOfOrderPackets: UInt32
  public var sendWindow: UInt32
  /// Shifts of the window that the peer and we announce.
  public var sendWindowScale: UInt8 = 0
  public var receiveWindowScale: UInt8 = 0
  /// The delivery rate was limited by the application.
  public var isDeliveryRateApplicationLimited = false
  /// `tcpi_rcv_wnd`, `tcpi_rehash`: since 6.2.
  public var receiveWindow: UInt32 = 0
  public var rehashes: UInt32 = 0
  /// `tcpi_total_rto`, `tcpi_total_rto_recoveries`, `tcpi_total_rto_time`: since 6.7.
  public var totalTimeouts: UInt16 = 0
  public var totalTimeoutRecoveries: UInt16 = 0
  public var totalTimeoutMilliseconds: UInt32 = 0

  @usableFromInline init(_ datagram: RawSpan, _ range: Range<Int>) {
    byteCount = range.count
    let info = datagram.overlay(range, on: linux_tcp_info())
    state = info.tcpi_state
    congestionState = info.tcpi_ca_state
    retransmits = info.tcpi_retransmits
    probes = info.tcpi_probes
    backoff = info.tcpi_backoff
    options = info.tcpi_options
    retransmitTimeoutMicroseconds = info.tcpi_rto
    delayedAckTimeoutMicroseconds = info.tcpi_ato
    sendMaximumSegment = info.tcpi_snd_mss
    receiveMaximumSegment = info.tcpi_rcv_mss
    unackedSegments = info.tcpi_unacked
    sackedSegments = info.tcpi_sacked
    lostSegments = info.tcpi_lost
    retransmittedSegments = info.tcpi_retrans
    lastDataSentMilliseconds = info.tcpi_last_data_sent
    lastDataReceivedMilliseconds = info.tcpi_last_data_recv
    lastAckReceivedMilliseconds = info.tcpi_last_ack_recv
    pathMTU = info.tcpi_pmtu
    receiveSlowStartThreshold = info.tcpi_rcv_ssthresh
    roundTripMicroseconds = info.tcpi_rtt
    roundTripVarianceMicroseconds = info.tcpi_rttvar
    slowStartThreshold = info.tcpi_snd_ssthresh
    congestionWindow = info.tcpi_snd_cwnd
    advertisedMaximumSegment = info.tcpi_advmss
    reordering = info.tcpi_reordering
    receiverRoundTripMicroseconds = info.tcpi_rcv_rtt
    receiveSpace = info.tcpi_rcv_space
    totalRetransmits = info.tcpi_total_retrans
    pacingRate = info.tcpi_pacing_rate
    maximumPacingRate = info.tcpi_max_pacing_rate
    ackedBytes = info.tcpi_bytes_acked
    receivedBytes = info.tcpi_bytes_received
    segmentsOut = info.tcpi_segs_out
    segmentsIn = info.tcpi_segs_in
    notSentBytes = info.tcpi_notsent_bytes
    minimumRoundTripMicroseconds = info.tcpi_min_rtt
    dataSegmentsIn = info.tcpi_data_segs_in
    dataSegmentsOut = info.tcpi_data_segs_out
    deliveryRate = info.tcpi_delivery_rate
    busyMicroseconds = info.tcpi_busy_time
    receiveWindowLimitedMicroseconds = info.tcpi_rwnd_limited
    sendBufferLimitedMicroseconds = info.tcpi_sndbuf_limited
    delivered = info.tcpi_delivered
    deliveredMarked = info.tcpi_delivered_ce
    sentBytes = info.tcpi_bytes_sent
    retransmittedBytes = info.tcpi_bytes_retrans
    duplicateSacks = info.tcpi_dsack_dups
    reorderingSeen = info.tcpi_reord_seen
    outOfOrderPackets = info.tcpi_rcv_ooopack
    sendWindow = info.tcpi_snd_wnd
    takeUnimported(datagram, range)
  }

  /// Bit fields, which Swift does not import, and what is newer than the headers of the build.
  private mutating func takeUnimported(_ datagram: RawSpan, _ range: Range<Int>) {
    let start = range.lowerBound
    if byteCount >= 8 {
      let scales = datagram.byte(at: start + 6)
      sendWindowScale = scales & 15
      receiveWindowScale = scales >> 4
      isDeliveryRateApplicationLimited = datagram.byte(at: start + 7) & 1 != 0
    }
    if byteCount >= 236 { receiveWindow = datagram.word(at: start + 232) }
    if byteCount >= 240 { rehashes = datagram.word(at: start + 236) }
    if byteCount >= 248 {
      totalTimeouts = datagram.half(at: start + 240)
      totalTimeoutRecoveries = datagram.half(at: start + 242)
      totalTimeoutMilliseconds = datagram.word(at: start + 244)
    }
  }
}
