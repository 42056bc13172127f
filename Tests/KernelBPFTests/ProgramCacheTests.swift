import CLinux
import KernelSystem
import Testing

@testable import KernelBPF

/// capset(2) of the calling thread alone, which glibc exports and no header of ours declares.
@_silgen_name("capset")
private func capset(
  _ header: UnsafeMutablePointer<__user_cap_header_struct>, _ data: UnsafePointer<__user_cap_data_struct>
) -> Int32

@Suite(
  "The cache of relocated programs", .serialized,
  .enabled(if: mayTrace && geteuid() == 0, "needs root, CAP_BPF and CAP_PERFMON"))
struct ProgramCacheTests {
  private let folder: CacheFolder
  private let sockets: KnownSockets

  init() throws {
    folder = try CacheFolder()
    sockets = try KnownSockets()
  }

  private static let everything: SocketIteratorRequest = {
    var request = SocketIteratorRequest()
    request.wantsInternals = true
    request.wantsNamespaces = true
    return request
  }()

  /// Loads twice: what the second load took from the cache.
  private func cached(_ request: SocketIteratorRequest) throws -> SocketIterator {
    _ = try SocketIterator.load(request, cache: folder.cache)
    let iterator = try SocketIterator.load(request, cache: folder.cache)
    let report = iterator.loadReport
    #expect(report.wasCached, "\(report)")
    return iterator
  }

  @Test("The first load is kept, and the next one lists the same sockets from it")
  func sameSockets() throws {
    for request in [SocketIteratorRequest(), Self.everything] {
      let first = try SocketIterator.load(request, cache: folder.cache)
      if request == SocketIteratorRequest() {
        let report = first.loadReport
        #expect(report.cache == .missed(.absent))
        #expect(report.keeping == .kept)
      }
      let second = try SocketIterator.load(request, cache: folder.cache)
      let (wasCached, report) = (second.wasCached, second.loadReport)
      #expect(wasCached)
      #expect(report == IteratorLoadReport(cache: .used))
      let plain = try SocketIterator.load(request, useCache: false)
      let plainReport = plain.loadReport
      #expect(plainReport == IteratorLoadReport(cache: .notWanted))
      let expected = sockets.among(try plain.own().list)
      #expect(expected.count == (request.wantsNamespaces ? 29 : 28))
      let lists = [try first.own().list, try second.own().list, try second.own().list]
      #expect(lists.map(sockets.among) == [expected, expected, expected], "two passes of the cached one")
    }
    #expect(folder.names == ["sockets.iterator"])
  }

  @Test("The constants of the run are honoured, not those of the run that filled the cache")
  func constants() throws {
    _ = try cached(Self.everything)
    var unix = SocketIteratorRequest()
    unix.families = 1 << UInt64(AF_UNIX)
    let unixOnly = try cached(unix).own().list
    #expect(sockets.among(unixOnly).count == 2)
    #expect(unixOnly.allSatisfy { $0.family == UInt16(AF_UNIX) && !$0.hasInternals })

    var port = SocketIteratorRequest()
    port.families = 1 << UInt64(AF_INET)
    port.port = sockets.ports[11]
    let atPort = sockets.among(try cached(port).own().list)
    #expect(atPort.map(\.localPort) == [sockets.ports[11]])

    var netns = SocketIteratorRequest()
    netns.netns = try sockets.netns
    let inOurs = sockets.among(try cached(netns).own().list)
    #expect(inOurs.count == 28)
    netns.netns = 1
    let inNone = try cached(netns).own().total
    #expect(inNone == 0)

    let all = sockets.among(try cached(Self.everything).own().list)
    #expect(all.filter { $0.isNamespace }.count == 1)
    #expect(all.filter { $0.family == UInt16(AF_INET) }.allSatisfy { $0.hasInternals })
  }

  @Test("The verifier cuts the same branches from a program of the cache as from libbpf's")
  func sameCuts() throws {
    var lengths: Set<UInt32> = []
    for request in [SocketIteratorRequest(), Self.everything] {
      let fromCache = try verifiedLength(try cached(request))
      let fromLibbpf = try verifiedLength(try SocketIterator.load(request, useCache: false))
      #expect(fromCache == fromLibbpf)
      lengths.insert(fromCache)
    }
    #expect(lengths.count == 2, "what the constants rule out is not there")
  }

