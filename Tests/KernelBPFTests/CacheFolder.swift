import CLinux
import KernelSystem
import Testing

@testable import KernelBPF

/// A place for a cache that nothing else uses, gone with its owner.
final class CacheFolder {
  let path: String
  var cache: ProgramCache { ProgramCache(directory: path) }
  var file: String { "\(path)/\(ProgramCache.fileName(of: .sockets))" }

  init() throws {
    var template = Array("/tmp/sockeye-cache-XXXXXX".utf8CString)
    try #require(mkdtemp(&template) != nil)
    path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  var contents: [UInt8] {
    get throws {
      try PrivateDirectory(at: path).contents(of: ProgramCache.fileName(of: .sockets), limit: 1 << 22)
    }
  }

  func write(_ bytes: [UInt8]) throws {
    try PrivateDirectory(at: path).replace(ProgramCache.fileName(of: .sockets), with: bytes)
  }

  /// The names in it.
  var names: [String] {
    get {
      guard let directory = opendir(path) else { return [] }
      defer { closedir(directory) }
      var names: [String] = []
      while let entry = readdir(directory) {
        let name = withUnsafeBytes(of: &entry.pointee.d_name) {
          String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
        }
        if name != ".", name != ".." { names.append(name) }
      }
      return names
    }
  }

  deinit {
    for name in names { unlink("\(path)/\(name)") }
    rmdir(path)
  }
}

/// What an iterator says of the descriptors of this process.
struct Listed: Hashable {
  var descriptor: Int32
  var cookie: UInt64
  var inode: UInt64
  var netns: UInt32
  var family: UInt16
  var type: UInt16
  var `protocol`: UInt16
  var state: UInt8
  var localPort: UInt16
  var uid: UInt32
  var hasInternals: Bool
  var isNamespace: Bool
}

extension SocketIterator {
  /// The records of this process; `total` counts those of all.
  borrowing func own() throws -> (list: Set<Listed>, total: Int) {
    var (list, total) = (Set<Listed>(), 0)
    try forEachBatch { batch in
      batch.forEach { record, parts in
        total += 1
        guard record.tgid == getpid() else { return }
        list.insert(
          Listed(
            descriptor: record.descriptor, cookie: record.cookie, inode: record.inode, netns: record.netns,
            family: record.family, type: record.type, protocol: record.protocol, state: record.state,
            localPort: record.localPort, uid: record.uid,
            hasInternals: parts.tcp != nil && parts.memory != nil,
            isNamespace: record.isNamespace))
      }
    }
    return (list, total)
  }
}

/// Sockets of this process: 23 TCP listeners on free ports, 3 UDP sockets, 2 unix sockets, one namespace descriptor.
final class KnownSockets {
  private(set) var descriptors: [Int32] = []
  private(set) var ports: [UInt16] = []

  init() throws {
    for _ in 0..<23 {
      let listener = try make(AF_INET, Int32(SOCK_STREAM.rawValue))
      try #require(listen(listener, 7) == 0)
      var address = sockaddr_in()
      var length = socklen_t(MemoryLayout<sockaddr_in>.size)
      let status = withUnsafeMutablePointer(to: &address) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(listener, $0, &length) }
      }
      try #require(status == 0)
      ports.append(address.sin_port.byteSwapped)
    }
    for _ in 0..<3 { try make(AF_INET6, Int32(SOCK_DGRAM.rawValue)) }
    for _ in 0..<2 { try make(AF_UNIX, Int32(SOCK_STREAM.rawValue)) }
    let namespace = clinux_openat(AT_FDCWD, "/proc/self/ns/net", O_RDONLY | O_CLOEXEC)
    try #require(namespace >= 0)
    descriptors.append(namespace)
  }

  @discardableResult
  private func make(_ family: Int32, _ type: Int32) throws -> Int32 {
    let descriptor = socket(family, type | Int32(SOCK_CLOEXEC.rawValue), 0)
    try #require(descriptor >= 0)
    descriptors.append(descriptor)
    return descriptor
  }

  /// The inode of our network namespace.
  var netns: UInt32 {
    get throws {
      var status = stat()
      try #require(fstat(try #require(descriptors.last), &status) == 0)
      return UInt32(status.st_ino)
    }
  }

  /// Of `list`, what is ours: other tests open sockets in the same process.
  func among(_ list: Set<Listed>) -> Set<Listed> { list.filter { descriptors.contains($0.descriptor) } }

  deinit { for descriptor in descriptors { close(descriptor) } }
}
