/// A title and its counters, of `/proc/net/snmp`, `netstat`, `snmp6` or `sctp/snmp` (RFC 1213, RFC 4293; proc_pid_net(5)).
public struct CounterTableRecord: Hashable, Sendable {
  public struct Counter: Hashable, Sendable {
    public var name: String
    /// `-1`, which the kernel writes for «no limit», is `UInt64.max`.
    public var value: UInt64
  }
  /// `Ip`, `TcpExt`; empty where the file has no titles.
  public var title: String
  public var counters: [Counter] = []

  /// `snmp` and `netstat`: a line of names and a line of values a table; nil when it is not of that form.
  static func parsePairs(_ text: Span<UInt8>) -> [CounterTableRecord]? {
    var tables: [CounterTableRecord] = []
    var scanner = ByteScanner(bytes: text)
    while !scanner.isAtEnd {
      if scanner.skip(0x0a) { continue }
      // Tcp: RtoAlgorithm RtoMin RtoMax MaxConn
      // Tcp: 1 200 120000 -1
      guard var table = scanner.titledLine(), var values = scanner.lineBehindTitle() else { return nil }
      for index in table.counters.indices { table.counters[index].value = values.counter() }
      tables.append(table)
    }
    return tables
  }

  /// `snmp6` and `sctp/snmp`: a name and a value a line. nil when one has no value.
  static func parseLines(_ text: Span<UInt8>) -> CounterTableRecord? {
    var table = CounterTableRecord(title: "")
    var scanner = ByteScanner(bytes: text)
    while !scanner.isAtEnd {
      // Ip6InReceives                   \t1208
      let name = scanner.field()
      scanner.skipBlanks()
      guard !name.isEmpty, let value = scanner.decimal(), scanner.isBehindWholeNumber else { return nil }
      table.counters.append(
        Counter(name: String(decoding: scanner.bytes.copy(name), as: UTF8.self), value: value))
      scanner.skipLine()
    }
    return table
  }
}

extension ByteScanner {
  /// `Ip: Forwarding DefaultTTL`: a table without values.
  fileprivate mutating func titledLine() -> CounterTableRecord? {
    let end = lineEnd
    guard let colon = bytes.firstIndex(of: UInt8(ascii: ":"), from: position, to: end) else { return nil }
    var table = CounterTableRecord(title: String(decoding: bytes.copy(position..<colon), as: UTF8.self))
    position = colon + 1
    skipBlanks()
    while position < end {
      let name = field()
      table.counters.append(.init(name: String(decoding: bytes.copy(name), as: UTF8.self), value: 0))
      skipBlanks()
    }
    skipLine()
    return table
  }

  /// The next line behind its colon; nil when it has none.
  @_lifetime(copy self)
  fileprivate mutating func lineBehindTitle() -> ByteScanner? {
    let end = lineEnd
    guard let colon = bytes.firstIndex(of: UInt8(ascii: ":"), from: position, to: end) else { return nil }
    let line = bytes.extracting(colon + 1..<end)
    skipLine()
    return ByteScanner(bytes: line)
  }

  /// The next number of a line of values; 0 when there is none.
  fileprivate mutating func counter() -> UInt64 {
    skipBlanks()
    let isNegative = skip(UInt8(ascii: "-"))
    let value = decimal() ?? 0
    return isNegative ? 0 &- value : value
  }
}
