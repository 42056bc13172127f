import CLinux
import KernelSystem

/// What was not seen, counted since the session began. The numbers only grow.
public struct EventLosses: Sendable, Equatable {
  /// Records for which the ring had no room.
  public var ringLost: UInt64 = 0
  /// Runs of a program that the kernel skipped, and no twin did the work.
  public var kernelMissed: UInt64 = 0
  /// State changes that the twin rescued: not a loss.
  public var twinRescued: UInt64 = 0
  public var argumentsUnread: UInt64 = 0
  /// Conversations that the table of datagrams had no room for.
  public var flowsRefused: UInt64 = 0
  /// Packets of DNS over TCP that were not read: a stream of more than 1 MiB.
  public var answersRefused: UInt64 = 0

  public init() {}
}

/// The event probes, loaded and attached; they go when this value goes.
///
/// Needs CAP_BPF and CAP_PERFMON, and CAP_NET_ADMIN for the cgroup hooks, or CAP_SYS_ADMIN. Since 5.17
/// (`bpf_loop`).
@safe public struct ProbeSession: ~Copyable, Sendable {
  /// Created by the first object that has them, used by all.
  private static let sharedMaps = ["events", "counters", "processes", "cgroups", "watched"]

  public let plan: ProbePlan
  private let objects: [LoadedObject]
  private let leftOutProcess: Int32?

  /// Tries the hooks, plans, loads and attaches. A program that the kernel turns down is planned around.
  ///
  /// Throws when nothing of the plan can be loaded. From here on events gather in the ring: read them soon.
  public static func open(
    _ request: ProbePlan.Request = .init(), settings: ProbeSettings = .init()
  ) throws(BPFError) -> ProbeSession {
    let verdicts = try HookTrial().verdicts(for: request.facts)
    return try open(request, settings: settings, verdicts: verdicts)
  }

  /// The same with verdicts that the caller has.
  public static func open(
    _ request: ProbePlan.Request, settings: ProbeSettings, verdicts: [HookNeed: HookVerdict]
  ) throws(BPFError) -> ProbeSession {
    var refused: [String: String] = [:]
    while true {
      let plan = ProbePlan.make(request, verdicts: verdicts, refusedPrograms: refused)
      do throws(ProgramRefusal) {
        let objects = try load(plan, settings)
        return ProbeSession(plan: plan, objects: objects, leftOutProcess: settings.leftOutProcess)
      } catch {
        // Each round takes one program out, so this ends.
        guard !error.program.isEmpty, refused[error.program] == nil else { throw error.error }
        refused[error.program] = error.error.description
      }
    }
  }

  private init(plan: ProbePlan, objects: [LoadedObject], leftOutProcess: Int32?) {
    self.leftOutProcess = leftOutProcess
    self.plan = plan
    self.objects = objects
  }

  private static func load(_ plan: ProbePlan, _ settings: ProbeSettings) throws(ProgramRefusal)
    -> [LoadedObject]
  {
    var objects: [LoadedObject] = []
    for kind in ProbeObject.allCases {
      let programs = plan.programs(of: kind)
      if programs.isEmpty { continue }
      let object: LoadedObject
      do throws(BPFError) {
        object = try LoadedObject(kind, programs: programs)
        try configure(object, plan, settings)
        if let first = objects.first {
          for name in sharedMaps { if let map = first.map(name) { try object.share(name, map) } }
        }
      } catch { throw ProgramRefusal(program: "", error: error) }
      try object.load()
      objects.append(object)
    }
    guard let first = objects.first else {
      let error = BPFError(step: .load, object: "events", errno: .notSupported, log: plan.description)
      throw ProgramRefusal(program: "", error: error)
    }
    fill(first, settings)
    try attach(objects)
    return objects
  }

  private static func configure(
    _ object: LoadedObject, _ plan: ProbePlan, _ settings: ProbeSettings
  ) throws(BPFError) {
    try object.setConstants(".rodata.settings", settings.constants)
    try object.setEntryCount("events", settings.ringByteCount)
    // One value a CPU, by number: as many as could ever be.
    try object.setEntryCount("scratch", UInt32(max(1, libbpf_num_possible_cpus())))
    if settings.processes == nil && settings.cgroups == nil { try object.setEntryCount("watched", 1) }
    if plan.chosen(for: .identity)?.object != .calls { try object.setEntryCount("identities", 1) }
    func isCall(_ fact: ProbeFact) -> UInt8 {
      plan.chosen(for: fact)?.programs.contains("call_result") == true ? 1 : 0
    }
    try object.setConstants(
      ".rodata.wanted",
      sockeye_event_calls(
        accepts: isCall(.accept), connects: isCall(.connectFailure), execs: isCall(.execFailure),
        unix_sockets: isCall(.unixConnections), identities: isCall(.identity)))
  }

