/// One line of `/proc/net/unix` (unix(7)).
///
/// A name is whatever its owner chose. A newline in it looks like the end of the line, and what follows can
/// be made to look like another socket's line: only netlink tells them apart. A path that begins with `@`
/// looks like an abstract name.
public struct UnixSocketRecord: Hashable, Sendable {
  public var inode: UInt64
  /// `SOCK_*`: 1 stream, 2 datagram, 5 sequenced packets.
  public var type: UInt16
  /// `SS_*` of `linux/net.h`: 1 unconnected, 2 connecting, 3 connected, 4 disconnecting.
  public var state: UInt8
  public var isListening: Bool
  public var references: UInt32
  /// Empty when unbound. An abstract name begins with `@` and has `@` for each NUL.
  public var name: [UInt8]
  public var isAbstract: Bool { name.first == UInt8(ascii: "@") }
}

extension UnixSocketRecord: NetTableRecord {
  static func isHeader(_ scanner: borrowing ByteScanner) -> Bool { scanner.hasPrefix("Num ") }

  init?(line scanner: inout ByteScanner) {
    // 0000000087d127f2: 00000003 00000000 00010000 0001 01  1056 /run/x y.sock
    guard scanner.hexadecimal() != nil, scanner.skip(UInt8(ascii: ":")),
      let references = scanner.hexadecimalField(UInt32.self),
      scanner.hexadecimalField(UInt32.self) != nil,  // protocol, always 0
      let flags = scanner.hexadecimalField(UInt32.self),
      let type = scanner.hexadecimalField(UInt16.self),
      let state = scanner.hexadecimalField(UInt8.self),
      let inode = scanner.decimalField(UInt64.self), scanner.isBehindWholeNumber
    else { return nil }
    let end = scanner.lineEnd
    // One blank stands before the name: more of them are the name's.
    name = scanner.skip(UInt8(ascii: " ")) ? scanner.bytes.copy(scanner.position..<end) : []
    self.inode = inode
    self.type = type
    self.state = state
    isListening = flags & 0x1_0000 != 0  // __SO_ACCEPTCON of linux/net.h
    self.references = references
  }
}

/// One line of `/proc/net/packet` (packet(7)).
public struct PacketSocketRecord: Hashable, Sendable {
  public var inode: UInt64
  /// `SOCK_RAW` or `SOCK_DGRAM`.
  public var type: UInt16
  /// `ETH_P_*` in host order: 3 is all.
  public var protocolNumber: UInt16
  /// 0 for every interface.
  public var interfaceIndex: Int32
  public var isRunning: Bool
  /// Bytes charged to the receive queue.
  public var receiveMemory: UInt32
  public var userID: UInt32
}

extension PacketSocketRecord: NetTableRecord {
  static func isHeader(_ scanner: borrowing ByteScanner) -> Bool { scanner.hasPrefix("sk ") }

  init?(line scanner: inout ByteScanner) {
    // 00000000c1a2f3b4 3      3    0003   2     1 0      0      27310
    guard scanner.hexadecimal() != nil,
      scanner.decimalField(Int64.self) != nil,  // references
      let type = scanner.decimalField(UInt16.self),
      let protocolNumber = scanner.hexadecimalField(UInt16.self),
      let interfaceIndex = scanner.decimalField(Int32.self),
      let running = scanner.decimalField(UInt8.self),
      let receiveMemory = scanner.decimalField(UInt32.self),
      let userID = scanner.decimalField(UInt32.self),
      let inode = scanner.decimalField(UInt64.self), scanner.isBehindWholeNumber
    else { return nil }
    self.inode = inode
    self.type = type
    self.protocolNumber = protocolNumber
    self.interfaceIndex = interfaceIndex
    isRunning = running != 0
    self.receiveMemory = receiveMemory
    self.userID = userID
  }
}

/// One line of `/proc/net/netlink` (netlink(7)).
public struct NetlinkSocketRecord: Hashable, Sendable {
  /// 0 for some of the kernel's own.
  public var inode: UInt64
  /// `NETLINK_*`: 0 route, 4 sock_diag, 15 uevents.
  public var protocolNumber: UInt16
  /// The port: mostly the pid for a process's first socket; 0 for the kernel's end.
  public var port: UInt32
  /// Multicast groups 1 to 32, a bit each.
  public var groups: UInt32
  /// Bytes charged to the queues.
  public var receiveMemory: UInt32
  public var sendMemory: UInt32
  public var isDumping: Bool
  /// Messages lost because the receive queue was full.
  public var drops: UInt32
}

extension NetlinkSocketRecord: NetTableRecord {
  static func isHeader(_ scanner: borrowing ByteScanner) -> Bool { scanner.hasPrefix("sk ") }

  init?(line scanner: inout ByteScanner) {
    // 00000000ff81fee4 0   812        00000551 0        0        0     2        0        4
    guard scanner.hexadecimal() != nil,
      let protocolNumber = scanner.decimalField(UInt16.self),
      // The kernel printed it signed before 4.15.
      let port = scanner.decimalField(Int64.self),
      let groups = scanner.hexadecimalField(UInt32.self),
      let receiveMemory = scanner.decimalField(UInt32.self),
      let sendMemory = scanner.decimalField(UInt32.self),
      let dumping = scanner.decimalField(Int64.self),
      scanner.decimalField(Int64.self) != nil,  // references
      let drops = scanner.decimalField(UInt32.self),
      let inode = scanner.decimalField(UInt64.self), scanner.isBehindWholeNumber
    else { return nil }
    self.inode = inode
    self.protocolNumber = protocolNumber
    self.port = UInt32(truncatingIfNeeded: port)
    self.groups = groups
    self.receiveMemory = receiveMemory
    self.sendMemory = sendMemory
    isDumping = dumping != 0
    self.drops = drops
  }
}
