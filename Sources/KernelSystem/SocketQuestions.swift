import CLinux

/// What a socket says of itself through a descriptor of it: getsockname(2), getpeername(2), getsockopt(2).
///
/// nil where the socket has no such answer (a peer when it is not connected, a cookie before 4.14).
public struct SocketAnswers: Hashable, Sendable {
  /// `SO_DOMAIN`: `AF_*`.
  public var family: Int32?
  /// `SO_TYPE`: `SOCK_*`.
  public var type: Int32?
  /// `SO_PROTOCOL`.
  public var `protocol`: Int32?
  /// `SO_ACCEPTCONN`.
  public var isListening: Bool?
  /// `SO_COOKIE`.
  public var cookie: UInt64?
  /// Inode in sockfs, by fstat(2).
  public var inode: UInt64?
  public var local: SocketName?
  public var peer: SocketName?
}

/// An internet address and port, or the name of a unix socket, as the socket gave it.
public enum SocketName: Hashable, Sendable {
  /// 128 bits in network order as host integers, IPv4 in the low 32; port in host order.
  case internet(high: UInt64, low: UInt64, port: UInt16)
  /// Path, or abstract name that begins with NUL; empty when unnamed.
  case unix([UInt8])
  case other
}

extension SocketAnswers {
  /// Asks the socket behind `descriptor`, which may be a duplicate of another process's.
  public init(asking descriptor: borrowing OwnedDescriptor) {
    descriptor.borrow { number in
      family = Self.option(number, SO_DOMAIN, Int32(0))
      type = Self.option(number, SO_TYPE, Int32(0))
      self.protocol = Self.option(number, SO_PROTOCOL, Int32(0))
      isListening = Self.option(number, SO_ACCEPTCONN, Int32(0)).map { $0 != 0 }
      cookie = Self.option(number, SO_COOKIE, UInt64(0))
      var status = stat()
      inode = unsafe fstat(number, &status) == 0 ? UInt64(status.st_ino) : nil
      local = unsafe Self.name { unsafe getsockname(number, $0, $1) }
      peer = unsafe Self.name { unsafe getpeername(number, $0, $1) }
    }
  }

  private static func option<Value: BitwiseCopyable>(_ number: Int32, _ name: Int32, _ empty: Value) -> Value?
  {
    var value = empty
    var size = socklen_t(MemoryLayout<Value>.size)
    // SAFETY: the kernel writes at most `size` bytes of an integer.
    let status = unsafe getsockopt(number, SOL_SOCKET, name, &value, &size)
    return status == 0 && Int(size) == MemoryLayout<Value>.size ? value : nil
  }

  private static func name(
    _ call: (UnsafeMutablePointer<sockaddr>, UnsafeMutablePointer<socklen_t>) -> Int32
  ) -> SocketName? {
    var storage = sockaddr_storage()
    var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
    // SAFETY: sockaddr_storage is as large and as aligned as any address; the kernel is told its size.
    let status = unsafe withUnsafeMutablePointer(to: &storage) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe call($0, &length) }
    }
    guard status == 0 else { return nil }
    return unsafe withUnsafeBytes(of: storage) { bytes in
      unsafe SocketName(UnsafeRawBufferPointer(rebasing: bytes[..<min(Int(length), bytes.count)]))
    }
  }
}

extension SocketName {
  /// Reads a `struct sockaddr_in`, `sockaddr_in6` or `sockaddr_un`.
  init(_ bytes: UnsafeRawBufferPointer) {
    self = .other
    guard bytes.count >= 2 else { return }
    // SAFETY: every load below is behind a check of the length that the kernel gave.
    let family = Int32(unsafe bytes.loadUnaligned(as: UInt16.self))
    if family == AF_INET, bytes.count >= 8 {
      let port = unsafe bytes.loadUnaligned(fromByteOffset: 2, as: UInt16.self).bigEndian
      let low = unsafe bytes.loadUnaligned(fromByteOffset: 4, as: UInt32.self).bigEndian
      self = .internet(high: 0, low: UInt64(low), port: port)
    } else if family == AF_INET6, bytes.count >= 24 {
      let port = unsafe bytes.loadUnaligned(fromByteOffset: 2, as: UInt16.self).bigEndian
      let high = unsafe bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self).bigEndian
      let low = unsafe bytes.loadUnaligned(fromByteOffset: 16, as: UInt64.self).bigEndian
      self = .internet(high: high, low: low, port: port)
    } else if family == AF_UNIX {
      var name = unsafe Array(bytes.dropFirst(2))
      // A path is counted with its NUL; an abstract name begins with one and has no end mark.
      if name.first != 0, let end = name.firstIndex(of: 0) { name.removeSubrange(end...) }
      self = .unix(name)
    }
  }
}
