import KernelSystem
import Model
import Observer
import Store

/// Answers those who ask a recorder. Everything happens on the recorder's thread, between two batches of events.
struct RecorderDesk {
  private let socket: QuestionSocket
  /// They wait until everything that happened before they asked is written.
  private var waiting: [QuestionSocket.Caller] = []

  init(database: String, wake: WaitPoint) throws(SystemError) {
    socket = try QuestionSocket(at: RecorderControl.path(of: database), wake: wake)
  }

  mutating func serve(_ source: any EventSource, status: () -> RecorderStatus, flush: () -> StoreError?) {
    for caller in socket.asked(at: KernelClock.bootTimeNanoseconds) {
      take(caller, source, status)
    }
    let count = waiting.prefix { source.told >= $0.since }.count
    if count == 0 { return }
    let answer = flush().map { RecorderProtocol.answer("it cannot be written: \($0)") }
    for caller in waiting[..<count] { caller.answer(answer ?? RecorderProtocol.answer(status())) }
    waiting.removeFirst(count)
  }

  private mutating func take(
    _ caller: QuestionSocket.Caller, _ source: any EventSource, _ status: () -> RecorderStatus
  ) {
    do throws(RecorderProtocol.Refusal) {
      guard caller.mayAsk else {
        throw .init(
          text:
            "user \(caller.credentials.userID) may not ask: root and user \(ThisProcess.effectiveUserID) may")
      }
      switch try RecorderProtocol.request(in: caller.question) {
      case .status: caller.answer(RecorderProtocol.answer(status()))
      case .flush:
        guard waiting.count < QuestionSocket.callerLimit else { throw .init(text: "too many wait already") }
        waiting.append(caller)
        source.hurry(to: caller.since)
      }
    } catch { caller.answer(RecorderProtocol.answer(error.text)) }
  }
}
