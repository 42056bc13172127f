import CLinux
import KernelSystem

/// A descriptor that holds a socket, or a namespace.
public struct HeldInode: Hashable, Sendable {
  /// Of `socket:[N]`, or `net:[N]`.
  public var inode: UInt64
  public var pid: Int32
  public var descriptor: Int32

  public init(inode: UInt64, pid: Int32, descriptor: Int32) {
    self.inode = inode
    self.pid = pid
    self.descriptor = descriptor
  }
}

/// A process that holds at least one: pid and start time together are its identity.
public struct HolderProcess: Hashable, Sendable {
  public var pid: Int32
  /// Clock ticks after boot, read through the same directory as the descriptors.
  public var startTicks: UInt64

  public init(pid: Int32, startTicks: UInt64) {
    self.pid = pid
    self.startTicks = startTicks
  }
}

/// What one pass over `/proc/*/fd` found: flat, in the order of pids, then of descriptors.
///
/// - It reads the table of each thread group's leader, or of another thread where the leader has ended or has
///   nothing open. A further table (`unshare(CLONE_FILES)`) is not seen; telling such threads costs a kcmp(2) each.
/// - A namespace file that was opened by a path (`/run/netns/x`) shows as that path, and is not seen: the
///   mounts have it.
/// - A descriptor in flight (SCM_RIGHTS, not yet received), or one in an io_uring's table, is in no table.
public struct DescriptorScan: Sendable {
  public var sockets: [HeldInode] = []
  /// Descriptors of network namespaces.
  public var namespaces: [HeldInode] = []
  /// The holders of the above.
  public var processes: [HolderProcess] = []
  /// Processes whose table the kernel did not show us (EACCES, EPERM): sockets of theirs are unseen.
  public var deniedPIDs: [Int32] = []
  /// Processes that ended before or while they were read; what was read of them is left out.
  public var goneCount = 0
  /// Processes that failed otherwise (out of descriptors or memory), and the first reason.
  public var failedCount = 0
  public var firstFailure: Errno?
  /// Descriptors looked at, of any kind.
  public var descriptorCount = 0

  public init() {}

  /// Forgets the findings and keeps the memory, for the next pass.
  public mutating func removeAll() {
    sockets.removeAll(keepingCapacity: true)
    namespaces.removeAll(keepingCapacity: true)
    processes.removeAll(keepingCapacity: true)
    deniedPIDs.removeAll(keepingCapacity: true)
    goneCount = 0
    failedCount = 0
    firstFailure = nil
    descriptorCount = 0
  }
}

extension ProcFileSystem {
  /// Scans the descriptors of every process that the mount shows.
  public borrowing func scanDescriptors(_ scan: inout DescriptorScan) throws(SystemError) {
    scanDescriptors(of: try processIDs(), &scan)
  }

  /// Scans the descriptors of `pids`, in that order; appends to `scan`.
  ///
  /// Several threads may each scan a part. Needs ptrace read rights for processes of others (CAP_SYS_PTRACE
  /// and CAP_DAC_READ_SEARCH). Kernel threads have empty tables and cost an open and a listing each.
  public borrowing func scanDescriptors(of pids: [Int32], _ scan: inout DescriptorScan) {
    root.borrow { root in
      let size = DirectoryListing.bufferSize
      unsafe withUnsafeTemporaryAllocation(byteCount: size + LinkText.size, alignment: 8) { memory in
        // SAFETY: two parts of the allocation that do not overlap, valid for this closure.
        var scanner = unsafe TableScanner(
          entries: UnsafeMutableRawBufferPointer(rebasing: memory[..<size]),
          link: memory.baseAddress! + size)
        for pid in pids { scanner.scan(pid, root: root, into: &scan) }
      }
    }
  }
}

/// The text of a descriptor's link, as far as we need it: `socket:[18446744073709551615]` has 30 bytes.
private enum LinkText {
  static let size = 64
}

/// Reads one table after the other with the same buffers.
@safe private struct TableScanner: ~Copyable {
  // SAFETY: both are lent by `scanDescriptors` for as long as this value lives.
  private let entries: UnsafeMutableRawBufferPointer
  private let link: UnsafeMutableRawPointer
  private var buffer = ReadBuffer(capacity: 1024)

  init(entries: UnsafeMutableRawBufferPointer, link: UnsafeMutableRawPointer) {
    // SAFETY: stored only; the caller keeps both valid for the life of this value.
    unsafe self.entries = entries
    unsafe self.link = link
  }

