import CLinux
import Glibc
import KernelSystem
import OwnThread
import ProcessFixture
import Testing

@testable import KernelProc

private let needsRoot = "needs root: CAP_SETUID, CAP_SYS_ADMIN"

/// The directory of `pid` in the real `/proc`.
private func directory(_ pid: Int32) throws -> ProcessDirectory {
  guard case .value(let directory) = try ProcFileSystem().process(pid) else { throw Errno.noSuchProcess }
  return directory
}

@Suite("The real kernel")
struct KernelTests {
  @Test("Our own process is what the system calls say of it")
  func ownProcess() throws {
    let own = try directory(getpid())
    var buffer = ReadBuffer()
    let stat = try #require(own.stat(&buffer).value)
    #expect(stat.pid == getpid() && stat.parentPID == getppid())
    #expect(stat.session == getsid(0) && stat.processGroup == getpgrp())
    // Field 22, found another way: counted from the end of the name.
    let text = String(decoding: try TextFile.read("/proc/self/stat", atMost: 4096), as: UTF8.self)
    let fields = text[text.lastIndex(of: ")")!...].split(separator: " ")
    #expect(stat.startTicks == UInt64(fields[20]))
    let status = try #require(own.status(&buffer).value)
    #expect(status.threadGroupID == getpid() && status.effectiveUserID == geteuid())
    #expect(status.effectiveCapabilities == Privileges.ofThisThread().effectiveCapabilities)
    let arguments = try #require(own.commandLine(&buffer).value).arguments
    #expect(arguments.first == argumentZero())
    var file = CLinux.stat()
    fstatat(AT_FDCWD, "/proc/self/ns/net", &file, 0)
    #expect(own.namespace(.net) == .value(UInt64(file.st_ino)))
    for kind in NamespaceKind.allCases {
      #expect(own.namespace(kind).value != nil)
      #expect(try ProcFileSystem().namespace(kind, of: getpid()) == own.namespace(kind))
    }
    #expect(own.cgroups(&buffer).value?.isEmpty == false)
    #expect(own.memoryMap(&buffer).value?.contains { $0.path == bytes("[stack]") } == true)
    #expect(own.mounts(&buffer).value?.contains { $0.mountPoint == bytes("/proc") } == true)
  }

  private func argumentZero() -> [UInt8] {
    bytes(String(cString: Swift.CommandLine.unsafeArgv[0]!))
  }

  @Test("A child with a hostile name is itself, in both files")
  func hostileName() throws {
    let name = bytes(") R 1 1\n(\u{1b}x)\u{7f}") + [0xff, 0x80]
    let child = try ChildProcess(name: name)
    var buffer = ReadBuffer()
    let directory = try directory(child.pid)
    let stat = try #require(directory.stat(&buffer).value)
    #expect(stat.name == name && stat.pid == child.pid && stat.parentPID == getpid())
    #expect(stat.state == UInt8(ascii: "S") || stat.state == UInt8(ascii: "R"))
    #expect(directory.status(&buffer).value?.threadGroupID == child.pid)
    child.end()
    #expect(directory.stat(&buffer) == .gone)
    #expect(directory.executable() == .gone)
    #expect(directory.commandLine(&buffer) == .gone)
    #expect(directory.threadIDs() == .gone)
    #expect(directory.namespace(.net) == .gone)
    guard case .gone = try ProcFileSystem().process(child.pid) else {
      Issue.record("a process that was waited for is there")
      return
    }
  }

  @Test("A zombie has a stat, and no arguments, executable or mounts")
  func zombie() throws {
    let child = try ChildProcess(PROCESS_ZOMBIE)
    try child.waitForZombie()
    var buffer = ReadBuffer()
    let directory = try directory(child.pid)
    #expect(directory.stat(&buffer).value?.state == UInt8(ascii: "Z"))
    #expect(directory.commandLine(&buffer).value?.arguments == [])
    #expect(directory.executable() == .absent)
    #expect(directory.workingDirectory() == .absent)
    #expect(directory.mounts(&buffer) == .absent)
    #expect(directory.namespace(.net) == .absent)
    #expect(directory.threadIDs() == .value([child.pid]))
  }

