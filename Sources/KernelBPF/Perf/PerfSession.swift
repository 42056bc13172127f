import CLinux
import KernelSystem

/// The tracepoints of process creation through perf_event_open(2): without BPF, for the whole host.
///
/// Needs CAP_PERFMON (since 5.8; CAP_SYS_ADMIN before) and tracefs, whose files are root's. One ring a CPU, which all of its
/// events write to. Not inherited events of a task: they make each fork of it slower than what is measured.
public final class PerfSession {
  private static let ringBudget = 64 << 20
  private static let largestRing = 16 << 20
  /// Two samples with a whole stack, and some.
  private static let smallestRing = 256 << 10

  /// One event on one CPU.
  private final class Event {
    let descriptor: OwnedDescriptor
    init(_ descriptor: consuming OwnedDescriptor) { self.descriptor = descriptor }
  }

  private let rings: [MappingRing]
  private var events: [Event] = []
  private var shapes: [UInt64: PerfSampleShape] = [:]
  private let scratch = MappingScratch()
  private let bootOffset = KernelClock.bootTimeNanoseconds &- KernelClock.monotonicNanoseconds
  private var countsLost = true
  private var lostTold: UInt64 = 0
  /// Events that the kernel held back for a while.
  public private(set) var throttled: UInt64 = 0
  /// Places that could not be watched, with the reason.
  public private(set) var refusedPlaces: [String] = []

  /// - Parameter whenMapped: called when mappings are told of, and calls are not yet.
  /// - Parameter formats: the text of `events/GROUP/NAME/format` in tracefs.
  public init(
    places: [CreationPlace], whenMapped: () -> Void,
    formats: (_ group: String, _ name: String) throws(SystemError) -> String
  ) throws(SystemError) {
    clinux_raise_descriptor_limit()
    let processors = max(1, libbpf_num_possible_cpus())
    var size = min(Self.largestRing, Self.ringBudget / Int(processors))
    size = max(Self.smallestRing, 1 << (Int.bitWidth - 1 - size.leadingZeroBitCount))
    rings = try Self.rings(processors, size)
    whenMapped()
    // First, for each takes milliseconds, in which the other events would fill the rings.
    for place in places {
      do throws(SystemError) { try add(place) } catch {
        refusedPlaces.append("\(error)")
        // uprobes want CAP_SYS_ADMIN, this one and the next.
        if error.errno == .accessDenied { break }
      }
    }
    var isPrepared = false
    for tracepoint in PerfTracepoint.allCases where tracepoint != .rename || !isPrepared {
      let (group, name) = tracepoint.place
      do throws(SystemError) { try add(tracepoint, try formats(group, name)) } catch {
        if tracepoint == .prepare && error.errno == .noSuchFile { continue }
        throw error
      }
      if tracepoint == .prepare { isPrepared = true }
    }
  }

  private func add(_ tracepoint: PerfTracepoint, _ text: String) throws(SystemError) {
    let subject = "\(tracepoint.place.group):\(tracepoint.place.name)"
    guard let format = TracepointFormat(text) else {
      throw SystemError("read", on: "the format of \(subject)", .invalidArgument)
    }
    var wanted = unsafe clinux_perf_sampling()
    unsafe wanted.type = PERF_TYPE_TRACEPOINT.rawValue
    unsafe wanted.config = format.number
    unsafe wanted.sample_type = tracepoint.sampleType.rawValue
    // What the new program's arguments are may have to be read while it runs.
    unsafe wanted.wakes = tracepoint == .executed ? 1 : 0
    try unsafe add(&wanted, PerfSampleShape(tracepoint, format), subject, tracepoint.filter)
  }

  /// A ring for each CPU that is there, all of the same size. Without CAP_IPC_LOCK there is room for
  /// kernel.perf_event_mlock_kb a CPU and RLIMIT_MEMLOCK.
  private static func rings(_ processors: Int32, _ wanted: Int) throws(SystemError) -> [MappingRing] {
    var size = wanted
    while true {
      do throws(SystemError) {
        func ring(_ cpu: Int32) throws(SystemError) -> MappingRing {
          try MappingRing(
            cpu: cpu, dataPages: size / MappingRing.pageSize, clock: CLOCK_MONOTONIC, hasNames: true)
        }
        var rings = [try ring(0)]
        for cpu in 1..<max(1, processors) {
          // A CPU that is offline has no events.
          do throws(SystemError) { rings.append(try ring(cpu)) } catch {
            if error.call == "mmap" { throw error }
          }
        }
        return rings
      } catch {
        if error.call != "mmap" || size <= smallestRing { throw error }
        size /= 2
      }
    }
  }

