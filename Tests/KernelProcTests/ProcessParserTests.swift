import KernelProc
import Testing

@Suite struct ProcessParserTests {
  @Test("A command name with a parenthesis and a newline ends at the last parenthesis of stat")
  func hostileStat() throws {
    let stat = try #require(parsed(try fixture("stat-hostile-6.18")) { ProcessStat(parsing: $0) })
    #expect(stat.pid == 21595)
    #expect(stat.name.text == "a) R 1\n(b")
    #expect(stat.state == UInt8(ascii: "S"))
    #expect(stat.parentPID == 21554)
    #expect(stat.processGroup == 21550)
    #expect(stat.session == 3380)
    #expect(stat.terminal == 0)
    #expect(stat.threadCount == 1)
    #expect(stat.startTicks == 591_478)
    #expect(!stat.isKernelThread)
  }

  @Test("A kernel thread is told by its flag, a zombie by its state")
  func kernelThreadAndZombie() throws {
    let thread = try #require(parsed(try fixture("stat-kthread-6.18")) { ProcessStat(parsing: $0) })
    #expect(thread.isKernelThread && thread.name.text == "kthreadd" && thread.parentPID == 0)
    let zombie = try #require(parsed(try fixture("stat-zombie-6.18")) { ProcessStat(parsing: $0) })
    #expect(zombie.state == UInt8(ascii: "Z") && !zombie.isKernelThread)
  }

  @Test("A stat that is cut inside a number we use is refused, not read as another number")
  func cutStat() throws {
    let whole = try fixture("stat-hostile-6.18")
    let start = try #require(parsed(whole) { ProcessStat(parsing: $0) })
    for length in whole.indices {
      let cut = parsed(Array(whole[..<length])) { ProcessStat(parsing: $0) }
      guard let stat = cut else { continue }
      #expect(stat == start, "prefix of \(length)")
    }
  }

  @Test("Status gives both users, the pids of each namespace, capabilities, and the kernel thread mark")
  func status() throws {
    let status = try #require(parsed(try fixture("status-hostile-6.18")) { ProcessStatus(parsing: $0) })
    #expect(status.threadGroupID == 21595 && status.parentPID == 21554)
    #expect(status.realUserID == 0 && status.effectiveUserID == 0 && status.effectiveGroupID == 0)
    #expect(status.namespacePIDs == [21595])
    #expect(status.effectiveCapabilities == 0x1ff_feff_ffff)
    #expect(status.isKernelThread == false)
    #expect(parsed(try fixture("status-kthread-6.18")) { ProcessStatus(parsing: $0) }?.isKernelThread == true)
    let nested = Array(
      "Name:\tx\nTgid:\t9\nPPid:\t1\nUid:\t1\t2\t3\t4\nGid:\t5\t6\t7\t8\nNSpid:\t9\t4\t1\n".utf8)
    let other = try #require(parsed(nested) { ProcessStatus(parsing: $0) })
    #expect(other.realUserID == 1 && other.effectiveUserID == 2 && other.effectiveGroupID == 6)
    #expect(other.namespacePIDs == [9, 4, 1] && other.isKernelThread == nil)
  }

  @Test("Arguments keep blanks, newlines and empty ones")
  func arguments() throws {
    let line = parsed(try fixture("cmdline-hostile-6.18")) { ProcessArguments(parsing: $0) }
    #expect(line.arguments.map(\.text) == ["/tmp/sk proc/a) R 1\n(b", "-c", "read x;exit", "", "x y"])
    #expect(!line.isTitle && !line.isTruncated)
    #expect(parsed([]) { ProcessArguments(parsing: $0) }.arguments.isEmpty)
  }

