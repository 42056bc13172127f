import Foundation
import ProgramRuns
import Testing

/// The filter language, in every operator and state form.
@Suite(.enabled(if: geteuid() == 0, SSCases.needsRoot)) struct SSFilterTests {
  /// TCP in many states, UDP and unix sockets, marks and a bound interface.
  private static func scene() throws -> Scene {
    let scene = try Scene()
    try scene.python(
      """
      l = listen('0.0.0.0', 80); m = listen('::', 8080, family=AF_INET6); listen(port=443)
      for p in (1023, 1024, 5001): connect(l, p)
      c = keep(socket()); c.connect(('127.0.0.1', 8080)); keep(m.accept()[0])
      d = keep(socket(AF_INET6)); d.connect(('::1', 8080)); keep(m.accept()[0])
      e = keep(socket()); e.connect(('127.0.0.1', 443)); e.setsockopt(SOL_SOCKET, 36, struct.pack('I', 0x12))
      f = listen('127.0.0.2', 81); f.setsockopt(SOL_SOCKET, SO_BINDTODEVICE, b'lo')
      g, h = connect(f, 5003); g.shutdown(SHUT_WR)
      i, j = connect(f, 5004); i.close(); j.close()
      udp(port=53); u = udp(port=5353); u.connect(('127.0.0.1', 53))
      x, y = socketpair(); keep(x); keep(y)
      time.sleep(0.3)
      """)
    return scene
  }

  @Test("Every comparison of ports, in words and signs, by number and by name")
  func ports() throws {
    let scene = try Self.scene()
    for name in ["sport", "dport"] {
      for sign in [
        "=", "==", "eq", "!=", "ne", "neq", ">", "gt", "<", "lt", ">=", "ge", "geq", "<=", "le", "leq",
      ] {
        try SSCases.plain.expectSame(scene, "-tan", name, sign, "1024")
      }
      for port in [":80", "80", "http", ":https", "0x50", "0120", "*", "0", "65535", "70000", "-1", "-5"] {
        try SSCases.usage.expectSame(scene, "-tuan", name, "=", port)
        try SSCases.usage.expectSame(scene, "-tuan", name, port)
        try SSCases.usage.expectSame(scene, "-tan", "--", name, "ge", port)
        try SSCases.usage.expectSame(scene, "-uan", "--", name, "le", port)
      }
    }
  }

  @Test("Every form of an address")
  func addresses() throws {
    let scene = try Self.scene()
    for address in [
      "127.0.0.1", "127.0.0.0/8", "127.0.0.1:80", ":80", "*:80", "*", "0.0.0.0", "0.0.0.0/0", "[::1]",
      "[::1]:8080",
      "::1", "::1/128", "[::]:8080", "::ffff:127.0.0.1", "inet:127.0.0.1", "inet6:::1", "inet6:[::1]:8080",
      "127",
      "127.0.0.0/255.0.0.0", "all", "any", "default", "localhost", "localhost:80", "0x7f.1", "10.0.0.0/8",
    ] {
      for side in ["src", "dst"] {
        try SSCases.plain.expectSame(scene, "-tan", side, address)
        try SSCases.plain.expectSame(scene, "-tan", "not", side, address)
      }
      try SSCases.plain.expectSame(scene, "-tuxan", "src", "=", address)
    }
    for family in ["-4", "-6"] { try SSCases.plain.expectSame(scene, "-tan", family, "src", "::1") }
    try SSCases.plain.expectSame(scene, "-tan4", "src", "127.0.0.1")
  }

  @Test("and, or, not and parentheses; and no precedence at all")
  func operators() throws {
    let scene = try Self.scene()
    for filter in [
      "sport = 80 or sport = 443 and dst 127.0.0.1", "sport = 80 or ( sport = 443 and dst 127.0.0.1 )",
      "dst 127.0.0.1 and sport = 80 or dport = 80", "! sport = 80", "not ( sport = 80 or dport = 80 )",
      "sport = 80 dst 127.0.0.1", "( ( sport = 80 ) )", "sport = 80 | sport = 443 & dst 127.0.0.1",
      "sport = 80 || sport = 443 && dst 127.0.0.1", "not not sport = 80", "dport >= 80 and dport <= 443",
      "sport > 1024 and not dst 127.0.0.2", "autobound", "not autobound", "autobound or sport = 80",
      "src 127.0.0.2 or src ::1 or dport = 53", "sport = \\80",
    ] {
      try SSCases.plain.expectSame(scene, ["-tuan"] + filter.split(separator: " ").map(String.init))
      try SSCases.plain.expectSame(scene, "-tan", filter)
      try SSCases.plain.expectSame(scene, "-a", "-A", "all,!netlink", filter)
    }
  }

  @Test("Interfaces and marks")
  func devices() throws {
    let scene = try Self.scene()
    for filter in [
      "dev lo", "dev = lo", "dev != lo", "dev 1", "not dev lo", "dev = 0x1", "dev nosuch", "fwmark = 0x12",
      "fwmark 18", "fwmark != 0x12", "fwmark = 0x10/0x10", "fwmark = 0x12/0x10", "not fwmark 0", "fwmark = x",
      "fwmark = 1/x", "dev lo or fwmark = 0x12",
    ] {
      try SSCases.plain.expectSame(scene, ["-tan"] + filter.split(separator: " ").map(String.init))
    }
  }

  @Test("Every state word, alone, together, excluded, in capitals")
  func states() throws {
    let scene = try Self.scene()
    for word in [
      "all", "connected", "synchronized", "bucket", "big", "established", "syn-sent", "syn-recv", "syn-rcv",
      "fin-wait-1",
      "fin-wait-2", "time-wait", "closed", "close", "close-wait", "last-ack", "listening", "closing",
      "unconnected",
      "UNKNOWN", "Established",
    ] {
      for verb in ["state", "exclude", "excl"] {
        try SSCases.plain.expectSame(scene, "-tun", verb, word)
        try SSCases.plain.expectSame(scene, "-n", verb, word, "-A", "tcp,unix")
      }
    }
    try SSCases.plain.expectSame(scene, "-tn", "state", "fin-wait-2", "state", "close-wait")
    try SSCases.plain.expectSame(scene, "-tn", "state", "all", "exclude", "listening", "exclude", "time-wait")
    try SSCases.plain.expectSame(
      scene, "-tn", "exclude", "established", "state", "listening", "sport", "=", "80")
    try SSCases.plain.expectSame(scene, "-tan", "state", "listening")
    try SSCases.plain.expectSame(scene, "-tn", "state", "established", "dport", "=", ":80")
  }

  @Test("Ports of other families: interfaces, inodes, port ids")
  func otherFamilies() throws {
    let scene = try Self.scene()
    for filter in [
      "sport >= 1", "dport >= 1", "sport = 0", "dport = 0", "dport != 22", "src unix:*", "dst unix:nothing",
      "src link:*:lo", "not src unix:/x", "dst vsock:2", "src netlink:rtnl",
    ] {
      try SSCases.plain.expectSame(scene, "-xan", filter)
      try SSCases.plain.expectSame(scene, "-a", "-A", "all,!netlink", filter)
    }
  }

  @Test("Filters that are none: the message, and the exit status")
  func errors() throws {
    let scene = try Scene()
    for filter in [
      "sport", "sport =", "sport ! 80", "( sport = 80", "sport = 80 )", "and", "sport = 80 and",
      "src != 1.2.3.4", "80",
      "src", "dst 1.2.3.4.5", "dst 300.1.1.1", "src 127.0.0.1/33", "src ::1/129", "sport = nosuchservice",
      "sport = :x",
      "dev", "dev > lo", "fwmark", "autobound 5", "src [::1", "src link:nosuch",
      "sport = 80 or or sport = 81", "not",
      "src netlink:nosuch", "src vsock:x", "dst no.such.host.invalid", "state", "state nosuch", "foo = bar",
    ] {
      try SSCases.usage.expectSame(scene, ["-tan"] + filter.split(separator: " ").map(String.init))
    }
  }

  @Test("A filter from a file, from standard input, and behind words; comments are left out")
  func files() throws {
    let scene = try Self.scene()
    let file = FileManager.default.temporaryDirectory.appending(path: "ss-filter-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: file) }
    try Data("# a comment\nsport = 80\n0 is one too\nor dport = 80\n".utf8).write(to: file)
    for arguments in [
      ["-tan", "-F", file.path], ["-tanF", file.path, "dst", "127.0.0.1", "and"],
      ["-tan", "--filter=\(file.path)"],
      ["-tan", "-F", "/no/such/file"], ["-tan", "-F", file.path, "-F", file.path], ["-tan", "-F", "-"],
    ] {
      try SSCases.plain.expectSame(scene, arguments)
    }
  }

  /// Needs the sources of iproute2: `scripts/dependencies conformance` fetches them.
  @Test("iproute2's own test of filters passes as it is, over its own dump")
  func ownTest() throws {
    let root = ProcessInfo.processInfo.environment["IPROUTE2_SOURCE"] ?? ".build/iproute2"
    let suite = "\(root)/testsuite"
    guard FileManager.default.fileExists(atPath: "\(suite)/tests/ss/ssfilter.t") else {
      try Test.cancel("no iproute2 sources in \(root): scripts/dependencies conformance fetches them")
    }
    let run = try ToolRun.run([
      "sh", "-c",
      """
      cd '\(suite)' && d=$(mktemp -d) && export STD_OUT=$d/out STD_ERR=$d/err ERRF=$d/errors && touch $ERRF
      SS='\(BuiltProducts.sockeye) ss' sh tests/ss/ssfilter.t; status=$?; cat $ERRF >&2; rm -r $d; exit $status
      """,
    ])
    #expect(run.status == 0)
    #expect(run.errors == "")
    #expect(!run.output.contains("FAILED"))
    #expect(run.output.components(separatedBy: "[SUCCESS]").count - 1 >= 12)
  }
}
