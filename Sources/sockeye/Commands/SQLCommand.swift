import ArgumentParser
import KernelSystem
import Model
import Store
import ViewRecords
import ViewTerminal
import ViewText

/// `sockeye sql`: read-only SQL over what was recorded and over what lives.
struct SQLCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sql",
    abstract: "Ask what was recorded, and what lives, in SQL. Read-only.",
    discussion: """
      sockeye sql 'SELECT name, count(*) FROM connections GROUP BY 1 ORDER BY 2 DESC LIMIT 10'
      sockeye sql 'SELECT * FROM live_sockets WHERE pid IN (SELECT pid FROM live_processes WHERE user = "www-data")'

      The views of the store: sockeye sql --schema, and Documentation/Store.md. live_sockets has the sockets of this \
      moment with the process that answers for each, live_processes all processes, live_modules the programs and \
      libraries that they have mapped; these need no database. SQLite's dialect, one statement.
      """)

  @OptionGroup var database: DatabaseOptions
  @Flag(name: .long, help: "Print the views and their columns, and exit.") var schema = false
  @Option(name: .customLong("max-time"), help: "Give up after so long: 500ms, 5s, 2m, 1h.")
  var time = WatchDuration(nanoseconds: 30_000_000_000)
  @Option(name: .customLong("max-memory"), help: "Give up beyond so much of SQLite's memory: 64M, 1G.")
  var memory = ByteCount(bytes: 256 << 20)
  @OptionGroup(title: "Output") var output: OutputOptions
  @Argument(help: "One SELECT.") var query: String?

  func validate() throws {
    if (query == nil) != schema { throw ValidationError("Give one query, or --schema.") }
    if output.resolve { throw ValidationError("--resolve has no meaning for SQL.") }
  }

  func run() throws {
    if schema { return try printSchema() }
    guard let query else { return }
    let live = try LiveTables.named(in: query)
    RecorderControl(database: database.database).flush(forQueryUntil: nil)
    let sql = try open(live)
    var limits = StoreSQL.Limits()
    limits.time = .nanoseconds(Int64(clamping: time.nanoseconds))
    limits.memory = memory.bytes
    let printer = SQLPrinter(output.format, output.color)
    let (began, limit) = (KernelClock.bootTimeNanoseconds, time.nanoseconds / 1_000_000_000)
    let progress = ProgressLine(after: 1_000_000_000)
    defer { progress.clear() }
    do throws(StoreError) {
      try sql.run(
        query, limits: limits,
        goesOn: {
          progress.show {
            "\((KernelClock.bootTimeNanoseconds - began) / 1_000_000_000) s of at most \(limit) s"
          }
          return true
        }, header: { printer.begin($0) },
        row: { row in
          progress.clear()
          return printer.add(row)
        })
    } catch {
      progress.clear()
      // What came before the error stands.
      try printer.end(isWhole: false)
      throw failure(error, query, sql.errorOffset)
    }
    try printer.end(isWhole: true)
    if printer.rows == 0 { throw ExitStatus.nothingFound }
  }

  /// Live tables need no database: without one, there are only they.
  private func open(_ live: [LiveTable]) throws -> StoreSQL {
    let isMissing = ThisProcess.cannotRead(database.database) == .noSuchFile
    let path =
      !live.isEmpty && isMissing && database.database == DatabaseOptions.standard
      ? nil : database.database
    do throws(StoreError) { return try StoreSQL(path: path, live: live) } catch {
      throw database.failure(error)
    }
  }

  private func failure(_ error: StoreError, _ query: String, _ offset: Int?) -> Failure {
    var text = TextBuffer()
    text.append("sockeye: sql: ")
    text.append(terminal: error.description)
    if ThisProcess.cannotRead(database.database) == .noSuchFile {
      text.append("; there is no database, so only live_sockets, live_processes and live_modules are there")
    }
    guard case .badQuery = error, let offset, offset <= query.utf8.count else {
      return Failure(complete: text.string)
    }
    let bytes = Array(query.utf8)
    let newline = UInt8(ascii: "\n")
    let start = bytes[..<offset].lastIndex(of: newline).map { $0 + 1 } ?? 0
    let end = bytes[offset...].firstIndex(of: newline) ?? bytes.count
    text.append("\n  ")
    let width = text.append(terminal: RawText(Array(bytes[start..<offset])))
    text.append(terminal: RawText(Array(bytes[offset..<end])))
    text.append("\n")
    text.append(repeating: 0x20, count: width + 2)
    text.append("^")
    return Failure(complete: text.string)
  }

  private func printSchema() throws {
    let sql = try open([])
    let views: [(name: String, columns: [String])]
    do throws(StoreError) { views = try sql.schema() } catch { throw database.failure(error) }
    let live = LiveTable.StaticName.allCases.map { ($0.rawValue, LiveTables.columns(of: $0)) }
    let printer = SQLPrinter(output.format, output.color)
    printer.begin(["view", "column"])
    for (name, columns) in views + live {
      for column in columns { _ = printer.add([.text(RawText(name)), .text(RawText(column))]) }
    }
    try printer.end(isWhole: true)
  }
}

/// Prints rows as they come.
private final class SQLPrinter {
  private let format: OutputFormat
  private let isColored: Bool
  private let standard = Output.standard()
  private var text = TextBuffer()
  private var table: SQLTable?
  private var records: SQLRecords?
  private(set) var rows = 0

  init(_ format: OutputFormat, _ color: ColorChoice) {
    self.format = format
    isColored = color.isOn(for: standard)
  }

  func begin(_ columns: [String]) {
    switch format {
    case .table, .wide: table = SQLTable(columns, isColored: isColored)
    case .csv:
      records = SQLRecords(columns)
      records?.appendCSVHeader(to: &text)
    case .json, .jsonl: records = SQLRecords(columns)
    }
  }

  /// False when nobody reads any more.
  func add(_ row: [SQLValue]) -> Bool {
    switch format {
    case .table, .wide: table?.add(row, to: &text)
    case .csv: records?.append(csv: row, to: &text)
    case .json, .jsonl:
      if format == .json { text.append(rows == 0 ? "[\n" : ",\n") }
      records?.append(row, to: &text)
      if format == .jsonl { text.append("\n") }
    }
    rows += 1
    return text.flushIfFull(to: standard.sink)
  }

  /// - Parameter isWhole: false after an error: nothing is made to look complete.
  func end(isWhole: Bool) throws {
    if isWhole || rows > 0 { table?.flush(to: &text) }
    if isWhole && format == .json { text.append(rows == 0 ? "[]\n" : "\n]\n") }
    _ = text.flush(to: standard.sink)
    try standard.finish()
  }
}

/// `64M`, `1G`; a number alone is bytes.
struct ByteCount: ExpressibleByArgument {
  let bytes: Int
  var defaultValueDescription: String { "\(bytes >> 20)M" }
  init(bytes: Int) { self.bytes = bytes }
  init?(argument: String) {
    let digits = argument.prefix { $0.isASCII && $0.isNumber }
    let shifts: [Substring: Int] = ["": 0, "k": 10, "K": 10, "M": 20, "G": 30]
    guard let value = Int(digits), let shift = shifts[argument.dropFirst(digits.count)], value > 0,
      value < 1 << 20 || shift == 0
    else { return nil }
    bytes = value << shift
  }
}
