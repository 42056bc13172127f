/// What `--info`, `--memory` and `--timers` show, and `-o json` always.
public struct SocketDetail: Sendable {
  public var tcp: TCPInternals?
  public var memory: SocketMemory?
  public var timer: SocketTimer?
  /// `IP_TOS`, and `IPV6_TCLASS`.
  public var typeOfService: UInt8?
  public var trafficClass: UInt8?
  /// net_cls class id or `SO_PRIORITY` (INET_DIAG_CLASS_ID).
  public var classID: UInt32?
  /// Netlink: the socket's own port id and the groups it listens to (low 32).
  public var netlink: NetlinkAddress?
  /// Vsock: context id and port of both ends.
  public var vsock: VsockAddress?
  /// Options of an internet socket, bit by bit as `struct inet_diag_sockopt` of `linux/inet_diag.h`.
  public var options: UInt16?
  /// What few sockets have.
  public var extras: [SocketExtra] = []
  public init() {}
}

/// TCP from the inside: `struct tcp_info` of `linux/tcp.h`, by meaning.
public struct TCPInternals: Sendable {
  /// Name of the congestion control, at most 15 bytes, as two little-endian words: no heap.
  public var congestionName: (UInt64, UInt64) = (0, 0)
  /// 0 open, 1 disorder, 2 cwr, 3 recovery, 4 loss.
  public var congestionState: UInt8 = 0
  /// `TCPI_OPT_*`: timestamps 1, sack 2, window scaling 4, ecn 8, ecn seen 16, fast open data 32.
  public var options: UInt8 = 0
  /// Shift of the window the peer sends, and of ours.
  public var sendWindowScale: UInt8 = 0
  public var receiveWindowScale: UInt8 = 0
  /// Unanswered retransmits of the first unacknowledged segment, probes, and back-off of the timer.
  public var retransmits: UInt8 = 0
  public var probes: UInt8 = 0
  public var backoff: UInt8 = 0
  public var roundTripMicroseconds: UInt32 = 0
  public var roundTripVarianceMicroseconds: UInt32 = 0
  public var minimumRoundTripMicroseconds: UInt32 = 0
  public var receiverRoundTripMicroseconds: UInt32 = 0
  public var retransmitTimeoutMicroseconds: UInt32 = 0
  public var delayedAckTimeoutMicroseconds: UInt32 = 0
  public var sendMaximumSegment: UInt32 = 0
  public var receiveMaximumSegment: UInt32 = 0
  public var advertisedMaximumSegment: UInt32 = 0
  public var pathMTU: UInt32 = 0
  public var congestionWindow: UInt32 = 0
  public var slowStartThreshold: UInt32 = 0
  public var receiveSlowStartThreshold: UInt32 = 0
  public var receiveSpace: UInt32 = 0
  public var sendWindow: UInt32 = 0
  public var receiveWindow: UInt32 = 0
  public var unackedSegments: UInt32 = 0
  public var sackedSegments: UInt32 = 0
  public var lostSegments: UInt32 = 0
  public var retransmittedSegments: UInt32 = 0
  public var totalRetransmits: UInt32 = 0
  public var reordering: UInt32 = 0
  public var reorderingSeen: UInt32 = 0
  public var segmentsOut: UInt32 = 0
  public var segmentsIn: UInt32 = 0
  public var dataSegmentsOut: UInt32 = 0
  public var dataSegmentsIn: UInt32 = 0
  public var delivered: UInt32 = 0
  public var deliveredMarked: UInt32 = 0
  public var duplicateSacks: UInt32 = 0
  public var outOfOrderPackets: UInt32 = 0
  public var notSentBytes: UInt32 = 0
  /// Payload: without SYN and FIN, without retransmits.
  public var sentBytes: UInt64 = 0
  public var receivedBytes: UInt64 = 0
  public var ackedBytes: UInt64 = 0
  public var retransmittedBytes: UInt64 = 0
  /// Bytes a second; `UInt64.max` is no limit.
  public var pacingRate: UInt64 = 0
  public var maximumPacingRate: UInt64 = 0
  public var deliveryRate: UInt64 = 0
  public var busyMicroseconds: UInt64 = 0
  public var receiveWindowLimitedMicroseconds: UInt64 = 0
  public var sendBufferLimitedMicroseconds: UInt64 = 0
  /// Milliseconds since data, and since an acknowledgement.
  public var lastDataSentMilliseconds: UInt32 = 0
  public var lastDataReceivedMilliseconds: UInt32 = 0
  public var lastAckReceivedMilliseconds: UInt32 = 0
  /// The application did not write fast enough for `deliveryRate` to be the path's.
  public var isApplicationLimited = false
  public init() {}
}

/// `SK_MEMINFO_*` of `linux/sock_diag.h`, bytes (backlog and drops as the kernel counts them).
public struct SocketMemory: Sendable, Equatable {
  public var receiveAllocated: UInt32 = 0
  public var receiveBuffer: UInt32 = 0
  public var sendAllocated: UInt32 = 0
  public var sendBuffer: UInt32 = 0
  public var forwardAllocated: UInt32 = 0
  public var sendQueued: UInt32 = 0
  public var options: UInt32 = 0
  public var backlog: UInt32 = 0
  public var drops: UInt32 = 0
  public init() {}
}

/// The timer that runs: `idiag_timer`.
public struct SocketTimer: Sendable, Equatable {
  public enum Kind: UInt8, Sendable { case none, retransmit, keepalive, timeWait, probe }
  public var kind: Kind = .none
  public var expiresMilliseconds: UInt32 = 0
  public var retransmits: UInt8 = 0
  public init() {}
}

public struct NetlinkAddress: Sendable, Equatable {
  public var portID: UInt32
  public var peerPortID: UInt32
  public var peerGroup: UInt32
  public var groups: UInt32
  public init(portID: UInt32, peerPortID: UInt32, peerGroup: UInt32 = 0, groups: UInt32) {
    self.portID = portID
    self.peerPortID = peerPortID
    self.peerGroup = peerGroup
    self.groups = groups
  }
}

public struct VsockAddress: Sendable, Equatable {
  public var localContextID: UInt32
  public var localPort: UInt32
  public var peerContextID: UInt32
  public var peerPort: UInt32
  public init(localContextID: UInt32, localPort: UInt32, peerContextID: UInt32, peerPort: UInt32) {
    self.localContextID = localContextID
    self.localPort = localPort
    self.peerContextID = peerContextID
    self.peerPort = peerPort
  }
}
