import CLinux
import Glibc
import KernelSystem

/// A closure on its way to a thread, and its result on the way back.
private final class Parcel {
  let body: () throws -> Void
  var error: (any Error)?
  init(_ body: @escaping () throws -> Void) { self.body = body }
}

/// Runs `body` on a thread of its own inside a fresh network namespace whose loopback is up.
///
/// The namespace goes with the thread and the sockets opened in it. Needs CAP_SYS_ADMIN.
public func inFreshNamespace(_ body: @escaping () throws -> Void) throws {
  try onOwnThread {
    guard clinux_unshare(CLONE_NEWNET) == 0 else {
      throw SystemError("unshare", on: "CLONE_NEWNET", .current)
    }
    try bringLoopbackUp()
    try body()
  }
}

/// Runs `body` on a thread that nobody else uses, and waits for it.
public func onOwnThread(_ body: @escaping () throws -> Void) throws {
  let parcel = Parcel(body)
  var thread = pthread_t()
  let argument = Unmanaged.passUnretained(parcel).toOpaque()
  let status = pthread_create(
    &thread, nil,
    { argument in
      let parcel = Unmanaged<Parcel>.fromOpaque(argument!).takeUnretainedValue()
      do { try parcel.body() } catch { parcel.error = error }
      return nil
    }, argument)
  precondition(status == 0, "pthread_create: \(status)")
  pthread_join(thread, nil)
  if let error = parcel.error { throw error }
}

private func bringLoopbackUp() throws {
  // struct ifreq: 16 bytes of name, then the flags: IFF_UP | IFF_RUNNING.
  var request = [UInt8](repeating: 0, count: 40)
  request[0] = UInt8(ascii: "l")
  request[1] = UInt8(ascii: "o")
  request[16] = 0x41
  let control = socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0)
  defer { close(control) }
  let status = request.withUnsafeMutableBytes { bytes in
    clinux_ioctl_int(control, UInt(SIOCSIFFLAGS), bytes.baseAddress!.assumingMemoryBound(to: Int32.self))
  }
  guard status == 0 else { throw SystemError("ioctl", on: "SIOCSIFFLAGS lo", .current) }
}
