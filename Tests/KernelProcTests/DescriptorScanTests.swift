import Foundation
import Glibc
import KernelProc
import KernelSystem
import Testing

private let stat = " 1 1 1 0 -1 4194304 1 0 0 0 0 0 0 0 20 0 1 0 "

@Suite struct DescriptorScanTests {
  @Test("Sockets and network namespaces are found with their process, its start, and their descriptor")
  func fakeTree() throws {
    let tree = try FakeTree()
    for (pid, start) in [(17, 4711), (23, 4712), (29, 4713)] {
      try tree.file("\(pid)/stat", "\(pid) (x) S" + stat + "\(start) 0\n")
    }
    try tree.link("17/fd/0", to: "/dev/null")
    try tree.link("17/fd/3", to: "socket:[101]")
    try tree.link("17/fd/4294967", to: "socket:[18446744073]")
    try tree.link("23/fd/5", to: "net:[4026531840]")
    try tree.link("23/fd/6", to: "socket:[101]")
    for (number, link) in ["socket:[]", "socket:[1", "socket:[1x]", "socket:1", "net:[]", "/socket:[1]"]
      .enumerated()
    {
      try tree.link("29/fd/\(number)", to: link)
    }
    try tree.file("self/stat", "")
    try tree.file("99999999999/stat", "")
    let proc = try ProcFileSystem(path: tree.path)
    #expect(try proc.processIDs().sorted() == [17, 23, 29])
    var scan = DescriptorScan()
    proc.scanDescriptors(of: [17, 23, 29, 31], &scan)
    #expect(
      Set(scan.sockets) == [
        HeldInode(inode: 101, pid: 17, descriptor: 3),
        HeldInode(inode: 18_446_744_073, pid: 17, descriptor: 4_294_967),
        HeldInode(inode: 101, pid: 23, descriptor: 6),
      ])
    #expect(scan.namespaces == [HeldInode(inode: 4_026_531_840, pid: 23, descriptor: 5)])
    #expect(
      scan.processes == [HolderProcess(pid: 17, startTicks: 4711), HolderProcess(pid: 23, startTicks: 4712)])
    #expect(scan.goneCount == 1 && scan.deniedPIDs.isEmpty && scan.failedCount == 0)
    #expect(scan.descriptorCount == 11)
  }

  @Test("A process without a start time is gone, and nothing of it stays")
  func goneMeanwhile() throws {
    let tree = try FakeTree()
    try tree.link("17/fd/3", to: "socket:[101]")
    let proc = try ProcFileSystem(path: tree.path)
    var scan = DescriptorScan()
    proc.scanDescriptors(of: [17], &scan)
    #expect(scan.sockets.isEmpty && scan.processes.isEmpty && scan.goneCount == 1)
  }

  @Test("Every one of 1009 sockets of this process is found on the real kernel, with our start time")
  func ownSockets() throws {
    var numbers: [Int32] = []
    defer { for number in numbers { close(number) } }
    var expected: Set<HeldInode> = []
    for _ in 0..<1009 {
      let number = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
      try #require(number >= 0)
      numbers.append(number)
      var facts = Glibc.stat()
      try #require(fstat(number, &facts) == 0)
      expected.insert(HeldInode(inode: UInt64(facts.st_ino), pid: getpid(), descriptor: number))
    }
    let proc = try ProcFileSystem()
    var scan = DescriptorScan()
    try proc.scanDescriptors(&scan)
    #expect(expected.isSubset(of: Set(scan.sockets)))
    var buffer = ReadBuffer()
    guard let own = proc.process(getpid()).take() else {
      throw SystemError("openat", on: "self", .current)
    }
    let start = own.stat(&buffer).value?.startTicks
    #expect(scan.processes.first { $0.pid == getpid() }?.startTicks == start)
    let table = InodeTable(of: scan.sockets)
    for held in expected {
      var found: [HeldInode] = []
      table.forEach(held.inode) { found.append(scan.sockets[$0]) }
      #expect(found.contains(held))
    }
  }

  @Test("A reaped child is gone through the directory that was opened while it lived")
  func reaped() throws {
    let child = try Child("/bin/sleep", ["60"])
    let proc = try ProcFileSystem()
    guard let directory = proc.process(child.pid).take() else {
      throw SystemError("openat", on: "child", .current)
    }
    child.end()
    var buffer = ReadBuffer()
    #expect(directory.stat(&buffer) == .gone)
    #expect(directory.commandLine(&buffer) == .gone)
    #expect(directory.executable() == .gone)
    #expect(directory.namespace(.net) == .gone)
    #expect(directory.threadIDs() == .gone)
    let isGone = proc.process(child.pid).isGone
    #expect(isGone)
  }

  @Test("The table of inodes finds what a dictionary finds", arguments: [0, 1, 2, 7, 1000, 4099])
  func inodeTable(count: Int) {
    var state: UInt64 = 0x5eed
    let records = (0..<count).map { index in
      state = state &* 6_364_136_223_846_793_005 &+ 1
      return HeldInode(inode: state >> 33 % 997, pid: Int32(index), descriptor: 0)
    }
    let table = InodeTable(of: records)
    let expected = Dictionary(grouping: records.indices, by: { records[$0].inode })
    for (inode, indices) in expected where inode != 0 {
      var found: [Int] = []
      table.forEach(inode) { found.append($0) }
      #expect(found == indices)
    }
    #expect(table.first(0) == nil && table.first(1 << 60) == nil)
    #expect(table.count == expected.keys.count { $0 != 0 })
  }
}
