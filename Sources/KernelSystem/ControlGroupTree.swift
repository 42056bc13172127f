import CLinux

/// The cgroup v2 hierarchy, whose directories' inode numbers are the ids that sockets carry.
public enum ControlGroupTree {
  /// The id of the group at `path`, if that is a directory of cgroup v2.
  public static func identifier(ofPath path: String) throws(Errno) -> UInt64? {
    var status = stat()
    _ = try retryingOnInterrupt { unsafe stat(path, &status) }
    var system = statfs()
    _ = try retryingOnInterrupt { unsafe statfs(path, &system) }
    return system.f_type == CGROUP2_SUPER_MAGIC ? UInt64(status.st_ino) : nil
  }

  /// Every group beneath `mount` with its path from there; the root is `/`. Groups that end meanwhile are left out.
  public static func paths(beneath mount: String) -> [UInt64: [UInt8]] {
    var found: [UInt64: [UInt8]] = [:]
    // No mount: nothing beneath it.
    if let root = try? identifier(ofPath: mount) { found[root] = [UInt8(ascii: "/")] }
    var waiting: [[UInt8]] = [[]]
    while let folder = waiting.popLast() {
      let path = mount + String(decoding: folder, as: UTF8.self)
      guard let directory = unsafe opendir(path) else { continue }
      defer { unsafe closedir(directory) }
      while let entry = unsafe readdir(directory) {
        guard unsafe Int32(entry.pointee.d_type) == Int32(DT_DIR) else { continue }
        // SAFETY: readdir(3) ends the name with NUL, inside the record.
        let name = unsafe withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
          unsafe Array(bytes.prefix { $0 != 0 })
        }
        if name == Array(".".utf8) || name == Array("..".utf8) { continue }
        let child = folder + [UInt8(ascii: "/")] + name
        found[unsafe UInt64(entry.pointee.d_ino)] = child
        waiting.append(child)
      }
    }
    return found
  }
}
