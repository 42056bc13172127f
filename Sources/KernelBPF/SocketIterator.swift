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
public struct SocketIterator: ~Copyable {
  let program: IteratorProgram

  /// How this program came to be loaded.
  public var loadReport: IteratorLoadReport { program.report }
  /// The program came from the cache: no work on the kernel's types.
  public var wasCached: Bool { program.report.wasCached }

  /// Loads and verifies the program: from what an earlier run of this boot kept (about 1 ms), else by libbpf
  /// (20–30 ms, nearly all of it the kernel's type information).
  public static func load(
    _ request: SocketIteratorRequest, useCache: Bool = true
  ) throws(BPFError) -> SocketIterator {
    try load(request, cache: useCache ? .ofThisUser() : .none, isWanted: useCache)
  }

  /// As above, with the cache in a place of the caller's choice.
  static func load(
    _ request: SocketIteratorRequest, cache: ProgramCache?, isWanted: Bool = true
  ) throws(BPFError) -> SocketIterator {
    let constants = sockeye_iterator_constants(request)
    // SAFETY: a structure of integers without padding.
    let bytes = unsafe withUnsafeBytes(of: constants) { unsafe [UInt8]($0) }
    return SocketIterator(
      program: try IteratorProgram.load(.sockets, constants: bytes, cache: cache, isWanted: isWanted))
  }

  /// Runs one pass; `body` gets whole records, many at a time, and must copy what it keeps.
  ///
  /// Throws `.create` or `.read` with the errno.
  public borrowing func forEachBatch(_ body: (SocketRecordBatch) -> Void) throws(BPFError) {
    let descriptor = try program.start()
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
}

extension sockeye_iterator_constants {
  fileprivate init(_ request: SocketIteratorRequest) {
    self.init()
    families = request.families
    only_port = UInt32(request.port ?? 0)
    only_netns = request.netns ?? 0
    want_internals = request.wantsInternals ? 1 : 0
    want_namespaces = request.wantsNamespaces ? 1 : 0
  }
}
