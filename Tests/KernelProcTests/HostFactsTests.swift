import KernelProc
import Testing

@Suite struct HostFactsTests {
  @Test(
    "A terminal has its usual name",
    arguments: [
      (0, nil), (0x401, "tty1"), (0x440, "ttyS0"), (0x8800, "pts/0"), (0x8803, "pts/3"),
      (0x8900, "pts/256"), (0x501, "console"), (0xe500, "hvc0"), (0x10_8801, "pts/257"),
    ] as [(UInt32, String?)])
  func terminal(device: UInt32, name: String?) { #expect(TerminalName.name(of: device) == name) }

  @Test("The facts of a host are read from a tree that looks like one")
  func facts() throws {
    let tree = try FakeTree()
    try tree.file("stat", try fixture("hoststat-6.18"))
    try tree.file("sys/fs/file-nr", try fixture("file-nr-6.18"))
    try tree.file("sys/kernel/random/boot_id", "0f3c2b1a-5d4e-4f60-8712-93a4b5c6d7e8\n")
    try tree.file("etc/machine-id", "3d1219c7c4c5404aaa1f6d2a48adfda4\n")
    try tree.file("etc/passwd", try fixture("passwd-6.18"))
    let proc = try ProcFileSystem(path: tree.path)
    var buffer = ReadBuffer()
    #expect(try #require(proc.bootWallSeconds(&buffer).value) > 1_700_000_000)
    #expect(proc.openFiles(&buffer).value?.limit == 2_466_177)
    #expect(proc.bootID(&buffer).value?.text == "0f3c2b1a-5d4e-4f60-8712-93a4b5c6d7e8")
    let host = try HostRoot(path: tree.path)
    #expect(host.machineID(&buffer).value?.count == 32)
    let users = try #require(host.users(&buffer).value)
    #expect(users.name(of: 0)?.text == "root" && users.home(of: 0)?.text == "/root")
    #expect(users.name(of: 65534)?.text == "nobody" && users.name(of: 4711) == nil)
  }

  @Test("The first of two users with one number counts, and what is no entry does not")
  func users() {
    let text =
      "# x:y:0:\n+\n:x:7:7::/:\nann:x:1000:1000:Ann:/home/ann:/bin/sh\nbob:x:1000:1:::\nbad:x:12a:1:::\n"
    let table = parsed(Array(text.utf8)) { UserTable(parsing: $0) }
    #expect(table.name(of: 1000)?.text == "ann" && table.name(of: 12) == nil && table.name(of: 7) == nil)
  }

  @Test(
    "A mount option says which processes are hidden",
    arguments: [
      ("rw", .all), ("rw,hidepid=invisible", .othersHidden), ("rw,gid=27,hidepid=1", .othersRefused),
      ("rw,hidepid=ptraceable", .onlyTraceable), ("rw,hidepid=off", .all),
    ] as [(String, ProcessVisibility)])
  func visibility(options: String, expected: ProcessVisibility) throws {
    let tree = try FakeTree()
    try tree.file("self/mountinfo", "22 27 0:21 / \(tree.path) rw - proc proc \(options)\n")
    let proc = try ProcFileSystem(path: tree.path)
    var buffer = ReadBuffer()
    #expect(proc.processVisibility(&buffer) == .value(expected))
  }

  @Test("The real host has its facts")
  func realHost() throws {
    let proc = try ProcFileSystem()
    var buffer = ReadBuffer()
    #expect(try #require(proc.bootWallSeconds(&buffer).value) > 1_000_000_000)
    #expect(proc.bootID(&buffer).value?.count == 36)
    #expect(try #require(proc.openFiles(&buffer).value).allocated > 0)
    #expect(proc.processVisibility(&buffer).value != nil)
  }
}