  @Test(
    "A title over the arguments is one argument, padding cut",
    arguments: [
      ("web: worker 3\0\0\0\0", ["web: worker 3"], true),
      ("nginx: master process", ["nginx: master process"], true),
      ("ls\0", ["ls"], false),
      ("ls\0\0", ["ls", ""], false),
      ("a b\0", ["a b"], false),
      ("\0", [""], false),
    ])
  func title(text: String, arguments: [String], isTitle: Bool) {
    let line = parsed(Array(text.utf8)) { ProcessArguments(parsing: $0) }
    #expect(line.arguments.map(\.text) == arguments)
    #expect(line.isTitle == isTitle)
  }

  @Test("A title of the real kernel is found")
  func realTitle() throws {
    let line = parsed(try fixture("cmdline-title-padded-6.18")) { ProcessArguments(parsing: $0) }
    #expect(line.arguments.map(\.text) == ["web: worker 3"] && line.isTitle)
  }

  @Test("Maps give each range with its file, whose blanks and newlines survive")
  func maps() throws {
    let text = try fixture("maps-hostile-6.18")
    let maps = parsed(text) { MemoryMapping.parse($0) }
    #expect(maps.count == text.split(separator: 0x0a).count)
    let first = try #require(maps.first)
    #expect(first.start == 0x5624_3e31_9000 && first.end == 0x5624_3e34_8000)
    #expect(first.permissions == [.read] && maps[1].permissions == [.read, .execute])
    #expect(maps[1].fileOffset == 0x2f000 && first.deviceMajor == 0xfe && first.inode == 16_261_209)
    #expect(first.path.text == "/tmp/sk proc/a) R 1\n(b" && first.isDeleted)
    #expect(maps.contains { $0.path.text == "[stack]" && $0.inode == 0 && !$0.isDeleted })
    #expect(maps.contains { $0.path.isEmpty })
  }

  @Test("A mount's blanks are turned back, and a namespace file names its inode")
  func mounts() throws {
    let text = try fixture("mountinfo-nsfs-6.18")
    let mounts = parsed(text) { Mount.parse($0) }
    #expect(mounts.count == text.split(separator: 0x0a).count)
    let last = try #require(mounts.last)
    #expect(last.networkNamespace == 4_026_532_178)
    #expect(last.mountPoint.text == "/tmp/sk proc/ns/red blue" && last.id == 65 && last.parentID == 44)
    let proc = try #require(mounts.first { $0.fileSystem.text == "proc" })
    #expect(proc.mountPoint.text == "/proc" && proc.root.text == "/" && proc.networkNamespace == nil)
    let tagged = "36 35 98:0 /a /b rw,noatime shared:2 master:1 - ext3 /dev/root rw,errors=continue\n"
    let mount = try #require(parsed(Array(tagged.utf8)) { Mount.parse($0) }.first)
    #expect(mount.superOptions.text == "rw,errors=continue" && mount.options.text == "rw,noatime")
  }

  @Test("A mount of an ipc namespace is not a network namespace")
  func otherNamespace() {
    let line = Array("65 44 0:4 ipc:[4026532178] /x rw - nsfs nsfs rw\n".utf8)
    #expect(parsed(line) { Mount.parse($0) }.first?.networkNamespace == nil)
  }

  @Test("Descriptor information has octal flags and the process of a pidfd")
  func descriptorInfo() throws {
    let info = try #require(parsed(try fixture("fdinfo-pidfd-6.18")) { DescriptorInfo(parsing: $0) })
    #expect(info.flags == 0o2000002 && info.pidfdPID == 21595 && info.mountID == 4 && info.inode == 508_002)
  }

  @Test("A deleted executable loses the kernel's mark and keeps the fact")
  func deleted() {
    #expect(ExecutableLink(link: Array("/bin/x (deleted)".utf8)).path.text == "/bin/x")
    #expect(ExecutableLink(link: Array("/bin/x (deleted)".utf8)).isDeleted)
    #expect(!ExecutableLink(link: Array("/bin/x".utf8)).isDeleted)
    #expect(!ExecutableLink(link: Array(" (deleted)".utf8)).isDeleted)
  }
}
