import Model
import ViewText

extension TextBuffer {
  /// `203.0.113.0/24`, `sha256 58824afa640f512e…`.
  mutating func append(indicator: Indicator) {
    if indicator.kind == .file {
      append("sha256 ")
      append(terminal: String(indicator.text.prefix(16)))
      append("…")
    } else {
      append(terminal: indicator.text)
    }
  }

  /// `203.0.113.0/24 (C2 server), example.org`: what was hit, with its note.
  public mutating func append(hits: [WatchlistHit]) {
    for (index, hit) in hits.enumerated() {
      if index > 0 { append(", ") }
      append(indicator: hit.indicator)
      if hit.indicator.note.isEmpty { continue }
      append(" (")
      append(terminal: hit.indicator.note)
      append(")")
    }
  }
}