  /// Puts the filters' members into their maps, before anything runs.
  private static func fill(_ object: LoadedObject, _ settings: ProbeSettings) {
    var one: UInt8 = 1
    if let map = object.map("processes"), settings.processes != nil {
      // Room for the two marks: whether it is open, whether it is too full.
      for (entry, mark) in [(UInt32(0), UInt8(settings.startsOpen ? 1 : 0)), (UInt32.max, 0)] {
        var (entry, mark) = (entry, mark)
        _ = unsafe bpf_map_update_elem(map, &entry, &mark, 0)
      }
      for process in settings.processes ?? [] {
        var key = UInt32(bitPattern: process)
        _ = unsafe bpf_map_update_elem(map, &key, &one, 0)
      }
    }
    if let map = object.map("cgroups") {
      for cgroup in settings.cgroups ?? [] {
        var key = cgroup
        _ = unsafe bpf_map_update_elem(map, &key, &one, 0)
      }
    }
  }

  private static func attach(_ objects: [LoadedObject]) throws(ProgramRefusal) {
    guard let path = CgroupMount.path() else { return try attachAll(objects, cgroup: nil) }
    let directory: OwnedDescriptor
    do throws(SystemError) {
      directory = try OwnedDescriptor.open(path, flags: O_RDONLY | O_DIRECTORY)
    } catch { return try attachAll(objects, cgroup: nil) }  // the cgroup programs then say why they cannot
    try directory.borrow { (number) throws(ProgramRefusal) in try attachAll(objects, cgroup: number) }
  }

  private static func attachAll(_ objects: [LoadedObject], cgroup: Int32?) throws(ProgramRefusal) {
    for object in objects { try object.attach(cgroup: cgroup) }
  }

  /// The reading end of the ring. One reader a session.
  public borrowing func makeRing(
    deliver: @escaping @Sendable (EventBatch) -> Void
  ) throws(BPFError) -> EventRing {
    guard let map = objects.first?.map("events") else {
      throw BPFError(step: .create, object: "events", errno: .noSuchFile, log: "")
    }
    let mappings = plan.chosen(for: .moduleLoad) == nil ? nil : MappingRings(leavingOut: leftOutProcess)
    do throws(SystemError) { return try EventRing(map: map, mappings: mappings, deliver: deliver) } catch {
      throw BPFError(step: .create, object: "events", errno: error.errno, log: "\(error)")
    }
  }

  /// The reader has looked at what was there before: from now on CLOSING is reported only if the settings say so.
  public borrowing func endStart() {
    guard let map = map(".data.starting", of: .connections) else { return }
    var (key, value) = (UInt32(0), UInt32(0))
    _ = unsafe bpf_map_update_elem(map, &key, &value, 0)
  }

  /// The losses so far.
  public borrowing func losses() -> EventLosses {
    var losses = EventLosses()
    losses.ringLost = counter(SOCKEYE_COUNTER_RING_LOST)
    losses.twinRescued = counter(SOCKEYE_COUNTER_TWIN_RESCUED)
    losses.argumentsUnread = counter(SOCKEYE_COUNTER_ARGUMENTS_UNREAD)
    losses.flowsRefused = counter(SOCKEYE_COUNTER_FLOWS_REFUSED)
    losses.answersRefused = counter(SOCKEYE_COUNTER_ANSWERS_REFUSED)
    for (program, misses) in recursionMisses() {
      // What the first of the pair missed, its twin rescued; only what the twin missed may be lost.
      if program != "tcp_state" { losses.kernelMissed += misses }
    }
    return losses
  }

  /// Skipped runs by program.
  public borrowing func recursionMisses() -> [String: UInt64] {
    var misses: [String: UInt64] = [:]
    for object in objects { misses.merge(object.recursionMisses()) { $0 + $1 } }
    return misses
  }

  /// The descriptor of a map of `object`; it stays the session's.
  borrowing func map(_ name: String, of object: ProbeObject) -> Int32? {
    objects.first { $0.kind == object }?.map(name)
  }

  private borrowing func counter(_ counter: sockeye_event_counter) -> UInt64 {
    guard let map = objects.first?.map("counters") else { return 0 }
    var key = counter.rawValue
    var values = [UInt64](repeating: 0, count: Int(max(1, libbpf_num_possible_cpus())))
    // SAFETY: a per-CPU look-up writes 8 bytes for each possible CPU.
    let status = unsafe values.withUnsafeMutableBytes { (bytes) in
      unsafe bpf_map_lookup_elem(map, &key, bytes.baseAddress)
    }
    return status == 0 ? values.reduce(0, &+) : 0
  }
}
