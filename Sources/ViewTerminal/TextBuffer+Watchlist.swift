import Model
import ViewText

extension TextBuffer {
  /// `203.0.113.0/24 (C2 server), example.org`: what was hit, with its note.
  public mutating func append(hits: [WatchlistHit]) {
    for (index, hit) in hits.enumerated() {
      if index > 0 { append(", ") }
      append(terminal: hit.indicator.text)
      if hit.indicator.note.isEmpty { continue }
      append(" (")
      append(terminal: hit.indicator.note)
      append(")")
    }
  }
}
