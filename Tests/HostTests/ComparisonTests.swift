import Foundation
import Testing

/// The comparison itself, on records made by hand: a comparison that finds nothing proves nothing.
@Suite struct ComparisonTests {
  private let truth: [Sighting] = {
    var socket = Sighting(label: "tcp4", table: "tcp", inode: 23961, cookie: 4711)
    socket.netns = 4_026_531_840
    socket.family = "inet"
    socket.type = "stream"
    socket.state = "established"
    socket.local = End(address: "127.0.0.1", port: 80)
    socket.peer = End(address: "127.0.0.1", port: 34940)
    socket.holders = [Holder(pid: 823, descriptor: 3)]
    var second = socket
    second.holders = [Holder(pid: 824, descriptor: 5)]
    return [socket, second]
  }()

  private func listing(_ change: (String) -> String = { $0 }) throws -> [Sighting] {
    let text = """
      [{"schema":"sockeye/1",
        "socket":{"cookie":4711,"inode":23961,"netns":4026531840,"family":"inet","type":"stream","state":"established",
          "receive_queue":0,"send_queue":0},
        "network":{"transport":"tcp","type":"ipv4","local":{"address":"127.0.0.1","port":80},
          "peer":{"address":"127.0.0.1","port":34940}},
        "process":{"pid":823,"name":"a"},
        "holders":[{"pid":823,"fds":[3]},{"pid":824,"fds":[5]}]}]
      """
    return Listing(records: try Listing.records(in: Data(change(text).utf8))).sightings
  }

  @Test("Agreement has no differences")
  func agreement() throws {
    #expect(Comparison(found: try listing()).differences(from: truth) == [])
  }

  @Test(
    "Each field that differs is named, with the socket and both values",
    arguments: [
      ("established", "close-wait", "state is established, sockeye says close-wait"),
      ("34940", "34941", "peer is [127.0.0.1]:34940, sockeye says [127.0.0.1]:34941"),
      ("\"127.0.0.1\",\"port\":80", "\"::ffff:127.0.0.1\",\"port\":80", "local end is [127.0.0.1]:80"),
      ("4711", "4712", "cookie is 4711, sockeye says 4712"),
      ("4026531840", "4026531841", "namespace is 4026531840, sockeye says 4026531841"),
      ("\"inet\"", "\"inet6\"", "family is inet, sockeye says inet6"),
      ("\"tcp\"", "\"mptcp\"", "table is tcp, sockeye says mptcp"),
      (",{\"pid\":824,\"fds\":[5]}", "", "sockeye does not name pid 824 fd 5"),
      ("[5]", "[5,6]", "sockeye names pid 824 fd 6, which does not hold it"),
      (
        "\"send_queue\":0", "\"send_queue\":0,\"unheld_reason\":\"refused\"", "says that it has none: refused"
      ),
      ("23961", "23962", "sockeye does not list it"),
    ])
  func differing(old: String, new: String, finding: String) throws {
    let found = try listing { $0.replacingOccurrences(of: old, with: new) }
    let differences = Comparison(found: found).differences(from: truth)
    #expect(differences.count == 1)
    #expect(differences.first?.hasPrefix("tcp4: tcp established [127.0.0.1]:80") == true, "\(differences)")
    #expect(differences.first?.contains(finding) == true, "\(differences)")
  }

  @Test("A socket that is listed twice is a difference")
  func twice() throws {
    let found = try listing()
    let differences = Comparison(found: found + found).differences(from: truth)
    #expect(differences.count == 1)
    #expect(differences.first?.hasSuffix("sockeye lists it 2 times") == true)
  }

  @Test("Sockets without inode need a counterpart each")
  func withoutInode() {
    var socket = Sighting(label: "unix-backlog", table: "unix")
    socket.local = .name(Array("/run/x".utf8))
    socket.unheldReason = "not_yet_accepted"
    let differences = Comparison(found: [socket, socket]).differences(from: [socket, socket, socket])
    #expect(differences.count == 1)
    #expect(Comparison(found: [socket, socket]).unknown(among: [socket, socket, socket]).count == 1)
  }

  @Test("An MPTCP socket and its subflow share an inode and are two")
  func subflow() {
    let socket = Sighting(table: "mptcp", inode: 7), subflow = Sighting(table: "tcp", inode: 7)
    #expect(Comparison(found: [subflow, socket]).differences(from: [socket, subflow]) == [])
  }

