import Foundation
import Testing

/// The detail lines: `-o -e -m -i -p -T --tos --cgroup --inet-sockopt`.
@Suite(.enabled(if: geteuid() == 0, SSCases.needsRoot)) struct SSDetailTests {
  @Test("Keepalive timers in minutes, seconds and milliseconds; TIME_WAIT; retransmission; zero window probe")
  func timers() throws {
    let scene = try Scene()
    try scene.python(
      """
      l = listen(port=4711)
      for idle in (49, 47, 131, 3599, 7200):
          c, a = connect(l)
          c.setsockopt(SOL_SOCKET, SO_KEEPALIVE, 1); c.setsockopt(IPPROTO_TCP, TCP_KEEPIDLE, idle)
      d, b = connect(l, 5001); d.close(); b.close()
      m = keep(socket()); m.setsockopt(SOL_SOCKET, SO_RCVBUF, 4096); m.bind(('127.0.0.1', 4712)); m.listen(1)
      e, f = connect(m); e.setsockopt(SOL_SOCKET, SO_SNDBUF, 4096); e.setblocking(False)
      try:
          while True: e.send(b'y' * 4096)
      except BlockingIOError: pass
      time.sleep(1)
      """)
    let ours = try SSCases.plain.ours(scene, "-Htano").output
    for timer in ["keepalive,4", "sec", "min", "timewait,", "persist,"] {
      #expect(ours.contains(timer), "no \(timer)")
    }
    try SSCases.timers.expectSame(scene, "-tano")
    try SSCases.timers.expectSame(scene, "-tane")
  }

  @Test("The same remaining time is written the same way")
  func timerText() throws {
    let scene = try Scene()
    // Its timer stands still while the process is asked: no more than the tick between two runs may differ.
    try scene.python(
      """
      l = listen(port=4711)
      c, a = connect(l); c.setsockopt(SOL_SOCKET, SO_KEEPALIVE, 1); c.setsockopt(IPPROTO_TCP, TCP_KEEPIDLE, 7200)
      """)
    try SSCases.plain.expectSame(scene, "-tno")
  }

  @Test("Internals of connections at rest, of listeners, with options, with memory, on one line")
  func internals() throws {
    let scene = try Scene()
    try scene.python(
      """
      l = listen(port=4711)
      for size in (0, 1, 100, 54321):
          c, a = connect(l); c.sendall(b'x' * size)
          while size: size -= len(a.recv(65536))
      b, d = connect(l); b.setsockopt(SOL_SOCKET, 47, struct.pack('I', 1000000)); b.sendall(b'x' * 4711)
      time.sleep(1)
      """)
    for arguments in [
      ["-tani"], ["-ti"], ["-tanio"], ["-tanim"], ["-tanimeO"], ["-tliO"], ["-tieO", "dport", "=", "4711"],
    ] {
      try SSCases.internals.expectSame(scene, arguments)
    }
  }

  @Test(
    "Each congestion control that is there shows its own internals",
    arguments: ["reno", "cubic", "bbr", "dctcp", "vegas"])
  func congestion(_ name: String) throws {
    let scene = try Scene()
    try scene.shell("grep -qw \(name) /proc/sys/net/ipv4/tcp_available_congestion_control", orCancelFor: name)
    try scene.python(
      """
      l = listen(port=4711); l.setsockopt(IPPROTO_TCP, TCP_CONGESTION, b'\(name)')
      c = keep(socket()); c.setsockopt(IPPROTO_TCP, TCP_CONGESTION, b'\(name)'); c.connect(l.getsockname())
      a = keep(l.accept()[0]); c.sendall(b'x' * 12345); size = 12345
      while size: size -= len(a.recv(65536))
      time.sleep(1)
      """)
    #expect(try SSCases.plain.ours(scene, "-Htni").output.contains(name))
    try SSCases.internals.expectSame(scene, "-tani")
    try SSCases.internals.expectSame(scene, "-taiO")
  }

  @Test("Signature keys and kernel TLS stand behind the internals")
  func upperLayers() throws {
    let scene = try Scene()
    try scene.python(
      """
      l = listen(port=4711)
      c, a = connect(l)
      try: c.setsockopt(IPPROTO_TCP, 31, b'tls')
      except OSError: pass
      time.sleep(1)
      """)
    try SSCases.internals.expectSame(scene, "-tniO")
  }

  @Test("Memory of every family")
  func memory() throws {
    let scene = try Scene()
    try scene.python(
      """
      l = listen(port=4711); c, a = connect(l); c.sendall(b'x' * 100)
      u = udp(port=53); v = udp(); v.sendto(b'z' * 7, ('127.0.0.1', 53))
      r = keep(socket(AF_INET, SOCK_RAW, 253))
      x, y = socketpair(); keep(x); keep(y); x.send(b'q' * 23)
      time.sleep(0.3)
      """)
    for arguments in [["-tanm"], ["-uam"], ["-wam"], ["-xam"], ["-tuwxam"], ["-tuwxamO"]] {
      try SSCases.plain.expectSame(scene, arguments)
    }
  }

  @Test("Owner, inode, cookie, mark, cgroup, half-closed sides and v6only")
  func extended() throws {
    let scene = try Scene()
    try scene.fixture("users", "half-closed", "dualstack", "v6only")
    try scene.python(
      """
      l = listen(port=4711); l.setsockopt(SOL_SOCKET, 36, struct.pack('I', 0x2a))
      c, a = connect(l); c.setsockopt(SOL_SOCKET, 36, struct.pack('I', 0xdeadbeef))
      d = udp(port=4712); d.setsockopt(SOL_SOCKET, SO_BINDTODEVICE, b'lo')
      e = listen('::', 4713, family=AF_INET6); e.setsockopt(SOL_SOCKET, SO_BINDTODEVICE, b'lo')
      """)
    let ours = try SSCases.plain.ours(scene, "-tuane").output
    #expect(ours.contains("fwmark:0xdeadbeef") && ours.contains("%lo:") && ours.contains("uid:65534"))
    for arguments in [["-tuane"], ["-tuaneO"], ["-tuae"], ["-tane", "fwmark", "=", "0x2a"]] {
      try SSCases.timers.expectSame(scene, arguments)
    }
  }

  @Test("Control groups by their path, and as a filter")
  func controlGroups() throws {
    let scene = try Scene()
    let name = "ss-conformance-\(ProcessInfo.processInfo.processIdentifier)"
    let mount = try ToolRun.run(["sh", "-c", "awk '$3 == \"cgroup2\" { print $2; exit }' /proc/mounts"])
      .output
      .trimmingCharacters(in: .whitespacesAndNewlines)
    guard !mount.isEmpty else { try Test.cancel("cgroup v2 is not mounted") }
    let group = "\(mount)/\(name)"
    guard (try? FileManager.default.createDirectory(atPath: group, withIntermediateDirectories: false)) != nil
    else { try Test.cancel("no cgroup can be made beneath \(mount)") }
    defer { rmdir(group) }
    try scene.python(
      """
      open('\(group)/cgroup.procs', 'w').write('0')
      l = listen(port=4711); c, a = connect(l); udp(port=53)
      open('\(mount)/cgroup.procs', 'w').write('0')
      listen(port=4712)
      """)
    #expect(try SSCases.plain.ours(scene, "-Htlne").output.contains("cgroup:/\(name)"))
    for arguments in [
      ["-tuane"], ["-tuan", "--cgroup"], ["-tan", "cgroup", group], ["-tan", "cgroup", "=", name],
      ["-tan", "cgroup", "!=", "/\(name)"], ["-tane", "not", "cgroup", group],
      ["-tan", "cgroup", "/no/such"],
    ] {
      try SSCases.plain.expectSame(scene, arguments)
    }
    scene.release()
  }

  @Test("Type of service, traffic class and priority; options of sockets")
  func options() throws {
    let scene = try Scene()
    try scene.python(
      """
      l = listen(port=4711); l.setsockopt(IPPROTO_IP, IP_TOS, 0x10)
      c, a = connect(l); c.setsockopt(SOL_SOCKET, SO_PRIORITY, 5)
      m = listen('::1', 4712, family=AF_INET6); m.setsockopt(IPPROTO_IPV6, IPV6_TCLASS, 0x20)
      u = udp(port=53); u.setsockopt(IPPROTO_IP, 11, 1); u.setsockopt(IPPROTO_IP, 15, 1)
      t = listen(port=4713); t.setsockopt(IPPROTO_IP, 24, 1)
      """)
    for arguments in [
      ["-tuan", "--tos"], ["-tuan", "--inet-sockopt"], ["-tuan", "--inet-sockopt", "-O"], ["-tae", "--tos"],
      ["-uanm", "--inet-sockopt", "--tos", "--cgroup"],
    ] {
      try SSCases.plain.expectSame(scene, arguments)
    }
  }

  @Test("Every holder of a shared listener, a duplicate, a passed socket, and who has none")
  func holders() throws {
    let scene = try Scene()
    try scene.fixture("forked-listener", "duplicates", "scm-rights", "reuseport", "unix-pairs")
    #expect(try SSCases.plain.ours(scene, "-Htlnp").output.contains("),("))
    for arguments in [["-tlnp"], ["-tulnp"], ["-xap"], ["-tuwxanp"], ["-pe"], ["-Hptn"]] {
      try SSCases.plain.expectSame(scene, arguments)
    }
  }

  @Test("Threads: each of a process with three, by its own number")
  func threads() throws {
    let scene = try Scene()
    try scene.python(
      """
      import threading
      listen(port=4711); udp(port=53)
      for i in range(2): threading.Thread(target=time.sleep, args=(3600,), daemon=True).start()
      """)
    #expect(try SSCases.plain.ours(scene, "-HtlnT").output.components(separatedBy: "tid=").count == 4)
    for arguments in [["-tlnT"], ["-tulnpT"], ["-uaT"]] { try SSCases.plain.expectSame(scene, arguments) }
  }

  @Test("An ordinary user sees every socket, and names their own holders only")
  func unprivileged() throws {
    let scene = try Scene()
    try scene.fixture("users", "tcp4")
    try scene.python("listen(port=4711)", wrapper: ["setpriv", "--reuid", "65534", "--clear-groups"])
    var conformance = SSCases.timers
    conformance.wrapper = [
      "setpriv", "--reuid", "65534", "--clear-groups", "--inh-caps=-all", "--bounding-set=-all",
    ]
    for arguments in [
      ["-tlnp"], ["-tane"], ["-tanmo"], ["-tan", "fwmark", "=", "0"], ["-uan", "fwmark", "=", "0"], ["-tlnT"],
    ] {
      try conformance.expectSame(scene, arguments)
    }
    try conformance.expectSame(scene, "-tK", "state", "all", "sport", "=", "4711")
    #expect(try SSCases.plain.ours(scene, "-Htln").output.contains(":4711"))
  }

  @Test("States of what the kernel still sends: FIN-WAIT-1, LAST-ACK, orphans")
  func sending() throws {
    let scene = try Scene()
    try scene.fixture("fin-wait-1", "last-ack", "orphan")
    for arguments in [["-tan"], ["-tanp"], ["-tane"], ["-tn", "state", "last-ack"]] {
      try SSCases.timers.expectSame(scene, arguments)
    }
  }
}
