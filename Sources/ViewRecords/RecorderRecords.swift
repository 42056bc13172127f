import Model
import ViewText

/// `sockeye record --status -o json`.
public enum RecorderRecords {
  /// One record and its newline.
  public static func append(_ status: RecorderStatus, to text: inout TextBuffer) {
    text.append(#"{"schema":"sockeye/1","recorder":{"evidence":"#)
    text.append(json: status.way == nil ? "kernel_event" : "polling")
    text.field(#","way":"#, status.way)
    text.field(#","version":"#, status.version)
    number(#","pid":"#, status.pid, &text)
    number(#","user_id":"#, status.userID, &text)
    if let capabilities = status.capabilities {
      text.append(#","capabilities":["#)
      for (position, name) in capabilities.split(separator: " ").enumerated() {
        if position > 0 { text.append(",") }
        text.append(json: String(name))
      }
      text.append("]")
    }
    time(#","started":"#, status.started, &text)
    time(#","flushed":"#, status.flushed, &text)
    number(#","events":"#, status.events, &text)
    number(#","connections":"#, status.connections, &text)
    number(#","batches":"#, status.batches, &text)
    number(#","reconciliations":"#, status.reconciliations, &text)
    number(#","untracked":"#, status.untracked, &text)
    number(#","cpu_us":"#, status.cpuMicroseconds, &text)
    group(#","lost":{"#, &text) { text in
      number(#","kernel_missed":"#, status.kernelMissed, &text)
      number(#","ring_lost":"#, status.ringLost, &text)
      number(#","queue_lost":"#, status.queueLost, &text)
      number(#","store_lost":"#, status.storeLost, &text)
      number(#","conversations":"#, status.conversationsLost, &text)
      number(#","names":"#, status.namesLost, &text)
    }
    group(#","memory":{"#, &text) { text in
      number(#","resident_bytes":"#, status.residentBytes, &text)
      number(#","peak_resident_bytes":"#, status.peakResidentBytes, &text)
    }
    group(#","database":{"#, &text) { text in
      text.field(#","path":"#, status.database)
      number(#","bytes":"#, status.databaseBytes, &text)
      number(#","log_bytes":"#, status.logBytes, &text)
    }
    group(#","occupancy":{"#, &text) { text in
      for occupancy in status.occupancies {
        text.append(",")
        text.append(json: occupancy.name)
        text.append(#":{"used":"#)
        text.append(decimal: occupancy.used)
        text.append(#","ceiling":"#)
        text.append(decimal: occupancy.ceiling)
        text.append("}")
      }
    }
    text.append("}}\n")
  }

  private static func number(_ name: StaticString, _ value: Int64?, _ text: inout TextBuffer) {
    if let value { text.field(name, UInt64(clamping: value)) }
  }

  private static func time(_ name: StaticString, _ microseconds: Int64?, _ text: inout TextBuffer) {
    guard let microseconds else { return }
    text.append(name)
    text.append("\"")
    text.append(rfc3339: UInt64(clamping: microseconds) &* 1000)
    text.append("\"")
  }

  /// An object whose fields each begin with a comma.
  private static func group(
    _ start: StaticString, _ text: inout TextBuffer, _ body: (inout TextBuffer) -> Void
  ) {
    var fields = TextBuffer()
    body(&fields)
    text.append(start)
    text.append(Array(fields.contents.dropFirst()))
    text.append("}")
  }
}
