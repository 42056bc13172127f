import Testing

@testable import Model

let testNames = FilterNames(
  service: { ["http": 80, "ssh": 22, "https": 443, "http-alt": 8080][$0] },
  interface: { ["lo": 1, "eth0": 2][$0] },
  controlGroup: { ["/system.slice": 4711][$0] })

/// What people write, and how it is understood.
let goldenFilters: [(text: String, meaning: String)] = [
  ("", ""),
  ("   ", ""),
  ("sport = :22", "sport = :22"),
  ("sport eq 22", "sport = :22"),
  ("sport 22", "sport = :22"),
  ("sport=:22", "sport = :22"),
  ("(sport = :22)", "sport = :22"),
  ("dport >= :1024", "dport >= :1024"),
  ("dport geq :1024", "dport >= :1024"),
  ("sport != :http", "not sport = :80"),
  ("sport = :http-alt", "sport = :8080"),
  ("dport = 80,443", "dport = :80 or dport = :443"),
  ("port = 8000-8100", "(sport >= :8000 and sport <= :8100) or (dport >= :8000 and dport <= :8100)"),
  ("port != 22", "not port = :22"),
  ("src 10.0.0.0/8", "src 10.0.0.0/8"),
  ("src 10/8", "src 10.0.0.0/8"),
  ("src 193.233.7/24", "src 193.233.7.0/24"),
  ("src = 10.1.2.3", "src 10.1.2.3"),
  ("src != 10.1.2.3", "not src 10.1.2.3"),
  ("dst [::1]:443", "dst [::1]:443"),
  ("dst ::1", "dst [::1]"),
  ("dst [fe80::]/10", "dst [fe80::/10]"),
  ("dst fe80::/10", "dst [fe80::/10]"),
  ("dst [fe80::/10]:22", "dst [fe80::/10]:22"),
  ("src fe80::1%eth0", "src [fe80::1] and dev = 2"),
  ("src 127.0.0.1:8080", "src 127.0.0.1:8080"),
  ("src 127.0.0.0/8:ssh", "src 127.0.0.0/8:22"),
  ("src *:80", "src *:80"),
  ("src :80", "src *:80"),
  ("src *", "src *"),
  ("src inet:*:80", "family = inet and src *:80"),
  ("src unix:/run/*", "src unix:\"/run/*\""),
  ("src /run/my\\ dir/*", "src unix:\"/run/my\\\\ dir/*\""),
  ("src @dbus", "src unix:\"@dbus\""),
  ("dst vsock:2:1024", "dst vsock:2:1024"),
  ("dst vsock:*:1024", "dst vsock:*:1024"),
  ("addr 10.0.0.1:53", "addr 10.0.0.1:53"),
  ("dev eth0", "dev = 2"),
  ("dev = 3", "dev = 3"),
  ("dev != lo", "not dev = 1"),
  ("fwmark = 0x1/0xff", "fwmark = 1/255"),
  ("fwmark 0x10", "fwmark = 16"),
  ("cgroup = /system.slice", "cgroup = 4711"),
  ("autobound", "autobound"),
  ("state established", "state established"),
  ("state established state syn-sent", "state established state syn-sent"),
  ("state established,syn-sent", "state established state syn-sent"),
  (
    "state connected exclude time-wait",
    "exclude time-wait exclude unconnected exclude listening exclude bound-inactive"
  ),
  ("exclude listening", "exclude listening"),
  ("state != listening", "exclude listening"),
  ("state all", "state all"),
  ("exclude all", "exclude all"),
  ("state bucket", "state syn-recv state time-wait"),
  ("state new-syn-recv", "state new-syn-recv"),
  ("state closed state listen", "state unconnected state listening"),
  ("state established dport = :443", "state established and dport = :443"),
  (
    "state established ( dport = :ssh or sport = :ssh )", "state established and (dport = :22 or sport = :22)"
  ),
  ("state established and state listening", "state established and state listening"),
  ("a_placeholder", ""),
  ("listening", "state listening"),
  ("pid 5", "pid = 5"),
  ("pid = 5,6", "pid = 5 or pid = 6"),
  ("pid ne 5", "not pid = 5"),
  ("comm = nginx", "comm = \"nginx\""),
  ("comm ~ nginx*", "comm ~ \"nginx*\""),
  ("comm !~ [!a]*", "not comm ~ \"[!a]*\""),
  ("comm = 'tmux: server'", "comm = \"tmux: server\""),
  ("comm = \"a\\\"b\\x00\\n\"", "comm = \"a\\\"b\\x00\\x0a\""),
  ("comm = it's", "comm = \"it's\""),
  ("exe=/opt/a=b", "exe = \"/opt/a=b\""),
  ("user root", "user = \"root\""),
  ("user 0", "user = 0"),
  ("user '0'", "user = \"0\""),
  ("uid >= 1000", "uid >= 1000"),
  ("netns = 4026531840", "netns = 4026531840"),
  ("netns blue", "netns = \"blue\""),
  ("family inet6", "family = inet6"),
  ("proto tcp,udp", "proto = tcp or proto = udp"),
  ("tcp dport 443", "proto = tcp and dport = :443"),
  ("inode = 0x10", "inode = 16"),
  ("ancestor = sshd", "ancestor = \"sshd\""),
  ("ancestor 700", "ancestor = 700"),
  ("direction inbound", "direction = inbound"),
  ("age > 5m", "age > 5m"),
  ("age < 90", "age < 90s"),
  ("age < 1.5h", "age < 90m"),
  ("sent > 10k", "sent > 10k"),
  ("received >= 2.5MiB", "received >= 2560k"),
  ("rtt > 50", "rtt > 50ms"),
  ("not sport = :1", "not sport = :1"),
  ("!sport = :1", "not sport = :1"),
  ("! ( sport = :1 )", "not sport = :1"),
  ("not not autobound", "not not autobound"),
  ("listening & autobound && tcp", "state listening and autobound and proto = tcp"),
  ("listening|autobound||tcp", "state listening or autobound or proto = tcp"),
].filter { $0.text != "a_placeholder" }

