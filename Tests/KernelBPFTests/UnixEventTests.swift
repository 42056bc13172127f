import CLinux
import KernelSystem
import Testing

@testable import KernelBPF

@Suite(
  "Unix connections of the real kernel", .serialized, .enabled(if: mayTrace, "needs CAP_BPF and CAP_PERFMON"))
struct UnixEventTests {
  private static let request = ProbePlan.Request(facts: [
    .fork, .exec, .exit, .unixConnections, .ringAccept,
  ])

  @Test(
    "A path's and an abstract name's connect and accept carry the processes, the name and both inodes",
    arguments: [
      ("stream", SOCK_STREAM.rawValue), ("packet", SOCK_SEQPACKET.rawValue), ("ring", SOCK_STREAM.rawValue),
    ], probingWays)
  func pair(_ socket: (name: String, type: UInt32), way: ProbingWay) throws {
    let (name, type) = socket
    let recording = try Recording.of(["unix"], request: Self.request, way: way)
    #expect(recording.undecoded == 0)
    let listener = try #require(recording.facts("\(name)-listener").first)
    // Without io_uring there is none.
    guard let client = recording.facts("\(name)-client").first else { return #expect(name == "ring") }
    let server = try #require(recording.facts("\(name)-server").first)

    let connects = recording.events(.unixConnect, pid: UInt32(client[0]))
    let connect = try #require(connects.first)
    #expect(connects.count == 1)
    #expect(connect.socket?.error == 0)
    #expect(connect.socket?.type == UInt16(type))
    #expect("\(connect.socket?.inode ?? 0)" == client[1])
    #expect(connect.peerName == listener[1])
    #expect(connect.ends?.peer_tgid == UInt32(listener[0]))

    let accepts = recording.events(.unixAccept, pid: UInt32(server[0]))
    let accept = try #require(accepts.first)
    #expect(accepts.count == 1)
    #expect("\(accept.socket?.inode ?? 0)" == server[1])
    #expect("\(accept.ends?.peer_inode ?? 0)" == client[1])
    #expect(accept.localName == listener[1])
    #expect(accept.ends?.peer_tgid == UInt32(client[0]))
  }

  @Test("A connect to a name that nobody listens on carries the name and the errno", arguments: probingWays)
  func refused(way: ProbingWay) throws {
    let recording = try Recording.of(["unix"], request: Self.request, way: way)
    let late = try #require(recording.facts("stream-late").first)
    let path = try #require(recording.facts("stream-listener").first?[1])
    let failed = recording.events(.unixConnect, pid: UInt32(late[0])).filter { $0.socket?.error != 0 }
    #expect(failed.map { $0.socket?.error } == [ECONNREFUSED])
    #expect(failed.first?.peerName == path)
    #expect(late[1] == "\(ECONNREFUSED)")
  }
}

extension KernelEvent {
  var ends: EventUnix? { if case .unix(let ends, _, _) = detail { ends } else { nil } }
  var localName: String? { if case .unix(_, let local, _) = detail { Self.shown(local) } else { nil } }
  var peerName: String? { if case .unix(_, _, let peer) = detail { Self.shown(peer) } else { nil } }

  /// As the fixture writes it: `@name`, or a path without its NUL.
  private static func shown(_ name: [UInt8]) -> String {
    name.first == 0 ? "@" + text(Array(name.dropFirst())) : text(Array(name.prefix { $0 != 0 }))
  }
}
