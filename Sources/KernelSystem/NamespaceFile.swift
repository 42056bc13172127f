import CLinux

/// Descriptors of nsfs files.
public enum NamespaceFile {
  /// The inode of the network namespace that `descriptor` leads to; nil when it leads to something else.
  ///
  /// NS_GET_NSTYPE of linux/nsfs.h, since 4.11.
  public static func networkNamespaceInode(_ descriptor: borrowing OwnedDescriptor) -> UInt64? {
    descriptor.borrow { number in
      let typeRequest: UInt = 0xb703  // _IO(NSIO, 0x3): the macro is not imported
      guard clinux_ioctl_none(number, typeRequest) == CLONE_NEWNET else { return nil }
      var status = stat()
      // SAFETY: fstat(2) fills the structure.
      return unsafe fstat(number, &status) == 0 ? UInt64(status.st_ino) : nil
    }
  }

  /// A descriptor of the network namespace that a socket belongs to: SIOCGSKNS of linux/sockios.h, since 4.10.
  ///
  /// Needs CAP_NET_ADMIN over that namespace.
  public static func ofSocket(_ socket: borrowing OwnedDescriptor) throws(Errno) -> OwnedDescriptor {
    try socket.borrow { (number) throws(Errno) in
      OwnedDescriptor(owning: try retryingOnInterrupt { clinux_ioctl_none(number, UInt(SIOCGSKNS)) })
    }
  }
}
