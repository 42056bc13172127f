import Model
import Testing
import ViewText

@testable import ViewTerminal

@Suite("Lines of events")
struct EventLineTests {
  private func line(_ action: EventAction, _ change: (inout Event) -> Void) -> String {
    var event = Event(action: action, bootNanoseconds: 1, wallNanoseconds: 45_296_000_007_000)
    event.process = Process(
      identity: ProcessIdentity(pid: ProcessID(23), startTicks: 1), name: "eye", parentPID: ProcessID(7))
    change(&event)
    var lines = EventLines(EventLineOptions())
    var text = TextBuffer()
    lines.append(event, to: &text)
    return String(decoding: text.contents, as: UTF8.self)
  }

  @Test("The hostile name of a unix socket stays on its line, escaped")
  func hostileName() {
    let shown = line(.unixConnect) { (event) in
      var socket = EventSocketFacts()
      (socket.family, socket.type, socket.origin) = (.unix, .stream, .connect)
      socket.peerPath = RawText("\0a\u{1b}[31m\nb")
      event.socket = socket
    }
    #expect(shown == "12:34:56.000007  unix connect eye[23] → @a\\x1b[31m\\nb  unix\n")
  }

  @Test("A change of all ids is one number, and of some is each of them")
  func identity() {
    func change(_ after: IDSet) -> String {
      line(.setID) { (event) in
        let before = IDSet(real: 5, effective: 5, saved: 5, fileSystem: 5)
        event.detail = .credentials(
          CredentialChange(
            thread: 23, before: .init(user: before, group: before), after: .init(user: after, group: before)))
      }
    }
    #expect(change(IDSet(real: 0, effective: 0, saved: 0, fileSystem: 0)).hasSuffix("eye[23]  user 5 → 0\n"))
    #expect(
      change(IDSet(real: 5, effective: 0, saved: 0, fileSystem: 0)).hasSuffix(
        "eye[23]  effective user 5 → 0  saved user 5 → 0\n"))
    #expect(
      change(IDSet(real: 5, effective: 5, saved: 5, fileSystem: 9)).hasSuffix(
        "eye[23]  file system user 5 → 9\n"))
  }

  @Test("Packets have an interface, raw packets an address, and neither has a port")
  func portless() {
    func flow(_ family: AddressFamily, _ type: SocketType) -> String {
      line(.udpFlow) { (event) in
        var socket = EventSocketFacts()
        (socket.family, socket.type, socket.interfaceIndex) = (family, type, 3)
        socket.peer = Endpoint(IPAddress(v4: 0x7f00_0001), port: 0)
        event.socket = socket
      }
    }
    #expect(flow(.packet, .raw).hasSuffix("eye[23] → interface 3  packet\n"))
    #expect(flow(.inet, .raw).hasSuffix("eye[23] → 127.0.0.1  raw\n"))
  }

  @Test("A connect without an answer says so")
  func hanging() {
    let shown = line(.connect) { (event) in
      var socket = EventSocketFacts()
      (socket.family, socket.type, socket.protocol, socket.state) = (.inet, .stream, .tcp, .synSent)
      socket.origin = .connect
      socket.peer = Endpoint(IPAddress(v4: 0x7f00_0001), port: 80)
      socket.durationNanoseconds = 1_000_000_000
      event.outcome = .unknown
      event.socket = socket
    }
    #expect(shown.hasSuffix("eye[23] → 127.0.0.1:80  tcp  1s  no answer yet\n"))
  }

  /// A line of curl's connect to 10.0.0.1:443.
  private func connect(_ change: (inout Event) -> Void) -> String {
    line(.connect) { (event) in
      event.process?.name = "curl"
      event.process?.executable = "/bin/curl"
      var socket = EventSocketFacts()
      (socket.family, socket.type, socket.protocol, socket.origin) = (.inet, .stream, .tcp, .connect)
      socket.peer = Endpoint(IPAddress(v4: 0x0a00_0001), port: 443)
      event.socket = socket
      change(&event)
    }
  }

  @Test("A peer's name stands behind its address, escaped, with its age")
  func named() {
    let text = connect {
      $0.socket?.peerName = PeerName(name: RawText(Array("a\u{1b}[31m\n".utf8)), ageNanoseconds: 2_000_000)
    }
    #expect(text.contains("curl[23] → 10.0.0.1:443 (a\\x1b[31m\\n, told 2ms before)  tcp"), "\(text)")
  }

  @Test("A sum has the count, the program, the end, the bytes and the failures, each if it is known")
  func folded() {
    let text = connect {
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
    let bare = connect {
      ($0.socket, $0.process) = (nil, nil)
      var facts = FoldedFacts(program: "/bin/\u{202e}x", fromWallNanoseconds: 0)
      facts.count = 3
      $0.detail = .folded(facts)
    }
    #expect(bare.hasSuffix("… and 3 more by /bin/\\u{202e}x\n"), "\(bare)")
  }
}
