/// One line of an IPv4 or IPv6 socket table in `/proc/net` (proc_pid_net(5)).
public struct InetSocketRecord: Hashable, Sendable {
  /// The tables that share this form, by file name.
  public enum Table: String, CaseIterable, Sendable {
    case tcp, tcp6, udp, udp6, udplite, udplite6, raw, raw6, icmp, icmp6
    public var isIPv6: Bool { rawValue.utf8.last == UInt8(ascii: "6") }
  }

  /// As in `Model.IPAddress`: 128 bits in network order as two host integers, IPv4 in the low 32.
  public var localHigh: UInt64
  public var localLow: UInt64
  public var peerHigh: UInt64
  public var peerLow: UInt64
  /// Host order. In `raw` the protocol, in `icmp` the identifier.
  public var localPort: UInt16
  public var peerPort: UInt16
  public var isIPv6: Bool
  /// `TCP_*` of `net/tcp_states.h`: 1 established … 10 listening; 7 for a UDP or raw socket without peer.
  public var state: UInt8
  /// 0 none, 1 retransmit, 2 keep-alive, 3 TIME_WAIT, 4 zero window probe.
  public var timer: UInt8
  /// Bytes not yet acknowledged; for a listener of TCP its backlog limit is in no field here.
  public var sendQueue: UInt32
  /// Bytes not yet read; for a listener of TCP the connections waiting for accept.
  public var receiveQueue: UInt32
  /// Clock ticks until the timer fires.
  public var timerTicks: UInt64
  /// Retransmits not recovered, or probes not answered.
  public var retransmits: UInt32
  /// 0 for TIME_WAIT.
  public var userID: UInt32
  /// 0 for TIME_WAIT and for a connection that nobody accepted.
  public var inode: UInt64
  /// Datagrams thrown away for want of room; nil for TCP, which does not say.
  public var drops: UInt32?
}

extension InetSocketRecord: NetTableRecord {
  static func isHeader(_ scanner: borrowing ByteScanner) -> Bool { scanner.hasPrefix("sl ") }

  /// The line of a TCP, UDP or raw socket: they differ behind the inode only.
  init?(line scanner: inout ByteScanner) {
    // 0: 0100007F:07E8 00000000:0000 0A 00000000:00000000 00:00000000 00000000  0  0 1060 1 000000007c244f7c 100 0 0 10 0
    let colon = UInt8(ascii: ":")
    guard scanner.decimal() != nil, scanner.skip(colon),
      let local = ProcAddress(&scanner), let localPort = scanner.hexadecimalField(UInt16.self),
      let peer = ProcAddress(&scanner), let peerPort = scanner.hexadecimalField(UInt16.self),
      local.isIPv6 == peer.isIPv6,
      let state = scanner.hexadecimalField(UInt8.self),
      let sendQueue = scanner.hexadecimalField(UInt32.self), scanner.skip(colon),
      let receiveQueue = scanner.hexadecimalField(UInt32.self),
      let timer = scanner.hexadecimalField(UInt8.self), scanner.skip(colon),
      let timerTicks = scanner.hexadecimalField(UInt64.self),
      let retransmits = scanner.hexadecimalField(UInt32.self),
      let userID = scanner.decimalField(UInt32.self),
      scanner.decimalField(Int64.self) != nil,  // probes or timeout
      let inode = scanner.decimalField(UInt64.self), scanner.isBehindWholeNumber
    else { return nil }
    localHigh = local.high
    localLow = local.low
    peerHigh = peer.high
    peerLow = peer.low
    isIPv6 = local.isIPv6
    self.localPort = localPort
    self.peerPort = peerPort
    self.state = state
    self.timer = timer
    self.sendQueue = sendQueue
    self.receiveQueue = receiveQueue
    self.timerTicks = timerTicks
    self.retransmits = retransmits
    self.userID = userID
    self.inode = inode
    drops = Self.drops(&scanner)
  }

  /// UDP and raw end with `ref pointer drops`; TCP has five more fields, or (TIME_WAIT) none at all.
  private static func drops(_ scanner: inout ByteScanner) -> UInt32? {
    scanner.skipBlanks()
    scanner.skipFields(2)  // references, pointer
    guard let drops = scanner.decimalField(UInt32.self) else { return nil }
    scanner.skipBlanks()
    guard let after = scanner.next, after == 0x0a else { return nil }
    return drops
  }
}

/// An address as the kernel prints it: each 32-bit word of it read in host order, 8 digits a word, then `:`.
struct ProcAddress {
  let high: UInt64
  let low: UInt64
  let isIPv6: Bool

  init?(_ scanner: inout ByteScanner) {
    scanner.skipBlanks()
    let start = scanner.position
    guard let first = Self.word(&scanner) else { return nil }
    if scanner.skip(UInt8(ascii: ":")) {
      (high, low, isIPv6) = (0, first, false)
      return
    }
    guard let second = Self.word(&scanner), let third = Self.word(&scanner),
      let fourth = Self.word(&scanner), scanner.skip(UInt8(ascii: ":"))
    else {
      scanner.position = start
      return nil
    }
    (high, low, isIPv6) = (first << 32 | second, third << 32 | fourth, true)
  }

  /// Eight digits; the number has the bytes of the address in memory order, which is network order.
  static func word(_ scanner: inout ByteScanner) -> UInt64? {
    let text = scanner.bytes
    guard text.count - scanner.position >= 8 else { return nil }
    var value: UInt32 = 0
    for index in scanner.position..<scanner.position + 8 {
      guard let digit = text[index].digit(radix: 16) else { return nil }
      value = value << 4 | UInt32(digit)
    }
    scanner.position += 8
    return UInt64(UInt32(bigEndian: value))
  }
}
