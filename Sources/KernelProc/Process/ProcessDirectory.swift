import CLinux
import KernelSystem

/// One process, held by a descriptor of its `/proc/PID`.
///
/// The descriptor never comes to mean another process: once this one is reaped every reading is `.gone`.
/// So readings through one `ProcessDirectory` belong together, and with the start time of `stat` they
/// belong to one identity. Reading `exe`, `cwd`, `root`, `ns`, `fd`, `maps` of another user's process
/// needs ptrace read rights (CAP_SYS_PTRACE).
public struct ProcessDirectory: ~Copyable, Sendable {
  public let pid: Int32
  let descriptor: OwnedDescriptor

  init(pid: Int32, descriptor: consuming OwnedDescriptor) {
    self.pid = pid
    self.descriptor = descriptor
  }

  /// `/proc/PID/stat`, proc_pid_stat(5).
  public borrowing func stat(_ buffer: inout ReadBuffer) -> ProcAnswer<ProcessStat> {
    read("stat", &buffer, until: .firstShortRead).parsed { ProcessStat(parsing: buffer.bytes) }
  }

  /// `/proc/PID/status`, proc_pid_status(5).
  public borrowing func status(_ buffer: inout ReadBuffer) -> ProcAnswer<ProcessStatus> {
    read("status", &buffer, until: .firstShortRead).parsed { ProcessStatus(parsing: buffer.bytes) }
  }

  /// The effective user id, as the directory's owner (`task_dump_owner` of fs/proc/base.c): a tenth of the cost of
  /// `status`. nil when it may not be seen.
  ///
  /// Of a process that has ended it is 0: believe it when something read later shows that the process was there.
  public borrowing func effectiveUserID() -> UInt32? {
    descriptor.borrow { directory in
      var status = CLinux.stat()
      // SAFETY: fstat(2) fills the structure.
      return unsafe fstat(directory, &status) == 0 ? status.st_uid : nil
    }
  }

  /// `/proc/PID/cmdline`, proc_pid_cmdline(5): no arguments for a kernel thread or zombie.
  ///
  /// At most `limit` bytes, the rest is cut off and said so.
  public borrowing func commandLine(
    _ buffer: inout ReadBuffer, limit: Int = 131_072
  ) -> ProcAnswer<ProcessArguments> {
    read("cmdline", &buffer, limit: limit).parsed {
      ProcessArguments(parsing: buffer.bytes, isTruncated: buffer.isTruncated)
    }
  }

  /// `/proc/PID/cgroup`, cgroups(7).
  public borrowing func cgroups(_ buffer: inout ReadBuffer) -> ProcAnswer<[CgroupMembership]> {
    read("cgroup", &buffer, until: .firstShortRead).parsed { CgroupMembership.parse(buffer.bytes) }
  }

  /// `/proc/PID/task`: its threads, ascending.
  public borrowing func threadIDs() throws(SystemError) -> [Int32] {
    let directory = try OwnedDescriptor.open("task", flags: O_RDONLY | O_DIRECTORY, in: descriptor)
    do throws(Errno) {
      return try directory.borrow { (number) throws(Errno) in try numbers(in: number) }
    } catch { throw SystemError("getdents64", on: "threads of process \(pid)", error) }
  }

  /// `/proc/PID/maps`, proc_pid_maps(5), at most `limit` bytes of it.
  public borrowing func memoryMap(
    _ buffer: inout ReadBuffer, limit: Int = 16 << 20
  ) -> ProcAnswer<[MemoryMapping]> {
    read("maps", &buffer, limit: limit).parsed {
      buffer.dropCutLine()
      return MemoryMapping.parse(buffer.bytes)
    }
  }

  /// `/proc/PID/mountinfo`, proc_pid_mountinfo(5), at most `limit` bytes of it; `.absent` for a zombie.
  public borrowing func mounts(
    _ buffer: inout ReadBuffer, limit: Int = 16 << 20
  ) -> ProcAnswer<[Mount]> {
    let answer = read("mountinfo", &buffer, limit: limit)
    // What has left its namespaces has no mounts: mounts_open_common of the kernel answers EINVAL.
    if case .failed(.invalidArgument) = answer { return .absent }
    return answer.parsed {
      buffer.dropCutLine()
      return Mount.parse(buffer.bytes)
    }
  }

  /// The threads, by `/proc/PID/task`; the first is mostly the leader.
  public borrowing func threadIDs() -> ProcAnswer<[Int32]> {
    descriptor.borrow { directory in
      // SAFETY: a C string for the length of the call.
      let number = unsafe clinux_openat(directory, "task", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
      if number < 0 { return ProcAnswer(Errno.current, noSuchFile: .gone) }
      let task = OwnedDescriptor(owning: number)
      do throws(Errno) {
        return .value(try task.borrow { (number) throws(Errno) in try numbers(in: number) })
      } catch { return ProcAnswer(error, noSuchFile: .gone) }
    }
  }

  /// One file of the directory.
  borrowing func read(
    _ name: String, _ buffer: inout ReadBuffer, limit: Int = 1 << 20,
    until end: ReadBuffer.End = .emptyRead
  ) -> ProcAnswer<Void> {
    descriptor.borrow { directory in
      let answer = readFile(
        name, in: directory, into: &buffer, limit: limit, until: end, noSuchFile: .absent)
      if case .absent = answer, !isAlive(directory) { return .gone }
      return answer
    }
  }

  /// A directory of a dead process has no files, so ENOENT alone does not tell dead from absent.
  func isAlive(_ directory: Int32) -> Bool {
    // SAFETY: a C string for the length of the call.
    unsafe faccessat(directory, "stat", F_OK, 0) == 0
  }
}
