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
