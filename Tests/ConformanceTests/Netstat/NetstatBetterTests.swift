import Foundation
import Testing

/// What netstat cannot say and `--better` does, held against the set-up.
extension NetstatTests {
  @Test("-M: netstat finds nothing on a kernel of today; --better asks connection tracking")
  func masquerade() throws {
    let scene = try Scene()
    // A connection from 10.9.0.2:4711 that leaves as 192.0.2.1:61001, and one that is not translated: by ctnetlink, for
    // not every host has nft.
    try scene.python(
      """
      def attribute(kind, body): return struct.pack('HH', 4 + len(body), kind) + body + bytes(-len(body) % 4)
      def tuple_(kind, source, sport, destination, dport, number):
          ip = attribute(0x8001, attribute(1, inet_aton(source)) + attribute(2, inet_aton(destination)))
          proto = attribute(1, bytes([number])) + attribute(2, struct.pack('!H', sport)) + attribute(3, struct.pack('!H', dport))
          return attribute(0x8000 | kind, ip + attribute(0x8002, proto))
      def track(number, original, reply, seconds):
          body = struct.pack('BBH', AF_INET, 0, 0) + tuple_(1, *original, number) + tuple_(2, *reply, number)
          body += attribute(7, struct.pack('!I', seconds))
          if number == 6: body += attribute(0x8004, attribute(0x8001, attribute(1, bytes([3]))))
          s = socket(AF_NETLINK, SOCK_RAW, 12)
          s.send(struct.pack('IHHII', 16 + len(body), 256, 0x605, 1, 0) + body)
          answer = s.recv(4096)
          assert struct.unpack('i', answer[16:20])[0] == 0, answer
      track(6, ('10.9.0.2', 4711, '198.51.100.7', 443), ('198.51.100.7', 443, '192.0.2.1', 61001), 3599)
      track(17, ('10.9.0.2', 4713, '198.51.100.7', 53), ('198.51.100.7', 53, '10.9.0.2', 4713), 29)
      """)
    try Self.netstat.expectSame(scene, "-Mn")
    let better = try Self.netstat.ours(scene, "-Mn", "--better")
    #expect(better.status == 0)
    let lines = better.output.split(separator: "\n")
    #expect(
      lines.prefix(2) == [
        "IP masquerading entries", "prot   expire source               destination          ports",
      ])
    #expect(lines.count == 3)
    let entry = try #require(lines.last)
    #expect(
      entry.wholeMatch(of: /tcp  +59:5\d\.00 10\.9\.0\.2 +198\.51\.100\.7 +4711 -> 443 \(61001\)/) != nil,
      "\(entry)")
    #expect(try Self.netstat.ours(scene, "-M", "--better").output.contains("4711 -> https (61001)"))
    let extended = try Self.netstat.ours(scene, "-Mne", "--better").output
    #expect(
      extended.contains("expire    initseq delta prevd source")
        && extended.contains(".00          0     0     0 10.9.0.2"))
  }

  @Test("-M --better says so where it may not ask")
  func masqueradeRefused() throws {
    let scene = try Scene()
    var comparison = Self.netstat
    comparison.wrapper = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
    let run = try comparison.ours(scene, "-M", "--better")
    #expect(run.status == 1 && run.errors.contains("Operation not permitted") && run.output == "")
  }

  @Test("-p --better names every process that holds a socket, and addresses are whole")
  func everyHolder() throws {
    let scene = try Scene()
    let held = try scene.python(
      """
      l = listen('127.0.0.1', 4711)
      listen('::1', 4712, family=AF_INET6)
      children = []
      for _ in range(2):
          pid = os.fork()
          if pid == 0:
              while True: time.sleep(3600)
          children.append(pid)
      print(*children)
      import atexit, signal
      atexit.register(lambda: [os.kill(p, signal.SIGKILL) for p in children])
      """)
    let children = held.lines[0].split(separator: " ")
    #expect(!(try Self.netstat.ours(scene, "-ltnp").output.contains("\(children[0])/")))
    // Every namespace is in it: only its own rows are the scene's.
    let rows = try Self.netstat.ours(scene, "-ltnp", "--better").output.split(separator: "\n")
    let row = try #require(rows.first { $0.contains("127.0.0.1:4711 ") && $0.contains("\(held.pid)/") })
    for pid in children { #expect(row.contains("\(pid)/python3")) }
  }

  @Test("--better shows the sockets of other namespaces, with their namespace")
  func everyNamespace() throws {
    let (scene, other) = (try Scene(), try Scene())
    try scene.python("listen('127.0.0.1', 4711)")
    try other.python("listen('127.0.0.1', 4712)")
    let inode = try FileManager.default.destinationOfSymbolicLink(atPath: other.netnsPath).filter(\.isNumber)
    #expect(!(try Self.netstat.ours(scene, "-ltn").output.contains(":4712 ")))
    let rows = try Self.netstat.ours(scene, "-ltn", "--better").output.split(separator: "\n")
    #expect(rows.contains { $0.contains("127.0.0.1:4711 ") })
    #expect(rows.contains { $0.contains("127.0.0.1:4712 ") && $0.hasSuffix(" \(inode)") })
    try other.python("s = keep(socket(AF_UNIX)); s.bind('\\0blank of another'); s.listen()")
    let unix = try Self.netstat.ours(scene, "-xlp", "--better").output.split(separator: "\n")
    #expect(
      unix.contains { $0.contains("unix  -      [ ACC ]") && $0.hasSuffix(" \(inode) @blank of another") })
  }

  @Test("-s --better has words for the counters that netstat's search misses")
  func everyCounter() throws {
    let scene = try Scene()
    let (theirs, ours) = (
      try Self.netstat.ours(scene, "-s").output, try Self.netstat.ours(scene, "-s", "--better").output
    )
    #expect(theirs.contains("    Forwarding: ") && !ours.contains("    Forwarding: "))
  }
}
