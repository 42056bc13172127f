import Model
import Testing

@Suite struct RecorderStatusTests {
  private var full: RecorderStatus {
    var status = RecorderStatus()
    (status.version, status.database, status.way) = ("1.2", "/a b/h.db", "polling every 200 ms")
    status.capabilities = "CAP_BPF CAP_PERFMON"
    (status.pid, status.userID, status.started, status.flushed) = (7, 0, 1_795_255_200_000_000, -1)
    (status.events, status.connections, status.batches, status.kernelMissed) = (1, 2, 3, 4)
    (status.ringLost, status.queueLost, status.storeLost, status.conversationsLost) = (5, 6, 8, 9)
    (status.namesLost, status.untracked, status.reconciliations) = (10, 11, 12)
    (status.databaseBytes, status.logBytes, status.residentBytes) = (13, 14, 15)
    (status.peakResidentBytes, status.cpuMicroseconds) = (16, .max)
    status.occupancies = [Occupancy("queue_bytes", 0, ceiling: 64), Occupancy("names", 2, ceiling: 1)]
    return status
  }

  @Test("A status is the same after it has crossed the socket, whole or with facts missing")
  func crossing() {
    #expect(RecorderStatus(text: full.text) == full)
    #expect(full.text.split(separator: "\n").count == 26)
    var bare = RecorderStatus()
    #expect(RecorderStatus(text: bare.text) == bare)
    bare.events = 0
    #expect(RecorderStatus(text: bare.text) == bare)
  }

  @Test("Every prefix is read without a trap, and unknown names, wrong numbers and half lines are left out")
  func foreign() {
    for end in full.text.indices { _ = RecorderStatus(text: full.text[..<end]) }
    let text =
      "colour blue\n\nevents many\n occupancy\noccupancy a\noccupancy a 1 b\noccupancy a 1 2 3\nbatches 7"
    var status = RecorderStatus()
    status.batches = 7
    #expect(RecorderStatus(text: text) == status)
  }

  @Test("A path with a newline makes no line of its own")
  func hostile() {
    var status = RecorderStatus()
    status.database = "/x\nevents 99"
    #expect(RecorderStatus(text: status.text).events == nil)
  }
}
