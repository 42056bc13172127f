import Foundation
import Testing

/// Tables and columns, family by family.
@Suite(.enabled(if: geteuid() == 0, SSCases.needsRoot)) struct SSTableTests {
  @Test("TCP listeners: on one address, on all, on IPv6, on both versions, with their backlog limits")
  func listeners() throws {
    let scene = try Scene()
    try scene.python(
      """
      listen(port=4711, backlog=5)
      listen('0.0.0.0', 80)
      listen('::1', 8080, family=AF_INET6)
      listen('::', 443, family=AF_INET6)
      s = keep(socket(AF_INET6, SOCK_STREAM)); s.setsockopt(IPPROTO_IPV6, IPV6_V6ONLY, 1); s.bind(('::', 4712)); s.listen(23)
      """)
    for arguments in [
      ["-tln"], ["-tlne"], ["-tl"], ["-tl6n"], ["-tl4n"], ["-Htln"], ["-ltO"], ["-lnA", "tcp"],
    ] {
      try SSCases.plain.expectSame(scene, arguments)
    }
  }

  @Test(
    "A hundred unread bytes are in the receive queue of one end, and what the other cannot send in its send queue"
  )
  func queues() throws {
    let scene = try Scene()
    try scene.python(
      """
      l = listen(port=4711)
      c, a = connect(l)
      a.sendall(b'x' * 100)
      d, b = connect(l)
      d.setsockopt(SOL_SOCKET, SO_SNDBUF, 4096)
      d.setblocking(False)
      try:
          while True: d.send(b'y' * 4096)
      except BlockingIOError: pass
      u = udp(port=53); v = udp()
      for i in range(23): v.sendto(b'z' * 7, ('127.0.0.1', 53))
      time.sleep(0.5)
      """)
    let run = try SSCases.plain.ours(scene, "-Htn", "src", "127.0.0.1", "and", "dport", "=", "4711")
    #expect(run.output.contains("ESTAB 100 "))
    for arguments in [["-tan"], ["-uan"], ["-tuan"]] { try SSCases.plain.expectSame(scene, arguments) }
    try SSCases.timers.expectSame(scene, "-tano")
  }

  @Test("Connections that nobody accepted fill the receive queue of their listener, and have no inode")
  func backlog() throws {
    let scene = try Scene()
    try scene.python(
      """
      l = listen(port=4711, backlog=7)
      for i in range(3):
          c = keep(socket()); c.connect(('127.0.0.1', 4711))
      """)
    #expect(try SSCases.plain.ours(scene, "-Hltn").output.contains("3      7"))
    for arguments in [["-tan"], ["-tane"], ["-tanp"]] { try SSCases.plain.expectSame(scene, arguments) }
  }

  @Test("Half-closed connections, either way, and TIME_WAIT")
  func states() throws {
    let scene = try Scene()
    try scene.python(
      """
      l = listen(port=4711)
      c, a = connect(l, 5001); c.shutdown(SHUT_WR)
      d, b = connect(l, 5002); d.shutdown(SHUT_RD)
      e, f = connect(l, 5003); e.close(); f.close()
      g, h = connect(l, 5004); h.setsockopt(SOL_SOCKET, SO_LINGER, struct.pack('ii', 1, 0)); h.close()
      time.sleep(0.3)
      """)
    let all = try SSCases.plain.reference(scene, "-Htan").output
    for state in ["FIN-WAIT-2", "CLOSE-WAIT", "TIME-WAIT", "ESTAB", "LISTEN"] { #expect(all.contains(state)) }
    for arguments in [["-tan"], ["-tn"], ["-tane"], ["-tn", "state", "time-wait"]] {
      try SSCases.timers.expectSame(scene, arguments)
    }
    try SSCases.timers.expectSame(scene, "-tano")
  }

  @Test("A SYN that nobody answers is SYN-SENT, and a SYN that nobody acknowledges SYN-RECV")
  func halfOpen() throws {
    let scene = try Scene()
    try scene.fixture("syn-sent", "syn-recv")
    let all = try SSCases.plain.reference(scene, "-Htan").output
    #expect(all.contains("SYN-SENT") && all.contains("SYN-RECV"))
    for arguments in [["-tan"], ["-tane"], ["-tn"], ["-tn", "state", "bucket"]] {
      try SSCases.timers.expectSame(scene, arguments)
    }
  }

  @Test("Long IPv6 addresses, IPv4-mapped ones, and IPv6 with an IPv4 tail")
  func addresses() throws {
    let scene = try Scene()
    try scene.shell(
      """
      ip -6 addr add 2001:db8:1111:2222:3333:4444:5555:6666/64 dev lo nodad
      ip -6 addr add ::10.1.2.3/128 dev lo nodad
      """)
    try scene.python(
      """
      l = listen('2001:db8:1111:2222:3333:4444:5555:6666', 61234, family=AF_INET6); connect(l)
      m = listen('::ffff:127.0.0.1', 4712, family=AF_INET6)
      c = keep(socket()); c.connect(('127.0.0.1', 4712)); keep(m.accept()[0])
      listen('::10.1.2.3', 4713, family=AF_INET6)
      listen('::', 4714, family=AF_INET6)
      d = keep(socket(AF_INET6)); d.connect(('::1', 4714))
      udp('::', 4715, AF_INET6); udp('::1', 4716, AF_INET6)
      """)
    for arguments in [["-tan"], ["-uan"], ["-tuan6"], ["-tuan4"], ["-tane"], ["-6a"], ["-4a"]] {
      try SSCases.plain.expectSame(scene, arguments)
    }
  }

  @Test("UDP: bound, connected, on IPv6 only; -a, -l and neither")
  func udp() throws {
    let scene = try Scene()
    try scene.python(
      """
      u = udp(port=4711); udp('0.0.0.0', 53); udp('::1', 4712, AF_INET6)
      v = udp(port=4713); v.connect(('127.0.0.1', 4711)); u.connect(('127.0.0.1', 4713))
      s = keep(socket(AF_INET6, SOCK_DGRAM)); s.setsockopt(IPPROTO_IPV6, IPV6_V6ONLY, 1); s.bind(('::', 546))
      """)
    for arguments in [["-ua"], ["-uan"], ["-ul"], ["-u"], ["-uane"], ["-uanm"], ["-uani"], ["-uanp"]] {
      try SSCases.plain.expectSame(scene, arguments)
    }
  }

  @Test("Raw sockets have a protocol for a port, by name, by number, and without one")
  func raw() throws {
    let scene = try Scene()
    try scene.python(
      """
      for p in (1, 2, 17, 253): keep(socket(AF_INET, SOCK_RAW, p))
      keep(socket(AF_INET6, SOCK_RAW, 58)); keep(socket(AF_INET6, SOCK_RAW, 6))
      s = keep(socket(AF_INET, SOCK_RAW, 89)); s.connect(('127.0.0.1', 0))
      """)
    for arguments in [["-wa"], ["-wan"], ["-wane"], ["-w"], ["-wam"], ["-wanp"], ["-A", "raw,udp", "-a"]] {
      try SSCases.plain.expectSame(scene, arguments)
    }
  }

  @Test("Packet sockets: of all protocols, of one, of one interface, datagrams, with ring, fanout and filter")
  func packet() throws {
    let scene = try Scene()
    try scene.python(
      """
      import ctypes
      ALL, IP, ARP, LLDP = 3, 0x0800, 0x0806, 0x88cc
      keep(socket(AF_PACKET, SOCK_RAW, htons(ALL)))
      s = keep(socket(AF_PACKET, SOCK_DGRAM, htons(IP))); s.bind(('lo', IP))
      keep(socket(AF_PACKET, SOCK_RAW, htons(ARP))); keep(socket(AF_PACKET, SOCK_RAW, htons(LLDP)))
      keep(socket(AF_PACKET, SOCK_RAW, htons(0x1234)))
      keep(socket(AF_PACKET, SOCK_RAW, 0))
      r = keep(socket(AF_PACKET, SOCK_RAW, htons(IP)))
      r.setsockopt(263, 10, struct.pack('i', 2))
      r.setsockopt(263, 5, struct.pack('IIIIIII', 4096, 4, 2048, 8, 60, 0, 0))
      f = keep(socket(AF_PACKET, SOCK_RAW, htons(IP))); f.bind(('lo', IP))
      f.setsockopt(263, 18, struct.pack('I', 7 | 1 << 16)); f.setsockopt(263, 8, struct.pack('i', 1))
      code = struct.pack('HBBI', 0x28, 0, 0, 12) + struct.pack('HBBI', 6, 0, 0, 0xffff)
      buffer = ctypes.create_string_buffer(code)
      b = keep(socket(AF_PACKET, SOCK_RAW, htons(IP)))
      b.setsockopt(SOL_SOCKET, 26, struct.pack('HxxxxxxP', 2, ctypes.addressof(buffer)))
      """)
    for arguments in [
      ["-0"], ["-0a"], ["-0n"], ["-0ae"], ["-0aep"], ["-0ab"], ["-0abe"], ["-0aebmO"], ["-f", "link"],
      ["-0", "src", "link:ip"], ["-0", "src", "link:*:lo"], ["-A", "packet_raw"], ["-A", "p_dgr"],
    ] {
      try SSCases.plain.expectSame(scene, arguments)
    }
  }

  @Test(
    "Unix sockets: paths with blanks, abstract names, autobound ones, pairs, datagrams, sequenced packets")
  func unix() throws {
    let scene = try Scene()
    let folder = FileManager.default.temporaryDirectory.appending(path: "ss-unix-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try scene.python(
      """
      os.chdir('\(folder)')
      l = keep(socket(AF_UNIX)); l.bind('with two blanks'); l.listen(23)
      c = keep(socket(AF_UNIX)); c.connect('with two blanks'); c.send(b'x' * 100)
      d = keep(socket(AF_UNIX)); d.connect('with two blanks'); keep(l.accept()[0])
      a = keep(socket(AF_UNIX, SOCK_DGRAM)); a.bind('\\0abstract name\\0with nul')
      e = keep(socket(AF_UNIX, SOCK_DGRAM)); e.bind('')
      q = keep(socket(AF_UNIX, SOCK_SEQPACKET)); q.bind('seq'); q.listen(1)
      for t in (SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET):
          x, y = socketpair(AF_UNIX, t); keep(x); keep(y)
      x.shutdown(SHUT_WR)
      keep(socket(AF_UNIX))
      n = keep(socket(AF_UNIX)); n.bind('deleted'); n.listen(1); os.unlink('deleted')
      """)
    for arguments in [
      ["-x"], ["-xa"], ["-xl"], ["-xae"], ["-xap"], ["-xam"], ["-xaemp"], ["-A", "unix_dgram"],
      ["-A", "u_seq", "-a"],
      ["-A", "unix_stream", "-l"], ["-f", "unix"], ["-xa", "src", "with*"], ["-xa", "src", "unix:@ABS*"],
      ["-xa", "autobound"], ["-xa", "not", "autobound"], ["-x", "state", "listening"],
    ] {
      try SSCases.plain.expectSame(scene, arguments)
    }
  }

  @Test("Netlink sockets: the kernel's, named by process, with groups and memory")
  func netlink() throws {
    let scene = try Scene()
    try scene.python(
      """
      r = keep(socket(AF_NETLINK, SOCK_RAW, 0)); r.bind((0, 1 | 16))
      u = keep(socket(AF_NETLINK, SOCK_DGRAM, 15)); u.bind((0x7fff0001, 2))
      g = keep(socket(AF_NETLINK, SOCK_RAW, 16)); g.bind((0, 0))
      """)
    for arguments in [
      ["-a", "-f", "netlink"], ["-f", "netlink"], ["-an", "-A", "netlink"], ["-ae", "-A", "netlink"],
      ["-am", "-A", "netlink"], ["-A", "netlink", "src", "uevent"],
      ["-A", "netlink", "src", "netlink:rtnl:kernel"],
      ["-A", "netlink", "sport", "=", "0"], ["-f", "netlink", "autobound"],
    ] {
      try SSCases.netlink.expectSame(scene, arguments)
    }
  }

  @Test("MPTCP: the connection and its subflow")
  func mptcp() throws {
    let scene = try Scene()
    try scene.shell("sysctl -qw net.mptcp.enabled=1", orCancelFor: "MPTCP")
    try scene.python(
      """
      l = keep(socket(AF_INET, SOCK_STREAM, 262)); l.bind(('127.0.0.1', 4711)); l.listen(5)
      c = keep(socket(AF_INET, SOCK_STREAM, 262)); c.connect(('127.0.0.1', 4711)); a = keep(l.accept()[0])
      c.sendall(b'x' * 23); a.recv(23)
      time.sleep(0.3)
      """)
    for arguments in [["-Ma"], ["-Man"], ["-Mane"], ["-tan"], ["-M"], ["-MtanH"]] {
      try SSCases.plain.expectSame(scene, arguments)
    }
    for arguments in [["-Mani"], ["-tani"], ["-ManimO"]] {
      try SSCases.internals.expectSame(scene, arguments)
    }
  }

  @Test("Families that the kernel lacks, or has no socket of, give a header and nothing else")
  func others() throws {
    let scene = try Scene()
    for arguments in [
      ["-S"], ["-Sa"], ["--vsock"], ["--vsock", "-a"], ["--tipc"], ["--tipc", "--tipcinfo"], ["--xdp"],
      ["-d"], ["-dSa"],
      ["-A", "vsock_stream,xdp"], ["-f", "xdp"], ["-f", "tipc"], ["-f", "vsock"],
    ] {
      try SSCases.plain.expectSame(scene, arguments)
    }
  }

  @Test("Every table at once, with and without owners, and tables left out")
  func everything() throws {
    let scene = try Scene()
    try scene.fixture("tcp4", "tcp6", "udp4", "unix-connected")
    for arguments in [
      ["-tuwx"], ["-tuwxa"], ["-tuwxlanp"], ["-A", "all,!netlink"], ["-aA", "all,!netlink,!unix"],
      ["-A", "inet"],
      ["-A", "tcp,unix", "-e"], ["-4"], ["-46a"], ["-tx4"],
    ] {
      try SSCases.plain.expectSame(scene, arguments)
    }
  }
}