@Suite("Reading filters")
struct FilterParserTests {
  @Test("A filter is understood as documented", arguments: goldenFilters)
  func goldens(text: String, meaning: String) throws {
    #expect(try Filter(text, names: testNames).description == meaning)
  }

  @Test(
    "In our dialect not comes before and, and that before or; in ss's the words come from left to right",
    arguments: [
      (
        "tcp or udp and autobound", "proto = tcp or (proto = udp and autobound)",
        "(proto = tcp or proto = udp) and autobound"
      ),
      (
        "tcp or udp autobound", "proto = tcp or (proto = udp and autobound)",
        "(proto = tcp or proto = udp) and autobound"
      ),
      (
        "tcp and udp or autobound", "(proto = tcp and proto = udp) or autobound",
        "(proto = tcp and proto = udp) or autobound"
      ),
      ("not tcp or udp", "not proto = tcp or proto = udp", "not proto = tcp or proto = udp"),
      ("not tcp udp", "not proto = tcp and proto = udp", "not proto = tcp and proto = udp"),
      (
        "tcp or (udp and autobound)", "proto = tcp or (proto = udp and autobound)",
        "proto = tcp or (proto = udp and autobound)"
      ),
    ])
  func precedence(text: String, ours: String, theirs: String) throws {
    #expect(try Filter(text).description == ours)
    #expect(try Filter(text, dialect: .ss).description == theirs)
  }

