import CLinux

/// Names of sockets in the file system (unix(7)).
enum LocalAddress {
  /// A SOCK_SEQPACKET socket; `path` is what it is for.
  static func makeSocket(_ flag: __socket_type?, _ path: String) throws(SystemError) -> OwnedDescriptor {
    let type = SOCK_SEQPACKET.rawValue | SOCK_CLOEXEC.rawValue | (flag?.rawValue ?? 0)
    let number = socket(AF_UNIX, Int32(type), 0)
    guard number >= 0 else { throw SystemError("socket", on: path, .current) }
    return OwnedDescriptor(owning: number)
  }

  /// Calls bind(2) or connect(2) with the address of `path`. One that is longer than an address holds (107 bytes) is
  /// reached by its folder's descriptor; a name that is too long even so is ENAMETOOLONG.
  static func with(
    _ path: String, _ call: StaticCallName, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32
  ) throws(SystemError) {
    var status = unsafe fill(path, body)
    if status == nil, let slash = path.lastIndex(of: "/") {
      let folder = try OwnedDescriptor.open(String(path[...slash]), flags: O_PATH | O_DIRECTORY)
      status = folder.borrow { unsafe fill("/proc/self/fd/\($0)\(path[slash...])", body) }
    }
    guard let status else { throw SystemError(call, on: path, Errno(rawValue: ENAMETOOLONG)) }
    if status != 0 { throw SystemError(call, on: path, .current) }
  }

  private static func fill(_ path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32) -> Int32? {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let bytes = Array(path.utf8)
    guard bytes.count < MemoryLayout.size(ofValue: address.sun_path) else { return nil }
    // SAFETY: the guard keeps the name and the zero behind it inside `sun_path`; the address lives during the call.
    unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: bytes) }
    return unsafe withUnsafePointer(to: &address) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        unsafe body($0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
  }
}

/// Who is at the other end of a unix socket, by SO_PEERCRED: pid 0 for a process outside of our pid namespace, user 65534 for
/// one outside of our user namespace.
public struct PeerCredentials: Sendable, Equatable {
  public let pid: Int32
  public let userID: UInt32

  init(_ descriptor: borrowing OwnedDescriptor) throws(Errno) {
    var (pid, userID) = (pid_t(0), uid_t(0))
    // SAFETY: both are written during the call.
    let status = descriptor.borrow { unsafe clinux_peer_credentials($0, &pid, &userID) }
    guard status == 0 else { throw .current }
    (self.pid, self.userID) = (pid, userID)
  }
}
