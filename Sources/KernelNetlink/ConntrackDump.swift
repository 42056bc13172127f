import CLinux
import KernelSystem

/// Lists the connections that netfilter tracks in the calling thread's network namespace (ctnetlink, since 2.6.14).
///
/// Needs CAP_NET_ADMIN in the namespace.
public enum ConntrackDump {
  public enum Failure: Error, Sendable, CustomStringConvertible {
    case system(SystemError)
    /// The kernel's answer: EPERM, or EINVAL where it has no connection tracking.
    case refused(Errno)
    case malformed(NetlinkError)

    public var description: String {
      switch self {
      case .system(let error): error.description
      case .refused(let errno): "the kernel's answer to a request for tracked connections: \(errno)"
      case .malformed(let error): "the kernel's answer cannot be read: \(error)"
      }
    }
  }

  public static func take() throws(Failure) -> [ConntrackRecord] {
    let number = socket(
      AF_NETLINK, Int32(SOCK_RAW.rawValue) | Int32(SOCK_CLOEXEC.rawValue), NETLINK_NETFILTER)
    guard number >= 0 else { throw .system(SystemError("socket", on: "NETLINK_NETFILTER", .current)) }
    let descriptor = OwnedDescriptor(owning: number)
    try send(descriptor)
    var reader = Reader()
    var buffer = [UInt8](repeating: 0, count: 64 << 10)
    while !reader.isFinished {
      let count: Int
      do throws(Errno) {
        count = try descriptor.borrow { (number) throws(Errno) in
          try retryingOnInterrupt {
            // SAFETY: the kernel writes at most the buffer's size.
            unsafe buffer.withUnsafeMutableBytes { unsafe recv(number, $0.baseAddress, $0.count, 0) }
          }
        }
      } catch { throw .system(SystemError("recv", on: "NETLINK_NETFILTER", error)) }
      // SAFETY: bytes have no padding, and read(2) filled no more than the buffer.
      try unsafe reader.read(buffer.span.bytes.extracting(0..<count))
    }
    return reader.records
  }

  /// `IPCTNL_MSG_CT_GET` of `NFNL_SUBSYS_CTNETLINK`, for both versions of IP.
  private static func send(_ descriptor: borrowing OwnedDescriptor) throws(Failure) {
    var header = nlmsghdr()
    header.nlmsg_len = 20
    header.nlmsg_type = 1 << 8 | 1
    header.nlmsg_flags = UInt16(NLM_F_REQUEST | NLM_F_DUMP)
    header.nlmsg_seq = Reader.sequence
    // Behind it `struct nfgenmsg`: any family, version 0.
    let bytes = requestBytes(of: header) + [0, 0, 0, 0]
    do throws(Errno) {
      _ = try descriptor.borrow { (number) throws(Errno) in
        try retryingOnInterrupt {
          // SAFETY: the pointer is used during the call only, and for as many bytes as it has.
          unsafe bytes.withUnsafeBytes { unsafe CLinux.send(number, $0.baseAddress, $0.count, 0) }
        }
      }
    } catch { throw .system(SystemError("send", on: "NETLINK_NETFILTER", error)) }
  }

  /// Takes the datagrams of the dump apart.
  struct Reader {
    static let sequence: UInt32 = 1
    var records: [ConntrackRecord] = []
    var isFinished = false

    mutating func read(_ datagram: RawSpan) throws(Failure) {
      var refusal: Errno?
      do throws(NetlinkError) {
        var messages = NetlinkMessages()
        while let message = try messages.next(in: datagram) {
          guard message.sequence == Self.sequence else { continue }
          switch Int32(message.type) {
          case NLMSG_DONE: isFinished = true
          case NLMSG_ERROR:
            try message.payload.requireBytes(4, in: datagram)
            let code = datagram.integer(at: message.payload.lowerBound, as: Int32.self)
            isFinished = true
            if code < 0, code >= -4095 { refusal = Errno(rawValue: -code) }
          // IPCTNL_MSG_CT_NEW of NFNL_SUBSYS_CTNETLINK.
          case 1 << 8: records.append(try ConntrackRecord(datagram, payload: message.payload))
          default: break
          }
        }
      } catch { throw .malformed(error) }
      if let refusal { throw .refused(refusal) }
    }
  }
}