  @Test("A word of the command line with blanks in it is one text, or an expression where one is expected")
  func words() throws {
    #expect(try Filter(words: ["comm", "=", "tmux: server"]).description == "comm = \"tmux: server\"")
    #expect(
      try Filter(words: ["state", "established", "( sport = :22 )"]).description
        == "state established and sport = :22")
    #expect(
      try Filter(words: ["comm = tmux", "or", "src", "/run/a b"]).description
        == "comm = \"tmux\" or src unix:\"/run/a b\"")
    #expect(try Filter(words: []).expression == .everything)
    #expect(Filter.text(ofWords: ["a", "b c"]) == "a b c")
  }

  @Test(
    "An error points at the word and says what was expected",
    arguments: [
      ("sprot = :22", "unknown word 'sprot', did you mean 'sport'?", "^^^^^"),
      ("tcp AND udp", "unknown word 'AND', did you mean 'and'?", "    ^^^"),
      ("established", "unknown word 'established', write 'state established'", "^^^^^^^^^^^"),
      ("state estblished", "unknown state 'estblished', did you mean 'established'?", "      ^^^^^^^^^^"),
      (
        ":22",
        "unknown word ':22', write 'port = :22', 'sport = …' for the local or 'dport = …' for the peer's",
        "^^^"
      ),
      ("sport:22", "unknown word 'sport:22', write 'sport = :22'", "^^^^^^^^"),
      (
        "10.0.0.1",
        "unknown word '10.0.0.1', write 'addr …' before an address, 'src …' for the local or 'dst …' for the peer's",
        "^^^^^^^^"
      ),
      ("sport =", "expected a port such as :22 or 22 after 'sport'", "       ^"),
      ("sport = :70000", "port 70000 is too great: ports end at 65535", "        ^^^^^^"),
      ("sport = :gopher", "there is no service 'gopher'", "        ^^^^^^^"),
      ("(tcp", "this '(' is never closed", "^"),
      ("tcp)", "this ')' closes nothing", "   ^"),
      (
        "tcp and", "the filter ends where a predicate such as 'dport = :443' or 'comm = curl' was expected",
        "       ^"
      ),
      (
        "tcp = 5", "'=' stands where a predicate such as 'dport = :443' or 'comm = curl' was expected",
        "    ^"
      ),
      ("comm = 'x", "this quote has no end", "       ^"),
      ("comm < x", "'comm' compares with =, !=, ~ and !~ only", "     ^"),
      ("pid ~ 5*", "'pid' is a number: globs compare text only", "    ^"),
      ("pid = five", "expected a number after 'pid', found 'five'", "      ^^^^"),
      ("src 10.0.0.0/33", "the prefix length of an IPv4 address is a number from 0 to 32", "    ^^^^^^^^^^^"),
      (
        "src example.org",
        "expected an address such as 10.0.0.0/8, [::1]:443 or unix:/run/*, found 'example.org'; host names are not looked up",
        "    ^^^^^^^^^^^"
      ),
      ("dev wlan0", "there is no interface 'wlan0'", "    ^^^^^"),
      ("comm = or", "expected a name after 'comm', found an operator; in quotes it is a value", "       ^^"),
      ("family = inet5", "unknown family 'inet5', did you mean 'inet'?", "         ^^^^^"),
      ("dport > 1,2", "a list compares with = and != only", "      ^"),
    ])
  func errors(text: String, message: String, carets: String) throws {
    let error = try #require(throws: FilterError.self) { try Filter(text, names: testNames) }
    #expect(error.rendered(in: text) == "sockeye: filter: \(message)\n  \(text)\n  \(carets)")
  }

  @Test("Names need someone who can look them up, and the error says so")
  func noNames() {
    for (text, kind) in [("sport = :http", "service"), ("dev eth0", "interface"), ("cgroup /a", "cgroup")] {
      let error = #expect(throws: FilterError.self) { try Filter(text) }
      #expect(error?.message.hasPrefix("\(kind) names cannot be looked up here") == true)
    }
  }

  @Test("What an error shows of the input is escaped, and its caret still fits")
  func hostileError() throws {
    let text = "tcp \u{1b}[31m\u{202e}x"
    let error = try #require(throws: FilterError.self) { try Filter(text) }
    let rendered = error.rendered(in: text)
    #expect(rendered.hasSuffix("\n  tcp \\u{1b}[31m\\u{202e}x\n      \(String(repeating: "^", count: 19))"))
    #expect(!rendered.contains("\u{1b}") && !rendered.contains("\u{202e}"))
  }

  @Test("A long filter is shown around its error")
  func longError() throws {
    let text =
      String(repeating: "tcp or ", count: 200) + "sprot = 5" + String(repeating: " or udp", count: 200)
    let error = try #require(throws: FilterError.self) { try Filter(text) }
    let lines = error.rendered(in: text).split(separator: "\n")
    #expect(lines.count == 3 && lines[1].count < 110)
    let column = try #require(lines[2].firstIndex(of: "^")).utf16Offset(in: lines[2])
    #expect(Array(lines[1])[column..<(column + 5)].elementsEqual("sprot"))
  }

  @Test("Length and depth have limits, in both dialects", arguments: [FilterDialect.sockeye, .ss])
  func limits(dialect: FilterDialect) throws {
    func message(_ text: String) -> String? {
      do {
        _ = try Filter(text, dialect: dialect)
        return nil
      } catch { return error.message }
    }
    #expect(message(String(repeating: " ", count: 65_537))?.hasPrefix("the filter has 65537 bytes") == true)
    #expect(message(String(repeating: "not ", count: 200) + "tcp") != nil)
    #expect(message(String(repeating: "(", count: 199) + "tcp" + String(repeating: ")", count: 199)) == nil)
    #expect(message(String(repeating: "(", count: 60_000)) == "more than 200 levels of nesting")
    #expect(message(String(repeating: "!", count: 60_000)) == "more than 200 levels of nesting")
    #expect(message(String(repeating: "tcp ", count: 16_000)) == nil)
    let turns = message(String(repeating: "tcp or udp and ", count: 300) + "tcp")
    #expect(turns == (dialect == .ss ? "more than 200 levels of nesting" : nil))
  }

  @Test("The facts that a filter needs are those of its predicates")
  func needs() throws {
    #expect(try Filter("sport = :22 and state established").required == [])
    #expect(try Filter("not comm = a").required == .process)
    #expect(try Filter("exe = a or user = b").required == [.process, .executable, .user])
    #expect(
      try Filter("unit a container b ancestor c args d").required
        == [.process, .unit, .container, .lineage, .commandLine])
    #expect(try Filter("sent > 1 netns blue path /x").required == [.tcpDetail, .namespaces, .names])
  }
}
