import ArgumentParser
import KernelSystem
import Model
import ViewRecords
import ViewTerminal
import ViewText

/// What is said over a recorder's control socket: `sockeye/1 status`, and `sockeye/1 ok` with the status behind a newline; or
/// `sockeye/1 error` and why.
enum RecorderProtocol {
  static let name = "sockeye/1"

  enum Request: String { case status, flush }

  /// nil, with what to answer, for what is no request of ours.
  static func request(in question: [UInt8]) throws(Refusal) -> Request {
    let words = String(decoding: question, as: UTF8.self).split { $0.isWhitespace }
    guard words.first.map(String.init) == name else { throw Refusal(text: "this recorder speaks \(name)") }
    guard words.count == 2, let request = Request(rawValue: String(words[1])) else {
      throw Refusal(text: "not understood: status and flush are")
    }
    return request
  }

  struct Refusal: Error { let text: String }

  static func answer(_ status: RecorderStatus) -> [UInt8] { Array("\(name) ok\n\(status.text)\n".utf8) }
  static func answer(_ refusal: String) -> [UInt8] { Array("\(name) error \(refusal)\n".utf8) }
}

/// The recorder that writes a database, as another process reaches it.
struct RecorderControl {
  enum Answer {
    case status(RecorderStatus)
    /// Nobody listens.
    case absent
    /// Somebody does, perhaps, and here is why there is no answer.
    case unreachable(String)
  }

  let database: String
  static func path(of database: String) -> String { "\(database)-control" }

  func ask(_ request: RecorderProtocol.Request, milliseconds: Int) -> Answer {
    let answer: [UInt8]
    do throws(SystemError) {
      answer = try LocalQuestion.ask(
        "\(RecorderProtocol.name) \(request.rawValue)", at: Self.path(of: database),
        milliseconds: milliseconds)
    } catch {
      switch error.errno {
      case .noSuchFile, .connectionRefused: return .absent
      case .tryAgain: return .unreachable("it did not answer within \(milliseconds) ms")
      case .accessDenied: return .unreachable("\(error); root and the recorder's own user may ask")
      default: return .unreachable("\(error)")
      }
    }
    let text = String(decoding: answer, as: UTF8.self)
    if text.isEmpty { return .unreachable("it hung up") }
    let ok = "\(RecorderProtocol.name) ok\n"
    if text.hasPrefix(ok) { return .status(RecorderStatus(text: text.dropFirst(ok.count))) }
    let error = "\(RecorderProtocol.name) error "
    if text.hasPrefix(error) {
      return .unreachable(String(text.dropFirst(error.count).prefix { $0 != "\n" }))
    }
    return .unreachable("its answer is not of \(RecorderProtocol.name)")
  }

  /// Lets the recorder write what it has, so that a query until `last` (µs since 1970; nil is now) misses nothing. Where that fails,
  /// says so; where nobody records, the gaps of the answer will.
  func flush(forQueryUntil last: Int64?) {
    // Events are late by 0.2 s at most, and written each second.
    guard last.map({ $0 > Moment.now - 3_000_000 }) ?? true else { return }
    guard case .unreachable(let reason) = ask(.flush, milliseconds: 5_000) else { return }
    var line = TextBuffer()
    line.append("sockeye: what the recorder has not yet written is missing here: ")
    line.append(terminal: reason)
    line.append("\n")
    Output.error().write(line)
  }

  /// `record --status` and `record --flush`.
  func show(_ request: RecorderProtocol.Request, asJSON: Bool, _ color: ColorChoice) throws {
    switch ask(request, milliseconds: 30_000) {
    case .absent:
      var line = TextBuffer()
      line.append("sockeye: no recorder writes to ")
      line.append(terminal: database)
      line.append("\n")
      Output.error().write(line)
      throw ExitStatus.nothingFound
    case .unreachable(let reason):
      var line = TextBuffer()
      line.append("sockeye: the recorder of ")
      line.append(terminal: "\(database): \(reason)")
      throw Failure(complete: line.string)
    case .status(let status):
      let standard = Output.standard()
      var text = TextBuffer()
      if asJSON {
        RecorderRecords.append(status, to: &text)
      } else if request == .status {
        RecorderCard.append(status, now: Moment.now, isColored: color.isOn(for: standard), to: &text)
      }
      standard.write(text)
      try standard.finish()
    }
  }
}
