import Foundation
import Testing

/// What the built program prints of sockets that this test made.
@Suite struct OutputTests {
  @Test("A listener of our own is found, with this process as its holder")
  func found() throws {
    let listener = try OwnListener()
    let run = try Program.run("list", "-t", "-l", "-o", "json", "sport = :\(listener.port)")
    #expect(run.status == 0)
    let sockets = try run.records.sockets
    #expect(sockets.count == 1)
    let holders = sockets.first?["holders"] as? [[String: Any]] ?? []
    #expect(holders.contains { ($0["pid"] as? NSNumber)?.int32Value == getpid() }, "\(run.output)")
  }

  @Test("list without a command is the same as with it")
  func defaultCommand() throws {
    let listener = try OwnListener()
    let short = try Program.run("-t", "-l", "sport = :\(listener.port)")
    let long = try Program.run("list", "-t", "-l", "sport = :\(listener.port)")
    #expect(short.status == 0)
    #expect(short.output == long.output)
  }

  @Test("Nothing found is 1, with a header and no rows")
  func nothingFound() throws {
    let run = try Program.run("list", "sport = :1 and comm = no-such-name")
    #expect(run.status == 1)
    #expect(run.lines.count == 1)
    #expect(run.output.hasPrefix("PROTO "))
  }

  @Test("who answers for a port, and says so when nobody has it")
  func who() throws {
    let listener = try OwnListener()
    let run = try Program.run("who", ":\(listener.port)")
    #expect(run.status == 0)
    #expect(run.output.contains("\(getpid())"), "\(run.output)")
    // By name, as /etc/services has it; nobody holds it here.
    #expect(try Program.run("who", ":tcpmux").status == 1)
    let none = try Program.run("who", "cookie:18446744073709551615")
    #expect(none.status == 1)
    #expect(none.output == "")
    #expect(none.errors.contains("cookie:18446744073709551615"))
  }

  @Test("A name of /etc/hosts means its addresses", .enabled(if: isLocalhostNamed))
  func whoByName() throws {
    let listener = try OwnListener()
    let run = try Program.run("who", "localhost:\(listener.port)")
    #expect(run.status == 0)
    #expect(run.output.contains("\(getpid())"), "\(run.output)")
    #expect(try Program.run("who", "--limit", "1", "LOCALHOST").status == 0)
    #expect(try Program.run("who", "localhost:tcpmux").status == 1)
  }

  private static let isLocalhostNamed =
    (try? String(contentsOfFile: "/etc/hosts", encoding: .utf8))?
    .contains(/(?m)^127\.0\.0\.1\s.*\blocalhost\b/) == true

  @Test("Processes whose descriptors cannot be read for want of descriptors are counted, with the reason")
  func withoutDescriptors() throws {
    let listener = try OwnListener()
    let filter = "sport = :\(listener.port)"
    let run = try Program.shell(
      """
      for count in 4 5 6 7 8; do (ulimit -n $count; "$sockeye" list '\(filter)' --holders-from proc); done; true
      """)
    #expect(
      run.errors.contains(/the descriptors of \d+ processes could not be read: Too many open files/),
      "\(run.errors)")
  }

  @Test("--json is one array whose records carry the schema, for list and for who")
  func json() throws {
    let listener = try OwnListener()
    for run in [
      try Program.run("list", "--json", "sport = :\(listener.port)"),
      try Program.run("who", "--json", ":\(listener.port)"),
    ] {
      let records = try run.records
      #expect(!records.isEmpty)
      for record in records { #expect(record["schema"] as? String == "sockeye/1", "\(record)") }
    }
  }

  @Test("--json with nothing found is still an array")
  func emptyJSON() throws {
    let run = try Program.run("list", "--json", "sport = :1 and comm = no-such-name")
    #expect(run.status == 1)
    #expect(try run.records.sockets.isEmpty)
  }

  @Test("--json of all sockets parses, and gaps come last")
  func allJSON() throws {
    let connection = try OwnConnection()
    let records = try Program.run("-a", "--json").records
    #expect(records.sockets.count >= 2)
    let firstGap = records.firstIndex { $0["socket"] == nil } ?? records.count
    #expect(records[firstGap...].allSatisfy { $0["gap"] != nil })
    withExtendedLifetime(connection) {}
  }

  @Test("Every line of -o jsonl is a record of its own")
  func jsonLines() throws {
    let connection = try OwnConnection()
    let run = try Program.run("list", "-a", "-t", "-o", "jsonl", "port = :\(connection.listener.port)")
    let records = try run.lines.map {
      try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any]
    }
    #expect(records.count { $0?["socket"] != nil } == 3)  // the listener and both ends
    #expect(records.allSatisfy { $0?["schema"] as? String == "sockeye/1" })
  }

  @Test("-o csv begins with its header, and every row has as many fields")
  func csv() throws {
    let listener = try OwnListener()
    let run = try Program.run("list", "-t", "-o", "csv", "sport = :\(listener.port)")
    #expect(run.status == 0)
    let header = try #require(run.lines.first).split(separator: ",").map(String.init)
    #expect(header.prefix(3) == ["netns", "cookie", "inode"])
    for column in ["local_address", "local_port", "state", "pid", "executable", "evidence"] {
      #expect(header.contains(column))
    }
    #expect(run.lines.count == 2)
    #expect(run.lines[1].contains("\(listener.port)"))
  }

  @Test("--count prints the number, and nothing else")
  func count() throws {
    let connection = try OwnConnection()
    let filter = "port = :\(connection.listener.port)"
    #expect(try Program.run("list", "-a", "-t", "--count", filter).output == "3\n")
    let none = try Program.run("list", "--count", "sport = :1 and comm = no-such-name")
    #expect(none.output == "0\n")
    #expect(none.status == 1)
  }

  @Test("--columns prints the columns that were asked for, in that order")
  func columns() throws {
    let listener = try OwnListener()
    let run = try Program.run("list", "--columns", "pid,local", "-t", "-l", "sport = :\(listener.port)")
    #expect(run.lines.first.map { $0.split(separator: " ") } == ["PID", "LOCAL"])
    #expect(run.lines.dropFirst().first?.split(separator: " ").last == "127.0.0.1:\(listener.port)")
  }
}