  @Test("A scan finds exactly the 23 sockets that a process opened, by their descriptors")
  func sockets() throws {
    let child = try ChildProcess(sockets: 23)
    var scan = DescriptorScan()
    try ProcFileSystem().scanDescriptors(of: [child.pid], &scan)
    #expect(scan.sockets.map(\.descriptor) == Array(3..<26))
    #expect(Set(scan.sockets.map(\.inode)).count == 23)
    #expect(scan.sockets.allSatisfy { $0.pid == child.pid })
    #expect(scan.descriptorCount == 26)
    var buffer = ReadBuffer()
    let directory = try directory(child.pid)
    #expect(scan.processes.map(\.startTicks) == [try #require(directory.stat(&buffer).value).startTicks])
    for held in scan.sockets {
      #expect(try linkText("/proc/\(child.pid)/fd/\(held.descriptor)") == "socket:[\(held.inode)]")
    }
    #expect(throws: Errno.noSuchFile) { try linkText("/proc/\(child.pid)/fd/26") }
  }

  @Test("A scan of every process finds our own 23 sockets by the inodes that fstat gives")
  func ownSockets() throws {
    let sockets = try (0..<23).map { _ in try OwnedSocket() }
    let namespace = try OwnedDescriptor.open("/proc/self/ns/net")
    var scan = DescriptorScan()
    try ProcFileSystem().scanDescriptors(&scan)
    let expected = Set(sockets.map { HeldInode(inode: $0.inode, pid: getpid(), descriptor: $0.number) })
    #expect(Set(scan.sockets.filter { $0.pid == getpid() }).isSuperset(of: expected))
    let held = namespace.borrow { number in
      scan.namespaces.contains { $0.pid == getpid() && $0.descriptor == number }
    }
    #expect(held)
  }

  @Test("The sockets of a process whose first thread has ended are found in the next thread's table")
  func leaderEnded() throws {
    let child = try ChildProcess(PROCESS_LEADER_ENDED, sockets: 5)
    try child.waitForZombie()
    var scan = DescriptorScan()
    try ProcFileSystem().scanDescriptors(of: [child.pid], &scan)
    #expect(scan.sockets.map(\.descriptor) == [3, 4, 5, 6, 7])
    #expect(scan.processes.map(\.pid) == [child.pid])
    #expect(try directory(child.pid).threadIDs().value?.count == 2)
  }

  @Test("A file whose path is longer than a page hides no socket of its process")
  func longPath() throws {
    let tree = try TemporaryTree()
    let name = String(repeating: "d", count: 250)
    var open = [try OpenDirectory(tree.path)]
    for _ in 0..<20 { open.append(try OpenDirectory(name, beneath: open.last!)) }
    defer {
      for parent in open.dropLast().reversed() { unlinkat(parent.number, name, AT_REMOVEDIR) }
    }
    let socket = try OwnedSocket()
    // This kernel shows no long paths.
    #expect(throws: Errno(rawValue: ENAMETOOLONG)) { try linkText("/proc/self/fd/\(open.last!.number)") }
    var scan = DescriptorScan()
    try ProcFileSystem().scanDescriptors(of: [getpid()], &scan)
    #expect(scan.failedCount == 0)
    #expect(scan.sockets.contains(HeldInode(inode: socket.inode, pid: getpid(), descriptor: socket.number)))
  }

  @Test("Threads are listed, and a thread's directory has its own name")
  func threads() throws {
    try onOwnThread {
      let name = bytes("a) b\n(c")
      #expect(process_fixture_name_thread((name + [0]).map { CChar(bitPattern: $0) }) == 0)
      let own = try Self.ownThreadID()
      #expect(try directory(getpid()).threadIDs().value?.contains(own) == true)
      guard case .value(let thread) = try ProcFileSystem(path: "/proc/self/task").process(own) else {
        throw Errno.noSuchProcess
      }
      var buffer = ReadBuffer()
      #expect(thread.stat(&buffer).value?.name == name)
    }
  }

  private static func ownThreadID() throws -> Int32 {
    let text = try TextFile.read("/proc/thread-self/stat", atMost: 4096)
    guard let stat = ProcessStat(parsing: text.span) else { throw Errno(rawValue: EBADMSG) }
    return stat.pid
  }

