/// What few sockets have: attributes of one protocol, or of an option that is seldom set.
public enum SocketExtra: Sendable, Equatable {
  case vegas(isEnabled: Bool, roundTripMicroseconds: UInt32)
  case dctcp(DCTCPInternals)
  case bbr(BBRInternals)
  /// TCP_MD5SIG.
  case signatureKeys([SignatureKey])
  /// Name of the protocol on top of TCP, at most 15 bytes as two little-endian words.
  case upperLayer(UInt64, UInt64)
  case tls(TLSInternals)
  case subflow(MPTCPSubflow)
  case mptcp(MPTCPInternals)
  /// `SCTP_STATE_*` of an association; of an endpoint its `TCP_*` state.
  case sctpState(UInt8)
  case sctp(SCTPInternals)
  /// SCTP: every address of both ends.
  case addresses(local: [IPAddress], peer: [IPAddress])
  case packet(PacketInternals)
  /// Unix: inode and device (as stat(2) packs it into 32 bits) of the path.
  case file(inode: UInt32, device: UInt32)
  /// Unix: inodes of the clients that wait to be accepted; 0 is one that has gone.
  case waitingClients([UInt32])
  case xdp(XDPInternals)
  case tipc(TIPCInternals)
}

public struct DCTCPInternals: Sendable, Equatable {
  public var isEnabled = false
  public var congestionState: UInt16 = 0
  public var alpha: UInt32 = 0
  public var markedBytes: UInt32 = 0
  public var totalBytes: UInt32 = 0
  public init() {}
}

public struct BBRInternals: Sendable, Equatable {
  /// Bytes a second.
  public var bandwidth: UInt64 = 0
  public var minimumRoundTripMicroseconds: UInt32 = 0
  /// In 256ths.
  public var pacingGain: UInt32 = 0
  public var windowGain: UInt32 = 0
  public init() {}
}

/// One key of TCP_MD5SIG, with whom it is used.
public struct SignatureKey: Sendable, Equatable {
  public var prefix: AddressPrefix
  public var key: [UInt8]
  public init(prefix: AddressPrefix, key: [UInt8]) {
    self.prefix = prefix
    self.key = key
  }
}

/// Kernel TLS; nil is what the kernel did not say. Numbers are those of `linux/tls.h`.
public struct TLSInternals: Sendable, Equatable {
  public var version: UInt16?
  public var cipher: UInt16?
  public var receiveConfiguration: UInt16?
  public var sendConfiguration: UInt16?
  public var sendsWithoutCopy = false
  public init() {}
}

/// A TCP socket's part in an MPTCP connection; nil is what the kernel did not say.
public struct MPTCPSubflow: Sendable, Equatable {
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
  public init() {}
}

/// MPTCP from the inside: `struct mptcp_info` of `linux/mptcp.h`.
public struct MPTCPInternals: Sendable, Equatable {
  public var subflows: UInt8 = 0
  public var maximumSubflows: UInt8 = 0
  public var addressSignals: UInt8 = 0
  public var addressesAccepted: UInt8 = 0
  public var maximumAddressSignals: UInt8 = 0
  public var maximumAddressesAccepted: UInt8 = 0
  /// Fell back to TCP 1, remote key received 2.
  public var flags: UInt32 = 0
  public var token: UInt32 = 0
  public var writeSequence: UInt64 = 0
  public var unacknowledged: UInt64 = 0
  public var receiveNext: UInt64 = 0
  public init() {}
}

