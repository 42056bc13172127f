import CLinux
import KernelSystem

/// Tells of each TCP and UDP socket of one network namespace when the kernel lets go of it, with its last counters:
/// the groups `SKNLGRP_INET{,6}_{TCP,UDP}_DESTROY` of sock_diag, since 4.2.
///
/// No privilege (*measured*, 6.18). Belongs to the namespace that it was opened in, and keeps it alive.
public struct DestroyListener: ~Copyable {
  public struct Groups: OptionSet, Sendable {
    public let rawValue: UInt32
    public init(rawValue: UInt32) { self.rawValue = rawValue }
    public static let tcp4 = Groups(rawValue: 1 << (SKNLGRP_INET_TCP_DESTROY.rawValue - 1))
    public static let udp4 = Groups(rawValue: 1 << (SKNLGRP_INET_UDP_DESTROY.rawValue - 1))
    public static let tcp6 = Groups(rawValue: 1 << (SKNLGRP_INET6_TCP_DESTROY.rawValue - 1))
    public static let udp6 = Groups(rawValue: 1 << (SKNLGRP_INET6_UDP_DESTROY.rawValue - 1))
    public static let all: Groups = [.tcp4, .udp4, .tcp6, .udp6]
  }

  private var listener: NetlinkListener

  /// In the calling thread's network namespace.
  public init(_ groups: Groups = .all, receiveBufferByteCount: Int32 = 4 << 20) throws(SystemError) {
    listener = try NetlinkListener(
      protocol: NETLINK_SOCK_DIAG, groups: groups.rawValue, receiveBufferByteCount: receiveBufferByteCount)
  }

  /// Ready to be waited for.
  public var descriptor: OwnedDescriptor {
    _read { yield listener.descriptor }
  }

  /// Sockets whose end this listener had no room for.
  public var lost: UInt64 { listener.lost ?? 0 }

  /// Hands out the sockets that have ended, some thousand at most; whether that was all. They are in state 7, close,
  /// without inode and user.
  @discardableResult
  public mutating func drain(_ body: (InetDiagDetails) -> Void) throws(SystemError) -> Bool {
    try listener.drain { datagram in Self.read(datagram, body) }
  }

  /// Reads one datagram; what is wrong with it ends it.
  static func read(_ datagram: RawSpan, _ body: (InetDiagDetails) -> Void) {
    var messages = NetlinkMessages()
    while let message = try? messages.next(in: datagram) {
      guard message.type == SOCK_DIAG_BY_FAMILY, let details = try? destroyed(datagram, message.payload)
      else {
        continue
      }
      body(details)
    }
  }

  /// One message: the protocol is not in the fixed part but in `INET_DIAG_PROTOCOL`, and decides how the rest is read.
  static func destroyed(_ datagram: RawSpan, _ payload: Range<Int>) throws(NetlinkError) -> InetDiagDetails {
    let number = try InetDiagRecord(datagram, payload: payload, protocol: 0).attributeProtocol
    return try InetDiagDetails(datagram, payload: payload, protocol: UInt16(number))
  }
}

extension InetDiagDetails {
  /// Whether a socket that has ended was ever connected: the handshake leaves a round-trip time, which even an abort
  /// does not clear.
  public var wasConnected: Bool {
    guard let tcp else { return record.destinationPort != 0 }
    return tcp.minimumRoundTripMicroseconds != .max || tcp.receivedBytes > 0
  }
}
