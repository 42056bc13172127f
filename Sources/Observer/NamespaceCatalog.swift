import KernelProc
import KernelSystem
import Model

/// The network namespaces of the host, and a way into each.
///
/// A namespace lives as long as a process is in it, a file is mounted on it, a descriptor holds it, or a socket
/// belongs to it: all four are looked through.
struct NamespaceCatalog {
  /// How its nsfs file is opened.
  enum Door: Hashable {
    /// The namespace of our own thread: nothing to open.
    case own
    /// `/proc/PID/ns/net`.
    case process(Int32)
    case path(String)
    /// A descriptor of the nsfs file that a process holds.
    case descriptor(pid: Int32, number: Int32)
    /// A socket of the namespace that a process holds (SIOCGSKNS).
    case socket(pid: Int32, number: Int32)
  }

  struct Entry {
    let namespace: NetworkNamespace
    var door: Door
    var name: String?
  }

  private(set) var own: NetworkNamespace
  private(set) var entries: [NetworkNamespace: Entry] = [:]
  /// Processes whose namespace we were not allowed to see.
  private(set) var refusedProcesses = 0

  /// The own namespace only. Throws when `/proc/self/ns/net` cannot be read.
  init(ownOnly proc: borrowing ProcFileSystem) throws(SystemError) {
    guard case .value(let directory) = proc.process(ThisProcess.pid),
      let inode = directory.namespace(.net).value
    else {
      throw SystemError("readlink", on: "\(proc.path)/self/ns/net", .noSuchFile)
    }
    own = NetworkNamespace(UInt32(truncatingIfNeeded: inode))
    entries[own] = Entry(namespace: own, door: .own)
  }

  /// Those of processes and mounts.
  init(_ proc: borrowing ProcFileSystem) throws(SystemError) {
    try self.init(ownOnly: proc)
    var mountNamespaces: Set<UInt64> = []
    for pid in try proc.processIDs() {
      switch proc.namespace(.net, of: pid) {
      case .value(let inode): add(inode, door: .process(pid))
      case .denied:
        refusedProcesses += 1
        continue  // its mounts are refused likewise
      default: continue
      }
      guard let mounts = proc.namespace(.mnt, of: pid).value, mountNamespaces.insert(mounts).inserted,
        case .value(let directory) = proc.process(pid)
      else { continue }
      addMounts(of: directory, isOwn: mountNamespaces.count == 1 && pid == 1)
    }
  }

  private mutating func add(_ inode: UInt64, door: Door, name: String? = nil) {
    let namespace = NetworkNamespace(UInt32(truncatingIfNeeded: inode))
    var entry = entries[namespace] ?? Entry(namespace: namespace, door: door)
    if entry.name == nil { entry.name = name }
    entries[namespace] = entry
  }

  /// Namespaces that are kept by a mount (`ip netns add`, container runtimes), through the process's root.
  private mutating func addMounts(of directory: borrowing ProcessDirectory, isOwn: Bool) {
    var buffer = ReadBuffer()
    for mount in directory.mounts(&buffer).value ?? [] {
      guard let inode = mount.networkNamespace else { continue }
      let point = String(decoding: mount.mountPoint, as: UTF8.self)
      add(inode, door: .path("/proc/\(directory.pid)/root\(point)"), name: Self.name(ofMount: point))
    }
  }

  /// `/run/netns/blue` → `blue`.
  private static func name(ofMount point: String) -> String? {
    for folder in ["/run/netns/", "/var/run/netns/", "/run/docker/netns/", "/var/run/docker/netns/"]
    where point.hasPrefix(folder) { return String(point.dropFirst(folder.count)) }
    return nil
  }

  /// A namespace that a process holds open, if it was not known; whether it was new.
  @discardableResult
  mutating func addHandle(_ namespace: NetworkNamespace, pid: Int32, descriptor: Int32) -> Bool {
    addIfUnknown(namespace, .descriptor(pid: pid, number: descriptor))
  }

  /// A namespace that nothing keeps but sockets.
  @discardableResult
  mutating func addSocket(of namespace: NetworkNamespace, pid: Int32, descriptor: Int32) -> Bool {
    addIfUnknown(namespace, .socket(pid: pid, number: descriptor))
  }

  private mutating func addIfUnknown(_ namespace: NetworkNamespace, _ door: Door) -> Bool {
    guard entries[namespace] == nil else { return false }
    entries[namespace] = Entry(namespace: namespace, door: door)
    return true
  }

  /// A namespace that the user named by a path of its own.
  mutating func addPath(_ path: String, name: String?) throws(SystemError) -> NetworkNamespace {
    let descriptor = try OwnedDescriptor.open(path)
    guard let inode = NamespaceFile.networkNamespaceInode(descriptor) else {
      throw SystemError(
        "ioctl(NS_GET_NSTYPE)", on: "\(path), which is no network namespace", .invalidArgument)
    }
    add(inode, door: .path(path), name: name)
    return NetworkNamespace(UInt32(truncatingIfNeeded: inode))
  }

  var infos: [NamespaceInfo] {
    entries.values.map { NamespaceInfo(namespace: $0.namespace, name: $0.name, isOwn: $0.namespace == own) }
      .sorted { $0.namespace < $1.namespace }
  }
}

extension NamespaceCatalog.Door {
  /// Opens the nsfs file; nil for the own namespace.
  func open() throws(SystemError) -> OwnedDescriptor? {
    switch self {
    case .own: return nil
    case .process(let pid): return try OwnedDescriptor.open("/proc/\(pid)/ns/net")
    case .path(let path): return try OwnedDescriptor.open(path)
    case .descriptor(let pid, let number): return try Self.duplicate(number, of: pid)
    case .socket(let pid, let number):
      let socket = try Self.duplicate(number, of: pid)
      do throws(Errno) { return try NamespaceFile.ofSocket(socket) } catch {
        throw SystemError("ioctl(SIOCGSKNS)", on: "descriptor \(number) of pid \(pid)", error)
      }
    }
  }

  private static func duplicate(_ number: Int32, of pid: Int32) throws(SystemError) -> OwnedDescriptor {
    do throws(Errno) {
      let process = try ProcessDescriptor(pid: pid)
      return try process.duplicate(number)
    } catch {
      // The process closed it, which pidfd_getfd reports as EBADF: gone, like the process itself.
      let errno = error == .badDescriptor ? Errno.noSuchFile : error
      throw SystemError("pidfd_getfd", on: "descriptor \(number) of pid \(pid)", errno)
    }
  }
}
