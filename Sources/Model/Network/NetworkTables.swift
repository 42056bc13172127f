// What `/proc/net` tells of a network namespace besides its sockets.

/// A multicast group that an interface takes.
public struct MulticastMembership: Sendable, Equatable {
  public var interface: RawText
  public var users: Int32
  public var group: IPAddress
  public init(interface: RawText, users: Int32, group: IPAddress) {
    self.interface = interface
    self.users = users
    self.group = group
  }
}

/// Counters of a protocol (RFC 1213 and its successors, and Linux's own).
public struct CounterTable: Sendable, Equatable {
  public struct Counter: Sendable, Equatable {
    public var name: String
    public var value: UInt64
    public init(name: String, value: UInt64) {
      self.name = name
      self.value = value
    }
  }
  /// `Ip`, `TcpExt`; empty where the source has none.
  public var title: String
  public var counters: [Counter]
  public init(title: String, counters: [Counter]) {
    self.title = title
    self.counters = counters
  }
}

/// A unix socket as `/proc/net/unix` shows it, with what netlink does not tell: its reference count.
public struct UnixTableRow: Sendable, Equatable {
  public var inode: UInt64
  public var type: SocketType
  /// `SS_*` of `linux/net.h`: 1 unconnected, 2 connecting, 3 connected, 4 disconnecting.
  public var state: UInt8
  public var isListening: Bool
  public var references: UInt32
  /// As the file shows it: an abstract one begins with `@`; a newline ends it.
  public var name: RawText
  public init(
    inode: UInt64, type: SocketType, state: UInt8, isListening: Bool, references: UInt32, name: RawText
  ) {
    self.inode = inode
    self.type = type
    self.state = state
    self.isListening = isListening
    self.references = references
    self.name = name
  }
}

/// An SCTP endpoint (no peers) or association, as `/proc/net/sctp` shows it.
public struct SCTPTableRow: Sendable, Equatable {
  public var inode: UInt64
  public var userID: UInt32
  public var isAssociation: Bool
  /// Of the socket, numbered as those of TCP.
  public var state: UInt8
  /// Bytes; 0 for an endpoint.
  public var receiveQueue, sendQueue: UInt32
  public var localPort, peerPort: UInt16
  public var localAddresses, peerAddresses: [IPAddress]
  public init(
    inode: UInt64, userID: UInt32, isAssociation: Bool, state: UInt8, receiveQueue: UInt32, sendQueue: UInt32,
    localPort: UInt16, peerPort: UInt16, localAddresses: [IPAddress], peerAddresses: [IPAddress]
  ) {
    self.inode = inode
    self.userID = userID
    self.isAssociation = isAssociation
    self.state = state
    self.receiveQueue = receiveQueue
    self.sendQueue = sendQueue
    self.localPort = localPort
    self.peerPort = peerPort
    self.localAddresses = localAddresses
    self.peerAddresses = peerAddresses
  }
}
