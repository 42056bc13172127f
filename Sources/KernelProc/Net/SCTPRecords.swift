/// One address of an SCTP socket.
public struct SCTPAddress: Hashable, Sendable {
  /// As in `Model.IPAddress`: 128 bits in network order as two host integers, IPv4 in the low 32.
  public var high: UInt64
  public var low: UInt64
  public var isIPv6: Bool
  /// The primary path (`*`).
  public var isPrimary: Bool
}

/// One line of `/proc/net/sctp/eps`: an endpoint.
public struct SCTPEndpointRecord: Hashable, Sendable {
  public var inode: UInt64
  public var userID: UInt32
  /// 0 UDP style (one to many), 1 established elsewhere, 2 TCP style: `enum sctp_socket_type`.
  public var style: UInt8
  /// `enum sctp_sock_state`, numbered as TCP states: 10 is listening.
  public var state: UInt8
  /// Host order.
  public var localPort: UInt16
  public var addresses: [SCTPAddress]
}

extension SCTPEndpointRecord: NetTableRecord {
  static func isHeader(_ scanner: borrowing ByteScanner) -> Bool { scanner.hasPrefix("ENDPT ") }

  init?(line scanner: inout ByteScanner) {
    // ENDPT SOCK STY SST HBKT LPORT UID INODE LADDRS
    // 00000000c3b4a1f2 00000000a1f2c3b4 2   10  23   9999      0 27310 0.0.0.0
    scanner.skipFields(2)
    guard let style = scanner.decimalField(UInt8.self), let state = scanner.decimalField(UInt8.self),
      scanner.decimalField(Int64.self) != nil,
      let localPort = scanner.decimalField(UInt16.self), let userID = scanner.decimalField(UInt32.self),
      let inode = scanner.decimalField(UInt64.self)
    else { return nil }
    self.style = style
    self.state = state
    self.localPort = localPort
    self.userID = userID
    self.inode = inode
    addresses = scanner.addresses()
  }
}

/// One line of `/proc/net/sctp/assocs`: an association.
public struct SCTPAssociationRecord: Hashable, Sendable {
  public var inode: UInt64
  public var userID: UInt32
  public var style: UInt8
  /// Of the socket, as `SCTPEndpointRecord.state`.
  public var socketState: UInt8
  /// `enum sctp_state` of `linux/sctp.h`: 0 closed, 1 cookie-wait, 2 cookie-echoed, 3 established, 4 … 7 shutdown.
  public var state: UInt8
  public var associationID: Int32
  /// Bytes.
  public var sendQueue: UInt32
  public var receiveQueue: UInt32
  /// Host order.
  public var localPort: UInt16
  public var peerPort: UInt16
  public var localAddresses: [SCTPAddress]
  public var peerAddresses: [SCTPAddress]
}

extension SCTPAssociationRecord: NetTableRecord {
  static func isHeader(_ scanner: borrowing ByteScanner) -> Bool { scanner.hasPrefix("ASSOC ") }

  init?(line scanner: inout ByteScanner) {
    // ASSOC SOCK STY SST ST HBKT ASSOC-ID TX_QUEUE RX_QUEUE UID INODE LPORT RPORT LADDRS <-> RADDRS …
    // 0000000012 0000000034 2   1   3  0       1        0        0       0 27311 45678  9999  *127.0.0.1 <-> *127.0.0.1
    scanner.skipFields(2)
    guard let style = scanner.decimalField(UInt8.self), let socketState = scanner.decimalField(UInt8.self),
      let state = scanner.decimalField(UInt8.self), scanner.decimalField(Int64.self) != nil,
      let associationID = scanner.decimalField(Int32.self),
      let sendQueue = scanner.decimalField(UInt32.self), let receiveQueue = scanner.decimalField(UInt32.self),
      let userID = scanner.decimalField(UInt32.self), let inode = scanner.decimalField(UInt64.self),
      let localPort = scanner.decimalField(UInt16.self), let peerPort = scanner.decimalField(UInt16.self)
    else { return nil }
    localAddresses = scanner.addresses()
    guard scanner.skip("<->") else { return nil }
    peerAddresses = scanner.addresses()
    self.style = style
    self.socketState = socketState
    self.state = state
    self.associationID = associationID
    self.sendQueue = sendQueue
    self.receiveQueue = receiveQueue
    self.userID = userID
    self.inode = inode
    self.localPort = localPort
    self.peerPort = peerPort
  }
}

extension ByteScanner {
  /// The addresses that follow, up to a field that is none: `*10.0.0.1 fe80:0000:…:0001`.
  fileprivate mutating func addresses() -> [SCTPAddress] {
    var addresses: [SCTPAddress] = []
    while true {
      skipBlanks()
      let start = position
      let isPrimary = skip(UInt8(ascii: "*"))
      let first = position
      if let low = dottedAddress() {
        addresses.append(SCTPAddress(high: 0, low: low, isIPv6: false, isPrimary: isPrimary))
        continue
      }
      position = first
      guard let (high, low) = colonAddress() else {
        position = start
        return addresses
      }
      addresses.append(SCTPAddress(high: high, low: low, isIPv6: true, isPrimary: isPrimary))
    }
  }

  /// `10.0.0.1` (%pI4).
  private mutating func dottedAddress() -> UInt64? {
    var value: UInt64 = 0
    for index in 0..<4 {
      if index > 0, !skip(UInt8(ascii: ".")) { return nil }
      guard let part = decimal(), part < 256 else { return nil }
      value = value << 8 | part
    }
    return isAtFieldEnd ? value : nil
  }

  /// `fe80:0000:0000:0000:0000:0000:0000:0001` (%pI6: all eight groups, four digits each).
  private mutating func colonAddress() -> (UInt64, UInt64)? {
    var high: UInt64 = 0
    var low: UInt64 = 0
    for index in 0..<8 {
      if index > 0, !skip(UInt8(ascii: ":")) { return nil }
      guard let group = hexadecimal(), group < 65_536 else { return nil }
      if index < 4 { high = high << 16 | group } else { low = low << 16 | group }
    }
    return isAtFieldEnd ? (high, low) : nil
  }

  private var isAtFieldEnd: Bool {
    next == nil || next == 0x20 || next == 0x09 || next == 0x0a
  }
}
