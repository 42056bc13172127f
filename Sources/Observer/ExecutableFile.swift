import KernelProc
import KernelSystem
import Model

/// The file that a process runs, open for reading.
enum ExecutableFile {
  /// A larger file is not read: it would take seconds.
  static let largest: Int64 = 1 << 30

  /// SHA-256 of `wanted`, through whichever name still leads to it: never that of another file.
  ///
  /// First `/proc/PID/exe`, which leads to the file that was executed even when its path is gone; as long as the process
  /// runs it nobody can write to it (ETXTBSY). Where the process has ended, or runs something else by now, the path: there
  /// nothing at all may have changed.
  static func hash(of wanted: FileIdentity, process: ProcessIdentity, path: RawText?) -> FileHash {
    // Refused or gone: the path may do.
    if let file = try? OwnedDescriptor.open("/proc/\(process.pid.rawValue)/exe"),
      isAlive(process), let status = try? FileStatus(of: file)
    {
      let found = FileIdentity(status, generation: FileStatus.generation(of: file))
      if found.isSameRunning(as: wanted) { return hash(of: file, status) }
    }
    return path.map { hash(of: wanted, at: $0.lossyString) } ?? .missing(.gone)
  }

  private static func isAlive(_ process: ProcessIdentity) -> Bool {
    guard let proc = try? ProcFileSystem(), case .value(let directory) = proc.process(process.pid.rawValue)
    else {
      return false
    }
    var buffer = ReadBuffer()
    return directory.stat(&buffer).value?.startTicks == process.startTicks
  }

  private static func hash(of wanted: FileIdentity, at path: String) -> FileHash {
    do throws(SystemError) {
      // Whatever may be there by now, a pipe or a device: it is not opened before it is known.
      let place = try OwnedDescriptor.open(path, flags: ModeOfOpening.pathOnly)
      guard let status = try? FileStatus(of: place), status.isRegular else { return .missing(.gone) }
      let found = FileIdentity(status)
      guard found.hasSameContents(as: wanted) else {
        return .missing(found.isSamePlace(as: wanted) ? .changed : .gone)
      }
      let file = try place.borrow { (number) throws(SystemError) in
        try OwnedDescriptor.open("/proc/self/fd/\(number)")
      }
      return hash(of: file, status)
    } catch {
      return .missing(error.errno.meansGone ? .gone : .unreadable)
    }
  }

  /// SHA-256 of all of a file that had `status` a moment ago; nobody may change it meanwhile.
  static func hash(of file: borrowing OwnedDescriptor, _ status: FileStatus) -> FileHash {
    guard status.size <= largest else { return .missing(.tooLarge) }
    var digest = MessageDigest()
    var total: Int64 = 0
    var chunk = [UInt8](repeating: 0, count: 1 << 18)
    while total <= status.size {
      guard let count = try? file.read(into: &chunk) else { return .missing(.unreadable) }
      if count == 0 { break }
      digest.add(chunk.span.extracting(0..<count))
      total += Int64(count)
    }
    // Its name may have gone meanwhile, which moves ctime.
    guard total == status.size, let after = try? FileStatus(of: file), after.modified == status.modified
    else {
      return .missing(.changed)
    }
    return .sha256(digest.finish().hexadecimal)
  }
}

extension FileIdentity {
  init(_ status: FileStatus, generation: UInt32? = nil) {
    self.init(
      device: status.device, inode: status.inode, changed: status.changed, modified: status.modified,
      generation: generation)
  }
}
