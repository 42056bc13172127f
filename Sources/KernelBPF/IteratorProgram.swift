import CLinux
import KernelSystem

/// An iterator in the kernel, ready to be read any number of times; gone when its owner is.
struct IteratorProgram: ~Copyable {
  let link: OwnedDescriptor
  private let name: String
  let report: IteratorLoadReport

  /// Loads the program that has its object's name, with `constants` as the whole of the object's `.rodata`.
  ///
  /// What the cache cannot do, libbpf does; only its failure is thrown. `isWanted` is for the report.
  static func load(
    _ object: BPFObject, constants: [UInt8], cache: ProgramCache?, isWanted: Bool = true
  ) throws(BPFError) -> IteratorProgram {
    let log = BPFLog()
    guard let cache else {
      let report = IteratorLoadReport(cache: isWanted ? .noPlace : .notWanted)
      return try relocate(object, constants, log, report, keepIn: nil)
    }
    let miss: CacheMiss
    do throws(CacheMiss) {
      let link = try fromCache(cache, object, constants)
      return IteratorProgram(link: link, name: "\(object.name)", report: IteratorLoadReport(cache: .used))
    } catch { miss = error }
    return try relocate(object, constants, log, IteratorLoadReport(cache: .missed(miss)), keepIn: cache)
  }

  private static func fromCache(
    _ cache: ProgramCache, _ object: BPFObject, _ constants: [UInt8]
  ) throws(CacheMiss) -> OwnedDescriptor {
    let image = try cache.image(of: object)
    do throws(BPFError) { return try image.load(constants: constants) } catch { throw .refused(error) }
  }

  /// libbpf's way. Its object goes at the end: the link keeps the program, and that its maps.
  private static func relocate(
    _ object: BPFObject, _ constants: [UInt8], _ log: BPFLog, _ report: consuming IteratorLoadReport,
    keepIn cache: ProgramCache?
  ) throws(BPFError) -> IteratorProgram {
    let name = "\(object.name)"
    func failure(_ step: BPFError.Step, _ status: Int32) -> BPFError {
      BPFError(step: step, object: name, errno: Errno(rawValue: abs(status)), log: log.taken())
    }
    let opened = unsafe Self.open(object)
    guard let opened = unsafe opened else { throw failure(.open, Errno.current.rawValue) }
    defer { unsafe bpf_object__close(opened) }
    guard unsafe Self.configure(opened, constants) else { throw failure(.configure, EINVAL) }
    let loaded = unsafe bpf_object__load(opened)
    guard loaded == 0 else { throw failure(.load, loaded) }
    guard let program = unsafe bpf_object__find_program_by_name(opened, name) else {
      throw failure(.attach, ENOENT)
    }
    let link = unsafe bpf_link_create(bpf_program__fd(program), 0, BPF_TRACE_ITER, nil)
    guard link >= 0 else { throw failure(.attach, link) }
    let owned = OwnedDescriptor(owning: link)
    var report = report
    if let cache { report.keeping = unsafe keep(opened, program, of: object, in: cache) }
    return IteratorProgram(link: owned, name: name, report: report)
  }

  private static func open(_ object: BPFObject) -> OpaquePointer? {
    let image = object.bytes()
    var options = unsafe bpf_object_open_opts()
    unsafe options.sz = MemoryLayout<bpf_object_open_opts>.size
    // SAFETY: libbpf copies the name and what it needs of the image before open_mem returns.
    return unsafe "\(object.name)".withCString { name in
      unsafe options.object_name = name
      return unsafe image.withUnsafeBytes { unsafe bpf_object__open_mem($0.baseAddress, $0.count, &options) }
    }
  }

  /// Writes the program's constants, before the verifier sees them.
  private static func configure(_ object: OpaquePointer, _ constants: [UInt8]) -> Bool {
    guard let map = unsafe bpf_object__find_map_by_name(object, ".rodata") else { return constants.isEmpty }
    // SAFETY: libbpf checks the size against the map's and copies.
    return unsafe constants.withUnsafeBytes {
      unsafe bpf_map__set_initial_value(map, $0.baseAddress, $0.count)
    } == 0
  }

  private static func keep(
    _ opened: OpaquePointer, _ program: OpaquePointer, of object: BPFObject, in cache: ProgramCache
  ) -> CacheKeeping {
    guard let image = unsafe IteratorImage(capturing: opened, program: program) else { return .notCacheable }
    do throws(PrivateFileError) {
      try cache.keep(image, of: object)
      return .kept
    } catch { return .failed(error) }
  }

  /// Begins a pass: reading the descriptor runs the program. Throws `.create`.
  borrowing func start() throws(BPFError) -> OwnedDescriptor {
    try link.borrow { (number) throws(BPFError) in
      let pass = bpf_iter_create(number)
      guard pass >= 0 else {
        throw BPFError(step: .create, object: name, errno: Errno(rawValue: -pass), log: "")
      }
      return OwnedDescriptor(owning: pass)
    }
  }
}