  @Test("The unspecified address without port is no end; with a port it is one")
  func unspecified() {
    #expect(End(address: "0.0.0.0", port: 0) == nil)
    #expect(End(address: "::", port: 0) == nil)
    #expect(End(address: "::", port: 80) != nil)
    #expect(End(address: "::", port: 80) != End(address: "0.0.0.0", port: 80))
    #expect(End(address: "no address", port: 80) == nil)
  }

  @Test("Escapes become the bytes that they stand for")
  func escapes() {
    #expect(Listing.unescaped("@a\\x00b\\xff") == [0, 0x61, 0, 0x62, 0xff])
    #expect(Listing.unescaped("\\x00a") == [0, 0x61])
    #expect(Listing.unescaped("a@\n\\xg1\\x4") == Array("a@\n\\xg1\\x4".utf8))
  }

  @Test("Rows of ss are read: TCP with two holders, TIME-WAIT, any address, unix with blanks in its path")
  func rowsOfSS() throws {
    let rows = SocketStatistics.sightings(
      in: """
        nl    UNCONN     0      0            0:0                   *        sk=0 cb=0 groups=0x00000000
        tcp   ESTAB      3      4    127.0.0.1:34940      127.0.0.1:55591   users:(("sf",pid=14023,fd=125),("s)f",pid=2,fd=3)) ino:1114958 sk:151a cgroup:/ <->
        tcp   TIME-WAIT  0      0    127.0.0.1:56570      127.0.0.1:39177   timer:(timewait,58sec,0) ino:0 sk:3bea
        udp   UNCONN     0      0            *:80                 *:*       users:(("sf",pid=1,fd=2)) ino:5 sk:6 cgroup:/ v6only:0 <->
        u_str LISTEN     0      17   /tmp/with  two blanks and one at the end  1114909            * 0       users:(("sf",pid=14023,fd=84)) <-> ino:16220518 dev:0/65024 peers:
        u_str ESTAB      0      0            * 1114901            * 1114902       users:(("sf",pid=14023,fd=76)) <->
        """)
    #expect(rows.count == 5)
    #expect(rows[0].holders == [Holder(pid: 14023, descriptor: 125), Holder(pid: 2, descriptor: 3)])
    #expect(rows[0].cookie == 0x151a && rows[0].inode == 1_114_958)
    #expect(rows[0].receiveQueue == 3 && rows[0].sendQueue == 4)
    #expect(rows[1].state == "time-wait" && rows[1].inode == 0 && rows[1].holders.isEmpty)
    #expect(rows[2].local == End(address: "::", port: 80) && rows[2].peer == nil)
    #expect(rows[3].inode == 1_114_909 && rows[3].state == "listening")
    #expect(rows[4].inode == 1_114_901)
  }
}

/// The fixture against ss: the truth itself must hold where a second program can see it.
extension HostTests {
  @Suite struct FixtureTests {
    @Test(
      "The fixture and ss agree",
      arguments: [
        "tcp4", "tcp6", "v4mapped", "dualstack", "v6only", "queues", "backlog", "syn-recv", "syn-sent",
        "half-closed",
        "fin-wait-1", "orphan", "last-ack", "time-wait", "mptcp", "udp4", "udp6", "udp-any", "unix-pairs",
        "unix-unbound", "packet", "forked-listener", "duplicates", "scm-rights", "in-flight", "reuseport",
        "users",
        "left-netns", "unix-connected",
      ])
    func agreement(scenario: String) throws {
      let fixture = try Fixture(scenarios: scenario)
      let label = scenario == "users" ? "users-root" : scenario
      try fixture.require(label)
      let rows = try SocketStatistics.take(of: fixture)
      #expect(!rows.isEmpty)
      // ss has no words for family, type and why nobody holds a socket; for unix sockets it has no peer name.
      let truth = fixture.truth.map { socket in
        var socket = socket
        (socket.family, socket.type, socket.unheldReason) = (nil, nil, nil)
        if socket.table == "unix" { (socket.local, socket.peer) = (nil, nil) }
        return socket
      }
      var comparison = Comparison(found: rows)
      comparison.subject = "ss"
      report(comparison.differences(from: truth))
      comparison = Comparison(found: truth)
      comparison.subject = "the fixture"
      // The subflows of MPTCP are TCP sockets that the kernel made.
      if scenario != "mptcp" { report(comparison.unknown(among: rows)) }
    }
  }
}
