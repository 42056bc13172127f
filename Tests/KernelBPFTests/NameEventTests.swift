import CLinux
import Testing

@testable import KernelBPF

@Suite(
  "DNS answers of the real kernel", .serialized, .enabled(if: mayTrace, "needs CAP_BPF and CAP_NET_ADMIN"))
struct NameEventTests {
  @Test("An answer from port 53 comes with its payload and the cookie of the socket that it is for")
  func answer() throws {
    let request = ProbePlan.Request(facts: [.fork, .exec, .exit, .dns, .datagrams, .datagramPeers])
    let recording = try Recording.of(["answer"], request: request)
    let netns = try #require(recording.number("netns"))
    let asker = try #require(recording.facts("asker").first)
    let answer = try #require(
      recording.events(.dnsAnswer).first {
        "\($0.socket?.local_port ?? 0)" == asker[1] && $0.socket?.peer_port == 53
      })
    guard case .payload(let payload, _) = answer.detail else {
      Issue.record("no payload")
      return
    }
    #expect(payload == Array("an answer of thirty-one octets.".utf8))
    #expect("\(answer.actor?.tgid ?? 0)" == asker[0])
    let owner = recording.events(.flow, netns: netns).first { $0.socket?.cookie == answer.socket?.cookie }
    #expect("\(owner?.actor?.tgid ?? 0)" == asker[0])
  }
}
