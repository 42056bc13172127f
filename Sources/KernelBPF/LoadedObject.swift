import CLinux
import KernelSystem

/// A program that the kernel or libbpf would not load or attach.
struct ProgramRefusal: Error {
  let program: String
  let error: BPFError
}

/// One embedded object in the kernel, with the links of its attached programs.
///
/// `@unchecked Sendable`: changed only while the session is opened, on one thread; afterwards its descriptors are
/// read, which the kernel allows from any.
@safe final class LoadedObject: @unchecked Sendable {
  let kind: ProbeObject
  private let object: OpaquePointer
  private var links = unsafe [OpaquePointer]()
  private let programs: [String]

  /// Opens the image; nothing reaches the kernel yet.
  init(_ kind: ProbeObject, programs: [String]) throws(BPFError) {
    self.kind = kind
    self.programs = programs
    let image = kind.image.bytes()
    let log = BPFLog()
    var options = unsafe bpf_object_open_opts()
    unsafe options.sz = MemoryLayout<bpf_object_open_opts>.size
    // SAFETY: libbpf copies what it needs before open_mem returns.
    let object = unsafe image.withUnsafeBytes { (bytes) -> OpaquePointer? in
      unsafe bpf_object__open_mem(bytes.baseAddress, bytes.count, &options)
    }
    guard let object = unsafe object else {
      throw BPFError(step: .open, object: kind.rawValue, errno: .current, log: log.taken())
    }
    unsafe self.object = object
  }

  /// Writes a constant section before the verifier sees it; `value` must be the section's size.
  func setConstants<Value: BitwiseCopyable>(_ section: String, _ value: Value) throws(BPFError) {
    guard let map = unsafe bpf_object__find_map_by_name(object, section) else { return }
    var value = value
    // SAFETY: libbpf checks the size against the section's and copies.
    let status = unsafe bpf_map__set_initial_value(map, &value, MemoryLayout<Value>.size)
    guard status == 0 else { throw failure(.configure, -status) }
  }

  func setEntryCount(_ map: String, _ count: UInt32) throws(BPFError) {
    guard let map = unsafe bpf_object__find_map_by_name(object, map) else { return }
    let status = unsafe bpf_map__set_max_entries(map, count)
    guard status == 0 else { throw failure(.configure, -status) }
  }

  /// Uses the map of the same name that another object has created.
  func share(_ name: String, _ descriptor: Int32) throws(BPFError) {
    guard let map = unsafe bpf_object__find_map_by_name(object, name) else { return }
    let status = unsafe bpf_map__reuse_fd(map, descriptor)
    guard status == 0 else { throw failure(.configure, -status) }
  }

  /// The descriptor of a map, after `load`; it stays the object's.
  func map(_ name: String) -> Int32? {
    let descriptor = unsafe bpf_object__find_map_fd_by_name(object, name)
    return descriptor >= 0 ? descriptor : nil
  }

  /// Loads the chosen programs. A refusal names the program that the verifier turned down.
  func load() throws(ProgramRefusal) {
    for program in programs {
      guard let found = unsafe bpf_object__find_program_by_name(object, program) else {
        throw ProgramRefusal(program: program, error: failure(.configure, ENOENT))
      }
      unsafe bpf_program__set_autoload(found, true)
    }
    let log = BPFLog()
    let status = unsafe bpf_object__load(object)
    guard status != 0 else { return }
    let text = log.taken()
    let error = BPFError(step: .load, object: kind.rawValue, errno: Errno(rawValue: abs(status)), log: text)
    throw ProgramRefusal(program: Self.programBlamed(in: text) ?? programs.first ?? "", error: error)
  }

  /// Sample line: `libbpf: prog 'accept_uring_old': BPF program load failed: Permission denied`.
  static func programBlamed(in log: String) -> String? {
    for line in log.split(separator: "\n")
    where line.contains("load failed") || line.contains("failed to load") {
      let parts = line.split(separator: "'", omittingEmptySubsequences: false)
      if parts.count >= 3, parts[0].hasSuffix("prog ") { return String(parts[1]) }
    }
    return nil
  }

  /// Attaches every loaded program; cgroup programs to `cgroup`, a directory of the unified hierarchy.
  func attach(cgroup: Int32?) throws(ProgramRefusal) {
    let log = BPFLog()
    for program in programs {
      guard let found = unsafe bpf_object__find_program_by_name(object, program) else { continue }
      let section = unsafe bpf_program__section_name(found).map { unsafe String(cString: $0) } ?? ""
      // Those wait for their place.
      if section == "uprobe" { continue }
      let isCgroup = section.hasPrefix("cgroup")
      let link: OpaquePointer?
      if isCgroup {
        unsafe link = bpf_program__attach_cgroup(found, cgroup ?? -1)
      } else {
        unsafe link = bpf_program__attach(found)
      }
      guard let link = unsafe link else {
        let errno = Errno.current
        let error = BPFError(step: .attach, object: kind.rawValue, errno: errno, log: log.taken())
        throw ProgramRefusal(program: program, error: error)
      }
      unsafe links.append(link)
    }
  }

  /// Attaches a loaded program to a place in a file, for every process that maps it.
  func attach(_ program: String, path: String, offset: UInt64) throws(BPFError) {
    guard let found = unsafe bpf_object__find_program_by_name(object, program) else {
      throw failure(.configure, ENOENT)
    }
    // SAFETY: libbpf copies the path; the link is kept until the object goes.
    guard let link = unsafe bpf_program__attach_uprobe(found, false, -1, path, Int(offset)) else {
      throw failure(.attach, Errno.current.rawValue)
    }
    unsafe links.append(link)
  }

  /// How often the kernel skipped each program because it was already running on the CPU.
  func recursionMisses() -> [String: UInt64] {
    var misses: [String: UInt64] = [:]
    for program in programs {
      guard let found = unsafe bpf_object__find_program_by_name(object, program) else { continue }
      var information = bpf_prog_info()
      var size = UInt32(MemoryLayout<bpf_prog_info>.size)
      // SAFETY: the kernel writes at most `size` bytes into the structure.
      let status = unsafe bpf_obj_get_info_by_fd(bpf_program__fd(found), &information, &size)
      if status == 0 { misses[program] = information.recursion_misses }
    }
    return misses
  }

  private func failure(_ step: BPFError.Step, _ errno: Int32) -> BPFError {
    BPFError(step: step, object: kind.rawValue, errno: Errno(rawValue: errno), log: "")
  }

  deinit {
    while let link = unsafe links.popLast() { _ = unsafe bpf_link__destroy(link) }
    unsafe bpf_object__close(object)
  }
}

extension ProbeObject {
  var image: BPFObject {
    switch self {
    case .process: .process
    case .connections: .connections
    case .calls: .calls
    case .datagrams: .datagrams
    case .modules: .modules
    case .names: .names
    case .unix: .unix
    case .identity: .identity
    case .creation: .creation
    }
  }
}
