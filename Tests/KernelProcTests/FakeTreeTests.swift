import CLinux
import Glibc
import KernelSystem
import Testing

@testable import KernelProc

private let stat = "4711 (web) S 1 4711 4711 0 -1 4194304 0 0 0 0 1 2 0 0 20 0 1 0 1234 0\n"

@Suite("A tree of files that looks like /proc")
struct FakeTreeTests {
  private let tree: TemporaryTree
  init() throws {
    tree = try TemporaryTree()
    try tree.file("4711/stat", stat)
  }

  private func scan() throws -> DescriptorScan {
    var scan = DescriptorScan()
    try ProcFileSystem(path: tree.path).scanDescriptors(&scan)
    return scan
  }

  @Test("Processes are the directories whose names are numbers that a pid can be")
  func processIDs() throws {
    for name in ["1", "999999999", "9999999999", "self", "12x", "-5", "net"] { tree.directory(name) }
    #expect(try ProcFileSystem(path: tree.path).processIDs().sorted() == [1, 4711, 999_999_999])
  }

  @Test("A path that is no directory is an error that names it")
  func noDirectory() throws {
    let path = tree.path
    #expect(throws: SystemError.self) { _ = try ProcFileSystem(path: path + "/4711/stat") }
    #expect(throws: SystemError.self) { _ = try ProcFileSystem(path: path + "/nothing") }
  }

  @Test("A process that is not there is gone, and a negative pid never is another's")
  func gone() throws {
    tree.directory("5")
    let proc = try ProcFileSystem(path: tree.path)
    for pid: Int32 in [1, -5, -4711, .min, .max] {
      guard case .gone = proc.process(pid) else {
        Issue.record("process \(pid) is not gone")
        continue
      }
    }
  }

  @Test("A process that vanishes between two readings is gone from then on")
  func vanished() throws {
    let other = try TemporaryTree()
    try other.file("7/stat", stat)
    guard case .value(let process) = try ProcFileSystem(path: other.path).process(7) else {
      Issue.record("process 7 is not there")
      return
    }
    var buffer = ReadBuffer()
    #expect(process.stat(&buffer).value?.startTicks == 1234)
    remove(other.path + "/7/stat")
    #expect(process.stat(&buffer) == .gone)
    #expect(process.commandLine(&buffer) == .gone)
    #expect(process.executable() == .gone)
    #expect(process.namespace(.net) == .gone)
    #expect(process.threadIDs() == .gone)
  }

  @Test("What a living process does not have is absent, and text that is none of the kernel's has failed")
  func absent() throws {
    try tree.file("4711/status", "nonsense\n")
    guard case .value(let process) = try ProcFileSystem(path: tree.path).process(4711) else {
      Issue.record("process 4711 is not there")
      return
    }
    var buffer = ReadBuffer()
    let unreadable = Errno(rawValue: EBADMSG)
    #expect(process.status(&buffer) == .failed(unreadable))
    #expect(process.commandLine(&buffer) == .absent)
    #expect(process.executable() == .absent)
    #expect(process.mounts(&buffer) == .absent)
    guard case .absent = process.network() else {
      Issue.record("a network directory that is not there")
      return
    }
    try tree.link("4711/ns/net", to: "net:[x]")
    #expect(process.namespace(.net) == .failed(unreadable))
    try tree.file("4711/cmdline", "")
    #expect(process.commandLine(&buffer).value?.arguments == [])
  }

  @Test("A replaced executable is told from its path")
  func deletedExecutable() throws {
    try tree.link("4711/exe", to: "/usr/sbin/nginx (deleted)")
    try tree.link("4711/cwd", to: " (deleted)")
    guard case .value(let process) = try ProcFileSystem(path: tree.path).process(4711) else { return }
    let link = process.executable().value
    #expect(link?.path == bytes("/usr/sbin/nginx") && link?.isDeleted == true)
    #expect(process.workingDirectory() == .value(bytes(" (deleted)")))
    #expect(ExecutableLink(link: bytes(" (deleted)")).isDeleted == false)
  }

