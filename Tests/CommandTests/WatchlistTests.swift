import Foundation
import Testing
import ViewFixtures

/// `--watchlist` on a database whose content is known; what is recorded with one is in HostTests.
@Suite struct WatchlistTests {
  private let host: RecordedHost
  private let list: URL
  init() throws {
    host = try RecordedHost()
    list = FileManager.default.temporaryDirectory.appending(path: "sockeye-list-\(UUID().uuidString)")
  }

  /// As `history` without it would see it: the list has a short name in what is printed.
  private func history(_ text: String, _ arguments: String...) throws -> Program {
    let words = arguments.filter { !$0.isEmpty }.map { "'\($0)'" }.joined(separator: " ")
    return try Program.shell(
      """
      mkdir "$folder" && cd "$folder" && printf '%b' "$text" > list.txt
      "$sockeye" history --database "$database" --watchlist list.txt \(words); status=$?
      rm -r "$folder"; exit $status
      """, environment: ["folder": list.path, "text": text, "database": host.path])
  }

  @Test(
    "Hits are marked in every format, notes that would harm a terminal included",
    arguments: ["table", "jsonl", "csv"])
  func formats(_ format: String) throws {
    let run = try history(
      #"203.0.113.0/24 C2\033[31m, "x"\n2001:DB8::/32\n198.51.100.7 # seven\n"#, "-o", format, "--since",
      "2026-11-21 10:00", "--until", "2026-11-21 10:03")
    #expect(run.status == 0, "\(run.errors)")
    #expect(run.errors == "sockeye: 4 connections on the watch-list, by 3 of its 3 entries\n")
    let difference = Golden.difference(run.output, "history-watchlist-\(format).txt", testFile: #filePath)
    #expect(difference == nil, "\(difference ?? "")")
    #expect(!run.output.utf8.contains(0x1b))
  }

  @Test(
    "What was recorded before the list was made is found: by address, network and hash; with a filter, both must hold",
    arguments: [
      ("198.51.100.7", "", 1), ("198.51.100.16/28", "", 8), ("2001:db8::1", "", 1),
      ("9.9.9.9\\nexample.org", "", 0),
      (RecordedHost.hash, "", 26), (RecordedHost.hash.uppercased(), "dport = :443", 1),
      ("0.0.0.0/0", "comm = nginx", 1),
      ("# nothing", "", 0), ("10.0.2.15", "", 0),
    ])
  func found(_ text: String, _ filter: String, _ count: Int) throws {
    let run = try history(text, "-o", "json", filter)
    #expect(run.status == (count == 0 ? 1 : 0), "\(run.errors)")
    #expect(try run.records.sockets.count == count, "\(run.errors)")
  }

  @Test("Pages go on where they ended") func pages() throws {
    let first = try history("198.51.100.0/24", "-o", "json", "--limit", "20")
    let next = try #require(first.errors.firstMatch(of: /--after (\S+)/)).1
    let second = try history("198.51.100.0/24", "-o", "json", "--limit", "20", "--after", String(next))
    #expect(try first.records.sockets.count == 20 && second.records.sockets.count == 3)
  }

  @Test(
    "A wrong line is an error with its place, of every command; status 2",
    arguments: ["watch", "record --check --config /dev/null", "history"])
  func wrong(_ command: String) throws {
    let run = try Program.shell(
      """
      printf '# x\\n\\nnonsense here\\n' > "$list"; "$sockeye" \(command) --watchlist "$list"; status=$?
      rm "$list"; exit $status
      """, environment: ["list": list.path])
    #expect(run.status == 2 && run.output == "")
    #expect(
      run.errors == """
        sockeye: \(list.path):3: 'nonsense' is no indicator; expected an address (203.0.113.9, 2001:db8::1), a network \
        (203.0.113.0/24), a domain (example.org) or a SHA-256 (64 hexadecimal digits)

        """)
    let missing = try Program.shell("\"$sockeye\" \(command) --watchlist /nonexistent/list")
    #expect(missing.status == 2 && missing.errors.contains("/nonexistent/list"))
  }
}