  mutating func scan(_ pid: Int32, root: Int32, into scan: inout DescriptorScan) {
    // One walk to the table; the process's own directory is its `..`, and as dead as it after the end.
    let number = unsafe withPath(pid, "/fd") { path in
      // SAFETY: `withPath` lends a C string.
      unsafe clinux_openat(root, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    }
    if number < 0 { return Self.count(Errno.current, of: pid, in: &scan) }
    let table = OwnedDescriptor(owning: number)
    let socketCount = scan.sockets.count
    let namespaceCount = scan.namespaces.count
    do throws(Errno) {
      try table.borrow { (table) throws(Errno) in
        let descriptorCount = scan.descriptorCount
        try list(table, of: pid, into: &scan)
        if scan.descriptorCount == descriptorCount { try listThreads(beside: table, of: pid, into: &scan) }
        if scan.sockets.count == socketCount && scan.namespaces.count == namespaceCount { return }
        scan.processes.append(HolderProcess(pid: pid, startTicks: try startTicks(beside: table)))
      }
    } catch {
      scan.sockets.removeSubrange(socketCount...)
      scan.namespaces.removeSubrange(namespaceCount...)
      Self.count(error, of: pid, in: &scan)
    }
  }

  /// A dead process's directory has nothing in it: ENOENT is `gone` here.
  private static func count(_ errno: Errno, of pid: Int32, in scan: inout DescriptorScan) {
    precondition(errno != .badDescriptor && errno != .badAddress, "descriptor scan: \(errno)")
    if errno.meansGone {
      scan.goneCount += 1
    } else if errno.meansDenied {
      scan.deniedPIDs.append(pid)
    } else {
      scan.failedCount += 1
      if scan.firstFailure == nil { scan.firstFailure = errno }
    }
  }

  /// Appends the sockets and namespaces of one open table.
  private func list(_ table: Int32, of pid: Int32, into scan: inout DescriptorScan) throws(Errno) {
    var failure: Errno?
    // SAFETY: `entries` has `bufferSize` bytes.
    try unsafe DirectoryListing.forEachNumber(in: table, buffer: entries) { descriptor, name in
      scan.descriptorCount += 1
      // SAFETY: the kernel writes at most the size of `link`.
      let length = unsafe readlinkat(
        table, name, link.assumingMemoryBound(to: CChar.self), LinkText.size)
      if length < 0 {
        // A descriptor closed meanwhile is ENOENT, and so is each of a dead process: `startTicks` tells.
        let errno = Errno.current
        if errno.meansGone { return true }
        // A path longer than a page, which anybody can open step by step: no socket, and no way to hide some.
        if errno.rawValue == ENAMETOOLONG { return true }
        failure = errno
        return false
      }
      append(length: length, pid: pid, descriptor: descriptor, to: &scan)
      return true
    }
    if let failure { throw failure }
  }

  /// Appends those of the first thread that has any, if there is more than one thread.
  ///
  /// A leader that has ended (pthread_exit(3) in `main`) shows an empty table while its threads run on.
  private mutating func listThreads(
    beside table: Int32, of pid: Int32, into scan: inout DescriptorScan
  ) throws(Errno) {
    var status = stat()
    // SAFETY: a C string for the length of the call; fstatat(2) fills the structure.
    _ = try retryingOnInterrupt { unsafe fstatat(table, "../task", &status, 0) }
    // `.`, `..`, and a link a thread: this spares most of the empty tables, kernel threads', a listing.
    guard status.st_nlink > 3 else { return }
    let number = try retryingOnInterrupt {
      // SAFETY: as above.
      unsafe clinux_openat(table, "../task", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    }
    let tasks = OwnedDescriptor(owning: number)
    let descriptorCount = scan.descriptorCount
    try tasks.borrow { (tasks) throws(Errno) in
      for thread in try numbers(in: tasks) where thread != pid && scan.descriptorCount == descriptorCount {
        let number = unsafe withPath(thread, "/fd") { path in
          // SAFETY: `withPath` lends a C string.
          unsafe clinux_openat(tasks, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        }
        if number < 0 {
          let errno = Errno.current
          if errno.meansGone { continue }
          throw errno
        }
        let threadTable = OwnedDescriptor(owning: number)
        do throws(Errno) {
          try threadTable.borrow { (table) throws(Errno) in try list(table, of: pid, into: &scan) }
        } catch { if !error.meansGone { throw error } }
      }
    }
  }

  /// Appends what the `length` bytes at `link` mean, if they are a socket or a network namespace.
  @inline(__always)
  private func append(length: Int, pid: Int32, descriptor: Int32, to scan: inout DescriptorScan) {
    // "socket:[" and "net:[" as the numbers that their first bytes load as.
    let socket = UInt64(littleEndian: 0x5b3a_7465_6b63_6f73)
    let namespace = UInt64(littleEndian: 0x0000_005b_3a74_656e)
    let mask = UInt64(littleEndian: 0x0000_00ff_ffff_ffff)
    guard length >= 8 else { return }
    // SAFETY: eight bytes of `link` were written.
    let start = unsafe link.loadUnaligned(as: UInt64.self)
    if start == socket, let inode = inode(from: 8, to: length) {
      scan.sockets.append(HeldInode(inode: inode, pid: pid, descriptor: descriptor))
    } else if start & mask == namespace, let inode = inode(from: 5, to: length) {
      scan.namespaces.append(HeldInode(inode: inode, pid: pid, descriptor: descriptor))
    }
  }

  /// The decimal number between `start` and the `]` at the end of the link.
  @inline(__always)
  private func inode(from start: Int, to length: Int) -> UInt64? {
    var value: UInt64 = 0
    var index = start
    // Nineteen digits cannot overflow, and the kernel's inodes of both kinds have ten at most.
    while index < length, index - start < 19 {
      // SAFETY: `index` is below `length`, which the kernel wrote.
      let digit = unsafe link.load(fromByteOffset: index, as: UInt8.self) &- 0x30
      if digit > 9 { break }
      value = value &* 10 &+ UInt64(digit)
      index += 1
    }
    // SAFETY: the first condition keeps `index` inside.
    guard index == length - 1, index > start,
      unsafe link.load(fromByteOffset: index, as: UInt8.self) == UInt8(ascii: "]")
    else { return nil }
    return value
  }

  /// The start time of the process that `table` belongs to.
  private mutating func startTicks(beside table: Int32) throws(Errno) -> UInt64 {
    // SAFETY: a C string for the length of the call.
    let number = try retryingOnInterrupt { unsafe clinux_openat(table, "../stat", O_RDONLY | O_CLOEXEC) }
    let file = OwnedDescriptor(owning: number)
    try file.borrow { (number) throws(Errno) in
      try buffer.fill(from: number, limit: 4096, until: .firstShortRead)
    }
    guard let stat = ProcessStat(parsing: buffer.bytes) else { throw Errno(rawValue: EBADMSG) }
    return stat.startTicks
  }
}
