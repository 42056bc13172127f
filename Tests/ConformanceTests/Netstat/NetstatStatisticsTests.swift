import Foundation
import ProgramRuns
import Testing

extension NetstatTests {
  /// `    23 packets sent` → 23.
  private static func number(_ words: String, in text: String, below title: String) -> Int? {
    let lines = text.split(separator: "\n")
    guard let start = lines.firstIndex(where: { $0 == title + ":" }) else { return nil }
    let section = lines[(start + 1)...].prefix { $0.hasPrefix(" ") }
    guard let line = section.first(where: { $0.contains(words) }) else { return 0 }
    return line.split(whereSeparator: { !$0.isNumber }).first.flatMap { Int($0) }
  }

  @Test("Counters move by what was done, in netstat's words, and every line is the same")
  func statistics() throws {
    let scene = try Scene()
    let before = try Self.netstat.ours(scene, "-s").output
    try scene.python(
      """
      l = listen(port=4711)
      for _ in range(7): connect(l)
      u = udp(port=4712); c = keep(socket(AF_INET, SOCK_DGRAM))
      for _ in range(23): c.sendto(b'x', u.getsockname()); u.recv(9)
      for _ in range(5): keep(socket(AF_INET, SOCK_DGRAM)).sendto(b'x', ('127.0.0.1', 9))
      for _ in range(3): socket().connect_ex(('127.0.0.1', 9))
      small = udp(port=4713); small.setsockopt(SOL_SOCKET, SO_RCVBUF, 1)
      for _ in range(40): c.sendto(b'x' * 1000, small.getsockname())
      """)
    let after = try Self.netstat.ours(scene, "-s").output
    func moved(_ words: String, _ title: String) throws -> Int {
      try #require(Self.number(words, in: after, below: title))
        - (try #require(Self.number(words, in: before, below: title)))
    }
    #expect(try moved("active connection openings", "Tcp") == 10)
    #expect(try moved("passive connection openings", "Tcp") == 7)
    #expect(try moved("resets sent", "Tcp") == 3)
    #expect(try moved("failed connection attempts", "Tcp") == 3)
    #expect(try moved("connections established", "Tcp") == 14)
    #expect(try moved("packets sent", "Udp") == 23 + 5 + 40)
    #expect(try moved("to unknown port received", "Udp") == 5)
    #expect(try moved("receive buffer errors", "Udp") > 0)
    for options in [
      ["-s"], ["-st"], ["-su"], ["-sw"], ["-sU"], ["-sS"], ["-stuw"], ["-s4"], ["-sn"],
      ["--statistics", "--tcp"], ["-sc"],
      ["-sx"], ["-s", "-A", "unix"], ["-s46"], ["-sg"],
    ] { try Self.netstat.expectSame(scene, options) }
  }

  @Test("IPv6 statistics, with ICMPv6 histograms")
  func statistics6() throws {
    let scene = try Scene()
    try scene.python(
      """
      u = udp('::1', 4712, AF_INET6); c = keep(socket(AF_INET6, SOCK_DGRAM))
      for _ in range(23): c.sendto(b'x', u.getsockname()); u.recv(9)
      for _ in range(5): keep(socket(AF_INET6, SOCK_DGRAM)).sendto(b'x', ('::1', 9))
      raw = keep(socket(AF_INET6, SOCK_RAW, IPPROTO_ICMPV6))
      for _ in range(3): raw.sendto(bytes([128, 0, 0, 0, 0, 0, 0, 0]), ('::1', 0))
      """)
    #expect(try Self.netstat.reference(scene, "-s6").output.contains("destination unreachable: 5"))
    for options in [["-s6"], ["-6st"], ["-su6"], ["-sw6"], ["-s", "-A", "inet6"], ["-s64"]] {
      try Self.netstat.expectSame(scene, options)
    }
  }

  @Test("ICMP histograms: echoes and destinations that cannot be reached")
  func icmp() throws {
    let scene = try Scene()
    try scene.python(
      """
      raw = keep(socket(AF_INET, SOCK_RAW, IPPROTO_ICMP))
      for kind, times in [(8, 3), (13, 2), (17, 2), (5, 1), (3, 4), (11, 1), (4, 1), (12, 1)]:
          for _ in range(times):
              body = bytes([kind, 0]) + b'\\0\\0' + bytes(16)
              total = sum(struct.unpack('!10H', body)); total = (total & 0xffff) + (total >> 16)
              raw.sendto(body[:2] + struct.pack('!H', ~total & 0xffff) + body[4:], ('127.0.0.1', 0))
      """)
    #expect(try Self.netstat.reference(scene, "-sw").output.contains("echo requests: 3"))
    try Self.netstat.expectSame(scene, "-s")
    try Self.netstat.expectSame(scene, "-sw")
  }
}

extension NetstatTests {
  @Test(
    "Options that cannot be read or do not go together: words, output stream and exit status",
    arguments: [
      "-y", "--nope", "--num", "--n", "--i", "--u", "--all=1", "-A", "-A nope", "-A inet,nope", "--protocol",
      "-h", "--help", "-?",
      "-r -i", "-rr", "-is", "-M", "-Mn", "-Me", "-Z", "-tZ", "-2", "-f", "--bluetooth", "--l2cap", "--ax25",
      "--ipx", "--x25",
      "--netrom", "--rose", "-A ax25", "-v", "-vn", "-S", "-Sl", "-Sa", "-St", "-vS", "-r -A ax25",
      "-r -A rose", "-r -A ipx",
      "-r -A ddp", "-r -A x25", "-r -A unix", "-r -A econet", "-r -A ash", "-r --bluetooth", "-A appletalk",
      "-A econet",
      "--ip", "-A tcpip -n", "-A unix", "--inet", "--inet6 -n", "operand", "-n -- -t", "-nt operand -l", "-d",
      "--numeric-users -te",
      "--symbolic", "-tan --wide", "--listening -n", "--timers -n", "--extend -n", "--prog -n", "--verb -n",
      "--tc -n",
      "-v --udplite", "--raw --numeric-ports", "-n --sctp", "-vg",
    ])
  func options(_ words: String) throws {
    let scene = try Scene()
    try scene.python("connect(listen(port=4711), port=4712); udp(port=4713)")
    var comparison = Self.netstat
    comparison.masks = [NetstatTests.ticking]
    try comparison.expectSame(scene, words.split(separator: " ").map(String.init))
  }

