import Randomness
import Testing

@testable import Model

@Suite struct WatchlistTests {
  private func list(_ text: String) throws -> Watchlist {
    var list = Watchlist()
    try list.add(list: "list", Array(text.utf8))
    return list
  }
  private func found(_ list: Watchlist, _ address: String) -> String? {
    list.indicator(of: IPAddress(address)!)?.text
  }

  @Test("An address is found by the longest network that holds it, v4, v6 and v4 held by a v6 socket")
  func addresses() throws {
    let list = try list(
      """
      # a comment
      203.0.113.0/24\tthe network
        203.0.113.9   # C2 server\r
      10.1.2.3/8
      2001:db8::/32
      2001:DB8:0:0:0:0:0:1
      ::ffff:198.51.100.7
      ::ffff:192.0.2.0/120

      """)
    #expect(found(list, "203.0.113.9") == "203.0.113.9")
    #expect(list.indicator(of: IPAddress("203.0.113.9")!)?.note == "C2 server")
    #expect(list.indicator(of: IPAddress("203.0.113.8")!)?.note == "the network")
    #expect(found(list, "::ffff:203.0.113.8") == "203.0.113.0/24")
    #expect(found(list, "203.0.112.255") == nil && found(list, "203.0.114.0") == nil)
    #expect(found(list, "10.255.0.1") == "10.0.0.0/8" && found(list, "11.0.0.0") == nil)
    #expect(found(list, "2001:db8::1") == "2001:db8::1" && found(list, "2001:db8::2") == "2001:db8::/32")
    #expect(found(list, "2001:db9::") == nil)
    #expect(found(list, "198.51.100.7") == "198.51.100.7" && found(list, "192.0.2.200") == "192.0.2.0/24")
    #expect(list.indicators.count == 7 && list.prefixes.count == 7)
  }

  @Test("A domain holds what lies in it, whatever the case, and nothing that only ends like it")
  func domains() throws {
    let list = try list("Example.ORG. note\n*.onion\nmail.example.org longer\n_dmarc.example.net\n")
    func found(_ name: String) -> String? { list.indicator(of: RawText(name))?.text }
    #expect(found("example.org") == "example.org" && found("a.b.EXAMPLE.org.") == "example.org")
    #expect(found("x.mail.example.org") == "mail.example.org")
    #expect(found("badexample.org") == nil && found("org") == nil && found("") == nil && found(".") == nil)
    #expect(found("example.org.evil.net") == nil)
    #expect(found("abc.onion") == "onion" && found("_dmarc.example.net") == "_dmarc.example.net")
  }

  @Test("A hash is found in lower case, however it was written; the first of two equal entries stands")
  func hashes() throws {
    let hash = String(repeating: "0aF1", count: 16)
    let list = try list("\(hash) first\n\(hash.lowercased()) second")
    #expect(list.indicator(ofSHA256: hash.lowercased())?.note == "first")
    #expect(list.indicator(ofSHA256: String(repeating: "0", count: 64)) == nil)
    #expect(list.indicators.count == 1)
  }

  @Test(
    "What is no indicator is refused with its line, and what was expected",
    arguments: [
      "10.0.0.256", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/+8", "2001:db8::/129", "::1%lo", "localhost",
      "a..b", ".org",
      "1.2.3", "exa mple", "bücher.example", "https://example.org/x", "10.0.0.1,note", "*.", "a.b.*",
      String(repeating: "a", count: 63), String(repeating: "g", count: 64),
      String(repeating: "a", count: 64) + ".org",
    ])
  func wrong(_ word: String) throws {
    let error = #expect(throws: WatchlistError.self) { try list("# x\n203.0.113.9\n  \(word) note\n") }
    let first = String(word.split(separator: " ")[0])
    #expect(error == WatchlistError(list: "list", line: 3, word: first))
    #expect(error?.description.contains("list:3: '\(first)' is no indicator; expected an address") == true)
  }

  @Test("Of 100,000 entries each is found, and its neighbours are not; as a linear search finds them")
  func many() throws {
    var random = SeededRandom(seed: 7)
    var networks: [AddressPrefix] = []
    var text = ""
    for number in 0..<100_000 {
      let address = IPAddress(v4: UInt32.random(in: .min ... .max, using: &random))
      let prefix = AddressPrefix(
        address, length: number % 100 == 0 ? UInt8.random(in: 20...31, using: &random) : 32)
      networks.append(prefix)
      text += "\(prefix)\n"
    }
    let list = try list(text)
    for prefix in networks { #expect(list.indicator(of: prefix.address) != nil) }
    for _ in 0..<100 {
      let near = networks.randomElement(using: &random)!.address
      let address = IPAddress(v4: UInt32(near.low) ^ UInt32.random(in: 0...4096, using: &random))
      let longest = networks.filter { $0.contains(address) }.map(\.length).max()
      let found = list.indicator(of: address)?.text
      #expect(found == longest.map { AddressPrefix(address, length: $0).description })
    }
  }

  @Test("Of an event the peer, its name, the question and the executable are judged, not its own address")
  func events() throws {
    let hash = String(repeating: "ab", count: 32)
    let list = try list("203.0.113.9\nexample.org\n10.0.2.15\n\(hash) tool\n0.0.0.0/0 all\n")
    var event = Event(action: .connect, bootNanoseconds: 0, wallNanoseconds: 0)
    var socket = EventSocketFacts()
    socket.family = .inet6
    socket.local = Endpoint(IPAddress("10.0.2.15")!, port: 1)
    socket.peer = Endpoint(IPAddress("::ffff:203.0.113.9")!, port: 443)
    socket.peerName = PeerName(name: "www.example.org", ageNanoseconds: 1)
    event.socket = socket
    var process = Process(
      identity: ProcessIdentity(pid: ProcessID(1), startTicks: 1), name: "x", parentPID: ProcessID(0))
    process.executableHash = .sha256(hash)
    event.process = process
    let hits = list.hits(of: event)
    #expect(hits.map(\.indicator.text) == ["203.0.113.9", "example.org", hash])
    #expect(hits.map(\.matched) == ["203.0.113.9", "www.example.org", RawText(hash)])
    #expect(hits.map(\.subject) == [.peerAddress, .peerName, .executable])
    event.action = .listen
    event.process = nil
    event.socket?.peer = Endpoint(IPAddress("::")!, port: 0)
    event.socket?.peerName = nil
    #expect(list.hits(of: event).isEmpty)
    event.socket = nil
    event.action = .dns
    event.detail = .dns(NameAnswer(question: "a.example.org", addresses: []))
    #expect(list.hits(of: event).map(\.subject) == [.question])
  }
}
