import CLinux
import KernelSystem
import Testing

@testable import KernelBPF

@Suite(
  "Datagram events of the real kernel", .serialized, .enabled(if: mayTrace, "needs CAP_BPF and CAP_PERFMON"))
struct DatagramEventTests {
  private static let request = ProbePlan.Request(facts: [
    .fork, .exec, .exit, .datagrams, .datagramPeers, .datagramEnd, .connectFailure,
  ])

  @Test("Processes that send one datagram each are named, with the peer and the bytes, connected or not")
  func oneDatagram() throws { try check(count: 23) }

  @Test(
    "20,000 processes that send one datagram each are all named",
    .enabled(if: environmentNumber("SOCKEYE_STORM") != nil, "takes a minute: set SOCKEYE_STORM to the count"))
  func manyDatagrams() throws { try check(count: environmentNumber("SOCKEYE_STORM") ?? 20_000) }

  private func check(count: Int) throws {
    let received = LockedValue<[UInt32: UInt64]>([:])
    let recording = try Recording.of(["datagrams", "\(count)"], request: Self.request) { (session) in
      for (key, flow) in FlowTable(session)?.all() ?? [] {
        received.withLock { $0[key.tgid, default: 0] += flow.bytes_received }
      }
    }
    let netns = try #require(recording.number("netns"))
    #expect(recording.losses == EventLosses())
    let receiver = try #require(recording.facts("receiver").first)
    var flows: [ProcessKey?: KernelEvent] = [:]
    for event in recording.events(.flow, netns: netns) where (event.flow?.packets_sent ?? 0) > 0 {
      flows[ProcessKey(event)] = event
    }
    let execs = recording.execs(of: "datagram-client", netns: netns)
    var wrong = 0
    for fact in recording.facts("datagram") {
      let event = flows[ProcessKey(execs[UInt32(fact[0]) ?? 0])]
      let isRight =
        "\(event?.actor?.tgid ?? 0)" == fact[1] && "\(event?.actor?.parent_tgid ?? 0)" == fact[2]
        && "\(event?.socket?.local_port ?? 0)" == fact[3]
        && "\(event?.flow?.bytes_sent ?? 0)" == fact[4] && "\(event?.socket?.peer_port ?? 0)" == receiver[1]
        && event?.socket?.peer.low == 0x7f00_0001
      if !isRight { wrong += 1 }
    }
    #expect(wrong == 0)
    #expect(recording.facts("datagram").count == count)

    // The receiver has one conversation with each sender.
    let fromSenders = recording.events(.flow, netns: netns).filter { "\($0.actor?.tgid ?? 0)" == receiver[0] }
    let ports = Set(fromSenders.compactMap { $0.socket?.peer_port })
    // Some senders get a port that another had: for the receiver that is one and the same peer.
    #expect(fromSenders.count == ports.count)
    #expect(ports == Set(recording.facts("datagram").compactMap { UInt16($0[3]) }))
    let bytes = recording.facts("received").first?[1]
    #expect("\(received.withLock { $0[UInt32(receiver[0]) ?? 0] ?? 0 })" == bytes)
    // Each sender's socket, and the receiver's.
    #expect(recording.events(.flowEnd, netns: netns).count == count + 1)
  }
}
