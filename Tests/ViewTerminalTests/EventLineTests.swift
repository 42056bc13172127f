import Model
import Testing
import ViewText

@testable import ViewTerminal

@Suite("Lines of events") struct EventLineTests {
  private func line(_ change: (inout Event) -> Void) -> String {
    var event = Event(action: .connect, bootNanoseconds: 0, wallNanoseconds: 0)
    var process = Process(
      identity: ProcessIdentity(pid: ProcessID(23), startTicks: 1), name: "curl", parentPID: ProcessID(1))
    process.executable = "/bin/curl"
    event.process = process
    var socket = EventSocketFacts()
    (socket.family, socket.type, socket.protocol, socket.origin) = (.inet, .stream, .tcp, .connect)
    socket.peer = Endpoint(IPAddress(v4: 0x0a00_0001), port: 443)
    event.socket = socket
    change(&event)
    var lines = EventLines(EventLineOptions())
    var text = TextBuffer()
    lines.append(event, to: &text)
    return String(
      decoding: text.withSlice(0..<text.count) { span in span.indices.map { span[$0] } }, as: UTF8.self)
  }

  @Test("A peer's name stands behind its address, escaped, with its age")
  func named() {
    let text = line {
      $0.socket?.peerName = PeerName(name: RawText(Array("a\u{1b}[31m\n".utf8)), ageNanoseconds: 2_000_000)
    }
    #expect(text.contains("curl[23] → 10.0.0.1:443 (a\\x1b[31m\\n, told 2ms before)  tcp"), "\(text)")
  }

  @Test("A sum has the count, the program, the end, the bytes and the failures, each if it is known")
  func folded() {
    let text = line {
      $0.socket = nil
      var facts = FoldedFacts(program: "/bin/curl", fromWallNanoseconds: 0)
      (facts.count, facts.failures, facts.sentBytes, facts.receivedBytes) = (12_345, 7, 1, 2)
      facts.end = Endpoint(IPAddress(v4: 0x0a00_0001), port: 443)
      $0.detail = .folded(facts)
    }
    #expect(
      text.hasSuffix(
        "connect      … and 12345 more by curl[23], 10.0.0.1:443  sent 1B received 2B  7 failed\n"), "\(text)"
    )
    let bare = line {
      ($0.socket, $0.process) = (nil, nil)
      var facts = FoldedFacts(program: "/bin/\u{202e}x", fromWallNanoseconds: 0)
      facts.count = 3
      $0.detail = .folded(facts)
    }
    #expect(bare.hasSuffix("… and 3 more by /bin/\\u{202e}x\n"), "\(bare)")
  }
}
