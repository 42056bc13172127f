import CLinux
import KernelSystem

/// The probes of process creation, loaded and attached; they go when this value goes.
///
/// Needs CAP_BPF and CAP_PERFMON, or CAP_SYS_ADMIN. Since 5.17 (`bpf_loop`, `bpf_find_vma`).
public struct CreationSession: ~Copyable {
  private static let required = [
    "creation_enter", "creation_return", "creation_birth", "creation_runnable", "creation_first_run",
    "creation_rename", "creation_exec", "creation_exit",
  ]
  /// Tracepoints that fire inside the calls; `creation.bpf.c` has a program for each.
  private static let details = [
    "kmem_cache_alloc", "kmalloc", "kmem_cache_free", "kfree", "mm_page_alloc", "mm_page_free", "rss_stat",
    "ma_write",
    "ma_read", "ma_op", "vm_unmapped_area", "exit_mmap", "page_fault_kernel", "mm_filemap_get_pages",
    "percpu_alloc_percpu", "cap_capable", "tlb_flush", "signal_generate", "mm_filemap_map_pages",
    "cgroup_notify_populated", "sched_waking", "contention_begin", "timer_init",
  ]
  private static let recordRing = "records"

  private let object: LoadedObject
  private let ring: RingMapping
  private let mappings: [MappingRing]
  private let scratch: MappingScratch
  /// Places that could not be watched, with the reason.
  public let refusedPlaces: [String]

  /// - Parameter wholeHost: every process but our own; else those that `follow` names, and what comes from them.
  /// - Parameter isDetailed: kernel stacks at every tracepoint that fires inside a call too.
  /// - Parameter whenMapped: called when mappings are told of, and calls are not yet.
  public static func open(
    wholeHost: Bool, places: [CreationPlace], isDetailed: Bool = false, whenMapped: () -> Void = {}
  ) throws(BPFError) -> CreationSession {
    let trial = try HookTrial()
    let hasPrepare = trial.verdict(on: .tracepoint("sched_prepare_exec")) == .available
    var programs = required
    if hasPrepare { programs.append("creation_prepare") }
    if isDetailed {
      programs += details.filter { trial.verdict(on: .tracepoint($0)) == .available }.map { "detail_\($0)" }
    }
    programs += Set(places.map { $0.kind.program }).sorted()
    let object = try LoadedObject(.creation, programs: programs)
    try object.setConstants(
      ".rodata.settings",
      sockeye_creation_settings(
        whole_host: wholeHost ? 1 : 0, own_tgid: UInt32(bitPattern: getpid()),
        has_prepare: hasPrepare ? 1 : 0))
    do throws(ProgramRefusal) { try object.load() } catch { throw error.error }
    let (ring, mappings) = try rings(object)
    whenMapped()
    do throws(ProgramRefusal) { try object.attach(cgroup: nil) } catch { throw error.error }
    var refused: [String] = []
    for place in places {
      do throws(BPFError) {
        try object.attach(place.kind.program, path: place.path, offset: place.offset)
      } catch { refused.append("\(place.path): \(error)") }
    }
    return CreationSession(object: object, ring: ring, mappings: mappings, refusedPlaces: refused)
  }

  private init(object: LoadedObject, ring: RingMapping, mappings: [MappingRing], refusedPlaces: [String]) {
    self.object = object
    self.ring = ring
    self.mappings = mappings
    self.refusedPlaces = refusedPlaces
    scratch = MappingScratch()
  }

  private static func rings(_ object: LoadedObject) throws(BPFError) -> (RingMapping, [MappingRing]) {
    guard let map = object.map(recordRing) else {
      throw BPFError(step: .create, object: recordRing, errno: .noSuchFile, log: "")
    }
    do throws(SystemError) {
      // A CPU that is offline has no events; the first one is there.
      var mappings = [try MappingRing(cpu: 0)]
      for cpu in 1..<max(1, libbpf_num_possible_cpus()) {
        do throws(SystemError) { mappings.append(try MappingRing(cpu: cpu)) } catch { continue }
      }
      return (try RingMapping(map: map), mappings)
    } catch {
      throw BPFError(step: .create, object: recordRing, errno: error.errno, log: "\(error)")
    }
  }

  /// From now on this process and what comes from it are told of.
  public borrowing func follow(_ process: Int32) {
    guard let map = object.map("tracked") else { return }
    var (key, value) = (UInt32(bitPattern: process), UInt8(1))
    // SAFETY: key and value have the map's sizes.
    _ = unsafe bpf_map_update_elem(map, &key, &value, 0)
  }

  /// Hands on what is there: the probes' records in their order, then mappings of files; not sorted by time.
  public borrowing func drain(_ body: (CreationRecord) -> Void) {
    _ = unsafe ring.drain { (bytes) in
      if let record = unsafe CreationRecord(bytes) { body(record) }
    }
    for mappings in mappings {
      unsafe mappings.drain(scratch.bytes) { (bytes) in
        switch unsafe MappingRecord(bytes) {
        case .mapping(let mapping): body(.mapping(mapping))
        case .lost(let count): scratch.lost += count
        case nil: return
        }
      }
    }
  }

  /// Mappings for which a ring had no room.
  public borrowing func lostMappings() -> UInt64 {
    max(scratch.lost, mappings.reduce(0) { $0 + $1.lost() })
  }

  /// Records for which the ring had no room.
  public borrowing func lostRecords() -> UInt64 {
    guard let map = object.map("lost") else { return 0 }
    var (key, value) = (UInt32(0), UInt64(0))
    // SAFETY: the map has one value of 8 bytes.
    return unsafe bpf_map_lookup_elem(map, &key, &value) == 0 ? value : 0
  }

  /// Calls that a probe missed because it was already running on the CPU. Of the details nothing else is expected.
  public borrowing func missedRuns() -> UInt64 {
    object.recursionMisses().filter { !$0.key.hasPrefix("detail_") }.values.reduce(0, &+)
  }
}

/// Room for one record of a mapping ring.
@safe final class MappingScratch {
  /// Mappings that a ring has told of as lost.
  var lost: UInt64 = 0
  let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 8)
  deinit { unsafe bytes.deallocate() }
}
