import CLinux
import Testing

@testable import KernelProc

@Suite("Files of a process, as kernel 6.18 wrote them")
struct GoldenProcessTests {
  @Test("A process's stat has its name, kin, terminal, threads and start")
  func stat() throws {
    let stat = try golden("stat") { ProcessStat(parsing: $0) }
    #expect(stat.pid == 31791)
    #expect(stat.name == bytes("sh"))
    #expect(stat.state == UInt8(ascii: "S"))
    #expect(stat.parentPID == 31749)
    #expect(stat.processGroup == 31706)
    #expect(stat.session == 19200)
    #expect(stat.terminal == 0)
    #expect(stat.flags == 4_194_304)
    #expect(!stat.isKernelThread)
    #expect(stat.userTicks == 0 && stat.systemTicks == 0)
    #expect(stat.threadCount == 1)
    #expect(stat.startTicks == 664_986)
  }

  @Test("A name with parentheses, a newline, control codes and a lone byte moves no field")
  func hostileStat() throws {
    let stat = try golden("stat-hostile") { ProcessStat(parsing: $0) }
    #expect(stat.name == bytes("x) R 1 1\n(\u{1b}[1m") + [0xff])
    #expect(stat.pid == 31793)
    #expect(stat.state == UInt8(ascii: "S"))
    #expect(stat.parentPID == 31749)
    #expect(stat.session == 31793)
    #expect(stat.startTicks == 665_008)
  }

  @Test("A kernel thread and a zombie are told by flag and state")
  func kernelThreadAndZombie() throws {
    let thread = try golden("stat-kthread") { ProcessStat(parsing: $0) }
    #expect(thread.isKernelThread)
    #expect(thread.name == bytes("kthreadd"))
    #expect(thread.systemTicks == 2 && thread.startTicks == 21)
    let zombie = try golden("stat-zombie") { ProcessStat(parsing: $0) }
    #expect(zombie.state == UInt8(ascii: "Z"))
    #expect(zombie.startTicks == 665_009)
  }

  @Test(
    "A stat whose end is cut off inside of what is read is refused, never misread",
    arguments: ["stat", "stat-hostile", "stat-kthread", "stat-zombie"])
  func cutStat(name: String) throws {
    let text = try Fixture.text(name)
    let whole = try golden(name) { ProcessStat(parsing: $0) }
    for count in text.indices {
      guard let cut = ProcessStat(parsing: text.span.extracting(0..<count)) else { continue }
      #expect(cut == whole)
    }
  }

  @Test("Numbers that fit no field are refused, not wrapped")
  func hugeNumbers() {
    func stat(_ pid: String, start: String) -> ProcessStat? {
      ProcessStat(parsing: bytes("\(pid) (a) S 1 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 \(start) 0\n").span)
    }
    #expect(stat("1", start: "18446744073709551615")?.startTicks == .max)
    #expect(stat("1", start: "18446744073709551616") == nil)
    #expect(stat("1", start: "-1") == nil)
    #expect(stat("2147483647", start: "1")?.pid == .max)
    #expect(stat("2147483648", start: "1") == nil)
    #expect(stat("99999999999999999999999999", start: "1") == nil)
  }

  @Test("A terminal's number may use all 32 bits")
  func terminalNumber() {
    let text = bytes("1 (a) S 1 1 1 -2147448831 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 7 0\n")
    #expect(ProcessStat(parsing: text.span)?.terminal == 0x8000_8801)
  }

  @Test("A process's status has its ids, capabilities and kind")
  func status() throws {
    let status = try golden("status") { ProcessStatus(parsing: $0) }
    #expect(status.threadGroupID == 31791)
    #expect(status.parentPID == 31749)
    #expect(status.tracerPID == 0)
    #expect(status.realUserID == 0 && status.effectiveUserID == 0)
    #expect(status.realGroupID == 0 && status.effectiveGroupID == 0)
    #expect(status.namespacePIDs == [31791])
    #expect(status.effectiveCapabilities == 0x1ff_feff_ffff)
    #expect(status.isKernelThread == false)
    let thread = try golden("status-kthread") { ProcessStatus(parsing: $0) }
    #expect(thread.isKernelThread == true)
    #expect(thread.effectiveCapabilities == 0x1ff_ffff_ffff)
    let hostile = try golden("status-hostile") { ProcessStatus(parsing: $0) }
    #expect(hostile.threadGroupID == 31793)
  }

