import Model
import ViewText

extension EventLines {
  /// ` (example.org, told 2ms before)`
  func append(_ peer: PeerName, to text: inout TextBuffer) {
    text.append(" (")
    text.append(terminal: peer.name)
    text.append(", told ")
    text.append(durationMicroseconds: peer.ageNanoseconds / 1000)
    text.append(" before)")
  }

  /// `… and 12345 more by curl[823], 10.0.0.1:443  sent 1.2MiB received 3.4KiB  7 failed`
  func append(_ folded: FoldedFacts, _ event: Event, to text: inout TextBuffer) {
    text.append("… and ")
    text.append(decimal: folded.count)
    text.append(" more by ")
    if event.process != nil {
      append(who: event.process, to: &text)
    } else if let program = folded.program {
      text.append(terminal: program)
    } else {
      text.append("?")
    }
    if let end = folded.end {
      text.append(", ")
      text.append(endpoint: end)
    }
    if let sent = folded.sentBytes, let received = folded.receivedBytes {
      text.append("  sent ")
      text.append(size: sent)
      text.append(" received ")
      text.append(size: received)
    }
    if folded.failures > 0 && folded.failures < folded.count {
      text.append("  ")
      text.append(decimal: folded.failures)
      text.append(" failed")
    }
  }
}
