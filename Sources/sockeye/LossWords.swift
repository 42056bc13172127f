import Model
import Observer
import ViewText

extension TextBuffer {
  /// `lost: kernel_missed 0, ring_lost 0, queue_lost 0[, store_lost 0]; CPU 31ms[; way: polling]` and the end of the line.
  mutating func append(losses statistics: EventStatistics, inStore: UInt64? = nil, way: String?) {
    append("lost: kernel_missed ")
    append(decimal: statistics.kernelMissed)
    append(", ring_lost ")
    append(decimal: statistics.ringLost)
    append(", queue_lost ")
    append(decimal: statistics.queueLost)
    if let inStore {
      append(", store_lost ")
      append(decimal: inStore)
    }
    if statistics.flowsRefused > 0 {
      append(", conversations ")
      append(decimal: statistics.flowsRefused)
    }
    if statistics.namesLost > 0 {
      append(", names ")
      append(decimal: statistics.namesLost)
    }
    if statistics.forgotten > 0 {
      append(", forgotten ")
      append(decimal: statistics.forgotten)
    }
    append("; CPU ")
    append(durationMicroseconds: statistics.cpuNanoseconds / 1000)
    if let way {
      append("; way: ")
      append(terminal: way)
    }
    append("\n")
  }
}
