import CLinux

/// Kernel TLS on a TCP socket: `TLS_INFO_*` of `linux/tls.h`; nil is an attribute that was not sent.
public struct TLSRecord: Hashable, Sendable {
  /// 0x0303 is 1.2, 0x0304 is 1.3.
  public var version: UInt16?
  /// `TLS_CIPHER_*`.
  public var cipher: UInt16?
  /// `TLS_CONF_*`.
  public var receiveConfiguration: UInt16?
  public var sendConfiguration: UInt16?
  /// sendfile(2) without a copy, which trusts that the file does not change.
  public var sendsWithoutCopy = false

  init(_ datagram: RawSpan, _ range: Range<Int>) throws(NetlinkError) {
    var attributes = NetlinkAttributes(range)
    while let attribute = try attributes.next(in: datagram) {
      let payload = attribute.payload
      let number = payload.count >= 2 ? datagram.half(at: payload.lowerBound) : nil
      switch Int(attribute.type) {
      case TLS_INFO_VERSION: version = number
      case TLS_INFO_CIPHER: cipher = number
      case TLS_INFO_RXCONF: receiveConfiguration = number
      case TLS_INFO_TXCONF: sendConfiguration = number
      case TLS_INFO_ZC_RO_TX: sendsWithoutCopy = true
      default: break
      }
    }
  }
}

/// A TCP socket's part in an MPTCP connection: `MPTCP_SUBFLOW_ATTR_*`; nil is an attribute that was not sent.
public struct MPTCPSubflowRecord: Hashable, Sendable {
  /// `MPTCP_SUBFLOW_FLAG_*`.
  public var flags: UInt32?
  public var remoteToken: UInt32?
  public var localToken: UInt32?
  public var remoteID: UInt8?
  public var localID: UInt8?
  public var mapSequence: UInt64?
  public var mapSubflowSequence: UInt32?
  public var sequenceOffset: UInt32?
  public var mapLength: UInt16?

  init(_ datagram: RawSpan, _ range: Range<Int>) throws(NetlinkError) {
    var attributes = NetlinkAttributes(range)
    while let attribute = try attributes.next(in: datagram) {
      let (start, count) = (attribute.payload.lowerBound, attribute.payload.count)
      func word() -> UInt32? { count >= 4 ? datagram.word(at: start) : nil }
      func byte() -> UInt8? { count >= 1 ? datagram.byte(at: start) : nil }
      switch Int(attribute.type) {
      case MPTCP_SUBFLOW_ATTR_FLAGS: flags = word()
      case MPTCP_SUBFLOW_ATTR_TOKEN_REM: remoteToken = word()
      case MPTCP_SUBFLOW_ATTR_TOKEN_LOC: localToken = word()
      case MPTCP_SUBFLOW_ATTR_ID_REM: remoteID = byte()
      case MPTCP_SUBFLOW_ATTR_ID_LOC: localID = byte()
      case MPTCP_SUBFLOW_ATTR_MAP_SEQ where count >= 8:
        mapSequence = datagram.integer(at: start, as: UInt64.self)
      case MPTCP_SUBFLOW_ATTR_MAP_SFSEQ: mapSubflowSequence = word()
      case MPTCP_SUBFLOW_ATTR_SSN_OFFSET: sequenceOffset = word()
      case MPTCP_SUBFLOW_ATTR_MAP_DATALEN where count >= 2: mapLength = datagram.half(at: start)
      default: break
      }
    }
  }
}

/// `INET_DIAG_INFO` of an SCTP socket: the parts of `struct sctp_info` that tell of association and socket.
public struct SCTPInfoRecord: Hashable, Sendable {
  public var tag: UInt32
  /// `SCTP_STATE_*`.
  public var state: UInt32
  public var receiveWindow: UInt32
  public var unacknowledged: UInt16
  public var pending: UInt16
  public var streamsIn: UInt16
  public var streamsOut: UInt16
  public var queuedIn: UInt32
  public var queuedOut: UInt32
  public var errors: UInt32
  public var maximumBurst: UInt32
  public var maximumSegment: UInt32
  public var peerReceiveWindow: UInt32
  public var peerTag: UInt32
  public var peerCapabilities: UInt8
  public var peerSack: UInt8
  public var autoclose: UInt32
  public var adaptation: UInt32
  public var partialDeliveryPoint: UInt32
  public var noDelay: UInt8
  public var disablesFragments: UInt8
  public var mapsV4: UInt8
  public var interleavesFragments: UInt8

  @usableFromInline init(_ datagram: RawSpan, _ range: Range<Int>) {
    let info = datagram.overlay(range, on: sctp_info())
    tag = info.sctpi_tag
    state = info.sctpi_state
    receiveWindow = info.sctpi_rwnd
    unacknowledged = info.sctpi_unackdata
    pending = info.sctpi_penddata
    streamsIn = info.sctpi_instrms
    streamsOut = info.sctpi_outstrms
    queuedIn = info.sctpi_inqueue
    queuedOut = info.sctpi_outqueue
    errors = info.sctpi_overall_error
    maximumBurst = info.sctpi_max_burst
    maximumSegment = info.sctpi_maxseg
    peerReceiveWindow = info.sctpi_peer_rwnd
    peerTag = info.sctpi_peer_tag
    peerCapabilities = info.sctpi_peer_capable
    peerSack = info.sctpi_peer_sack
    autoclose = info.sctpi_s_autoclose
    adaptation = info.sctpi_s_adaptation_ind
    partialDeliveryPoint = info.sctpi_s_pd_point
    noDelay = info.sctpi_s_nodelay
    disablesFragments = info.sctpi_s_disable_fragments
    mapsV4 = info.sctpi_s_v4mapped
    interleavesFragments = info.sctpi_s_frag_interleave
  }
}
