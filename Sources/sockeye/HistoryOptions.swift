import ArgumentParser
import KernelSystem
import Model
import Store
import ViewRecords
import ViewTerminal
import ViewText

/// Where what was recorded is.
struct DatabaseOptions: ParsableArguments {
  static let standard = "/var/lib/sockeye/history.db"
  @Option(name: .long, help: "The recorder's database.") var database = standard

  /// - Parameter last: µs since 1970 until which is asked; nil is now. The recorder is asked to write what it has of that.
  func reader(until last: Int64?) throws -> StoreReader {
    RecorderControl(database: database).flush(forQueryUntil: last)
    do throws(StoreError) { return try StoreReader(path: database) } catch { throw failure(error) }
  }

  /// What went wrong with the database, and who makes one.
  func failure(_ error: StoreError) -> Failure {
    guard case .cannotOpen = error else { return Failure(error.description) }
    if let missing = ThisProcess.cannotRead(database) {
      return Failure(
        "no history: \(database): \(missing); `sockeye record` writes it, --database names another file")
    }
    return Failure(
      "\(error.description): a database that nobody records into can be read only by who may write beside it")
  }
}

extension Moment {
  /// µs since 1970, one moment for all options.
  static let now = Int64(KernelClock.wallTimeNanoseconds / 1000)

  static func parsing(_ text: String) throws -> Moment {
    guard let moment = Moment(text, now: now) else {
      throw ValidationError("'\(text)' is no time; times are such as \(forms).")
    }
    return moment
  }
}

/// Which time is asked about.
struct WindowOptions: ParsableArguments {
  @Option(
    name: .long, help: "Alive at this time or after it: see the forms above.", transform: Moment.parsing)
  var since: Moment?
  @Option(name: .long, help: "Alive before this time.", transform: Moment.parsing)
  var until: Moment?
  @Option(
    name: .long,
    help: "Alive at this time. It is as long as it was said: 03:12 is a minute, 03:12:09 a second.",
    transform: Moment.parsing)
  var at: Moment?

  static let help = """
    Times are UTC, as all that sockeye prints: 2026-11-20T03:12:09Z (or +01:00), '2026-11-20 03:12', 2026-11-20, \
    03:12 (the last one), 'yesterday 03:12', 'tuesday 03:12' (the last one before today), '2h ago' (s m h d w), now.
    """

  func validate() throws {
    if at != nil && (since != nil || until != nil) {
      throw ValidationError("--at is one time; --since and --until are a window: not both.")
    }
    if let first, let last, first > last { throw ValidationError("--until is before --since.") }
  }

  var isGiven: Bool { at != nil || since != nil || until != nil }
  /// µs since 1970.
  var first: Int64? { (at ?? since)?.first }
  var last: Int64? { at?.last ?? until?.first }

  /// Gaps in this window, and the times when nothing was recorded. Before the first recording only where a beginning was
  /// asked for.
  func gaps(_ reader: StoreReader) throws(StoreError) -> [StoredGap] {
    let now = Moment.now
    let last = min(last ?? now, now)
    let coverage = try reader.coverage(since: min(first ?? 0, last), until: last)
    let unrecorded = coverage.unrecorded.compactMap { range -> StoredGap? in
      if first == nil && range.lowerBound == 0 { return nil }
      return StoredGap(
        kind: "unrecorded", began: range.lowerBound, ended: range.upperBound, count: nil,
        message: "nothing was recorded")
    }
    return (coverage.gaps + unrecorded).sorted { ($0.began, $0.ended) < ($1.began, $1.ended) }
  }
}

extension Output {
  /// What was not recorded, on standard error.
  static func tell(_ gaps: [StoredGap], _ color: ColorChoice) {
    guard !gaps.isEmpty else { return }
    let output = Output.error()
    var text = TextBuffer()
    StoredGapLines.append(gaps, isColored: color.isOn(for: output), to: &text)
    output.write(text)
  }
}
