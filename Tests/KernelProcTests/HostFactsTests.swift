import CLinux
import KernelSystem
import Testing

@testable import KernelProc

@Suite("Facts about the host")
struct HostFactsTests {
  @Test(
    "Terminals are named as ps names them",
    arguments: [
      (0x401, "tty1"), (0x43f, "tty63"), (0x440, "ttyS0"), (0x500, "tty"), (0x501, "console"),
      (0x502, "ptmx"),
      (0x8800, "pts/0"), (0x8803, "pts/3"), (0x88ff, "pts/255"), (0x10882c, "pts/300"), (0x8900, "pts/256"),
      (0xe500, "hvc0"), (0xcc40, "ttyAMA0"), (0xcc00, nil), (0xbc01, "ttyUSB1"), (0xa600, "ttyACM0"),
      (0, nil),
      (0x503, nil), (0xffff_ffff, nil),
    ] as [(UInt32, String?)])
  func terminals(device: UInt32, name: String?) {
    #expect(TerminalName.name(of: device) == name)
  }

  @Test("Users of a real passwd have their names and homes")
  func users() throws {
    let users = try parsed("passwd") { UserTable(parsing: $0) }
    #expect(users.count == 24)
    #expect(users.name(of: 0) == bytes("root"))
    #expect(users.home(of: 0) == bytes("/root"))
    #expect(users.name(of: 33) == bytes("www-data"))
    #expect(users.name(of: 65534) == bytes("nobody"))
    #expect(users.name(of: 1001) == nil && users.home(of: 1001) == nil)
  }

  @Test("Comments, NIS entries and broken lines are no users, and the first of a number counts")
  func oddUsers() {
    let text = """
      #ann:x:1000:1000::/home/old:/bin/sh
      +bob:x:1001:1001::/:/bin/sh
      -eve:x:1002:1002::/:/bin/sh
      +::::::
      :x:1003:1003::/:/bin/sh
      noid:x::5::/:/bin/sh
      huge:x:4294967296:1::/:/bin/sh
      letters:x:10a:1::/:/bin/sh
      short:x:1004:7
      ann:x:1000:1000::/home/ann:/bin/sh
      second:x:1000:1000::/home/second:/bin/sh
      last:x:1005:1:Last, User:/home/last:
      """
    let users = UserTable(parsing: bytes(text).span)
    #expect(users.count == 3)
    #expect(users.name(of: 1000) == bytes("ann") && users.home(of: 1000) == bytes("/home/ann"))
    #expect(users.name(of: 1004) == bytes("short") && users.home(of: 1004) == nil)
    #expect(users.home(of: 1005) == bytes("/home/last"))
  }

  @Test("Open files, boot time and boot id are the golden ones")
  func goldenFiles() throws {
    let files = try golden("file-nr") { OpenFiles(parsing: $0) }
    #expect(files.allocated == 1300 && files.limit == 2_466_177)
    #expect(
      try parsed("boot_id") { firstLine($0, count: 36) } == bytes("2e076004-bc4b-47dc-ac88-65a8853b4582"))
  }

  @Test(
    "Each spelling of hidepid is known",
    arguments: [
      ("rw", .all), ("rw,hidepid=0", .all), ("rw,hidepid=1", .othersRefused),
      ("rw,hidepid=noaccess", .othersRefused),
      ("rw,gid=27,hidepid=2", .othersHidden), ("hidepid=invisible", .othersHidden),
      ("hidepid=4,rw", .onlyTraceable),
      ("rw,hidepid=ptraceable", .onlyTraceable), ("rw,xhidepid=2", .all), ("", .all),
    ] as [(String, ProcessVisibility)])
  func hidepid(options: String, expected: ProcessVisibility) {
    #expect(ProcessVisibility(superOptions: bytes(options)) == expected)
  }

  @Test("A machine id is 32 hexadecimal digits")
  func machineID() throws {
    let tree = try TemporaryTree()
    let root = try HostRoot(path: tree.path)
    var buffer = ReadBuffer()
    #expect(root.machineID(&buffer) == .absent)
    try tree.file("etc/machine-id", "0123456789abcdef0123456789abcdef\n")
    #expect(root.machineID(&buffer) == .value(bytes("0123456789abcdef0123456789abcdef")))
    for text in [
      "uninitialized\n", "", "0123456789abcdef0123456789abcdeg\n", "0123456789abcdef0123456789abcdef0\n",
    ] {
      try tree.file("etc/machine-id", text)
      #expect(root.machineID(&buffer) == .failed(Errno(rawValue: EBADMSG)))
    }
  }
}