  private func add(_ place: CreationPlace) throws(SystemError) {
    let file = "/sys/bus/event_source/devices/uprobe/type"
    let text = String(decoding: try TextFile.read(file, atMost: 64).prefix { $0 != 10 }, as: UTF8.self)
    guard let type = UInt32(text) else { throw SystemError("read", on: file, .invalidArgument) }
    var failure: SystemError?
    // SAFETY: the kernel copies the path in the call.
    unsafe place.path.withCString { (path) in
      var wanted = unsafe clinux_perf_sampling()
      unsafe wanted.type = type
      unsafe wanted.path = path
      unsafe wanted.offset = place.offset
      unsafe wanted.sample_type = PerfSampleType.basic.rawValue
      do throws(SystemError) {
        try unsafe add(&wanted, PerfSampleShape(place.kind), "uprobe \(place.path)", nil)
      } catch { failure = error }
    }
    if let failure { throw failure }
  }

  /// One event a ring.
  private func add(
    _ wanted: inout clinux_perf_sampling, _ shape: PerfSampleShape, _ subject: String, _ filter: String?
  ) throws(SystemError) {
    for ring in rings {
      unsafe wanted.counts_lost = countsLost ? 1 : 0
      var number = unsafe clinux_perf_sampling(&wanted, ring.cpu)
      if number < 0, countsLost, Errno.current == .invalidArgument {
        countsLost = false
        unsafe wanted.counts_lost = 0
        number = unsafe clinux_perf_sampling(&wanted, ring.cpu)
      }
      guard number >= 0 else { throw SystemError("perf_event_open", on: subject, .current) }
      let event = Event(OwnedDescriptor(owning: number))
      var identifier: UInt64 = 0
      let status = ring.descriptor.borrow { unsafe clinux_perf_direct(number, $0, filter, &identifier) }
      guard status == 0 else { throw SystemError("ioctl", on: subject, .current) }
      shapes[identifier] = shape
      events.append(event)
    }
  }

  /// From now on the wait ends when there is something to read at once.
  public func join(_ wait: WaitPoint) throws(SystemError) {
    for ring in rings { try wait.wake(whenReadable: ring.descriptor) }
  }

  /// Hands on what is there, a CPU after the other.
  public func drain(_ body: (PerfRecord) -> Void) {
    for ring in rings {
      unsafe ring.drain(scratch.bytes) { (bytes) in
        if let record = unsafe record(bytes) { body(record) }
      }
    }
  }

  private func record(_ bytes: UnsafeRawBufferPointer) -> PerfRecord? {
    // SAFETY: a ring's records are no shorter than their header.
    let header = unsafe bytes.loadUnaligned(as: perf_event_header.self)
    switch header.type {
    case PERF_RECORD_SAMPLE.rawValue:
      return unsafe PerfSample(bytes, shapes, bootOffset: bootOffset).map { .sample($0) }
    case PERF_RECORD_COMM.rawValue: return unsafe PerfRecord(naming: bytes, bootOffset: bootOffset)
    case PERF_RECORD_THROTTLE.rawValue: throttled += 1
    default:
      switch unsafe MappingRecord(bytes) {
      case .mapping(var mapping):
        mapping.time &+= bootOffset
        return .mapping(mapping)
      case .lost(let count): lostTold += count
      case nil: break
      }
    }
    return nil
  }

  /// Samples and mappings for which a ring had no room.
  public func lostRecords() -> UInt64 {
    // The ring tells of a loss with the next record that finds room: the events count theirs themselves, since 6.0.
    var counted: UInt64 = 0
    if countsLost {
      for event in events {
        var values: [UInt64] = [0, 0]
        // SAFETY: how often it happened, and how often that was lost.
        let length = event.descriptor.borrow { unsafe read($0, &values, 16) }
        if length == 16 { counted += values[1] }
      }
    }
    return max(counted, lostTold)
  }
}

extension PerfRecord {
  /// PERF_RECORD_COMM: header, pid, tid, the name, padded, and `sample_id` as of a mapping.
  init?(naming record: UnsafeRawBufferPointer, bootOffset: UInt64) {
    var cursor = unsafe EventCursor(record)
    do throws(EventDecodeError) {
      _ = try cursor.take(perf_event_header.self)
      let process = try cursor.take(Int32.self)
      let thread = try cursor.take(Int32.self)
      let name = try cursor.takeText(cursor.remaining - 24)
      _ = try cursor.take(UInt64.self)
      let time = try cursor.take(UInt64.self)
      self = .name(
        Array(name.prefix { $0 != 0 }), process: process, thread: thread, time: time &+ bootOffset)
    } catch { return nil }
  }
}
