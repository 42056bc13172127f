import CLinux
import KernelSystem

/// Which descriptors the iterator writes; the rest never leaves the kernel.
@safe public struct SocketIteratorRequest: Sendable, Equatable {
  /// A bit an `AF_*`.
  public var families: UInt64 = .max
  /// With `TCPRecord` and `MemoryRecord` for internet sockets.
  public var wantsInternals = false
  /// With descriptors of network namespaces.
  public var wantsNamespaces = false
  /// Only internet sockets with this port at either end (and every socket of another family); nil is all.
  public var port: UInt16?
  /// Only sockets of the namespace with this inode; nil is all.
  public var netns: UInt32?
  public init() {}
}

/// The `task_file` iterator of `BPF/sockets.bpf.c`: every descriptor of every process that holds a socket.
///
/// Since 5.8 (5.11 for `bpf_sock_from_file`); needs CAP_BPF and CAP_PERFMON, or CAP_SYS_ADMIN. Nothing stays in the
/// kernel when it goes away.
@safe public struct SocketIterator: ~Copyable {
  private let object: OpaquePointer
  private let link: OpaquePointer

  private init(object: OpaquePointer, link: OpaquePointer) {
    unsafe self.object = object
    unsafe self.link = link
  }

  /// Loads and verifies the program: 20–30 ms, nearly all of it the kernel's type information.
  public static func load(_ request: SocketIteratorRequest) throws(BPFError) -> SocketIterator {
    let log = BPFLog()
    let object = unsafe try open(log)
    func failed(_ step: BPFError.Step, _ status: Int32) -> BPFError {
      let errno = Errno(rawValue: abs(status))
      unsafe bpf_object__close(object)
      return BPFError(step: step, object: "sockets", errno: errno, log: log.taken())
    }
    guard unsafe configure(object, request) else { throw failed(.configure, EINVAL) }
    let loaded = unsafe bpf_object__load(object)
    guard loaded == 0 else { throw failed(.load, loaded) }
    guard let program = unsafe bpf_object__find_program_by_name(object, "sockets") else {
      throw failed(.attach, ENOENT)
    }
    guard let link = unsafe bpf_program__attach_iter(program, nil) else {
      throw failed(.attach, Errno.current.rawValue)
    }
    return unsafe SocketIterator(object: object, link: link)
  }

  private static func open(_ log: BPFLog) throws(BPFError) -> OpaquePointer {
    let image = BPFObject.sockets.bytes()
    var options = unsafe bpf_object_open_opts()
    unsafe options.sz = MemoryLayout<bpf_object_open_opts>.size
    // SAFETY: libbpf copies what it needs before open_mem returns.
    let object = unsafe image.withUnsafeBytes { (bytes) -> OpaquePointer? in
      unsafe bpf_object__open_mem(bytes.baseAddress, bytes.count, &options)
    }
    guard let object = unsafe object else {
      throw BPFError(step: .open, object: "sockets", errno: .current, log: log.taken())
    }
    return unsafe object
  }

  /// Writes the program's constants, before the verifier sees them.
  private static func configure(_ object: OpaquePointer, _ request: SocketIteratorRequest) -> Bool {
    guard let map = unsafe bpf_object__find_map_by_name(object, ".rodata") else { return false }
    var constants = sockeye_iterator_constants()
    constants.families = request.families
    constants.only_port = UInt32(request.port ?? 0)
    constants.only_netns = request.netns ?? 0
    constants.want_internals = request.wantsInternals ? 1 : 0
    constants.want_namespaces = request.wantsNamespaces ? 1 : 0
    // SAFETY: libbpf checks the size against the map's and copies.
    return unsafe bpf_map__set_initial_value(map, &constants, MemoryLayout.size(ofValue: constants)) == 0
  }

  /// Runs one pass; `body` gets whole records, many at a time, and must copy what it keeps.
  ///
  /// Throws `.create` or `.read` with the errno.
  public borrowing func forEachBatch(_ body: (SocketRecordBatch) -> Void) throws(BPFError) {
    let number = unsafe bpf_iter_create(bpf_link__fd(link))
    guard number >= 0 else {
      throw BPFError(step: .create, object: "sockets", errno: .current, log: "")
    }
    let descriptor = OwnedDescriptor(owning: number)
    // The kernel's own buffer is 8 pages: a read returns at most that.
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 8)
    defer { unsafe buffer.deallocate() }
    var kept = 0
    while true {
      let count: Int
      do throws(Errno) {
        // SAFETY: the rest of the buffer behind what was kept.
        count = try unsafe descriptor.read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[kept...]))
      } catch {
        if error == .tryAgain { continue }  // the kernel yields between long stretches without output
        throw BPFError(step: .read, object: "sockets", errno: error, log: "")
      }
      if count == 0 { return }
      let filled = kept + count
      let batch = unsafe SocketRecordBatch(UnsafeRawBufferPointer(rebasing: buffer[..<filled]))
      body(batch)
      // A record can lie across two reads: keep its first part.
      kept = filled - batch.wholeByteCount
      unsafe buffer.baseAddress!.copyMemory(from: buffer.baseAddress! + batch.wholeByteCount, byteCount: kept)
    }
  }

  deinit {
    _ = unsafe bpf_link__destroy(link)
    unsafe bpf_object__close(object)
  }
}
