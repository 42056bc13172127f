import CLinux
import KernelSystem

/// Open files of the whole host, `/proc/sys/fs/file-nr` (proc_sys_fs(5)).
public struct OpenFiles: Hashable, Sendable {
  public var allocated: UInt64
  public var limit: UInt64

  init?(parsing text: Span<UInt8>) {
    // 522	0	2466177
    var scanner = ByteScanner(bytes: text)
    guard let allocated = scanner.decimalField(UInt64.self), scanner.decimalField(UInt64.self) != nil,
      let limit = scanner.decimalField(UInt64.self), scanner.isBehindWholeNumber
    else { return nil }
    self.allocated = allocated
    self.limit = limit
  }
}

/// Which processes a `/proc` shows: its `hidepid` option (proc(5)).
public enum ProcessVisibility: Hashable, Sendable {
  /// All of the mount's pid namespace.
  case all
  /// All are listed, others' files are refused (`noaccess`, 1).
  case othersRefused
  /// Others' are not even listed (`invisible`, 2).
  case othersHidden
  /// Only those that the reader may trace are listed (`ptraceable`, 4). Since 5.8.
  case onlyTraceable
}

extension ProcFileSystem {
  /// The random identity of this boot: 36 characters.
  public borrowing func bootID(_ buffer: inout ReadBuffer) -> ProcAnswer<[UInt8]> {
    read("sys/kernel/random/boot_id", into: &buffer, limit: 64).parsed { firstLine(buffer.bytes, count: 36) }
  }

  public borrowing func openFiles(_ buffer: inout ReadBuffer) -> ProcAnswer<OpenFiles> {
    read("sys/fs/file-nr", into: &buffer, limit: 256).parsed { OpenFiles(parsing: buffer.bytes) }
  }

  /// What of others' processes this mount hides, by its line in `self/mountinfo`.
  ///
  /// `.absent` if no mount at our path is a proc. The option's group (`gid=`) and CAP_SYS_PTRACE see all.
  public borrowing func processVisibility(_ buffer: inout ReadBuffer) -> ProcAnswer<ProcessVisibility> {
    switch read("self/mountinfo", into: &buffer, limit: 16 << 20) {
    case .value:
      buffer.dropCutLine()
      let here = Mount.parse(buffer.bytes).last { mount in
        mount.fileSystem.elementsEqual("proc".utf8) && mount.mountPoint.elementsEqual(path.utf8)
      }
      guard let here else { return .absent }
      return .value(ProcessVisibility(superOptions: here.superOptions))
    case .gone: return .gone
    case .denied: return .denied
    case .absent: return .absent
    case .failed(let errno): return .failed(errno)
    }
  }
}

extension ProcessVisibility {
  /// From the options of the file system: `rw,gid=27,hidepid=invisible` (a number before 5.8).
  init(superOptions: [UInt8]) {
    self = .all
    for option in superOptions.split(separator: UInt8(ascii: ",")) {
      switch String(decoding: option, as: UTF8.self) {
      case "hidepid=1", "hidepid=noaccess": self = .othersRefused
      case "hidepid=2", "hidepid=invisible": self = .othersHidden
      case "hidepid=4", "hidepid=ptraceable": self = .onlyTraceable
      default: break
      }
    }
  }
}

/// The root of a file system with `/etc`, `/run` and `/var`: the host's, or a tree that looks like one.
public struct HostRoot: ~Copyable, Sendable {
  let descriptor: OwnedDescriptor

  public init(path: String = "/") throws(SystemError) {
    descriptor = try OwnedDescriptor.open(path, flags: O_PATH | O_DIRECTORY)
  }

  /// `/etc/machine-id` (machine-id(5)): 32 hexadecimal digits; `uninitialized` is `.failed`.
  public borrowing func machineID(_ buffer: inout ReadBuffer) -> ProcAnswer<[UInt8]> {
    read("etc/machine-id", &buffer, limit: 64).parsed {
      firstLine(buffer.bytes, count: 32).flatMap { $0[...].isHexadecimal(32) ? $0 : nil }
    }
  }

  /// `/etc/passwd`: the local users. Others (LDAP, systemd-userdb) are known to getpwuid_r(3) only.
  public borrowing func users(_ buffer: inout ReadBuffer) -> ProcAnswer<UserTable> {
    read("etc/passwd", &buffer, limit: 16 << 20).parsed {
      buffer.dropCutLine()
      return UserTable(parsing: buffer.bytes)
    }
  }

  /// Reads the regular file at `name`, which is relative to the root; anything else is `.failed(EINVAL)`.
  ///
  /// Users may choose what stands at some names: a FIFO must not make us wait, nor a device do whatever its
  /// opening does (O_PATH opens none).
  borrowing func read(_ name: String, _ buffer: inout ReadBuffer, limit: Int) -> ProcAnswer<Void> {
    descriptor.borrow { root in
      // SAFETY: a C string for the length of the call.
      let number = unsafe clinux_openat(root, name, O_PATH | O_CLOEXEC)
      if number < 0 { return ProcAnswer(Errno.current, noSuchFile: .absent) }
      let file = OwnedDescriptor(owning: number)
      do throws(Errno) {
        guard try FileStatus(of: file).isRegular else { return .failed(.invalidArgument) }
      } catch { return .failed(error) }
      return file.borrow { number in
        // By its descriptor: the name may lead elsewhere by now.
        let path = "/proc/self/fd/\(number)"
        return readFile(path, in: AT_FDCWD, into: &buffer, limit: limit, noSuchFile: .absent)
      }
    }
  }
}

/// The first line if it has exactly `count` bytes.
func firstLine(_ text: Span<UInt8>, count: Int) -> [UInt8]? {
  let end = text.firstIndex(of: 0x0a, from: 0) ?? text.count
  return end == count ? text.copy(0..<end) : nil
}
