import Testing

@testable import Model

/// ss's reading of a filter, beside the conformance suite: what trees it makes.
@Suite struct SSFilterParserTests {
  private func parse(_ text: String, family: AddressFamily = .unspecified) throws -> SSFilter? {
    var parser = SSFilterParser(
      words: [text], family: family, transports: ["udp", "tcp"],
      names: SSFilterNames(
        service: { name, transport in name == "http" ? 80 : name == "x" ? (transport == "udp" ? 1 : 2) : nil
        },
        interface: { $0 == "lo" ? 1 : nil },
        controlGroup: { $0 == "/a" ? .success(7) : .failure(SSNameFailure([])) },
        host: { name, _ in name == "two" ? [IPAddress(v4: 1), IPAddress(v6High: 0, low: 2)] : [] }))
    return try parser.parse()
  }

  private func sport(_ port: Int32?) -> SSFilter {
    var host = SSHost()
    host.port = port
    return .host(isLocal: true, host)
  }

  @Test("and and or bind alike, from left to right; not binds what follows")
  func precedence() throws {
    let (a, b, c) = (sport(1), sport(2), sport(3))
    #expect(try parse("sport = 1 or sport = 2 and sport = 3") == .and([.or([a, b]), c]))
    #expect(try parse("sport = 1 or ( sport = 2 and sport = 3 )") == .or([a, .and([b, c])]))
    #expect(try parse("not sport = 1 sport = 2") == .and([.not(a), b]))
    #expect(try parse("sport = 1 | sport = 2 || sport = 3") == .or([a, b, c]))
    #expect(try parse("") == nil)
  }

  @Test("Ports in every notation; an order that bytecode lacks is turned round")
  func ports() throws {
    for text in ["80", ":80", "0x50", "0120", "http", "+80"] {
      #expect(try parse("sport = \(text)") == sport(80), "\(text)")
    }
    #expect(try parse("sport = *") == sport(nil))
    #expect(try parse("sport > 80") == .not(.port(isLocal: true, isAtLeast: false, 80)))
    #expect(try parse("dport < 80") == .not(.port(isLocal: false, isAtLeast: true, 80)))
    #expect(try parse("dport ge 80") == .port(isLocal: false, isAtLeast: true, 80))
  }

  @Test("A wrong value is told before a wrong place; a wrong place has no words of its own")
  func errors() {
    #expect(throws: SSFilterError.syntax) { try parse("sport") }
    #expect(throws: SSFilterError.syntax) { try parse("src != 10.0.0.1") }
    #expect(throws: SSFilterError.syntax) { try parse("( sport = 1") }
    #expect(throws: SSFilterError.syntax) { try parse("sport = 1 )") }
    #expect(throws: SSFilterError.value(["Error: ambiguous port \"x\".", "Cannot parse dst/src address."])) {
      try parse("sport = x")
    }
    #expect(throws: SSFilterError.value(["Cannot parse device."])) { try parse("dev eth9") }
    #expect(throws: SSFilterError.value(["Cannot parse mark z."])) { try parse("fwmark = z )") }
    #expect(throws: SSFilterError.tooDeep) { try parse(String(repeating: "( ", count: 300)) }
  }

  @Test("A name with several addresses is any of them; a family of its own decides for all")
  func hosts() throws {
    guard case .host(_, let host)? = try parse("dst two:http") else { throw SSFilterError.syntax }
    #expect(host.addresses.count == 2 && host.port == 80)
    var parser = SSFilterParser(
      words: ["src", "unix:/run/*"], family: .unspecified, transports: [], names: SSFilterNames())
    _ = try parser.parse()
    #expect(parser.narrowsFamily && parser.family == .unix)
  }

  @Test("What goes into the kernel follows from the filter; what it cannot say is left out")
  func pushDown() throws {
    let port = InternetExpression.test(.port(isLocal: true, .equal, 1))
    #expect(try parse("sport = 1 and cgroup /a")?.internetPart == port)
    #expect(try parse("sport = 1 or cgroup /a")?.internetPart == nil)
    #expect(try parse("not ( sport = 1 or cgroup /a )")?.internetPart == .not(port))
    #expect(try parse("src unix:/x")?.internetPart == nil)
  }

  @Test("A socket is judged by bits, whatever its family: mapped addresses, inodes, unsigned names")
  func judgement() throws {
    var mapped = SSSubject(family: .inet6)
    mapped.local = (0, 0xffff_0a00_0001)
    #expect(try parse("src 10.0.0.0/8")?.matches(mapped, ephemeral: 1...2) == true)
    #expect(try parse("src 11.0.0.0/8")?.matches(mapped, ephemeral: 1...2) == false)
    // The first four bytes of `::` are those of 0.0.0.0.
    #expect(try parse("src 0.0.0.0")?.matches(SSSubject(family: .inet6), ephemeral: 1...2) == true)
    var unix = SSSubject(family: .unix)
    unix.localPort = 4711
    #expect(try parse("sport = 4711 and autobound")?.matches(unix, ephemeral: 1...2) == true)
    unix.name = Array("@0af3e".utf8)
    #expect(try parse("autobound and src unix:@0AF*")?.matches(unix, ephemeral: 1...2) == true)
    unix.name = Array("@0af3g".utf8)
    #expect(try parse("autobound")?.matches(unix, ephemeral: 1...2) == false)
  }

  @Test("Any words are a filter that can be judged, or an error")
  func anyWords() {
    let vocabulary = [
      "sport", "dport", "src", "dst", "dev", "fwmark", "cgroup", "autobound", "and", "or", "not", "!", "(",
      ")", "=", ">=",
      "<", "!=", "80", ":80", "-1", "99999999999999999999", "0x", "0xffff", "10.0.0.0/8", "10.1", "::1/129",
      "[::1]:x",
      "[", "*", "*:", ":", "/", "unix:", "unix:*", "link:lo:1", "netlink:x:kernel", "vsock:4294967296",
      "inet6:[", "two",
      "lo", "/a", "1/2/3", "1/", "\\", "\u{0}", "é",
    ]
    var state: UInt64 = 20_261_121
    func random(_ count: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(state >> 33) % count
    }
    let subjects = [AddressFamily.inet, .inet6, .unix, .packet, .netlink, .vsock].map {
      SSSubject(family: $0)
    }
    var filters = 0
    for _ in 0..<23_000 {
      let words = (0...random(7)).map { _ in vocabulary[random(vocabulary.count)] }
      guard let filter = try? parse(words.joined(separator: " ")) else { continue }
      filters += 1
      _ = filter.internetPart
      for subject in subjects { _ = filter.matches(subject, ephemeral: 32768...60999) }
    }
    #expect(filters > 100)
  }
}