  @Test("A kernel thread has a flag, and no executable or arguments")
  func kernelThread() throws {
    guard case .value(let thread) = try ProcFileSystem().process(2) else {
      try Test.cancel("no process 2: this pid namespace has no kernel threads")
    }
    var buffer = ReadBuffer()
    guard thread.stat(&buffer).value?.isKernelThread == true else {
      try Test.cancel("process 2 is no kernel thread: this pid namespace has none")
    }
    #expect(thread.commandLine(&buffer).value?.arguments == [])
    if geteuid() == 0 { #expect(thread.executable() == .absent) }
  }

  @Test(
    "Another user is denied what needs ptrace rights, and reads the rest",
    .enabled(if: geteuid() == 0, "\(needsRoot)"))
  func denied() throws {
    let child = try ChildProcess(sockets: 3)
    try asUser(65534) {
      let directory = try directory(child.pid)
      var buffer = ReadBuffer()
      #expect(directory.stat(&buffer).value?.pid == child.pid)
      #expect(directory.status(&buffer).value?.effectiveUserID == 0)
      #expect(directory.commandLine(&buffer).value != nil)
      #expect(directory.executable() == .denied)
      #expect(directory.workingDirectory() == .denied)
      #expect(directory.namespace(.net) == .denied)
      #expect(try ProcFileSystem().namespace(.net, of: directory.pid) == .denied)
      #expect(directory.memoryMap(&buffer) == .denied)
      var scan = DescriptorScan()
      try ProcFileSystem().scanDescriptors(of: [child.pid], &scan)
      #expect(scan.deniedPIDs == [child.pid] && scan.sockets.isEmpty && scan.goneCount == 0)
    }
  }

  @Test(
    "The tables are those of the namespace that the calling thread is in",
    .enabled(if: geteuid() == 0, "\(needsRoot)"))
  func ownNamespace() throws {
    try inFreshNamespace {
      let sockets = try (0..<7).map { _ in try OwnedSocket(AF_INET, SOCK_STREAM) }
      guard case .value(let net) = try ProcFileSystem().network() else { throw Errno.noSuchFile }
      var buffer = ReadBuffer()
      let before = try #require(net.statistics(&buffer).value)
      #expect(before.tcpInUse == 0)
      for socket in sockets { #expect(listen(socket.number, 1) == 0) }
      #expect(net.statistics(&buffer).value?.tcpInUse == 7)
      let table = try #require(net.sockets(.tcp, &buffer).value)
      #expect(Set(table.records.map(\.inode)) == Set(sockets.map(\.inode)))
      #expect(table.records.allSatisfy { $0.state == 10 } && table.unreadableLines == 0)
      #expect(net.interfaceCounters(&buffer).value?.records.map(\.name) == [bytes("lo")])
      guard case .absent = net.sctpEndpoints(&buffer) else { return }
    }
  }

  @Test("The host tells its boot and its open files")
  func host() throws {
    let proc = try ProcFileSystem()
    var buffer = ReadBuffer()
    #expect(proc.bootID(&buffer).value?.count == 36)
    let files = try #require(proc.openFiles(&buffer).value)
    #expect(files.allocated > 0 && files.limit > files.allocated)
    #expect(proc.processVisibility(&buffer).value != nil)
    #expect(try proc.processIDs().contains(getpid()))
  }
}

/// A socket of the test's own.
private final class OwnedSocket {
  let number: Int32
  init(_ family: Int32 = AF_UNIX, _ type: __socket_type = SOCK_DGRAM) throws {
    number = socket(family, Int32(type.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard number >= 0 else { throw SystemError("socket", on: "\(family)", .current) }
  }
  deinit { close(number) }

  var inode: UInt64 {
    var status = CLinux.stat()
    fstat(number, &status)
    return UInt64(status.st_ino)
  }
}

/// A directory that stays open.
private final class OpenDirectory {
  let number: Int32
  init(_ path: String) throws {
    number = clinux_openat(AT_FDCWD, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard number >= 0 else { throw SystemError("openat", on: path, .current) }
  }
  init(_ name: String, beneath parent: OpenDirectory) throws {
    mkdirat(parent.number, name, 0o755)
    number = clinux_openat(parent.number, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard number >= 0 else { throw SystemError("openat", on: name, .current) }
  }
  deinit { close(number) }
}
