import CLinux
import KernelSystem

/// A netlink socket that listens to multicast groups of the kernel's, and counts what it missed.
///
/// Belongs to the network namespace that it was opened in, and keeps that namespace alive. Never blocks.
public struct NetlinkListener: ~Copyable {
  /// What the kernel's larger messages need, with room.
  private static let bufferSize = 16 << 10
  /// So that a flood does not keep the caller from its other duties.
  private static let atOnce = 2048

  public let descriptor: OwnedDescriptor
  private var buffer = [UInt8](repeating: 0, count: bufferSize)

  /// Joins the groups whose bits are set: bit 0 is group 1.
  ///
  /// `receiveBufferByteCount` is granted as it is with CAP_NET_ADMIN, else up to `net.core.rmem_max`.
  public init(protocol number: Int32, groups: UInt32, receiveBufferByteCount: Int32) throws(SystemError) {
    let type = Int32(SOCK_RAW.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
    let subject = "netlink protocol \(number)"
    let opened = socket(AF_NETLINK, type, number)
    guard opened >= 0 else { throw SystemError("socket", on: subject, .current) }
    let descriptor = OwnedDescriptor(owning: opened)
    var size = receiveBufferByteCount
    var address = sockaddr_nl()
    address.nl_family = UInt16(AF_NETLINK)
    address.nl_groups = groups
    let status = descriptor.borrow { number in
      let length = socklen_t(MemoryLayout<Int32>.size)
      // SAFETY: both options are read as an int. Best effort: with a smaller buffer more is lost, and counted.
      if unsafe setsockopt(number, SOL_SOCKET, SO_RCVBUFFORCE, &size, length) != 0 {
        unsafe setsockopt(number, SOL_SOCKET, SO_RCVBUF, &size, length)
      }
      // SAFETY: the address lives during the call and has the size that is said.
      return unsafe withUnsafePointer(to: &address) { pointer in
        unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          unsafe bind(number, $0, socklen_t(MemoryLayout<sockaddr_nl>.size))
        }
      }
    }
    guard status == 0 else { throw SystemError("bind", on: subject, .current) }
    self.descriptor = descriptor
  }

  /// Datagrams that did not fit: `SK_MEMINFO_DROPS` of SO_MEMINFO, since 4.12; nil before.
  public var lost: UInt64? {
    var words = [UInt32](repeating: 0, count: 9)
    var size = socklen_t(words.count * MemoryLayout<UInt32>.size)
    let status = descriptor.borrow { number in
      // SAFETY: the kernel writes at most `size` bytes.
      unsafe getsockopt(number, SOL_SOCKET, SO_MEMINFO, &words, &size)
    }
    return status == 0 && size >= 36 ? UInt64(words[8]) : nil
  }

  /// Hands out the datagrams that are there, some thousand at most; whether that was all. ENOBUFS is passed over: `lost`
  /// has counted it.
  @discardableResult
  public mutating func drain(_ body: (RawSpan) -> Void) throws(SystemError) -> Bool {
    for _ in 0..<Self.atOnce {
      var address = sockaddr_nl()
      let count = receive(&address)
      if count < 0 {
        let errno = Errno.current
        if errno == .interrupted || errno == .noBufferSpace { continue }
        if errno == .tryAgain { return true }
        throw SystemError("recvfrom", on: "a netlink multicast group", errno)
      }
      // The root of a container may send to the groups of its namespace; only the kernel has port 0.
      guard address.nl_pid == 0, count <= buffer.count else { continue }
      // SAFETY: bytes have no padding; the guard keeps the count inside the buffer, and the span checks it.
      unsafe body(buffer.span.bytes.extracting(0..<count))
    }
    return false
  }

  private mutating func receive(_ address: inout sockaddr_nl) -> Int {
    var length = socklen_t(MemoryLayout<sockaddr_nl>.size)
    let number = descriptor.borrow { $0 }
    return unsafe buffer.withUnsafeMutableBytes { target in
      // SAFETY: the kernel writes at most `target.count` bytes of the datagram, and at most `length` of its address.
      return unsafe withUnsafeMutablePointer(to: &address) { pointer in
        unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          unsafe recvfrom(number, target.baseAddress, target.count, Int32(MSG_TRUNC), $0, &length)
        }
      }
    }
  }

  /// send(2) to the kernel's end.
  func send(_ message: [UInt8]) throws(Errno) {
    _ = try descriptor.borrow { (number) throws(Errno) in
      try retryingOnInterrupt {
        // SAFETY: the pointer is used during the call only, and for as many bytes as it has.
        unsafe message.withUnsafeBytes { unsafe CLinux.send(number, $0.baseAddress, $0.count, 0) }
      }
    }
  }
}
