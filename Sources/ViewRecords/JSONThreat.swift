import Model
import ViewText

extension TextBuffer {
  /// `,"threat":{"enrichments":[…]}`, by ECS: each indicator of a watch-list that was hit, and what hit it. Nothing without.
  mutating func appendThreat(_ hits: [WatchlistHit]) {
    if hits.isEmpty { return }
    append(#","threat":{"enrichments":["#)
    for (index, hit) in hits.enumerated() {
      if index > 0 { append(",") }
      append(#"{"indicator":{"type":"#)
      append(json: hit.indicator.kind.rawValue)
      field(#","name":"#, hit.indicator.text)
      if !hit.indicator.note.isEmpty { field(#","description":"#, hit.indicator.note) }
      field(#","provider":"#, hit.indicator.list)
      field(#"},"matched":{"field":"#, hit.subject.rawValue)
      field(#","atomic":"#, hit.matched)
      append("}}")
    }
    append("]}")
  }
}
