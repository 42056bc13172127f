import CLinux

/// One vsock socket: `struct vsock_diag_msg`, which has no attributes. Since 4.15.
public struct VsockDiagRecord: DiagRecord, Hashable {
  /// `SOCK_STREAM` 1, `SOCK_DGRAM` 2, `SOCK_SEQPACKET` 5.
  public var type: UInt8
  /// `TCP_*`.
  public var state: UInt8
  /// 1 receive, 2 send.
  public var shutdown: UInt8
  /// `VMADDR_CID_*` or the machine's; ports are host order.
  public var sourceContextID: UInt32
  public var sourcePort: UInt32
  public var destinationContextID: UInt32
  public var destinationPort: UInt32
  public var inode: UInt32
  public var cookie: UInt64

  public init(_ datagram: RawSpan, payload: Range<Int>, protocol: UInt16) throws(NetlinkError) {
    try payload.requireBytes(32, in: datagram)
    let base = payload.lowerBound
    type = datagram.byte(at: base + 1)
    state = datagram.byte(at: base + 2)
    shutdown = datagram.byte(at: base + 3)
    sourceContextID = datagram.word(at: base + 4)
    sourcePort = datagram.word(at: base + 8)
    destinationContextID = datagram.word(at: base + 12)
    destinationPort = datagram.word(at: base + 16)
    inode = datagram.word(at: base + 20)
    cookie = datagram.cookie(at: base + 24)
  }
}
