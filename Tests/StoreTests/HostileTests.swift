import Model
import Testing

@testable import Store

@Suite struct HostileTests {
  static let names: [[UInt8]] = [
    [], [0xff, 0xfe, 0x80], Array("'; DROP TABLE connection; --".utf8), Array("a\u{1b}[31m\n\r\t\"%s".utf8),
    Array("\u{202e}exe.txt".utf8), [0xc0, 0xaf], Array(1...255), Array("x[7]:1:ff".utf8),
    Array(repeating: 0x41, count: 100_000),
  ]

  @Test("Names come back byte for byte", arguments: names) func roundTrip(_ bytes: [UInt8]) throws {
    let scratch = try Scratch()
    let writer = try Sample.writer(scratch.database)
    var process = Sample.process(7)
    let name = RawText(bytes)
    process.name = name
    process.executable = name
    process.arguments = [name, RawText(""), name]
    process.workingDirectory = name
    process.entityID = "0011223344556677"
    process.systemdUnit = "a.service"
    process.container = Container(id: "c0ffee", runtime: "docker", name: "web", podUID: nil)
    process.entry = EntryLeader(kind: .sshd, pid: ProcessID(3))
    process.ancestors = [
      Ancestor(identity: ProcessIdentity(pid: ProcessID(5), startTicks: 77), name: name, entityID: "ab"),
      Ancestor(identity: ProcessIdentity(pid: ProcessID(3), startTicks: 7), name: "sshd", entityID: nil),
    ]
    try writer.take([Sample.event(.connect, 1001, process: process)], now: Sample.time(1001))
    try writer.flush(Sample.time(1002))
    let found = try #require(
      try StoreReader(path: scratch.database).history(HistoryQuery()).connections.first)
    let stored = try #require(found.process?.process)
    #expect(stored.name == name)
    #expect(stored.executable == name)
    #expect(stored.arguments == [name, RawText(""), name])
    #expect(stored.workingDirectory == name)
    #expect(stored.ancestors == process.ancestors)
    #expect(stored.container == process.container)
    #expect(stored.entry == process.entry)
    #expect(stored.systemdUnit == "a.service")
    #expect(stored.entityID == process.entityID)
    #expect(stored.user == process.user)
    #expect(try only(scratch.database, "PRAGMA integrity_check") == "ok")
    var query = HistoryQuery()
    query.processes.executable = name
    #expect(try StoreReader(path: scratch.database).history(query).connections.count == 1)
  }

  @Test("No arguments and one empty argument are two things") func emptyArguments() throws {
    let scratch = try Scratch()
    let writer = try Sample.writer(scratch.database)
    for (pid, arguments) in [(1, []), (2, [RawText("")]), (3, nil)] as [(Int32, [RawText]?)] {
      var process = Sample.process(pid)
      process.arguments = arguments
      try writer.take(
        [Sample.event(.connect, 1001, cookie: UInt64(pid), process: process)], now: Sample.time(1001))
    }
    try writer.flush(Sample.time(1002))
    var query = HistoryQuery()
    query.order = .oldest
    let found = try StoreReader(path: scratch.database).history(query).connections.map {
      $0.process?.process.arguments
    }
    #expect(found == [[], [RawText("")], nil])
  }

  @Test("An IPv4 peer of an IPv6 socket is found as IPv4, and told as it was held") func mapped() throws {
    let scratch = try Scratch()
    let writer = try Sample.writer(scratch.database)
    let event = Sample.event(.connect, 1001, peer: "::ffff:10.0.0.5")
    try writer.take([event], now: Sample.time(1001))
    try writer.flush(Sample.time(1002))
    var query = HistoryQuery()
    query.addresses = [AddressPrefix(IPAddress("10.0.0.0")!, length: 8)]
    let found = try StoreReader(path: scratch.database).history(query).connections
    #expect(found.map(\.socket.peer) == [event.socket!.peer])
  }
}
