import CLinux
import KernelSystem
import Testing

@testable import KernelBPF

@Suite("Traffic by every way", .serialized, .enabled(if: mayTrace, "needs CAP_BPF and CAP_PERFMON"))
struct TrafficEventTests {
  /// A recording with the counts of every conversation at its end.
  private static func record(_ arguments: [String], _ way: ProbingWay) throws -> (
    Recording, [(EventFlowKey, EventFlow)]
  ) {
    let flows = LockedValue<[(EventFlowKey, EventFlow)]>([])
    let recording = try Recording.of(arguments, way: way) { (session) in
      let all = FlowTable(session)?.all().map { ($0.key, $0.flow) } ?? []
      flows.withLock { $0 = all }
    }
    #expect(recording.undecoded == 0)
    #expect(recording.losses.ringLost == 0 && recording.losses.flowsRefused == 0)
    return (recording, flows.withLock { $0 })
  }

  @Test(
    "sendfile, splice, sendmmsg, recvmmsg and io_uring: every byte of TCP, every datagram of UDP",
    arguments: probingWays)
  func channels(way: ProbingWay) throws {
    let (recording, flows) = try Self.record(["channels"], way)
    // Until 6.3 nothing but trampolines tells of datagrams.
    let seesDatagrams = recording.plan.chosen(for: .datagrams) != nil
    let netns = try #require(recording.number("netns"))
    struct Ports: Hashable { var local: String, peer: String }
    var closes: [Ports: EventTotals] = [:]
    for event in recording.events(.close, netns: netns) {
      guard let socket = event.socket, let totals = event.totals else { continue }
      closes[Ports(local: "\(socket.local_port)", peer: "\(socket.peer_port)")] = totals
    }
    let streams = recording.facts("tcp")
    #expect(streams.count >= 6)
    for fact in streams {
      let totals = closes[Ports(local: fact[1], peer: fact[2])]
      #expect("\(totals?.bytes_sent ?? 0)" == fact[4], "TCP by \(fact[0]) sent")
      #expect("\(totals?.bytes_received ?? 0)" == fact[6], "TCP by \(fact[0]) received")
    }

    let datagrams = recording.facts("udp")
    #expect(datagrams.count == streams.count)
    if !seesDatagrams { return }
    let begun = recording.events(.flow, netns: netns)
    for fact in datagrams {
      let event = begun.first {
        "\($0.socket?.local_port ?? 0)" == fact[1] && "\($0.socket?.peer_port ?? 0)" == fact[2]
      }
      let counts = flows.filter { $0.0.cookie == event?.socket?.cookie }
      #expect(counts.count == 1, "UDP by \(fact[0]) is one conversation")
      let flow = counts.first?.1
      #expect("\(flow?.packets_sent ?? 0)" == fact[3], "UDP by \(fact[0]) sent")
      #expect("\(flow?.bytes_sent ?? 0)" == fact[4], "UDP by \(fact[0]) sent")
      #expect("\(flow?.packets_received ?? 0)" == fact[5], "UDP by \(fact[0]) received")
      #expect("\(flow?.bytes_received ?? 0)" == fact[6], "UDP by \(fact[0]) received")
    }
  }

  @Test(
    "One sendmmsg to several peers, and one recvmmsg, are conversations with each", arguments: probingWays)
  func spread(way: ProbingWay) throws {
    let (recording, flows) = try Self.record(["channels"], way)
    if recording.plan.chosen(for: .datagrams) == nil { return }
    let netns = try #require(recording.number("netns"))
    func flow(_ fact: [String]) -> EventFlow? {
      let event = recording.events(.flow, netns: netns).last {
        "\($0.socket?.local_port ?? 0)" == fact[0] && "\($0.socket?.peer_port ?? 0)" == fact[1]
      }
      return flows.first { $0.0.cookie == event?.socket?.cookie && "\($0.0.peer_port)" == fact[1] }?.1
    }
    #expect(recording.facts("spread").count == 6)
    for fact in recording.facts("spread") {
      #expect("\(flow(fact)?.packets_sent ?? 0)" == fact[2])
      #expect("\(flow(fact)?.bytes_sent ?? 0)" == fact[3])
    }
    for fact in recording.facts("gathered") {
      #expect("\(flow(fact)?.packets_received ?? 0)" == fact[2])
      #expect("\(flow(fact)?.bytes_received ?? 0)" == fact[3])
    }
  }

  @Test(
    "Raw, ICMP and packet sockets: the process, the peer, and every packet",
    arguments: [
      ("raw4", AF_INET, SOCK_RAW), ("raw6", AF_INET6, SOCK_RAW), ("icmp4", AF_INET, SOCK_DGRAM),
      ("icmp6", AF_INET6, SOCK_DGRAM),
      ("connected", AF_INET, SOCK_RAW), ("packet", AF_PACKET, SOCK_DGRAM),
    ], probingWays)
  func raw(_ socket: (name: String, family: Int32, type: __socket_type), way: ProbingWay) throws {
    let (name, family, type) = socket
    let (recording, flows) = try Self.record(["raw"], way)
    if recording.plan.chosen(for: .datagrams) == nil { return }
    let netns = try #require(recording.number("netns"))
    if !recording.facts("\(name)-refused").isEmpty { return }
    let fact = try #require(recording.facts(name).first)
    let begun = recording.events(.flow, netns: netns).filter {
      $0.socket?.family == UInt16(family) && $0.socket?.type == UInt16(type.rawValue)
        && $0.actor?.tgid == UInt32(fact[0]) && ($0.socket?.protocol == 253) == (name == "connected")
    }
    let event = try #require(begun.first)
    // One socket, one peer.
    #expect(begun.count == 1)
    if family == AF_INET { #expect(event.socket?.peer.low == 0x7f00_0001) }
    if family == AF_INET6 { #expect(event.socket?.peer.high == 0 && event.socket?.peer.low == 1) }
    let flow = flows.first { $0.0.cookie == event.socket?.cookie }?.1
    #expect("\(flow?.packets_sent ?? 0)" == fact[1])
    #expect("\(flow?.bytes_sent ?? 0)" == fact[2])
    #expect("\(flow?.packets_received ?? 0)" == fact[3])
    #expect("\(flow?.bytes_received ?? 0)" == fact[4])
    if family != AF_PACKET || recording.plan.chosen(for: .packetEnd) != nil {
      #expect(recording.events(.flowEnd, netns: netns).contains { $0.socket?.cookie == event.socket?.cookie })
    }
    if family == AF_PACKET {
      #expect(event.socket?.protocol == 0x88b5)
      #expect(event.socket?.interface_index == 1)
      // 02:00:5e:00:53:ff, 6 bytes to interface 1.
      #expect(event.socket?.peer_address.0 == 0xff53_005e_0002)
      #expect(event.socket?.peer_address.1 == 0x0006_88b5_0000_0001)
    }
  }
}