  @Test("-c prints the same again a second later", arguments: ["-tanc", "-ic", "-rnc", "-xc"])
  func continuous(_ options: String) throws {
    let scene = try Scene()
    try scene.python("connect(listen(port=4711), port=4712)")
    let lines = try Self.netstat.reference(scene, String(options.filter { $0 != "c" })).output.split(
      separator: "\n"
    ).count
    // Both are ended by the closed pipe.
    func head(_ command: [String]) throws -> String {
      let line = command.map { "'\($0)'" }.joined(separator: " ")
      return try ToolRun.run(["bash", "-c", "\(line) | head -n \(2 * lines - 1)"]).output
    }
    let theirs = try head(scene.inside(try Personality.netstat.theirs([options])))
    let ours = try head(scene.inside(try Personality.netstat.ours([options])))
    #expect(theirs.split(separator: "\n").count == 2 * lines - 1)
    #expect(theirs == ours)
  }

  @Test("`sockeye netstat` and the link are one")
  func subcommand() throws {
    let scene = try Scene()
    try scene.python("connect(listen(port=4711), port=4712)")
    for options in [["-tan"], ["-h"], ["-y"], ["--help"], ["-V"]] {
      let link = try ToolRun.run(scene.inside(try Personality.netstat.ours(options)))
      let command = try ToolRun.run(scene.inside([BuiltProducts.sockeye, "netstat"] + options))
      #expect(link.status == command.status)
      #expect(link.output == command.output)
      #expect(link.errors == command.errors)
    }
  }
}
