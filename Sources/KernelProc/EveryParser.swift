/// All parsers of this module behind one door, for the fuzz target and the tests that damage input.
@_spi(Testing)
public enum EveryParser {
  /// How many there are: `selector` of `run` counts modulo this.
  public static let count: UInt8 = 30

  /// Runs one parser; the result is thrown away, a trap is the finding.
  public static func run(_ selector: UInt8, on text: Span<UInt8>) {
    switch selector % count {
    case 0: _ = ProcessStat(parsing: text)
    case 1: _ = ProcessStatus(parsing: text)
    case 2: _ = ProcessArguments(parsing: text)
    case 3: _ = CgroupMembership.mostTelling(CgroupMembership.parse(text))
    case 4: _ = ProtocolUse(parsing: text)
    case 5: _ = MemoryMapping.parse(text)
    case 6: _ = Mount.parse(text).map(\.networkNamespace)
    case 7: table(of: InetSocketRecord.self, text)
    case 8: table(of: UnixSocketRecord.self, text)
    case 9: table(of: PacketSocketRecord.self, text)
    case 10: table(of: NetlinkSocketRecord.self, text)
    case 11: table(of: SCTPEndpointRecord.self, text)
    case 12: table(of: SCTPAssociationRecord.self, text)
    case 13: statistics(text)
    case 14: _ = CounterTableRecord.parsePairs(text)
    case 15: _ = CounterTableRecord.parseLines(text)
    case 16: _ = OpenFiles(parsing: text)
    case 17: _ = UserTable(parsing: text)
    case 18: _ = CgroupPath(parsing: text)
    case 19: _ = CgroupPath(CgroupMembership.parse(text))
    case 20: _ = dockerName(text)
    case 21: _ = annotatedName(text)
    case 22: _ = listedName(text, id: [0x61])
    case 23: bytes(text)
    case 24: table(of: IPv4RouteRecord.self, text)
    case 25: table(of: IPv6RouteRecord.self, text)
    case 26: table(of: InterfaceCountersRecord.self, text)
    case 27: table(of: InterfaceAddress6Record.self, text)
    case 28: _ = GroupRecord.parseIPv4(text)
    default: table(of: GroupRecord.self, text)
    }
  }

  private static func table<Record: NetTableRecord>(of type: Record.Type, _ text: Span<UInt8>) {
    var table = NetTable<Record>()
    table.append(parsing: text)
  }

  private static func statistics(_ text: Span<UInt8>) {
    var statistics = SocketStatistics()
    statistics.read(text)
  }

  /// What takes an array.
  private static func bytes(_ text: Span<UInt8>) {
    let copy = text.copy(0..<text.count)
    _ = ExecutableLink(link: copy)
    _ = ProcessVisibility(superOptions: copy)
    _ = unescapingUnit(copy[...])
    _ = unescapingOctal(copy)
    _ = NamespaceLink(parsing: text, kind: .net)
    _ = firstLine(text, count: 36)
  }
}
