/// `/proc/net/sockstat` and `sockstat6` (proc_pid_net(5)): the kernel's own counts, one namespace's but for
/// memory, which is the host's.
public struct SocketStatistics: Hashable, Sendable {
  /// Sockets of every family, bound or not.
  public var socketsUsed: UInt64 = 0
  /// TCP over IPv4: established and listening and on the way between.
  public var tcpInUse: UInt64 = 0
  /// Without a process; the host's.
  public var tcpOrphans: UInt64 = 0
  public var tcpTimeWait: UInt64 = 0
  /// With those closed or never bound; the host's.
  public var tcpAllocated: UInt64 = 0
  /// Pages.
  public var tcpMemory: UInt64 = 0
  public var udpInUse: UInt64 = 0
  /// Pages.
  public var udpMemory: UInt64 = 0
  public var udpLiteInUse: UInt64 = 0
  public var rawInUse: UInt64 = 0
  public var fragmentQueues: UInt64 = 0
  public var tcp6InUse: UInt64 = 0
  public var udp6InUse: UInt64 = 0
  public var udpLite6InUse: UInt64 = 0
  public var raw6InUse: UInt64 = 0
  public var fragmentQueues6: UInt64 = 0

  public init() {}

  /// Takes over what the lines of either file say; others stay.
  public mutating func read(_ text: Span<UInt8>) {
    var scanner = ByteScanner(bytes: text)
    while !scanner.isAtEnd {
      // TCP: inuse 1 orphan 0 tw 0 alloc 1 mem 261
      if scanner.skip("sockets:") {
        scanner.value("used", &socketsUsed)
      } else if scanner.skip("TCP:") {
        scanner.value("inuse", &tcpInUse)
        scanner.value("orphan", &tcpOrphans)
        scanner.value("tw", &tcpTimeWait)
        scanner.value("alloc", &tcpAllocated)
        scanner.value("mem", &tcpMemory)
      } else if scanner.skip("UDP:") {
        scanner.value("inuse", &udpInUse)
        scanner.value("mem", &udpMemory)
      } else if scanner.skip("UDPLITE:") {
        scanner.value("inuse", &udpLiteInUse)
      } else if scanner.skip("RAW:") {
        scanner.value("inuse", &rawInUse)
      } else if scanner.skip("FRAG:") {
        scanner.value("inuse", &fragmentQueues)
      } else {
        readSix(&scanner)
      }
      scanner.skipLine()
    }
  }

  private mutating func readSix(_ scanner: inout ByteScanner) {
    if scanner.skip("TCP6:") {
      scanner.value("inuse", &tcp6InUse)
    } else if scanner.skip("UDP6:") {
      scanner.value("inuse", &udp6InUse)
    } else if scanner.skip("UDPLITE6:") {
      scanner.value("inuse", &udpLite6InUse)
    } else if scanner.skip("RAW6:") {
      scanner.value("inuse", &raw6InUse)
    } else if scanner.skip("FRAG6:") {
      scanner.value("inuse", &fragmentQueues6)
    }
  }
}

extension ByteScanner {
  /// Takes ` name 12` into `value`, if it is next; a number that is none (`-1`) is stepped over.
  fileprivate mutating func value(_ name: StaticString, _ value: inout UInt64) {
    skipBlanks()
    guard skip(name) else { return }
    skipBlanks()
    if let number = decimal() { value = number } else { _ = field() }
  }
}