  /// Bytes of the program after verification.
  private func verifiedLength(_ iterator: borrowing SocketIterator) throws -> UInt32 {
    var link = bpf_link_info()
    var length = UInt32(MemoryLayout<bpf_link_info>.size)
    let found = iterator.program.link.borrow { bpf_obj_get_info_by_fd($0, &link, &length) }
    try #require(found == 0)
    let program = OwnedDescriptor(owning: bpf_prog_get_fd_by_id(link.prog_id))
    var info = bpf_prog_info()
    length = UInt32(MemoryLayout<bpf_prog_info>.size)
    let told = program.borrow { bpf_obj_get_info_by_fd($0, &info, &length) }
    try #require(told == 0)
    return info.xlated_prog_len
  }

  /// Expects that a load does without the cache for `reason`, and lists what it should.
  private func expectFallback(_ reason: CacheMiss, keeping: CacheKeeping = .kept) throws {
    let iterator = try SocketIterator.load(SocketIteratorRequest(), cache: folder.cache)
    let (report, list) = (iterator.loadReport, try iterator.own().list)
    #expect(report.cache == .missed(reason))
    #expect(report.keeping == keeping)
    #expect(sockets.among(list).count == 28)
  }

  @Test("A file cut short or changed is ignored and replaced")
  func damaged() throws {
    _ = try cached(SocketIteratorRequest())
    let file = try folder.contents
    var flipped = file
    flipped[file.count - 101] ^= 16
    for bytes in [
      [], Array(file[..<7]), Array(file[..<(file.count / 2)]), Array(file.dropLast()), file + [0], flipped,
    ] {
      try folder.write(bytes)
      try expectFallback(.damaged)
      #expect(try folder.contents == file, "replaced by the same")
    }
    _ = try cached(SocketIteratorRequest())
  }

  @Test("A file of another build is stale and replaced")
  func stale() throws {
    _ = try cached(SocketIteratorRequest())
    let image = try folder.cache.image(of: .sockets)
    try folder.write(image.file(key: Array("another boot".utf8)))
    try expectFallback(.stale)
    _ = try cached(SocketIteratorRequest())
  }

  @Test("A program that the kernel refuses gives way to libbpf's, and the report has the verifier's words")
  func refused() throws {
    _ = try cached(SocketIteratorRequest())
    var image = try folder.cache.image(of: .sockets)
    // An exit that leaves no result.
    var exit = bpf_insn()
    exit.code = UInt8(BPF_JMP | BPF_EXIT)
    image.instructions = [exit]
    try folder.cache.keep(image, of: .sockets)
    let iterator = try SocketIterator.load(SocketIteratorRequest(), cache: folder.cache)
    let (report, list) = (iterator.loadReport, try iterator.own().list)
    guard case .missed(.refused(let error)) = report.cache else {
      Issue.record("\(report)")
      return
    }
    #expect(error.step == .load && error.errno == .accessDenied && error.log.contains("R0 !read_ok"))
    #expect(report.keeping == .kept)
    #expect(sockets.among(list).count == 28)
  }

  @Test("A file for other constants is refused before the kernel sees it")
  func otherConstants() throws {
    _ = try cached(SocketIteratorRequest())
    var image = try folder.cache.image(of: .sockets)
    for index in image.maps.indices where image.maps[index].contents == .constants(byteCount: 24) {
      image.maps[index].contents = .constants(byteCount: 32)
    }
    try folder.cache.keep(image, of: .sockets)
    try expectFallback(
      .refused(BPFError(step: .configure, object: "sockets", errno: .invalidArgument, log: "")))
  }

  @Test("A foreign file is not read, and replaced in a directory that is ours")
  func foreignFile() throws {
    _ = try cached(SocketIteratorRequest())
    try #require(chown(folder.file, 65_534, 65_534) == 0)
    try expectFallback(.untrusted(.foreignOwner(path: folder.file, userID: 65_534)))
    _ = try cached(SocketIteratorRequest())
    try #require(chmod(folder.file, 0o620) == 0)
    try expectFallback(.untrusted(.writableByOthers(path: folder.file)))
  }

  @Test("Nothing is read from or written to a directory that others can write")
  func foreignDirectory() throws {
    _ = try cached(SocketIteratorRequest())
    let file = try folder.contents
    try #require(chmod(folder.path, 0o770) == 0)
    let open = PrivateFileError.writableByOthers(path: folder.path)
    try expectFallback(.untrusted(open), keeping: .failed(open))
    try #require(chmod(folder.path, 0o700) == 0)
    try #require(chown(folder.path, 65_534, 65_534) == 0)
    let foreign = PrivateFileError.foreignOwner(path: folder.path, userID: 65_534)
    try expectFallback(.untrusted(foreign), keeping: .failed(foreign))
    try #require(chown(folder.path, 0, 0) == 0)
    #expect(try folder.contents == file)
  }