  @Test("Of the descriptors only sockets and network namespaces are found, each with its number")
  func descriptorKinds() throws {
    let links = [
      0: "/dev/null", 1: "pipe:[77]", 3: "socket:[27310]", 4: "anon_inode:[eventpoll]", 5: "net:[4026531840]",
      6: "mnt:[4026531841]", 7: "socket:[]", 8: "socket:[12", 9: "socket:[12]x", 10: "/tmp/socket:[5]",
      11: "socket:",
      12: "socket:[18446744073709551616]",
      13: "socket:[99999999999999999999999999999999999999999999999999999999999999]",
      14: "net:[4026531840", 15: "socket:[-1]", 123_456: "socket:[4294967295]", 17: "x",
    ]
    for (number, target) in links { try tree.link("4711/fd/\(number)", to: target) }
    let scan = try scan()
    #expect(
      Set(scan.sockets) == [
        HeldInode(inode: 27310, pid: 4711, descriptor: 3),
        HeldInode(inode: 4_294_967_295, pid: 4711, descriptor: 123_456),
      ])
    #expect(scan.namespaces == [HeldInode(inode: 4_026_531_840, pid: 4711, descriptor: 5)])
    #expect(scan.processes == [HolderProcess(pid: 4711, startTicks: 1234)])
    #expect(scan.descriptorCount == links.count)
    #expect(scan.goneCount == 0 && scan.failedCount == 0 && scan.deniedPIDs.isEmpty)
  }

  @Test("A process without sockets is no holder, one without a table is gone, one without a start has failed")
  func holders() throws {
    try tree.link("4711/fd/0", to: "/dev/null")
    tree.directory("12")
    try tree.link("13/fd/3", to: "socket:[9]")
    try tree.file("13/stat", "13 (cut")
    let scan = try scan()
    #expect(scan.processes.isEmpty && scan.sockets.isEmpty)
    #expect(scan.goneCount == 1)
    #expect(scan.failedCount == 1 && scan.firstFailure?.rawValue == EBADMSG)
    var again = scan
    again.removeAll()
    #expect(again.descriptorCount == 0 && again.failedCount == 0 && again.firstFailure == nil)
  }

  @Test("Files and tables that we may not read are denied", .enabled(if: geteuid() == 0, "needs CAP_SETUID"))
  func denied() throws {
    try tree.link("4711/fd/3", to: "socket:[9]")
    try tree.file("4711/maps", "", mode: 0o600)
    tree.directory("4711/task", mode: 0o700)
    tree.directory("4711/fd", mode: 0o500)
    let test = self
    try asUser(65534) {
      let scan = try test.scan()
      #expect(scan.deniedPIDs == [4711])
      #expect(scan.sockets.isEmpty && scan.goneCount == 0)
      guard case .value(let process) = try ProcFileSystem(path: test.tree.path).process(4711) else {
        Issue.record("process 4711 is not there")
        return
      }
      var buffer = ReadBuffer()
      #expect(process.stat(&buffer).value?.pid == 4711)
      #expect(process.memoryMap(&buffer) == .denied)
      #expect(process.threadIDs() == .denied)
    }
    tree.directory("4711/fd")
  }

  @Test("A table's last line is read without its newline, and a table that is not there is absent")
  func netTables() throws {
    let line =
      "   1: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000  0 42 1 0 100 0 0 10 0"
    try tree.file("net/tcp", "  sl  local_address\n\(line)\nrubbish\n\(line)")
    guard case .value(let net) = try ProcFileSystem(path: tree.path).network() else {
      Issue.record("no network directory")
      return
    }
    var buffer = ReadBuffer(capacity: 512)
    let table = net.sockets(.tcp, &buffer).value
    #expect(table?.records.map(\.inode) == [42, 42])
    #expect(table?.records.first?.localPort == 8080 && table?.records.first?.userID == 1000)
    #expect(table?.unreadableLines == 1)
    guard case .absent = net.sockets(.udplite6, &buffer) else {
      Issue.record("a table that is not there")
      return
    }
    #expect(net.statistics(&buffer) == .absent)
    try tree.file("net/sockstat", "TCP: inuse 5\n")
    #expect(net.statistics(&buffer).value?.tcpInUse == 5)
  }

  @Test("hidepid is that of the mount at our path")
  func visibility() throws {
    var buffer = ReadBuffer()
    let proc = try ProcFileSystem(path: tree.path)
    #expect(proc.processVisibility(&buffer) == .absent)
    try tree.file(
      "self/mountinfo", "1 0 0:1 / /proc rw - proc proc rw\n2 0 0:2 / \(tree.path) rw - proc  rw,hidepid=2\n")
    #expect(proc.processVisibility(&buffer) == .value(.othersHidden))
  }
}

