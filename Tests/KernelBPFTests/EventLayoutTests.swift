import CLinux
import Testing

@testable import KernelBPF

/// What C asserts when it compiles the probes, asserted for Swift's view of the same header.
@Suite("Layout of event records")
struct EventLayoutTests {
  @Test("Every part has the size that the probes write")
  func sizes() {
    #expect(MemoryLayout<sockeye_event_header>.size == 24)
    #expect(MemoryLayout<EventActor>.size == 72)
    #expect(MemoryLayout<EventSocket>.size == 72)
    #expect(MemoryLayout<EventTotals>.size == 40)
    #expect(MemoryLayout<EventFork>.size == 24)
    #expect(MemoryLayout<EventExec>.size == 80)
    #expect(MemoryLayout<EventExit>.size == 32)
    #expect(MemoryLayout<EventRename>.size == 40)
    #expect(MemoryLayout<sockeye_event_failure>.size == 8)
    #expect(MemoryLayout<EventFlow>.size == 48)
    #expect(MemoryLayout<EventMapping>.size == 32)
    #expect(MemoryLayout<EventUnix>.size == 16)
    #expect(MemoryLayout<EventIdentity>.size == 128)
    #expect(MemoryLayout<sockeye_event_settings>.size == 32)
  }

  @Test("Fields lie where the probes put them")
  func offsets() {
    #expect(MemoryLayout<sockeye_event_header>.offset(of: \.kind) == 4)
    #expect(MemoryLayout<sockeye_event_header>.offset(of: \.parts) == 6)
    #expect(MemoryLayout<sockeye_event_header>.offset(of: \.time) == 8)
    #expect(MemoryLayout<EventActor>.offset(of: \.tgid) == 24)
    #expect(MemoryLayout<EventActor>.offset(of: \.exec_generation) == 36)
    #expect(MemoryLayout<EventActor>.offset(of: \.comm) == 56)
    #expect(MemoryLayout<EventSocket>.offset(of: \.family) == 24)
    #expect(MemoryLayout<EventSocket>.offset(of: \.local_port) == 32)
    #expect(MemoryLayout<EventSocket>.offset(of: \.local_address) == 40)
    #expect(MemoryLayout<EventSocket>.offset(of: \.peer_address) == 56)
    #expect(MemoryLayout<EventExec>.offset(of: \.path_length) == 40)
    #expect(MemoryLayout<EventExec>.offset(of: \.old_comm) == 48)
  }

  @Test("Every kind of the header has a Swift case")
  func kinds() {
    for kind in [
      SOCKEYE_EVENT_FORK, SOCKEYE_EVENT_THREAD_START, SOCKEYE_EVENT_EXEC, SOCKEYE_EVENT_EXEC_FAILED,
      SOCKEYE_EVENT_EXIT, SOCKEYE_EVENT_THREAD_EXIT, SOCKEYE_EVENT_RENAME, SOCKEYE_EVENT_CONNECT,
      SOCKEYE_EVENT_ESTABLISHED, SOCKEYE_EVENT_CONNECT_FAILED, SOCKEYE_EVENT_LISTEN, SOCKEYE_EVENT_ACCEPT,
      SOCKEYE_EVENT_CLOSING, SOCKEYE_EVENT_CLOSE, SOCKEYE_EVENT_BIND, SOCKEYE_EVENT_DATAGRAM_CONNECT,
      SOCKEYE_EVENT_FLOW, SOCKEYE_EVENT_FLOW_END, SOCKEYE_EVENT_MODULE_UNLOAD, SOCKEYE_EVENT_DNS_ANSWER,
      SOCKEYE_EVENT_IDENTITY, SOCKEYE_EVENT_UNIX_CONNECT, SOCKEYE_EVENT_UNIX_ACCEPT,
    ] {
      #expect(EventKind(rawValue: UInt16(kind.rawValue)) != nil)
    }
  }
}
