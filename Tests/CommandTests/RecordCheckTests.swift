import Foundation
import Testing

/// `record --check`: a wrong configuration is refused with the file, and the line or the key.
@Suite struct RecordCheckTests {
  private func check(_ configuration: String, _ options: String = "") throws -> Program {
    try Program.shell(
      """
      file=$(mktemp); printf '%s' "$configuration" > "$file"; "$sockeye" record --check --config "$file" \(options)
      status=$?; rm "$file"; exit $status
      """, environment: ["configuration": configuration])
  }

  @Test("Every option can be a key, and the command line has the last word")
  func keys() throws {
    let all = """
      database = "/tmp/a b.db"
      keep-days = 7
      max-size = "2G"
      row-at = "close"
      names = false
      modules = true
      ring-size = "64M"
      watchlist = ["/dev/null", '/dev/null']
      """
    let run = try check(all, "--keep-days 3 --names")
    #expect(run.status == 0 && run.errors == "")
    #expect(
      run.lines.map(String.init) == [
        "database = \"/tmp/a b.db\"", "keep-days = 3", "max-size = 2147483648", "row-at = \"close\"",
        "names = true",
        "modules = true", "ring-size = 67108864", "watchlist = [\"/dev/null\", \"/dev/null\"]",
      ])
    // What it prints is a configuration again, and means the same.
    #expect(try check(run.output).output == run.output)
  }

  @Test(
    "A wrong one is refused, with the key or the line",
    arguments: [
      ("colour = 1", "no key 'colour'"), ("[record]\nkeep-days = 1", "no key 'record'"),
      ("keep-days = \"7\"", "keep-days must be a number"), ("keep-days = -1", "keep-days must be"),
      ("names = 1", "names must be true or false"), ("max-size = \"1M\"", "max-size must be"),
      ("row-at = \"never\"", "row-at must be"), ("ring-size = 5000", "ring-size must be"),
      ("database = \"\"", "database must be"),
      ("watchlist = [1]", "watchlist must be the name of a file, or an array"),
      ("watchlist = \"/nonexistent/list\"", "/nonexistent/list"), ("watchlist = [\"\"]", "watchlist must be"),
      ("watchlist = \"/proc/version\"", "/proc/version:1: 'Linux' is no indicator; expected an address"),
      ("keep-days = 1\nnames =\n", "line 2"),
      ("keep-days = 1\nkeep-days = 2\n", "line 2"),
    ])
  func wrong(_ configuration: String, _ part: String) throws {
    let run = try check(configuration)
    #expect(run.status == 2)
    #expect(run.output == "")
    #expect(run.errors.contains(part), "\(run.errors)")
  }

  @Test("The file of --config must be there; without the option there may be none")
  func absent() throws {
    let run = try Program.run("record", "--check", "--config", "/nonexistent/of/sockeye")
    #expect(run.status == 2 && run.errors.contains("/nonexistent/of/sockeye"))
  }
}
