import KernelSystem
import Testing

@testable import KernelProc

private func table<Record: NetTableRecord & Sendable>(_ name: String, of type: Record.Type) throws
  -> [Record]
{
  var table = NetTable<Record>()
  let text = try Fixture.text("net-" + name)
  table.append(parsing: text.span)
  #expect(table.unreadableLines == 0)
  return table.records
}

/// What `WIRED` of capture.py set up.
@Suite("Routes, interfaces, groups and counters, as kernel 6.18 wrote them")
struct GoldenNetworkTests {
  @Test("IPv4 routes have their addresses in host order, and figures that were set")
  func routes() throws {
    let routes = try table("route", of: IPv4RouteRecord.self)
    #expect(routes.count == 5)
    #expect(routes.map(\.destination) == [0, 0x0a09_0000, 0x0a0d_0000, 0x0a0e_0000, 0x0a0f_0101])
    #expect(routes.map(\.mask) == [0, 0xffff_ff00, 0xffff_0000, 0xffff_0000, 0xffff_ffff])
    #expect(routes.map(\.gateway) == [0x0a09_0002, 0, 0, 0, 0])
    #expect(routes.map(\.interface) == ["v0", "v0", "v0", "*", "*"].map(bytes))
    // The kernel prints a metric unsigned; it is 32 bits.
    #expect(routes.map(\.metric) == [17, 0, 0, 0, -1])
    #expect(routes[2].window == 16384 && routes[2].initialRoundTrip == 3)
    #expect(routes[4].flags == 0x205)  // up, host, reject
  }

  @Test("IPv6 routes have prefix, next hop, metric and flags")
  func routes6() throws {
    let routes = try table("ipv6_route", of: IPv6RouteRecord.self)
    #expect(routes.count == 9)
    let via = try #require(routes.first { $0.metric == 4711 })
    #expect(via.destination == (0x2001_0db8_0001_0000, 0) && via.prefixLength == 48)
    #expect(via.nextHop == (0x2001_0db8_0000_0000, 3) && via.flags == 3)
    #expect(via.interface == bytes("v0"))
    let hole = try #require(routes.first { $0.destination.high == 0x2001_0db8_0003_0000 })
    #expect(hole.flags == 0x20_0200 && hole.interface == bytes("lo"))
  }

  @Test("Interfaces count packets and bytes in both directions")
  func interfaces() throws {
    let interfaces = try table("dev-wired", of: InterfaceCountersRecord.self)
    #expect(interfaces.map(\.name) == ["lo", "v1", "v0"].map(bytes))
    #expect(interfaces[0].receivedPackets == 23 && interfaces[0].sentBytes == 23 * 1037)
    #expect(interfaces[2].sentPackets == interfaces[1].receivedPackets)
  }

  @Test("A name that touches its counter is told from it")
  func touchingCounter() {
    var table = NetTable<InterfaceCountersRecord>()
    table.append(parsing: bytes(" eth0.7:1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n x: 1 2\n").span)
    #expect(table.records.map(\.name) == [bytes("eth0.7")] && table.unreadableLines == 1)
    #expect(table.records.first?.receivedBytes == 1 && table.records.first?.sentCompressed == 16)
  }

  @Test("IPv6 addresses of interfaces have their scope")
  func addresses6() throws {
    let addresses = try table("if_inet6", of: InterfaceAddress6Record.self)
    #expect(addresses.map(\.interface) == ["v0", "lo"].map(bytes))
    #expect(addresses.map(\.low) == [1, 1] && addresses.map(\.high) == [0x2001_0db8_0000_0000, 0])
    #expect(addresses.map(\.prefixLength) == [64, 128] && addresses.map(\.scope) == [0, 0x10])
    #expect(addresses.map(\.interfaceIndex) == [3, 1])
  }

  @Test("Groups belong to the interface above them, and count who joined")
  func groups() throws {
    let text = try Fixture.text("net-igmp")
    let groups = GroupRecord.parseIPv4(text.span)
    #expect(groups.unreadableLines == 0)
    #expect(groups.records.map(\.interface) == ["lo", "v1", "v0", "v0"].map(bytes))
    #expect(groups.records.map(\.low) == [0xe000_0001, 0xe000_0001, 0xef01_0203, 0xe000_0001])
    #expect(groups.records.allSatisfy { $0.users == 1 && !$0.isIPv6 })
    let six = try table("igmp6", of: GroupRecord.self)
    #expect(six.count == 8 && six.allSatisfy(\.isIPv6))
    #expect(six[0].interface == bytes("lo") && six[0].high == 0xff15 << 48 && six[0].low == 0x4711)
  }

  @Test("A group without an interface above it is no group")
  func lostGroup() {
    let groups = GroupRecord.parseIPv4(
      bytes("Idx\n\t\t010000E0 1 0:0 0\n1\tlo :\n\t\t010000E0 1 0:0 0\n").span)
    #expect(groups.records.count == 1 && groups.unreadableLines == 1)
  }

  @Test("Counters have the value of their column, and -1 is the largest number")
  func counters() throws {
    let tables = try golden("net-snmp") { CounterTableRecord.parsePairs($0) }
    #expect(tables.map(\.title).prefix(3) == ["Ip", "Icmp", "Tcp"])
    func value(_ title: String, _ name: String) -> UInt64? {
      tables.first { $0.title == title }?.counters.first { $0.name == name }?.value
    }
    #expect(value("Ip", "DefaultTTL") == 64 && value("Ip", "InReceives") == 23)
    #expect(value("Udp", "InDatagrams") == 0 && value("Udp", "OutDatagrams") == 23)
    #expect(value("Tcp", "MaxConn") == .max)
    let extended = try golden("net-netstat") { CounterTableRecord.parsePairs($0) }
    #expect(extended.map(\.title).prefix(2) == ["TcpExt", "IpExt"])
    let six = try golden("net-snmp6") { CounterTableRecord.parseLines($0) }
    #expect(six.title == "" && six.counters.first?.name == "Ip6InReceives")
  }

  @Test("Fewer values than names are 0, and a line without a colon is not of the form")
  func oddCounters() {
    #expect(
      CounterTableRecord.parsePairs(bytes("A: x y\nA: 7\n").span)?.first?.counters.map(\.value) == [7, 0])
    #expect(CounterTableRecord.parsePairs(bytes("A: x\n").span) == nil)
    #expect(CounterTableRecord.parsePairs(bytes("A x\nA 1\n").span) == nil)
    #expect(CounterTableRecord.parsePairs(bytes("\nA: x\nA: 7\n").span)?.count == 1)
    #expect(CounterTableRecord.parseLines(bytes("A\n").span) == nil)
    #expect(CounterTableRecord.parseLines(bytes("A 17").span) == nil)
  }
}
