import CLinux

/// Sockets of our own, by which `doctor` proves that a source sees what is there.
public enum ProbeSocket {
  /// socket(2) with SOCK_CLOEXEC. Throws EPERM where a capability is missing, EAFNOSUPPORT and EPROTONOSUPPORT where
  /// the kernel has no such socket.
  ///
  /// `AF_*`, `SOCK_*`, `IPPROTO_*` or the family's own number.
  public static func open(family: UInt16, type: UInt16, protocol number: UInt16) throws(Errno)
    -> OwnedDescriptor
  {
    let flags = Int32(SOCK_CLOEXEC.rawValue)
    return OwnedDescriptor(
      owning: try retryingOnInterrupt { socket(Int32(family), Int32(type) | flags, Int32(number)) })
  }

  /// Binds an internet socket to a free port of 127.0.0.1.
  public static func bindToLoopback(_ descriptor: borrowing OwnedDescriptor) throws(Errno) {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    _ = try descriptor.borrow { (number) throws(Errno) in
      try retryingOnInterrupt {
        // SAFETY: the address lives during the call and has the size that is said.
        unsafe withUnsafePointer(to: &address) { pointer in
          unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            unsafe bind(number, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
          }
        }
      }
    }
  }

  /// Binds a netlink socket to a port id of the kernel's choice.
  public static func bindNetlink(_ descriptor: borrowing OwnedDescriptor) throws(Errno) {
    var address = sockaddr_nl()
    address.nl_family = UInt16(AF_NETLINK)
    _ = try descriptor.borrow { (number) throws(Errno) in
      try retryingOnInterrupt {
        // SAFETY: as above.
        unsafe withUnsafePointer(to: &address) { pointer in
          unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            unsafe bind(number, $0, socklen_t(MemoryLayout<sockaddr_nl>.size))
          }
        }
      }
    }
  }

  /// listen(2).
  public static func listen(_ descriptor: borrowing OwnedDescriptor) throws(Errno) {
    _ = try descriptor.borrow { (number) throws(Errno) in
      try retryingOnInterrupt { CLinux.listen(number, 1) }
    }
  }
}
