import Foundation
import Testing

/// `sockeye netstat` against netstat of net-tools, row for row, each case in a network namespace of its own.
@Suite(.serialized, .enabled(if: geteuid() == 0, "needs root: each case makes a network namespace"))
struct NetstatTests {
  static let netstat = Conformance(personality: .netstat)

  /// A scene of socket-fixture, once it is there.
  static func scene(_ scenario: String) throws -> Scene {
    let scene = try Scene()
    try scene.fixture(scenario)
    return scene
  }
}

extension NetstatTests {
  /// The fixture's scenario, the options, and a text that the tool's output must have: a scene that is empty by mistake
  /// would make every comparison succeed.
  static let fixtureCases: [(scenario: String, options: [String], telling: String)] = [
    ("tcp4", ["-tan"], "ESTABLISHED"),
    ("tcp4", ["-tlnp"], "/socket-"),
    ("tcp4", ["-tn"], "127.0.0.1:"),
    ("tcp6", ["-tanp"], "::1:"),
    ("tcp6", ["-t", "-a"], "[::]:*"),
    ("v4mapped", ["-tane"], "tcp6"),
    ("dualstack", ["-ltn"], ":::"),
    ("v6only", ["-ltn", "-6"], "tcp6"),
    ("v6only", ["-ltn", "-4"], "0.0.0.0:"),
    ("bound", ["-an"], "Active UNIX"),
    ("queues", ["-tan"], "ESTABLISHED"),
    ("backlog", ["-tanpe"], "     23      0 127.0.0.1"),
    ("syn-recv", ["-tane"], "SYN_RECV"),
    ("syn-sent", ["-tan"], "SYN_SENT"),
    ("half-closed", ["-tanp"], "FIN_WAIT2"),
    ("fin-wait-1", ["-tanp"], "FIN_WAIT1"),
    ("orphan", ["-tane"], "FIN_WAIT1"),
    ("last-ack", ["-tan"], "LAST_ACK"),
    ("time-wait", ["-tane"], "TIME_WAIT"),
    ("mptcp", ["-tan"], "ESTABLISHED"),
    ("udp4", ["-uanp"], "ESTABLISHED"),
    ("udp6", ["-una"], "udp6"),
    ("udp-any", ["-unle"], "0.0.0.0:"),
    ("udplite", ["-Uan"], "udpl"),
    ("raw", ["-wan"], "raw6"),
    ("raw", ["-wl"], ":icmp"),
    ("raw", ["-w", "-a", "-e", "-o"], "off (0.00/0/0)"),
    ("ping", ["-anv"], "Active Internet"),
    ("packet", ["-an"], "Active Internet"),
    ("netlink", ["-a"], "Active Internet"),
    ("vsock", ["-an"], "Active Internet"),
    ("unix-pairs", ["-xap"], "SEQPACKET"),
    ("unix-connected", ["-x"], "CONNECTED"),
    ("unix-connected", ["-xl"], "LISTENING"),
    ("unix-connected", ["-xlp"], "/socket-"),
    ("unix-backlog", ["-xa"], "CONNECTING"),
    ("unix-unbound", ["-xap"], "unix"),
    ("users", ["-ltne"], "65534"),
    ("users", ["-ltep"], "nobody"),
    ("duplicates", ["-ltnp"], "/socket-"),
    ("forked-listener", ["-ltnp"], "/socket-"),
    ("reuseport", ["-lntup"], "/socket-"),
    ("scm-rights", ["-anp"], "/socket-"),
    ("in-flight", ["-anp"], "- "),
  ]

  @Test("Sockets of every kind and state are in the same rows", arguments: fixtureCases.indices)
  func fixture(_ index: Int) throws {
    let (scenario, options, telling) = Self.fixtureCases[index]
    let scene = try Self.scene(scenario)
    let reference = try ToolRun.run(scene.inside(try Personality.netstat.theirs(options)))
    #expect(reference.output.contains(telling), "\(scenario) is not what it was thought to be")
    try Self.netstat.expectSame(scene, options)
  }

