import Foundation
import Model
import Store

/// A database as a recorder would have left it: 2026-11-21, 10:00:00 to 10:10:00 UTC.
final class RecordedHost {
  private let folder: URL
  var path: String { folder.appending(path: "history.db").path }

  /// 1000 s after boot.
  private static let start: UInt64 = 1_795_255_200_000_000_000
  private static func time(_ seconds: Double) -> StoreTime {
    let passed = UInt64(seconds * 1e9)
    return StoreTime(boot: 1_000_000_000_000 + passed, wall: start + passed)
  }

  /// - `curl[7]` to 203.0.113.9:443, open from 1 s to 4 s
  /// - `hostile[8]`, whose name and path would harm a terminal, a table and a graph, to [2001:db8::1]:53, 10 s to 11 s
  /// - `curl[7]` refused by 203.0.113.9:81 at 20 s
  /// - `nginx[9]` to `curl[7]` over loopback, both ends, port 8080, from 30 s on
  /// - `curl[7]` to 198.51.100.1 to .23, port 80, one a second from 100 s on, each for 0.5 s
  init() throws {
    folder = FileManager.default.temporaryDirectory.appending(path: "sockeye-past-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let writer = try StoreWriter(
      path: path, settings: StoreSettings(bootID: "boot", version: "test"), now: Self.time(0))
    writer.take([(Self.file, .sha256(Self.hash))])
    var events: [Event] = []
    events.append(Self.event(.connect, 1, 1, Self.curl, to: "203.0.113.9", 443))
    events.append(Self.event(.close, 4, 1, Self.curl, to: "203.0.113.9", 443, bytes: (100, 2_000_000)))
    events.append(Self.event(.connect, 10, 2, Self.hostile, to: "2001:db8::1", 53))
    events.append(Self.event(.close, 11, 2, Self.hostile, to: "2001:db8::1", 53, bytes: (5, 7)))
    var refused = Self.event(.connectFailed, 20, 3, Self.curl, to: "203.0.113.9", 81)
    (refused.outcome, refused.reason) = (.failure, "ECONNREFUSED")
    events.append(refused)
    events.append(Self.event(.connect, 30, 4, Self.nginx, from: "127.0.0.1", 50_000, to: "127.0.0.1", 8080))
    events.append(
      Self.event(
        .accept, 30, 5, Self.curl, from: "127.0.0.1", 8080, to: "127.0.0.1", 50_000, peer: Self.nginx))
    for number in 1...23 {
      let (second, cookie) = (Double(100 + number), UInt64(100 + number))
      let peer = "198.51.100.\(number)"
      events.append(Self.event(.connect, second, cookie, Self.curl, to: peer, 80))
      events.append(
        Self.event(.close, second + 0.5, cookie, Self.curl, to: peer, 80, bytes: (1, UInt64(number))))
    }
    try writer.take(events, now: Self.time(200))
    try writer.stop(Self.time(600))
  }

  deinit { try? FileManager.default.removeItem(at: folder) }  // Left behind it does no harm.

  static let file = FileIdentity(device: 0xfe0_0001, inode: 4711, changed: 1_795_255_200_000_000_000)
  /// Of curl.
  static let hash = String(repeating: "0123456789abcdef", count: 4)

  static let curl = process(7, "/usr/bin/curl", ["curl", "-s", "https://example.org"], file)
  static let nginx = process(9, "/usr/sbin/nginx", ["nginx"])
  static let hostile = process(8, "/tmp/\u{1b}[31m\"}\n- x: |,=1\u{202e}", ["=cmd()", "a\nb"])

  private static func process(
    _ pid: Int32, _ executable: String, _ arguments: [String], _ file: FileIdentity? = nil
  )
    -> Model.Process
  {
    let path = RawText(executable)
    var process = Model.Process(
      identity: ProcessIdentity(pid: ProcessID(pid), startTicks: UInt64(pid)),
      name: RawText(Array(path.lastPathComponent.bytes.prefix(15))), parentPID: ProcessID(3))
    process.executable = path
    process.executableFile = file
    process.arguments = arguments.map { RawText($0) }
    process.user = User(id: 1000, name: "alice")
    process.systemdUnit = "\(pid == 9 ? "web" : "user@1000").service"
    process.ancestors = [
      Ancestor(identity: ProcessIdentity(pid: ProcessID(3), startTicks: 3), name: "bash", entityID: nil),
      Ancestor(identity: ProcessIdentity(pid: ProcessID(2), startTicks: 2), name: "sshd", entityID: nil),
    ]
    process.entry = EntryLeader(kind: .sshd, pid: ProcessID(2))
    return process
  }

  private static func event(
    _ action: EventAction, _ seconds: Double, _ cookie: UInt64, _ process: Model.Process,
    from local: String? = nil, _ localPort: UInt16 = 43_210, to remote: String, _ port: UInt16,
    peer: Model.Process? = nil, bytes: (sent: UInt64, received: UInt64)? = nil
  ) -> Event {
    let time = time(seconds)
    var event = Event(action: action, bootNanoseconds: time.boot, wallNanoseconds: time.wall)
    var socket = EventSocketFacts()
    socket.cookie = SocketCookie(cookie)
    socket.netns = NetworkNamespace(4_026_531_840)
    let isV6 = remote.contains(":")
    socket.family = isV6 ? .inet6 : .inet
    (socket.type, socket.protocol, socket.state) = (.stream, .tcp, .established)
    socket.origin = action == .accept ? .accept : .connect
    socket.local = Endpoint(IPAddress(local ?? (isV6 ? "2001:db8::2" : "10.0.2.15"))!, port: localPort)
    socket.peer = Endpoint(IPAddress(remote)!, port: port)
    if let bytes { (socket.sentBytes, socket.receivedBytes) = (bytes.sent, bytes.received) }
    event.socket = socket
    event.process = process
    event.peerProcess = peer
    return event
  }
}
