import CLinux
import KernelSystem

extension ProcessDirectory {
  /// `/proc/PID/attr/current` without the NUL and newline at its end: the SELinux context of a process.
  public borrowing func securityContext(_ buffer: inout ReadBuffer) -> ProcAnswer<[UInt8]> {
    read("attr/current", &buffer, until: .firstShortRead).parsed { () -> [UInt8]? in
      var context: [UInt8] = []
      for index in buffer.bytes.indices {
        if buffer.bytes[index] == 0 || buffer.bytes[index] == 10 { break }
        context.append(buffer.bytes[index])
      }
      return context.isEmpty ? nil : context
    }
  }
}

extension ProcFileSystem {
  /// The SELinux context of the file behind a descriptor: getxattr(2) of `security.selinux`. nil when there is none.
  public borrowing func securityContext(ofDescriptor descriptor: Int32, of pid: Int32) -> [UInt8]? {
    var text = [UInt8](repeating: 0, count: 256)
    // SAFETY: the call writes at most the size of `text`.
    let count = unsafe text.withUnsafeMutableBytes { room in
      unsafe getxattr("\(path)/\(pid)/fd/\(descriptor)", "security.selinux", room.baseAddress, room.count)
    }
    guard count > 0 else { return nil }
    return Array(text.prefix(count).prefix { $0 != 0 })
  }
}
