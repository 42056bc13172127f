import Foundation
import Model
import Testing

@testable import Store

@Suite struct WriterTests {
  let scratch: Scratch
  init() throws { scratch = try Scratch() }

  @Test("A connection is one row: opened at its connect, completed at its close") func oneRow() throws {
    let writer = try Sample.writer(scratch.database)
    try writer.take([Sample.event(.connect, 1001, process: Sample.process(7))], now: Sample.time(1001))
    try writer.flush(Sample.time(1002))
    #expect(try ask(scratch.database, "SELECT outcome, duration_us FROM connections") == [["open", nil]])
    try writer.take([Sample.close(1031.5)], now: Sample.time(1031.5))
    try writer.flush(Sample.time(1032))
    let rows = try ask(
      scratch.database,
      """
      SELECT opened, closed, duration_us, outcome, direction, protocol, local_address, local_port, peer_address,
        peer_port, sent_bytes, received_bytes, round_trip_us, pid, name, executable, netns FROM connections
      """)
    #expect(
      rows == [
        [
          "2026-11-21T10:00:01.000000Z", "2026-11-21T10:00:31.500000Z", "30500000", "closed", "outbound",
          "tcp",
          "10.0.2.15", "43210", "203.0.113.9", "443", "100", "2000", "150", "7", "curl", "/usr/bin/curl",
          "4026531840",
        ]
      ])
  }

  @Test("With rows at close there is no row before, and one of unknown end at the stop") func rowsAtClose()
    throws
  {
    var settings = Sample.settings
    settings.rowTime = .close
    let writer = try Sample.writer(scratch.database, settings)
    try writer.take(
      [Sample.event(.connect, 1001, cookie: 1), Sample.event(.connect, 1002, cookie: 2)],
      now: Sample.time(1002))
    try writer.flush(Sample.time(1003))
    #expect(try only(scratch.database, "SELECT count(*) FROM connections") == "0")
    try writer.take([Sample.close(1004, cookie: 1)], now: Sample.time(1004))
    try writer.stop(Sample.time(1005))
    #expect(
      try ask(scratch.database, "SELECT cookie, outcome, duration_us FROM connections ORDER BY cookie")
        == [["1", "closed", "3000000"], ["2", "unknown", "3000000"]])
  }

  @Test("Open connections are marked at a stop, and the recording has its end") func stopMarks() throws {
    let writer = try Sample.writer(scratch.database)
    try writer.take(
      [Sample.event(.connect, 1001), Sample.event(.accept, 1002, cookie: 2)], now: Sample.time(1002))
    try writer.flush(Sample.time(1020))
    try writer.stop(Sample.time(1100))
    #expect(
      try ask(scratch.database, "SELECT outcome, duration_us FROM connections ORDER BY id")
        == [["unknown", "99000000"], ["unknown", "98000000"]])
    #expect(try only(scratch.database, "SELECT stopped - started FROM recording") == "100000000")
    #expect(try only(scratch.database, "SELECT count(*) FROM gaps") == "0")
  }

  @Test("A close without its opening is a row that says so") func closeAlone() throws {
    let writer = try Sample.writer(scratch.database)
    try writer.take([Sample.close(1010)], now: Sample.time(1010))
    var known = Sample.close(1010, cookie: 2)
    known.socket?.durationNanoseconds = 4_000_000_000
    try writer.take([known], now: Sample.time(1010))
    try writer.flush(Sample.time(1011))
    #expect(
      try ask(scratch.database, "SELECT opened_before, duration_us, opened_us FROM connections ORDER BY id")
        == [
          ["1", "10000000", "\(Sample.microseconds(1000))"],
          ["0", "4000000", "\(Sample.microseconds(1006))"],
        ])
  }

  @Test("A failed connect tells why, and how long it took") func failure() throws {
    let writer = try Sample.writer(scratch.database)
    var event = Sample.event(.connectFailed, 1010)
    event.reason = "ECONNREFUSED"
    event.socket?.durationNanoseconds = 1_500_000
    try writer.take([event], now: Sample.time(1010))
    try writer.flush(Sample.time(1011))
    #expect(
      try ask(scratch.database, "SELECT outcome, reason, duration_us, direction FROM connections")
        == [["failed", "ECONNREFUSED", "1500", "outbound"]])
  }

  @Test("Conversations of one datagram socket are told apart by their peers") func datagrams() throws {
    let writer = try Sample.writer(scratch.database)
    func flow(_ action: EventAction, _ seconds: Double, _ peer: String) -> Event {
      Sample.event(action, seconds, peer: peer, port: 53) {
        $0.type = .datagram
        $0.protocol = .udp
        $0.sentPackets = 3
      }
    }
    try writer.take(
      [flow(.udpFlow, 1001, "8.8.8.8"), flow(.udpFlow, 1002, "1.1.1.1")], now: Sample.time(1002))
    try writer.flush(Sample.time(1003))
    try writer.take([flow(.close, 1005, "8.8.8.8")], now: Sample.time(1005))
    try writer.flush(Sample.time(1006))
    #expect(
      try ask(
        scratch.database, "SELECT peer_address, protocol, outcome, duration_us, sent_packets FROM connections"
      )
        == [["8.8.8.8", "udp", "closed", "4000000", "3"], ["1.1.1.1", "udp", "open", nil, "3"]])
  }

  @Test("A process has a row a program: an exec begins another, an exit ends it") func processLives() throws {
    let writer = try Sample.writer(scratch.database)
    var fork = Event(action: .fork, bootNanoseconds: Sample.time(1001).boot, wallNanoseconds: 0)
    fork.process = Sample.process(7, "/bin/sh")
    var exec = Event(action: .exec, bootNanoseconds: Sample.time(1002).boot, wallNanoseconds: 0)
    exec.process = Sample.process(7, "/usr/bin/curl")
    var exit = Event(action: .exit, bootNanoseconds: Sample.time(1005).boot, wallNanoseconds: 0)
    exit.process = Sample.process(7, "/usr/bin/curl")
    exit.detail = .exit(
      ExitFacts(code: 3, signal: nil, dumpedCore: false, durationNanoseconds: nil, cpuNanoseconds: 5_000_000))
    try writer.take([fork, exec], now: Sample.time(1002))
    try writer.flush(Sample.time(1003))
    try writer.take([exit], now: Sample.time(1005))
    try writer.flush(Sample.time(1006))
    #expect(
      try ask(
        scratch.database,
        "SELECT executable, exec_generation, ended_us, exit_code, cpu_us, user FROM processes")
        == [
          ["/bin/sh", "0", "\(Sample.microseconds(1002))", nil, nil, "alice"],
          ["/usr/bin/curl", "1", "\(Sample.microseconds(1005))", "3", "5000", "alice"],
        ])
  }

  @Test("What repeats is stored once") func interned() throws {
    let writer = try Sample.writer(scratch.database)
    for number in 1...23 as ClosedRange<UInt64> {
      let process = Sample.process(Int32(number), ticks: number)
      try writer.take(
        [Sample.event(.connect, 1001, cookie: number, process: process)], now: Sample.time(1001))
    }
    try writer.flush(Sample.time(1002))
    #expect(try only(scratch.database, "SELECT count(*) FROM processes") == "23")
    #expect(try only(scratch.database, "SELECT count(*) FROM address") == "2")
    // name, executable, arguments, user name
    #expect(try only(scratch.database, "SELECT count(*) FROM text") == "4")
  }

  @Test("Modules, names of addresses and listeners are kept without repetition") func others() throws {
    let writer = try Sample.writer(scratch.database)
    var load = Event(action: .moduleLoad, bootNanoseconds: Sample.time(1001).boot, wallNanoseconds: 0)
    load.detail = .module(
      ModuleFacts(path: "/lib/libc.so.6", address: 4096, size: 2_000_000, buildID: [0xab, 0xcd]))
    for pid in 1...7 as ClosedRange<Int32> {
      load.process = Sample.process(pid)
      try writer.take([load], now: Sample.time(1001))
    }
    var dns = Event(action: .dns, bootNanoseconds: Sample.time(1002).boot, wallNanoseconds: 0)
    dns.detail = .dns(NameAnswer(question: "example.org", addresses: [IPAddress("203.0.113.9")!]))
    let listen = Sample.event(.listen, 1003, cookie: 9) { $0.state = .listen }
    try writer.take([dns, dns, listen, Sample.event(.connect, 1004)], now: Sample.time(1004))
    try writer.flush(Sample.time(1005))
    #expect(
      try ask(scratch.database, "SELECT path, build_id, loads FROM modules") == [
        ["/lib/libc.so.6", "abcd", "7"]
      ])
    #expect(
      try ask(scratch.database, "SELECT question, address, answers FROM dns") == [
        ["example.org", "203.0.113.9", "2"]
      ])
    #expect(try only(scratch.database, "SELECT peer_name FROM connections") == "example.org")
    #expect(try only(scratch.database, "SELECT count(*) FROM listening_ports WHERE port = 43210") == "1")
    try writer.take([Sample.event(.close, 1006, cookie: 9) { $0.state = .listen }], now: Sample.time(1006))
    try writer.flush(Sample.time(1007))
    #expect(try only(scratch.database, "SELECT count(*) FROM listening_ports") == "0")
  }

  @Test("After the clock is set back times go on, and the step is recorded") func clockBack() throws {
    let writer = try Sample.writer(scratch.database)
    try writer.take([Sample.event(.connect, 1001, cookie: 1)], now: Sample.time(1001))
    try writer.take([Sample.event(.connect, 1002, cookie: 2)], now: Sample.time(1002, stepped: -3600))
    try writer.take([Sample.close(1003, cookie: 1)], now: Sample.time(1003, stepped: -3600))
    try writer.flush(Sample.time(1004, stepped: -3600))
    #expect(
      try ask(scratch.database, "SELECT opened_us, duration_us FROM connections ORDER BY id")
        == [["\(Sample.microseconds(1001))", "2000000"], ["\(Sample.microseconds(1002))", nil]])
    #expect(
      try ask(scratch.database, "SELECT at, step FROM clock_step")
        == [["\(Sample.microseconds(1002))", "-3600000000"]])
  }

  @Test("A batch is written after its interval, and an idle recorder writes once a minute") func intervals()
    throws
  {
    let writer = try Sample.writer(scratch.database)
    try writer.take([Sample.event(.connect, 1000.1)], now: Sample.time(1000.5))
    #expect(writer.counters.batches == 0)
    try writer.flushIfDue(Sample.time(1001))
    #expect(writer.counters.batches == 1)
    // At 1009 the connection is no longer young, which is written down.
    for second in stride(from: 1001.0, through: 1128, by: 1) { try writer.flushIfDue(Sample.time(second)) }
    #expect(writer.counters.batches == 3)
  }

  @Test("A listener for which there is no room is a loss, and told as one") func listenersWithoutRoom() throws
  {
    let writer = try Sample.writer(scratch.database)
    let count = UInt64(StoreWriter.processLimit)
    try writer.take(
      (1...count + 3).map { Sample.event(.listen, 1001, cookie: $0) { $0.state = .listen } },
      now: Sample.time(1001))
    try writer.flush(Sample.time(1002))
    #expect(writer.counters.lost == 3)
    #expect(try only(scratch.database, "SELECT count(*) FROM listening_ports") == "\(count)")
    #expect(try ask(scratch.database, "SELECT kind, count FROM gaps") == [["store_lost", "3"]])
  }

  @Test("A look at the host gives rows to what was there, and ends what is there no more") func looks() throws
  {
    let writer = try Sample.writer(scratch.database)
    func look(_ cookies: [UInt64]) -> Snapshot {
      var snapshot = Snapshot()
      for cookie in cookies {
        var socket = Sample.event(.connect, 0, cookie: cookie).socket!.plain
        socket.origin = cookie == 9 ? .listen : .unknown
        socket.state = cookie == 9 ? .listen : .established
        socket.firstHolding = 0
        socket.holdingCount = 1
        if cookie == 2 {
          var detail = SocketDetail()
          detail.tcp = TCPInternals()
          detail.tcp?.sentBytes = 77
          socket.detailIndex = 0
          snapshot.details = [detail]
        }
        snapshot.sockets.append(socket)
      }
      snapshot.processes = [Sample.process(7)]
      snapshot.holdings = [Holding(socket: 0, process: 0, descriptor: 3)]
      return snapshot
    }
    try writer.take(
      look([1, 2, 9]), lookBegan: Sample.time(1001).boot, isComplete: true, now: Sample.time(1001))
    try writer.take([Sample.event(.connect, 1005, cookie: 3)], now: Sample.time(1005))
    try writer.take([Sample.event(.connect, 1011, cookie: 4)], now: Sample.time(1011))
    #expect(writer.counters.batches > 0, "2 has its row")
    // 2 and 3 were lost sight of; 4 is younger than the look.
    try writer.take(
      look([1, 9]), lookBegan: Sample.time(1010).boot, isComplete: true, now: Sample.time(1012))
    try writer.take([Sample.close(1020, cookie: 1)], now: Sample.time(1020))
    try writer.flush(Sample.time(1021))
    #expect(
      try ask(
        scratch.database,
        "SELECT cookie, outcome, opened_before, duration_us, pid, sent_bytes FROM connections ORDER BY id")
        == [
          ["1", "closed", "1", "19000000", "7", "100"], ["2", "unknown", "1", "9000000", "7", "77"],
          ["3", "unknown", "0", "5000000", nil, nil], ["4", "open", "0", nil, nil, nil],
        ])
    #expect(try only(scratch.database, "SELECT count(*) FROM listening_ports") == "1")
  }
}
