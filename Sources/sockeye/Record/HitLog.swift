import KernelSystem
import Model
import ViewTerminal
import ViewText

/// Tells of each hit of a watch-list in a line of its own on standard error, with the whole lineage.
struct HitLog {
  /// Lines a second; what is more is counted, and stored as the others are.
  private static let rate = 100

  private var second: UInt64 = 0
  private var told = 0
  private var untold: UInt64 = 0

  mutating func tell(_ hits: [NoticedHit]) {
    if hits.isEmpty && untold == 0 { return }
    let now = KernelClock.bootTimeNanoseconds / 1_000_000_000
    var text = TextBuffer()
    if now != second {
      tellRest(&text)
      (second, told, untold) = (now, 0, 0)
    }
    for hit in hits {
      if told < Self.rate { HitLine.append(hit, to: &text) } else { untold += 1 }
      told += 1
    }
    Output.error().write(text)
  }

  /// What was not told yet.
  mutating func finish() {
    var text = TextBuffer()
    tellRest(&text)
    Output.error().write(text)
    untold = 0
  }

  private func tellRest(_ text: inout TextBuffer) {
    if untold == 0 { return }
    text.append("sockeye: watch-list: ")
    text.append(decimal: untold)
    text.append(" more hits, which are stored\n")
  }
}
