import Foundation
import Model
import ProgramRuns

@testable import Store

/// A folder of the test's own, gone with it.
final class Scratch {
  let folder: URL
  init() throws {
    folder = FileManager.default.temporaryDirectory.appending(path: "sockeye-store-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  }
  deinit { try? FileManager.default.removeItem(at: folder) }  // Left behind it does no harm.
  var database: String { folder.appending(path: "history.db").path }
}

/// Time and events as a test wants them; seconds since boot.
enum Sample {
  /// 2026-11-21T10:00:00Z less 1000 s of boot.
  static let offset: UInt64 = 1_795_255_200_000_000_000 - 1_000_000_000_000

  static func time(_ seconds: Double, stepped: Int64 = 0) -> StoreTime {
    let boot = UInt64(seconds * 1e6) * 1000
    return StoreTime(boot: boot, wall: UInt64(Int64(boot &+ offset) + stepped * 1_000_000_000))
  }
  /// µs since 1970, as the store has it.
  static func microseconds(_ seconds: Double) -> Int64 { Int64(time(seconds).wall / 1000) }

  static var settings: StoreSettings { StoreSettings(bootID: "boot-a", version: "test") }

  static func writer(_ path: String, at seconds: Double = 1000, _ settings: StoreSettings = settings) throws
    -> StoreWriter
  {
    try StoreWriter(path: path, settings: settings, now: time(seconds))
  }

  static func process(_ pid: Int32, ticks: UInt64 = 1, _ executable: String = "/usr/bin/curl")
    -> Model.Process
  {
    var process = Model.Process(
      identity: ProcessIdentity(pid: ProcessID(pid), startTicks: ticks),
      name: RawText(executable).lastPathComponent, parentPID: ProcessID(1))
    process.executable = RawText(executable)
    process.arguments = [RawText(executable).lastPathComponent, "-v"]
    process.user = User(id: 1000, name: "alice")
    return process
  }

  static func event(
    _ action: EventAction, _ seconds: Double, cookie: UInt64 = 1, process: Model.Process? = nil,
    peer: String = "203.0.113.9",
    port: UInt16 = 443, change: (inout EventSocketFacts) -> Void = { _ in }
  ) -> Event {
    var event = Event(
      action: action, bootNanoseconds: time(seconds).boot, wallNanoseconds: time(seconds).wall)
    var socket = EventSocketFacts()
    socket.cookie = SocketCookie(cookie)
    socket.netns = NetworkNamespace(4_026_531_840)
    socket.family = peer.contains(":") ? .inet6 : .inet
    socket.type = .stream
    socket.protocol = .tcp
    socket.origin = action == .accept ? .accept : .connect
    socket.state = .established
    socket.local = Endpoint(IPAddress("10.0.2.15")!, port: 43_210)
    socket.peer = Endpoint(IPAddress(peer)!, port: port)
    change(&socket)
    event.socket = socket
    event.process = process
    return event
  }

  /// The close of a connection, with its counts.
  static func close(
    _ seconds: Double, cookie: UInt64 = 1, process: Model.Process? = nil, peer: String = "203.0.113.9"
  )
    -> Event
  {
    event(.close, seconds, cookie: cookie, process: process, peer: peer) {
      $0.sentBytes = 100
      $0.receivedBytes = 2000
      $0.roundTripMicroseconds = 150
      $0.retransmits = 0
    }
  }
}

/// What another program reads in a file, through another binding than the store's: Python's.
func ask(_ path: String, _ sql: String) throws -> [[String?]] {
  let script = """
    import json, sqlite3, sys
    connection = sqlite3.connect("file:" + sys.argv[1] + "?mode=ro", uri=True, timeout=5)
    connection.text_factory = lambda bytes: bytes.decode("utf-8", "replace")
    def shown(value):
        return None if value is None else value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
    print(json.dumps([[shown(value) for value in row] for row in connection.execute(sys.argv[2])]))
    """
  let run = try FinishedRun.of(["python3", "-c", script, path, sql])
  guard run.status == 0 else { throw RunFailure(String(decoding: run.errors, as: UTF8.self)) }
  return try JSONDecoder().decode([[String?]].self, from: run.output)
}

func only(_ path: String, _ sql: String) throws -> String? { try ask(path, sql).first?.first ?? nil }