  @Test("Of four ids the first is the real one and the second the effective")
  func statusIDs() {
    let text =
      "Tgid:\t7\nPPid:\t1\nTracerPid:\t9\nUid:\t1000\t0\t0\t0\nGid:\t100\t4294967295\t0\t0\nNSpid:\t7\t3\t1\n"
    let status = ProcessStatus(parsing: bytes(text).span)
    #expect(status?.realUserID == 1000 && status?.effectiveUserID == 0)
    #expect(status?.realGroupID == 100 && status?.effectiveGroupID == .max)
    #expect(status?.tracerPID == 9)
    #expect(status?.namespacePIDs == [7, 3, 1])
    #expect(status?.isKernelThread == nil)
    #expect(ProcessStatus(parsing: bytes("Name:\tx\n").span) == nil)
  }

  @Test("Arguments keep blanks and empty ones")
  func arguments() throws {
    let line = try parsed("cmdline") { ProcessArguments(parsing: $0) }
    #expect(line.arguments == ["/bin/sh", "-c", "read line", "two words", ""].map(bytes))
    #expect(!line.isTitle && !line.isTruncated)
  }

  @Test(
    "A title written over the arguments is one argument",
    arguments: [
      ("nginx: master process /usr/sbin/nginx", true, ["nginx: master process /usr/sbin/nginx"]),
      ("nginx: worker process\0\0\0\0\0", true, ["nginx: worker process"]),
      ("sh\0-c\0a b\0", false, ["sh", "-c", "a b"]), ("a b\0c\0", false, ["a b", "c"]),
      ("sh\0", false, ["sh"]), ("\0", false, [""]), ("\0\0", false, ["", ""]), ("", false, []),
    ])
  func title(text: String, isTitle: Bool, arguments: [String]) {
    let line = ProcessArguments(parsing: bytes(text).span)
    #expect(line.isTitle == isTitle)
    #expect(line.arguments == arguments.map(bytes))
  }

  @Test("A command line that the limit cut is no title")
  func cutCommandLine() {
    let line = ProcessArguments(parsing: bytes("sh\0-c\0long te").span, isTruncated: true)
    #expect(line.isTruncated && !line.isTitle)
    #expect(line.arguments.count == 3)
  }

