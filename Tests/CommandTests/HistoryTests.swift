import Foundation
import Testing
import ViewFixtures

/// `sockeye history` and `sockeye who` on a database whose content is known.
@Suite struct HistoryTests {
  private let host: RecordedHost
  init() throws { host = try RecordedHost() }

  private func history(_ arguments: String...) throws -> Program { try past(["history"] + arguments) }
  private func past(_ arguments: [String]) throws -> Program {
    let words = (arguments + ["--database", host.path]).map { "'\($0)'" }.joined(separator: " ")
    return try Program.shell("\"$sockeye\" \(words)")
  }
  private func window(_ run: Program) -> [[String: Any]] { (try? run.records.sockets) ?? [] }

  @Test(
    "The table, the wide table, JSON Lines and CSV are those that were agreed on, hostile names included",
    arguments: ["table", "wide", "jsonl", "csv"])
  func formats(_ format: String) throws {
    let run = try history("-o", format, "--since", "2026-11-21 10:00", "--until", "2026-11-21 10:01")
    #expect(run.status == 0)
    #expect(run.errors == "")
    let difference = Golden.difference(run.output, "history-\(format).txt", testFile: #filePath)
    #expect(difference == nil, "\(difference ?? "")")
    #expect(!run.output.utf8.contains(0x1b))
  }

  @Test(
    "A filter finds what it says, whether the store's indexes answer or each row is judged",
    arguments: [
      ("dst 203.0.113.9", 2), ("dst 203.0.113.0/24 and dport = :443", 1), ("comm = nginx", 1),
      ("exe = /usr/bin/curl and dport = :80", 23), ("exe = curl", 26), ("unit = web", 1),
      ("user = alice", 28),
      ("not port = :80", 5), ("port = :8080 or dport = :53", 3), ("direction = inbound", 1),
      ("ancestor = sshd and received > 1M", 1), ("dst 198.51.100.16/28", 8), ("pid = 9", 1), ("pid = 10", 0),
      ("dst 2001:db8::/32", 1), ("cookie = 5", 1), ("dst ::/0", 1),
      ("args ~ '*example*' and dport = :443", 1),
    ])
  func filters(_ filter: String, _ count: Int) throws {
    let words = filter.replacing("'", with: "\"")
    let run = try history("-o", "json", words)
    #expect(run.status == (count == 0 ? 1 : 0), "\(run.errors)")
    #expect(window(run).count == count, "\(run.errors)")
  }

  @Test("What the filter cannot judge is counted, and said")
  func unjudged() throws {
    // When a process started is not recorded of these.
    let run = try history("age > 5s")
    #expect(run.status == 1)
    #expect(run.errors.contains("28 more could not be judged"), "\(run.errors)")
  }

  @Test("--at is as long as it was said")
  func at() throws {
    #expect(window(try history("-o", "json", "--at", "2026-11-21T10:00:03Z")).count == 1)
    #expect(window(try history("-o", "json", "--at", "2026-11-21 10:00")).count == 5)
    #expect(window(try history("-o", "json", "--at", "2026-11-21T10:00:25Z")).count == 0)
    // One of both ends was accepted at 30 s, and lives on.
    #expect(window(try history("-o", "json", "--at", "2026-11-21T10:05:00Z")).count == 2)
  }

  @Test("Pages by every order, one behind the other, are the whole list", arguments: HistorySortWords.all)
  func pages(_ sort: String) throws {
    let filter = "dport = :80 or received > 5"
    let whole = window(try history("-o", "json", "--sort", sort, filter)).map(Self.cookie)
    #expect(whole.count == 25)
    var paged: [Int] = []
    var after: [String] = []
    repeat {
      let run = try past(["history", "-o", "json", "--sort", sort, "--limit", "7", filter] + after)
      paged += window(run).map(Self.cookie)
      let cursor = run.errors.split(separator: "--after ").dropFirst().first
      after = cursor.map { ["--after", $0.trimmingCharacters(in: .newlines)] } ?? []
      try #require(paged.count <= whole.count)
    } while !after.isEmpty
    #expect(paged == whole)
  }

  private static func cookie(_ record: [String: Any]) -> Int {
    ((record["socket"] as? [String: Any])?["cookie"] as? NSNumber)?.intValue ?? -1
  }

  @Test("Time in which nothing was recorded is told, on standard error for people, as a record for programs")
  func unrecorded() throws {
    let run = try history("--since", "2026-11-21 09:00", "--until", "2026-11-21 10:01")
    #expect(
      run.errors.contains("2026-11-21 09:00:00 to 2026-11-21 09:59:59 UTC: nothing was recorded"),
      "\(run.errors)")
    let records = try history("--json", "--since", "2026-11-21 09:00", "--until", "2026-11-21 10:01").records
    let gaps = records.compactMap { $0["gap"] as? [String: Any] }
    #expect(gaps.map { $0["kind"] as? String } == ["unrecorded"])
    #expect(gaps.first?["from"] as? String == "2026-11-21T09:00:00.000000000Z")
  }

  @Test("who --at answers with the card of then, and with the other end")
  func who() throws {
    let run = try past(["who", "203.0.113.9:443", "--at", "2026-11-21T10:00:02Z"])
    #expect(run.status == 0)
    #expect(run.errors == "")
    // How long ago it was changes.
    let card = run.output.replacing(#/UTC, .* ago/#, with: "UTC, … ago")
    let difference = Golden.difference(card, "who-at.txt", testFile: #filePath)
    #expect(difference == nil, "\(difference ?? "")")
    let inside = try past(["who", "127.0.0.1:50000→127.0.0.1:8080", "--since", "2026-11-21"])
    #expect(inside.output.contains("other end   nginx[9]"), "\(inside.output)")
    let named = try past(["who", "localhost:50000→localhost:8080", "--since", "2026-11-21"])
    #expect(named.output == inside.output)
  }

  @Test("who pid:N in the past is the process with what it spoke to")
  func whoProcess() throws {
    let run = try past(["who", "pid:8", "--at", "2026-11-21 10:00"])
    #expect(run.status == 0)
    #expect(run.output.contains("had 1 connection"), "\(run.output)")
    #expect(run.output.contains("tcp closed [2001:db8::2]:43210 with [2001:db8::1]:53"), "\(run.output)")
    #expect(!run.output.utf8.contains(0x1b))
  }

  @Test("who says so when nothing was recorded then")
  func whoInAGap() throws {
    let run = try past(["who", "203.0.113.9", "--at", "2026-11-20 03:12"])
    #expect(run.status == 1)
    #expect(run.output == "")
    #expect(run.errors.contains("2026-11-20 03:12:00 to 2026-11-20 03:12:59 UTC: nothing was recorded"))
    #expect(run.errors.contains("nothing that was recorded then matches 203.0.113.9"))
  }

  @Test("who without a time answers from history what lives no more, and counts the rest")
  func whoLast() throws {
    let run = try past(["who", "203.0.113.9"])
    #expect(run.status == 0)
    #expect(run.output.contains("failed (ECONNREFUSED)"), "\(run.output)")
    #expect(run.errors.contains("1 more in history"), "\(run.errors)")
    let records = try past(["who", "203.0.113.9", "--json"]).records
    #expect(records.count == 1)
  }
}

/// The words of `--sort`.
enum HistorySortWords { static let all = ["newest", "oldest", "longest", "sent", "received"] }
