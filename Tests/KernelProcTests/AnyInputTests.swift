import Randomness
import Testing

@testable import KernelProc

/// Reads a text by the parser of the fixture that is called `name`.
private func read(_ text: Span<UInt8>, as name: String) {
  switch name {
  case "stat", "stat-hostile", "stat-kthread", "stat-zombie": _ = ProcessStat(parsing: text)
  case "status", "status-hostile", "status-kthread": _ = ProcessStatus(parsing: text)
  case "cmdline": _ = ProcessArguments(parsing: text)
  case "cgroup": _ = CgroupPath(CgroupMembership.parse(text))
  case "maps", "maps-hostile": _ = MemoryMapping.parse(text)
  case "mountinfo", "mountinfo-hostile":
    for mount in Mount.parse(text) { _ = mount.networkNamespace }
  case "net-unix": append(text, as: UnixSocketRecord.self)
  case "net-packet": append(text, as: PacketSocketRecord.self)
  case "net-netlink": append(text, as: NetlinkSocketRecord.self)
  case "net-sockstat", "net-sockstat6":
    var statistics = SocketStatistics()
    statistics.read(text)
  case "net-protocols": _ = ProtocolUse(parsing: text)
  case "net-route": append(text, as: IPv4RouteRecord.self)
  case "net-ipv6_route": append(text, as: IPv6RouteRecord.self)
  case "net-dev-wired": append(text, as: InterfaceCountersRecord.self)
  case "net-if_inet6": append(text, as: InterfaceAddress6Record.self)
  case "net-igmp": _ = GroupRecord.parseIPv4(text)
  case "net-igmp6": append(text, as: GroupRecord.self)
  case "net-snmp", "net-netstat": _ = CounterTableRecord.parsePairs(text)
  case "net-snmp6": _ = CounterTableRecord.parseLines(text)
  case "passwd": _ = UserTable(parsing: text)
  case "file-nr": _ = OpenFiles(parsing: text)
  case "boot_id": _ = firstLine(text, count: 36)
  default: append(text, as: InetSocketRecord.self)
  }
}

private func append<Record: NetTableRecord & Sendable>(_ text: Span<UInt8>, as type: Record.Type) {
  var table = NetTable<Record>()
  table.append(parsing: text)
}

@Suite("Texts that no kernel wrote")
struct AnyInputTests {
  /// Long fixtures are tables, read line by line: their beginning, and each line of them alone.
  private static func pieces(of text: [UInt8]) -> [[UInt8]] {
    if text.count <= 2048 { return [text] }
    return [Array(text[..<2048])]
      + text.split(separator: 0x0a, omittingEmptySubsequences: false).map(Array.init)
  }

  @Test("Every prefix of every golden input is read without a trap", arguments: Fixture.names)
  func prefixes(name: String) throws {
    for piece in Self.pieces(of: try Fixture.text(name)) {
      for count in 0...piece.count { read(piece.span.extracting(0..<count), as: name) }
    }
  }

  @Test("Flipped bits are read without a trap", arguments: Fixture.names)
  func flippedBits(name: String) throws {
    var system = SystemRandomNumberGenerator()
    let seed: UInt64 = system.next()
    print("flipped bits of \(name): seed \(seed)")
    var generator = SeededRandom(seed: seed)
    let text = Array(try Fixture.text(name).prefix(4096))
    for _ in 0..<300 {
      var flipped = text
      for _ in 0..<Int.random(in: 1...17, using: &generator) {
        flipped[Int.random(in: text.indices, using: &generator)] ^=
          1 << UInt8.random(in: 0..<8, using: &generator)
      }
      read(flipped.span, as: name)
    }
  }

  @Test(
    "Texts made to hurt are read by every parser without a trap",
    arguments: [
      "", "\n", "\n\n\n", " ", "\0", ":", ")", "1 (", "1 ()", "1 () ", "1 )", "(", "-", "--", "[", "{", "\"",
      "\\", "\\u",
      String(repeating: "9", count: 4000), "-" + String(repeating: "9", count: 40),
      String(repeating: "\n", count: 999),
      "9223372036854775808", "-9223372036854775808", "-9223372036854775809", "18446744073709551616",
      String(repeating: "[", count: 4000), String(repeating: "/", count: 4000),
      String(repeating: "a:", count: 2000),
      String(repeating: "\\x", count: 999), "0:FFFFFFFF:FFFF", "\u{fffd}\u{1b}[2J",
    ])
  func hurtful(text: String) {
    let text = bytes(text)
    for name in Fixture.names { read(text.span, as: name) }
    append(text.span, as: SCTPEndpointRecord.self)
    append(text.span, as: SCTPAssociationRecord.self)
    _ = dockerName(text.span)
    _ = annotatedName(text.span)
    _ = listedName(text.span, id: [])
    _ = CgroupPath(parsing: text.span)
  }

  @Test("A million lines without a colon take time in proportion, not its square")
  func linearTime() {
    let text = [UInt8](repeating: 0x0a, count: 1 << 18)
    let elapsed = ContinuousClock().measure {
      _ = UserTable(parsing: text.span)
      _ = CgroupMembership.parse(text.span)
    }
    #expect(elapsed < .seconds(20))
  }
}

@Suite("Walking over text")
struct ByteScannerTests {
  @Test("A number that does not fit leaves the scanner where it was")
  func positionAfterFailure() {
    let text = bytes("  99999 x")
    var scanner = ByteScanner(bytes: text.span)
    #expect(scanner.decimalField(UInt8.self) == nil)
    #expect(scanner.position == 0)
    #expect(scanner.decimalField(Int16.self) == nil)
    #expect(scanner.hexadecimalField(UInt16.self) == nil)
    #expect(scanner.position == 0)
    #expect(scanner.decimalField(UInt32.self) == 99999)
    let isWhole = scanner.isBehindWholeNumber
    #expect(isWhole)
    #expect(scanner.decimalField(UInt32.self) == nil)
    #expect(scanner.next == 0x20)
  }

  @Test(
    "Signed numbers reach from -2^63 to 2^63 - 1",
    arguments: [
      ("9223372036854775807", Int64.max), ("-9223372036854775808", .min), ("-0", 0), ("-7", -7),
      ("9223372036854775808", nil), ("-9223372036854775809", nil), ("-", nil), ("--1", nil), ("", nil),
      ("+1", nil),
    ] as [(String, Int64?)])
  func signed(text: String, expected: Int64?) {
    let text = bytes(text)
    var scanner = ByteScanner(bytes: text.span)
    #expect(scanner.signedDecimal() == expected)
    if expected == nil { #expect(scanner.position == 0) }
  }

  @Test("Digits of each radix are its own")
  func digits() {
    #expect((0...255).filter { UInt8($0).digit(radix: 8) != nil } == Array(0x30...0x37))
    #expect((0...255).filter { UInt8($0).digit(radix: 10) != nil } == Array(0x30...0x39))
    #expect((0...255).compactMap { UInt8($0).digit(radix: 16) }.count == 22)
  }

  @Test("A copy is cut to what is there")
  func copy() {
    let text = bytes("abc")
    #expect(text.span.copy(1..<9) == bytes("bc"))
    #expect(text.span.copy(-4..<1) == bytes("a"))
    #expect(text.span.copy(7..<9) == [])
  }
}