/// Colours, and standard outputs that fail.
@Suite struct StreamTests {
  private static let escape = "\u{1b}["

  @Test("Colours are for terminals, or for --color always; NO_COLOR does not forbid what was asked for")
  func color() throws {
    let listener = try OwnListener()
    let filter = "sport = :\(listener.port)"
    #expect(try !Program.run("list", filter).output.contains(Self.escape))
    #expect(try !Program.run("list", "--color", "never", filter).output.contains(Self.escape))
    let always = try Program.run("list", "--color", "always", filter, environment: ["NO_COLOR": "1"])
    #expect(always.output.contains(Self.escape))
  }

  @Test("On a terminal there are colours, unless NO_COLOR is set or TERM is dumb")
  func terminal() throws {
    let listener = try OwnListener()
    let line = "script -qec \"$sockeye list -t sport = :\(listener.port)\" /dev/null </dev/null"
    #expect(try Program.shell(line).output.contains(Self.escape))
    #expect(try !Program.shell(line, environment: ["NO_COLOR": "1"]).output.contains(Self.escape))
    #expect(try !Program.shell(line, environment: ["TERM": "dumb"]).output.contains(Self.escape))
    #expect(try Program.shell(line, environment: ["NO_COLOR": ""]).output.contains(Self.escape))
  }

  @Test("A reader that has seen enough is no error: sockeye -a | head -1")
  func brokenPipe() throws {
    let listener = try OwnListener()
    let run = try Program.shell("\"$sockeye\" -a | head -1; echo ${PIPESTATUS[0]}")
    #expect(run.lines.last == "0")
    #expect(run.errors.split(separator: "\n").allSatisfy { !$0.contains("write") }, "\(run.errors)")
    let gone = try Program.shell("\"$sockeye\" -a -o json | true; echo ${PIPESTATUS[0]}")
    #expect(gone.lines.last == "0")
    withExtendedLifetime(listener) {}
  }

  @Test("A closed standard output is an error that is told")
  func closedOutput() throws {
    let listener = try OwnListener()
    let run = try Program.shell("exec \"$sockeye\" list sport = :\(listener.port) >&-")
    #expect(run.status == 2)
    #expect(run.errors.contains("cannot write the output"), "\(run.errors)")
  }

  @Test("A full disk is an error that is told")
  func fullDisk() throws {
    let listener = try OwnListener()
    for words in ["list sport = :\(listener.port)", "--help", "list --help"] {
      let run = try Program.shell("exec \"$sockeye\" \(words) >/dev/full")
      #expect(run.status == 2, "\(words)")
      #expect(run.errors.contains("No space left on device"), "\(run.errors)")
    }
  }

  @Test("A closed standard error does not stop the answer")
  func closedErrors() throws {
    let listener = try OwnListener()
    let run = try Program.shell("exec \"$sockeye\" list --count sport = :\(listener.port) 2>&-")
    #expect(run.status == 0)
    #expect(run.output == "1\n")
  }

  @Test("Closed standard streams are not mistaken for files that the program opens itself")
  func allClosed() throws {
    let listener = try OwnListener()
    let run = try Program.shell("exec \"$sockeye\" list --count sport = :\(listener.port) <&- >&- 2>&-")
    #expect(run.status == 2)
    #expect(run.output == "")
  }
}