@Suite("The buffer of files")
struct ReadBufferTests {
  private let tree: TemporaryTree
  init() throws { tree = try TemporaryTree() }

  private func runs(_ text: [UInt8], capacity: Int, lineLimit: Int) throws -> [[UInt8]] {
    try tree.file("lines", text)
    var buffer = ReadBuffer(capacity: capacity)
    var runs: [[UInt8]] = []
    try OwnedDescriptor.open(tree.path + "/lines").borrow { number in
      try buffer.forEachRunOfLines(of: number, lineLimit: lineLimit) { runs.append($0.copy(0..<$0.count)) }
    }
    return runs
  }

  @Test("A file is cut at the limit, and only then said to be", arguments: [1023, 1024, 1025])
  func limit(count: Int) throws {
    try tree.file("4711/cmdline", [UInt8](repeating: 0x61, count: count))
    try tree.file("4711/stat", stat)
    guard case .value(let process) = try ProcFileSystem(path: tree.path).process(4711) else { return }
    var buffer = ReadBuffer(capacity: 512)
    let line = process.commandLine(&buffer, limit: 1024).value
    #expect(line?.isTruncated == (count > 1024))
    #expect(line?.arguments.first?.count == min(count, 1024))
  }

  @Test("A line that the limit cut is left out, for it would read as another")
  func cutLine() throws {
    let line = "1 0 0:1 / /mnt/long/name rw - tmpfs source rw\n"
    try tree.file("4711/mountinfo", line + line)
    try tree.file("4711/stat", stat)
    guard case .value(let process) = try ProcFileSystem(path: tree.path).process(4711) else { return }
    var buffer = ReadBuffer()
    #expect(process.mounts(&buffer).value?.count == 2)
    #expect(process.mounts(&buffer, limit: line.utf8.count * 2 - 4).value?.count == 1)
    #expect(process.mounts(&buffer, limit: 5).value?.count == 0)
  }

  @Test("Lines come whole, however they fall into the reads")
  func wholeLines() throws {
    var lines: [UInt8] = []
    for index in 0..<97 {
      lines += [UInt8](repeating: UInt8(ascii: "a") + UInt8(index % 26), count: index * 13) + [0x0a]
    }
    let found = try runs(lines + bytes("end"), capacity: 512, lineLimit: 1 << 20)
    #expect(found.flatMap { $0 } == lines + bytes("end"))
    #expect(found.dropLast().allSatisfy { $0.last == 0x0a })
    #expect(found.last == bytes("end"))
    #expect(try runs([], capacity: 512, lineLimit: 1024) == [])
  }

  @Test("A line that is too long is dropped to its end: its rest is no line")
  func longLine() throws {
    let long = [UInt8](repeating: 0x78, count: 3000)
    let found = try runs(bytes("a\n") + long + bytes("\nb\n"), capacity: 512, lineLimit: 1024)
    #expect(found.flatMap { $0 } == bytes("a\nb\n"))
    #expect(try runs(long, capacity: 512, lineLimit: 1024) == [])
  }
}
