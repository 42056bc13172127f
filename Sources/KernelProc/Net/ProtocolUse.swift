/// `/proc/net/protocols`: the transport protocols that this kernel has, and how many sockets of each the namespace has
/// in the kernel's look-up tables (net/core/sock.c, `proto_seq_show`). MPTCP is counted since 6.3.
public struct ProtocolUse: Hashable, Sendable {
  /// By the kernel's name: `TCP`, `MPTCPv6`, `PING`.
  private var counts: [String: UInt64] = [:]

  public init() {}

  /// Whether the kernel has the protocol.
  public func has(_ name: String) -> Bool { counts[name] != nil }

  /// nil where the kernel has the protocol and does not count it; 0 where it does not have the protocol.
  public func sockets(_ name: String) -> UInt64? {
    guard let count = counts[name] else { return 0 }
    return count == .max ? nil : count
  }

  /// nil when it is not that file: no protocol is in it.
  public init?(parsing text: Span<UInt8>) {
    var scanner = ByteScanner(bytes: text)
    scanner.skipLine()  // protocol  size sockets  memory press maxhdr  slab module     cl co di …
    while !scanner.isAtEnd {
      // MPTCPv6   2064      0     120   no       0   yes  kernel      y  y  y
      let name = scanner.field()
      scanner.skipBlanks()
      scanner.skipFields(1)
      // -1 where the protocol does not count.
      let count = scanner.decimalField(UInt64.self) ?? .max
      if !name.isEmpty { counts[String(decoding: text.copy(name), as: UTF8.self)] = count }
      scanner.skipLine()
    }
    if counts.isEmpty { return nil }
  }
}
