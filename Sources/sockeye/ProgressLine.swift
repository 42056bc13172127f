import KernelSystem

/// One line on standard error that is written over, if that is a terminal; otherwise nothing.
struct ProgressLine: Sendable {
  private struct State {
    var isShown = false
    var due: UInt64
  }
  /// Nanoseconds between two lines.
  private static let interval: UInt64 = 200_000_000
  private let isWanted = Output.error().isTerminal
  private let state: LockedValue<State>

  /// - Parameter delay: nanoseconds in which nothing is shown: who gets an answer at once needs no progress.
  init(after delay: UInt64 = 0) {
    state = LockedValue(State(due: KernelClock.bootTimeNanoseconds + delay))
  }

  /// Shows what `text` says, five times a second at most.
  func show(_ text: () -> String) {
    guard isWanted else { return }
    let now = KernelClock.bootTimeNanoseconds
    let isDue = state.withLock { (state) in
      guard now >= state.due else { return false }
      (state.isShown, state.due) = (true, now + Self.interval)
      return true
    }
    if isDue { Output.error().write("\r\(text())\u{1b}[K") }
  }

  /// Takes the line away, before something else is written.
  func clear() {
    guard isWanted else { return }
    let wasShown = state.withLock { (state) in
      defer { state.isShown = false }
      return state.isShown
    }
    if wasShown { Output.error().write("\r\u{1b}[K") }
  }

  /// `█████░░░░░ 50/100`
  static func bar(_ done: Int, of total: Int) -> String {
    let width = 30
    let filled = done * width / max(1, total)
    return String(repeating: "█", count: filled) + String(repeating: "░", count: width - filled)
      + " \(done)/\(total)"
  }
}
