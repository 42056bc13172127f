import Model
import ViewText

extension RecordWriter {
  /// `sockeye list --summary -o json`: one object, on one line without a newline.
  public func append(_ summary: SnapshotSummary, of snapshot: Snapshot, to text: inout TextBuffer) {
    text.append(#"{"schema":"sockeye/1","summary":{"sockets":"#)
    text.append(decimal: summary.total)
    text.append(#","states":["#)
    text.appendList(summary.states) { text, entry in
      text.append(#"{"transport":"#)
      text.append(json: entry.table.name)
      text.append(#","state":"#)
      text.append(json: entry.state.name)
      text.append(#","count":"#)
      text.append(decimal: entry.count)
      text.append("}")
    }
    text.append(#"],"unheld":["#)
    text.appendList(summary.unheld) { text, entry in
      text.append(#"{"reason":"#)
      text.append(json: entry.absence.name ?? "unknown")
      text.append(#","count":"#)
      text.append(decimal: entry.count)
      text.append("}")
    }
    text.append(#"],"processes":["#)
    text.appendList(summary.processes) { text, entry in
      let process = snapshot.processes[entry.process]
      text.append(#"{"pid":"#)
      text.append(decimal: process.identity.pid.rawValue)
      text.field(#","entity_id":"#, process.entityID)
      text.append(#","name":"#)
      text.append(json: process.name)
      text.append(#","sockets":"#)
      text.append(decimal: entry.sockets)
      text.append(#","listening":"#)
      text.append(decimal: entry.listening)
      text.append(#","connected":"#)
      text.append(decimal: entry.connected)
      text.field(#","bytes_sent":"#, entry.sentBytes)
      text.field(#","bytes_received":"#, entry.receivedBytes)
      text.append("}")
    }
    text.append(#"],"peers":["#)
    text.appendList(summary.peers) { text, entry in
      text.append(#"{"address":""#)
      text.append(entry.address)
      text.append(#"","connections":"#)
      text.append(decimal: entry.count)
      text.append(#","processes":"#)
      text.append(decimal: entry.processes.count)
      text.append("}")
    }
    text.append("]}}")
  }
}

extension TextBuffer {
  fileprivate mutating func appendList<Element>(
    _ elements: [Element], _ appendElement: (inout TextBuffer, Element) -> Void
  ) {
    for (index, element) in elements.enumerated() {
      if index > 0 { append(",") }
      appendElement(&self, element)
    }
  }
}