  @Test(
    "The reference of every protocol in every combination of the filters", arguments: ["", "l", "a", "la"])
  func filters(_ filter: String) throws {
    let scene = try Scene()
    try scene.fixture("tcp4", "tcp6", "udp4", "udp-any", "raw", "unix-connected", "time-wait", "half-closed")
    for families in ["", "t", "u", "w", "x", "tu", "tuwx", "4", "6", "46", "t6", "u4", "x4"] {
      try Self.netstat.expectSame(scene, ["-n" + filter + families])
    }
  }
}

// What python sets up, for the fixture has no scenario of it.
extension NetstatTests {
  @Test("100 bytes that are not read, and 7 that wait in a UDP socket, are in Recv-Q")
  func unreadBytes() throws {
    let scene = try Scene()
    try scene.python(
      """
      c, s = connect(listen(port=4711), port=4712)
      c.send(b'x' * 100)
      u = udp(port=4713); keep(socket(AF_INET, SOCK_DGRAM)).sendto(b'x' * 7, u.getsockname())
      while len(s.recv(200, MSG_PEEK)) < 100: pass
      """)
    #expect(
      try Self.netstat.reference(scene, "-tn").output.contains(
        "tcp      100      0 127.0.0.1:4711          127.0.0.1:4712 "))
    try Self.netstat.expectSame(scene, "-anu", "-t")
  }

  @Test("A long IPv6 address is cut, whole with -W, and its service has its name without -n")
  func longAddresses() throws {
    let scene = try Scene()
    try scene.shell("ip addr add 2001:db8:1111:2222:3333:4444:5555:6666/128 dev lo nodad")
    try scene.python(
      """
      a = '2001:db8:1111:2222:3333:4444:5555:6666'
      connect(listen(a, 443, family=AF_INET6)); connect(listen(a, 65533, family=AF_INET6))
      udp(a, 53, AF_INET6); listen('::1', 22, family=AF_INET6); listen('127.0.0.1', 2049)
      """)
    for options in [
      ["-tan"], ["-tanW"], ["-tua"], ["-tuaW"], ["-ta", "--numeric-hosts"], ["-a", "--numeric-ports"],
    ] {
      try Self.netstat.expectSame(scene, options)
    }
    #expect(
      try Self.netstat.reference(scene, "-tanW").output.contains("2001:db8:1111:2222:3333:4444:5555:6666:443")
    )
  }

  @Test("An address whose last 32 bits alone are set ends in dotted decimal")
  func compatibleAddress() throws {
    let scene = try Scene()
    try scene.shell("ip addr add ::10.1.2.3/128 dev lo nodad; ip addr add 1:0:0:2::3/128 dev lo nodad")
    try scene.python(
      "listen('::10.1.2.3', 4711, family=AF_INET6); listen('1:0:0:2::3', 4711, family=AF_INET6)")
    #expect(try Self.netstat.reference(scene, "-ltn").output.contains("::10.1.2.3:4711"))
    try Self.netstat.expectSame(scene, "-ltn")
  }

  /// Seconds to go, which is all that changes of a timer.
  static let ticking = Mask(#"\(\d+\.\d\d/"#, "(…/")

  @Test("Timers: keepalive, zero window probe, TIME_WAIT, none; with retransmits and probes")
  func timers() throws {
    let scene = try Scene()
    try scene.python(
      """
      c, s = connect(listen(port=4711), port=4712)
      c.setsockopt(SOL_SOCKET, SO_KEEPALIVE, 1)
      # A receiver that does not read: its window closes, and the sender asks for more of it.
      l = keep(socket()); l.setsockopt(SOL_SOCKET, SO_RCVBUF, 4096); l.bind(('127.0.0.1', 4731)); l.listen()
      w, _ = connect(l, port=4732)
      w.setsockopt(IPPROTO_TCP, TCP_NODELAY, 1)
      w.setblocking(False)
      try:
          while True: w.send(b'x' * 100)
      except BlockingIOError: pass
      for _ in range(400):
          if any(':127C ' in x and ' 04:' in x for x in open('/proc/self/net/tcp')): break
          time.sleep(0.05)
      d, e = connect(listen(port=4741), port=4742); d.close(); e.close()
      """)
    var comparison = Self.netstat
    comparison.masks = [Self.ticking]
    let reference = try comparison.reference(scene, "-tano").output
    for word in ["keepalive (", "off (0.00/0/0)", "timewait (", "probe ("] {
      #expect(reference.contains(word))
    }
    try comparison.expectSame(scene, "-tano")
    try comparison.expectSame(scene, "-tanop")
    try comparison.expectSame(scene, "-tuno", "-e")
  }

  @Test("A connection attempt that nobody answers counts its retransmits")
  func retransmission() throws {
    let scene = try Scene()
    try scene.shell(
      """
      ip link add v0 type veth peer name v1; ip link set v0 up; ip link set v1 up
      ip addr add 10.9.0.1/24 dev v0; ip neigh add 10.9.0.2 lladdr 02:00:00:00:00:02 dev v0
      """)
    try scene.python(
      "s = keep(socket()); s.setblocking(False); s.bind(('10.9.0.1', 4711)); s.connect_ex(('10.9.0.2', 80))")
    var comparison = Self.netstat
    comparison.masks = [Self.ticking]
    #expect(try comparison.reference(scene, "-tno").output.contains("SYN_SENT    on ("))
    try comparison.expectSame(scene, "-tno")
  }

  @Test("Program names: a path's last part, a title, an empty one, cut to 19 bytes")
  func programs() throws {
    let scene = try Scene()
    let script =
      "import socket,sys;s=socket.socket();s.bind(('127.0.0.1',int(sys.argv[1])));s.listen();"
      + "print('ready',flush=True);sys.stdin.read()"
    for (port, name) in [
      (4711, "/opt/tools/server"), (4712, "a-name-that-is-much-too-long"), (4713, "a b"), (4714, ""),
      (4715, "relative/path/x"),
    ] {
      try scene.hold(["bash", "-c", "exec -a \"$0\" /usr/bin/python3 -c \"$1\" \(port)", name, script])
    }
    #expect(try Self.netstat.reference(scene, "-ltnp").output.contains("/server "))
    try Self.netstat.expectSame(scene, "-ltnp")
  }

  @Test("Unix sockets: paths end at their first blank; references, states and flags are the same")
  func unixPaths() throws {
    let scene = try Scene()
    try scene.python(
      """
      import tempfile
      d = tempfile.mkdtemp()
      for n in ['plain', 'with blank', 'tab\\there', 'üml']:
          s = keep(socket(AF_UNIX)); s.bind(d + '/' + n); s.listen(3)
          for _ in range(2): keep(socket(AF_UNIX)).connect(d + '/' + n)
      for n in ['\\0abstract', '\\0with blank', '\\0with\\0nul']:
          keep(socket(AF_UNIX, SOCK_DGRAM)).bind(n)
      for t in [SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET]: kept.extend(socketpair(AF_UNIX, t))
      """)
    for options in [["-xa"], ["-x"], ["-xl"], ["-xap"], ["-xalp"], ["--unix", "-ae"]] {
      try Self.netstat.expectSame(scene, options)
    }
    let better = try Self.netstat.ours(scene, "--better", "-xa").output
    #expect(better.contains("/with blank\n") && better.contains(" @with blank\n"))
  }

  @Test("Control characters in a name are escaped; everything else of the row is the same, a backslash too")
  func hostileNames() throws {
    let scene = try Scene()
    try scene.python(
      #"""
      for n in [b'\0back\\x41slash', b'\0\x1b]0;owned\x07', b'\0\xff\xfe']:
          keep(socket(AF_UNIX, SOCK_DGRAM)).bind(n)
      """#)
    var comparison = Self.netstat
    // What the tool prints raw; the harness reads bytes as Latin-1.
    comparison.masks = [
      Mask("\u{1b}", #"\\x1b"#), Mask("\u{07}", #"\\x07"#), Mask("\u{ff}", #"\\xff"#),
      Mask("\u{fe}", #"\\xfe"#),
    ]
    #expect(try comparison.reference(scene, "-xa").output.contains("\u{1b}]0;owned"))
    try comparison.expectSame(scene, "-xa")
  }

  @Test("An ordinary user sees his own processes, and is told so in the same words")
  func ordinaryUser() throws {
    let scene = try Scene()
    try scene.fixture("users")
    var comparison = Self.netstat
    comparison.wrapper = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
    try comparison.expectSame(scene, "-ltnp")
    try comparison.expectSame(scene, "-ltnpe")
  }
}