/// SCTP from the inside: `struct sctp_info` of `linux/sctp.h`.
public struct SCTPInternals: Sendable, Equatable {
  public var tag: UInt32 = 0
  /// `SCTP_STATE_*`.
  public var state: UInt32 = 0
  public var receiveWindow: UInt32 = 0
  public var unacknowledged: UInt16 = 0
  public var pending: UInt16 = 0
  public var streamsIn: UInt16 = 0
  public var streamsOut: UInt16 = 0
  public var queuedIn: UInt32 = 0
  public var queuedOut: UInt32 = 0
  public var errors: UInt32 = 0
  public var maximumBurst: UInt32 = 0
  public var maximumSegment: UInt32 = 0
  public var peerReceiveWindow: UInt32 = 0
  public var peerTag: UInt32 = 0
  public var peerCapabilities: UInt8 = 0
  public var peerSack: UInt8 = 0
  public var autoclose: UInt32 = 0
  public var adaptation: UInt32 = 0
  public var partialDeliveryPoint: UInt32 = 0
  public var noDelay: UInt8 = 0
  public var disablesFragments: UInt8 = 0
  public var mapsV4: UInt8 = 0
  public var interleavesFragments: UInt8 = 0
  public init() {}
}

/// A packet socket's set-up; nil is what it has not.
public struct PacketInternals: Sendable, Equatable {
  public struct Ring: Sendable, Equatable {
    public var blockSize: UInt32 = 0
    public var blockCount: UInt32 = 0
    public var frameSize: UInt32 = 0
    public var frameCount: UInt32 = 0
    public var retireMilliseconds: UInt32 = 0
    public var features: UInt32 = 0
    public init() {}
  }
  /// One instruction of classic BPF.
  public struct Instruction: Sendable, Equatable {
    public var code: UInt16
    public var jumpTrue: UInt8
    public var jumpFalse: UInt8
    public var operand: UInt32
    public init(code: UInt16, jumpTrue: UInt8, jumpFalse: UInt8, operand: UInt32) {
      self.code = code
      self.jumpTrue = jumpTrue
      self.jumpFalse = jumpFalse
      self.operand = operand
    }
  }
  /// `PACKET_VERSION`.
  public var version: UInt32 = 0
  public var copyThreshold: UInt32 = 0
  /// `PDI_*`: running 1, auxdata 2, origdev 4, vnet header 8, loss 16.
  public var flags: UInt32 = 0
  public var receiveRing: Ring?
  public var sendRing: Ring?
  /// Group in the low 16 bits, mode above.
  public var fanout: UInt32?
  public var filter: [Instruction]?
  public init() {}
}

/// An AF_XDP socket's set-up; nil is what it has not.
public struct XDPInternals: Sendable, Equatable {
  /// The memory that frames lie in.
  public struct Area: Sendable, Equatable {
    public var byteCount: UInt64 = 0
    public var identifier: UInt32 = 0
    public var pages: UInt32 = 0
    public var chunkSize: UInt32 = 0
    public var headroom: UInt32 = 0
    public var interface: UInt32 = 0
    public var queue: UInt32 = 0
    public var isZeroCopy = false
    public var references: UInt32 = 0
    public init() {}
  }
  /// Queue of the interface.
  public var queue: UInt32 = 0
  /// Descriptors in each ring.
  public var receiveRing: UInt32?
  public var sendRing: UInt32?
  public var fillRing: UInt32?
  public var completionRing: UInt32?
  public var area: Area?
  /// Received frames dropped, invalid, refused by a full queue, and by an empty fill ring; sent ones that were invalid,
  /// and looks into an empty ring. All six, or none.
  public var statistics: [UInt64] = []
  public init() {}
}

/// A TIPC socket: its address, its peer's, and what it counts.
public struct TIPCInternals: Sendable, Equatable {
  public struct Peer: Sendable, Equatable {
    public var node: UInt32 = 0
    public var port: UInt32 = 0
    /// The service address that led to it: type and instance.
    public var service: (type: UInt32, instance: UInt32)?
    public init() {}
    public static func == (left: Peer, right: Peer) -> Bool {
      left.node == right.node && left.port == right.port && left.service?.type == right.service?.type
        && left.service?.instance == right.service?.instance
    }
  }
  public var node: UInt32 = 0
  public var port: UInt32 = 0
  public var peer: Peer?
  public var isPublished = false
  public var drops: UInt32 = 0
  public var isLinkCongested = false
  public var isConnectionCongested = false
  public init() {}
}