  @Test("Cgroup lines have hierarchy, controllers and path")
  func cgroup() throws {
    let lines = try parsed("cgroup") { CgroupMembership.parse($0) }
    #expect(lines.map(\.hierarchy) == [9, 8, 7, 6, 5, 4, 3, 2, 1, 0])
    #expect(
      lines.map(\.controllers)
        == [
          "name=systemd", "pids", "blkio", "freezer", "devices", "memory", "cpuset", "cpuacct", "cpu", "",
        ].map(bytes))
    let own = bytes("/sockeye:fixture one")
    #expect(lines.map(\.path) == [own, own] + [[UInt8]](repeating: bytes("/"), count: 7) + [own])
    #expect(lines.allSatisfy { !$0.isDeleted })
    #expect(CgroupMembership.mostTelling(lines) == own)
  }

  @Test(
    "The most telling cgroup is version 2's, then systemd's, then a controller's, never `/` if another is there"
  )
  func mostTellingCgroup() {
    func telling(_ text: String) -> [UInt8]? {
      CgroupMembership.mostTelling(CgroupMembership.parse(bytes(text).span))
    }
    #expect(telling("4:memory:/m\n1:name=systemd:/s\n0::/u\n") == bytes("/u"))
    #expect(telling("4:memory:/m\n1:name=systemd:/s\n0::/\n") == bytes("/s"))
    #expect(telling("5:net_cls:/n\n4:memory:/m\n0::/\n") == bytes("/m"))
    #expect(telling("5:net_cls:/n\n0::/\n") == bytes("/n"))
    #expect(telling("") == nil)
  }

  @Test("A cgroup's path may have colons, its deletion is told, and a last line needs no newline")
  func oddCgroups() {
    let lines = CgroupMembership.parse(
      bytes("0::/a:b:c (deleted)\n7:x:relative\n:\n4294967296::/\n1:cpu:/last").span)
    #expect(lines.map(\.path) == [bytes("/a:b:c"), bytes("/last")])
    #expect(lines.map(\.isDeleted) == [true, false])
  }

  @Test("Every mapping of a program is read")
  func maps() throws {
    let text = try Fixture.text("maps")
    let maps = MemoryMapping.parse(text.span)
    #expect(maps.count == text.count { $0 == 0x0a })
    #expect(maps[1].start == 0x55cc_d77e_e000 && maps[1].end == 0x55cc_d780_1000)
    #expect(maps[1].permissions == [.read, .execute])
    #expect(maps[1].fileOffset == 0x4000)
    #expect(maps[1].deviceMajor == 0xfe && maps[1].deviceMinor == 0)
    #expect(maps[1].inode == 253_957)
    #expect(maps[1].path == bytes("/usr/bin/dash"))
    #expect(maps.last?.path == bytes("[vsyscall]"))
    #expect(maps.last?.permissions == .execute)
    #expect(maps.last?.start == 0xffff_ffff_ff60_0000)
  }

  @Test("An unlinked file with a newline in its name shows as both")
  func hostileMaps() throws {
    let maps = try parsed("maps-hostile") { MemoryMapping.parse($0) }
    #expect(maps.count == 7)
    #expect(maps[1].path == bytes("/tmp/sockeyeln9ngjvk/deep\nname"))
    #expect(maps[1].isDeleted)
    #expect(maps[1].permissions == [.read, .shared])
    #expect(maps[0].path == bytes("[heap]") && !maps[0].isDeleted)
  }

  @Test("Every mount is read, and the tags between its options and its type are stepped over")
  func mounts() throws {
    let mounts = try parsed("mountinfo") { Mount.parse($0) }
    #expect(mounts.count == 21)
    #expect(mounts[5].id == 27 && mounts[5].parentID == 1)
    #expect(mounts[5].deviceMajor == 254 && mounts[5].deviceMinor == 0)
    #expect(mounts[5].root == bytes("/") && mounts[5].mountPoint == bytes("/"))
    #expect(mounts[5].fileSystem == bytes("ext4") && mounts[5].source == bytes("/dev/vda"))
    #expect(mounts[20].root == bytes("/run/netns"))
    #expect(mounts[20].options == bytes("rw,relatime"))
    #expect(mounts[20].fileSystem == bytes("ext4"))
    #expect(mounts.allSatisfy { $0.networkNamespace == nil })
  }

  @Test("Blanks, newlines, backslashes and signs of mounts come back as they were")
  func escapedMounts() throws {
    let mounts = try parsed("mountinfo-hostile") { Mount.parse($0) }
    #expect(mounts.count == 26)
    let base = "/tmp/sockeyeln9ngjvk"
    #expect(mounts[22].mountPoint == bytes(base + "/a b\tc\nd\\e"))
    #expect(mounts[22].source == bytes("so urce"))
    #expect(mounts[23].mountPoint == bytes(base + "/- tmpfs"))
    #expect(mounts[23].source == bytes("#x"))
  }

  @Test("A mount without a source keeps its other fields: hidepid is seen")
  func mountWithoutSource() throws {
    let mounts = try parsed("mountinfo-hostile") { Mount.parse($0) }
    #expect(mounts[21].source.isEmpty)
    #expect(mounts[21].superOptions == bytes("rw,size=1024k"))
    #expect(mounts[24].source.isEmpty)
    #expect(ProcessVisibility(superOptions: mounts[24].superOptions) == .othersHidden)
  }

  @Test("A mount that keeps a network namespace names it")
  func namespaceMount() throws {
    let mounts = try parsed("mountinfo-hostile") { Mount.parse($0) }
    #expect(mounts[25].networkNamespace == 4_026_532_178)
    #expect(mounts.filter { $0.networkNamespace != nil }.count == 1)
  }

  @Test(
    "Only whole octal escapes are turned back",
    arguments: [
      (#"a\040b"#, "a b"), (#"\134040"#, #"\040"#), (#"\04"#, #"\04"#), (#"\"#, #"\"#), (#"\400"#, #"\400"#),
      (#"\089"#, #"\089"#), (#"\012"#, "\n"), ("", ""),
    ])
  func octalEscapes(text: String, expected: String) {
    #expect(unescapingOctal(bytes(text)) == bytes(expected))
  }

  @Test("In maps only newlines are escapes")
  func octalNewline() {
    #expect(unescapingOctal(bytes(#"\012\040"#), only: 0x0a) == bytes("\n" + #"\040"#))
  }

  @Test("A namespace link is its kind and an inode, and nothing else")
  func namespaceLinks() {
    func inode(_ text: String) -> UInt64? { NamespaceLink(parsing: bytes(text).span, kind: .net)?.inode }
    #expect(inode("net:[4026531840]") == 4_026_531_840)
    for text in [
      "", "net:", "net:[", "net:[]", "net:[1", "net:[1]x", "pid:[1]", "net:[99999999999999999999]",
    ] {
      #expect(inode(text) == nil)
    }
  }
}
