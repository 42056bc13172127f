import Foundation
import Glibc
import KernelProc
import KernelSystem
import Testing

private func open(_ pid: Int32, _ proc: borrowing ProcFileSystem) throws -> ProcessDirectory {
  guard let directory = proc.process(pid).take() else {
    throw SystemError("openat", on: "/proc/\(pid)", .noSuchProcess)
  }
  return directory
}

@Suite struct RealProcessTests {
  @Test("This process reads its own facts")
  func ownProcess() throws {
    let proc = try ProcFileSystem()
    let own = try open(getpid(), proc)
    var buffer = ReadBuffer()
    #expect(own.stat(&buffer).value?.pid == getpid())
    #expect(own.stat(&buffer).value?.parentPID == getppid())
    #expect(own.status(&buffer).value?.effectiveUserID == geteuid())
    #expect(own.commandLine(&buffer).value?.arguments.first?.text == ProcessInfo.processInfo.arguments[0])
    let directory = FileManager.default.currentDirectoryPath
    #expect(own.workingDirectory().value?.text == directory)
    #expect(own.rootDirectory().value?.text == "/")
    #expect(try #require(own.executable().value).path.first == UInt8(ascii: "/"))
    var facts = Glibc.stat()
    try #require(stat("/proc/self/ns/net", &facts) == 0)
    #expect(own.namespace(.net) == .value(UInt64(facts.st_ino)))
    #expect(try #require(own.cgroups(&buffer).value).isEmpty == false)
    #expect(own.threadIDs().value?.contains(getpid()) == true)
    #expect(own.descriptorInfo(0, &buffer).value != nil)
    #expect(own.descriptorLink(1_000_000) == .absent)
    #expect(own.descriptorInfo(1_000_000, &buffer) == .absent)
    #expect(try #require(own.mounts(&buffer).value).contains { $0.mountPoint.text == "/proc" })
    let maps = try #require(own.memoryMap(&buffer).value)
    #expect(maps.contains { $0.path.text == "[vdso]" && $0.permissions.contains(.execute) })
    if access("/proc/self/loginuid", F_OK) == 0 { #expect(own.loginUserID(&buffer).value != nil) }
  }

  @Test("A child with a hostile name is read as it is")
  func hostileChild() throws {
    let tree = try FakeTree()
    let name = "a)\n(\u{1b}[1m) Z 1"
    let path = tree.path + "/" + name
    try FileManager.default.copyItem(atPath: "/bin/bash", toPath: path)
    let child = try Child(path, ["-c", "read line; exit", "", "x\ny"])
    let proc = try ProcFileSystem()
    let directory = try open(child.pid, proc)
    var buffer = ReadBuffer()
    // exec fills the arguments and maps in after posix_spawn returns.
    for _ in 0..<500 where directory.commandLine(&buffer).value?.arguments.count != 5 { usleep(10_000) }
    let stat = try #require(directory.stat(&buffer).value)
    #expect(stat.name.text == String(decoding: name.utf8.prefix(15), as: UTF8.self))
    #expect(stat.parentPID == getpid() && stat.pid == child.pid)
    #expect(directory.status(&buffer).value?.parentPID == getpid())
    #expect(
      directory.commandLine(&buffer).value?.arguments.dropFirst().map(\.text) == [
        "-c", "read line; exit", "", "x\ny",
      ])
    #expect(directory.executable().value == ExecutableLink(link: Array(path.utf8)))
    try FileManager.default.removeItem(atPath: path)
    let executable = try #require(directory.executable().value)
    #expect(executable.isDeleted && executable.path.text == path)
    #expect(directory.memoryMap(&buffer).value?.contains { $0.path.text == path && $0.isDeleted } == true)
  }

  @Test("A kernel thread has no executable, no arguments and no descriptors", .enabled(if: geteuid() == 0))
  func kernelThread() throws {
    let proc = try ProcFileSystem()
    let directory = try open(2, proc)
    var buffer = ReadBuffer()
    let stat = try #require(directory.stat(&buffer).value)
    try #require(stat.isKernelThread, "pid 2 is no kernel thread in this pid namespace")
    #expect(directory.executable() == .absent)
    #expect(directory.commandLine(&buffer).value?.arguments.isEmpty == true)
    var scan = DescriptorScan()
    proc.scanDescriptors(of: [2], &scan)
    #expect(scan.descriptorCount == 0 && scan.goneCount == 0 && scan.deniedPIDs.isEmpty)
  }

  @Test("A listener of this process is in the table of its namespace, with its inode")
  func ownListener() throws {
    let number = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    let socket = OwnedDescriptor(owning: number)
    try #require(socket.borrow { listen($0, 7) } == 0)
    var facts = Glibc.stat()
    try #require(socket.borrow { fstat($0, &facts) } == 0)
    let proc = try ProcFileSystem()
    var buffer = ReadBuffer()
    guard let net = proc.network().take() else { throw SystemError("openat", on: "net", .current) }
    let table = try #require(net.sockets(.tcp, &buffer).value)
    let record = try #require(table.records.first { $0.inode == UInt64(facts.st_ino) })
    #expect(record.state == 10 && record.localPort != 0 && table.unreadableLines == 0)
    for other in InetSocketRecord.Table.allCases {
      #expect(net.sockets(other, &buffer).value?.unreadableLines ?? 0 == 0)
    }
    #expect(net.netlinkSockets(&buffer).value?.unreadableLines == 0)
  }

  @Test("A table that we may not read is denied, not empty", .enabled(if: geteuid() == 0))
  func denied() throws {
    // This thread loses CAP_DAC_READ_SEARCH with root's file system user; it ends with the test.
    let denied = onOwnThread { () -> [Int32]? in
      _ = setFileSystemUser(65534)
      guard let proc = try? ProcFileSystem() else { return nil }
      var scan = DescriptorScan()
      proc.scanDescriptors(of: [1], &scan)
      return scan.deniedPIDs
    }
    #expect(denied == [1])
  }
}

/// Runs `body` on a thread that ends with it.
private func onOwnThread<Result: Sendable>(_ body: @escaping @Sendable () -> Result) -> Result {
  let box = Box<Result>()
  let thread = Thread {
    box.value = body()
    box.done.signal()
  }
  thread.start()
  box.done.wait()
  return box.value!
}

/// Written before `done` is signalled, read after it was waited for.
private final class Box<Value>: @unchecked Sendable {
  var value: Value?
  let done = DispatchSemaphore(value: 0)
}

/// setfsuid(2), of the calling thread only.
@_silgen_name("setfsuid") private func setFileSystemUser(_ user: UInt32) -> Int32