  @Test("Links and pipes in the place of the file are not followed and do not block")
  func specialFiles() throws {
    _ = try cached(SocketIteratorRequest())
    let elsewhere = "\(folder.path)/elsewhere"
    try #require(rename(folder.file, elsewhere) == 0)
    try #require(symlink(elsewhere, folder.file) == 0)
    let looped = SystemError("openat", on: "sockets.iterator", Errno(rawValue: ELOOP))
    try expectFallback(.untrusted(.system(looped)))
    try #require(unlink(folder.file) == 0 && mkfifo(folder.file, 0o600) == 0)
    try expectFallback(.untrusted(.notRegular(path: folder.file)))
    _ = try cached(SocketIteratorRequest())

    let alias = try CacheFolder()
    try #require(rmdir(alias.path) == 0 && symlink(folder.path, alias.path) == 0)
    defer { unlink(alias.path) }
    let iterator = try SocketIterator.load(SocketIteratorRequest(), cache: alias.cache)
    let report = iterator.loadReport
    #expect(!report.wasCached && report.keeping != .kept)
  }

  @Test("Without a place for it the program loads all the same")
  func noPlace() throws {
    let iterator = try SocketIterator.load(SocketIteratorRequest(), cache: nil)
    let report = iterator.loadReport
    #expect(report == IteratorLoadReport(cache: .noPlace))
    let absent = ProgramCache(directory: "\(folder.path)/none/none")
    let other = try SocketIterator.load(SocketIteratorRequest(), cache: absent)
    let failed = other.loadReport
    #expect(failed.cache == .missed(.absent))
    let parent = SystemError("mkdir", on: absent.directory, .noSuchFile)
    #expect(failed.keeping == .failed(.system(parent)))
  }

  @Test(
    "A thread without capabilities gets the error of libbpf's way, from an empty cache and from a full one")
  func unprivileged() throws {
    // libbpf asks once a process what the kernel can do: it must not ask first without privilege.
    _ = try cached(SocketIteratorRequest())
    let empty = try CacheFolder()
    for cache in [folder.cache, empty.cache] {
      let error = withoutCapabilities { () -> BPFError? in
        do throws(BPFError) {
          _ = try SocketIterator.load(SocketIteratorRequest(), cache: cache)
          return nil
        } catch { return error }
      }
      #expect(error?.errno == .notPermitted && error?.step == .load, "\(String(describing: error))")
    }
    #expect(empty.names == [])
    _ = try cached(SocketIteratorRequest())
  }

  /// Runs `body` with an empty effective set, which is each thread's own.
  private func withoutCapabilities<Result>(_ body: () -> Result) -> Result {
    var header = __user_cap_header_struct(version: UInt32(_LINUX_CAPABILITY_VERSION_3), pid: 0)
    let effective = Privileges.ofThisThread().effectiveCapabilities
    func set(_ effective: UInt64, of all: UInt64) {
      let halves = [0, 32].map { shift in
        __user_cap_data_struct(
          effective: UInt32(truncatingIfNeeded: effective >> shift),
          permitted: UInt32(truncatingIfNeeded: all >> shift), inheritable: 0)
      }
      #expect(capset(&header, halves) == 0)
    }
    set(0, of: effective)
    defer { set(effective, of: effective) }
    return body()
  }

  @Test("Concurrent loads of an empty cache all succeed, and leave one whole file")
  func concurrent() async throws {
    let cache = folder.cache
    let counts = try await withThrowingTaskGroup(of: Int.self) { group in
      for _ in 0..<7 {
        group.addTask { try SocketIterator.load(SocketIteratorRequest(), cache: cache).own().list.count }
      }
      return try await group.reduce(into: []) { $0.append($1) }
    }
    #expect(counts.count == 7 && counts.allSatisfy { $0 >= 28 })
    #expect(folder.names == ["sockets.iterator"])
    _ = try cached(SocketIteratorRequest())
  }

  @Test("Nothing is left open by 211 loads")
  func descriptors() throws {
    _ = try cached(SocketIteratorRequest())
    let before = try openCount()
    for _ in 0..<211 { _ = try SocketIterator.load(SocketIteratorRequest(), cache: folder.cache).own() }
    // Other tests run in the same process.
    #expect(try openCount() < before + 101)
  }

  private func openCount() throws -> Int {
    let directory = try #require(opendir("/proc/self/fd"))
    defer { closedir(directory) }
    var count = 0
    while readdir(directory) != nil { count += 1 }
    return count
  }
}
