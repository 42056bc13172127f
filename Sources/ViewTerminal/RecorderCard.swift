import Model
import ViewText

/// `sockeye record --status`: a line a subject.
public enum RecorderCard {
  public static func append(_ status: RecorderStatus, now: Int64, isColored: Bool, to text: inout TextBuffer)
  {
    func line(_ label: StaticString, _ body: (inout TextBuffer) -> Void) {
      text.append(label, .dim, if: isColored)
      body(&text)
      text.append("\n")
    }
    line("recorder     ") { text in
      text.append(label: "pid ", status.pid)
      text.append(label: ", user ", status.userID)
      if let version = status.version { text.append(after: ", sockeye ", version) }
      text.append(after: ", by ", status.way ?? "event probes")
    }
    if let capabilities = status.capabilities {
      line("may          ") {
        $0.append(after: "", capabilities.isEmpty ? "nothing that others may not" : capabilities)
      }
    }
    if let started = status.started {
      line("since        ") { text in
        text.append(humanTime: UInt64(clamping: started) &* 1000)
        text.append(", for ")
        text.append(durationMicroseconds: UInt64(clamping: now - started))
      }
    }
    line("events       ") { text in
      text.append(label: "", status.events)
      text.append(label: ", connections stored ", status.connections)
      text.append(label: ", looks after a loss ", status.reconciliations)
      if let time = status.cpuMicroseconds {
        text.append(", CPU ")
        text.append(durationMicroseconds: UInt64(clamping: time))
      }
    }
    line("lost         ") { text in
      text.append(label: "kernel_missed ", status.kernelMissed)
      text.append(label: ", ring_lost ", status.ringLost)
      text.append(label: ", queue_lost ", status.queueLost)
      text.append(label: ", store_lost ", status.storeLost)
      text.append(label: ", conversations ", status.conversationsLost)
      text.append(label: ", names ", status.namesLost)
    }
    line("database     ") { text in
      text.append(after: "", status.database ?? "?")
      text.append(size: ", ", status.databaseBytes)
      text.append(size: ", log ", status.logBytes)
    }
    if let flushed = status.flushed {
      line("last write   ") { text in
        text.append(durationMicroseconds: UInt64(clamping: now - flushed))
        text.append(label: " ago, batches ", status.batches)
      }
    }
    line("memory       ") { text in
      text.append(size: "", status.residentBytes)
      text.append(size: ", at most ", status.peakResidentBytes)
    }
    let widest = status.occupancies.map(\.name.utf8.count).max() ?? 0
    for (position, occupancy) in status.occupancies.enumerated() {
      line(position == 0 ? "room         " : "             ") { text in
        text.append(terminal: occupancy.name)
        text.append(repeating: 0x20, count: widest - occupancy.name.utf8.count + 2)
        let isSize = occupancy.name.contains("bytes")
        for (word, number) in [("" as StaticString, occupancy.used), (" of ", occupancy.ceiling)] {
          if isSize {
            text.append(size: word, Int64(number))
          } else {
            text.append(label: word, Int64(number))
          }
        }
      }
    }
  }
}

extension TextBuffer {
  fileprivate mutating func append(label: StaticString, _ value: Int64?) {
    guard let value else { return }
    append(label)
    append(decimal: UInt64(clamping: value))
  }
  fileprivate mutating func append(size label: StaticString, _ value: Int64?) {
    guard let value else { return }
    append(label)
    append(size: UInt64(clamping: value))
  }
  fileprivate mutating func append(after label: StaticString, _ value: String) {
    append(label)
    append(terminal: value)
  }
}
