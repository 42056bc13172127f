import CLinux
import KernelSystem

/// One message of an inet_diag answer that was kept in a file.
public enum DumpMessage {
  case socket(InetDiagDetails)
  case done
  /// No whole message is left.
  case cutShort
  case failure(Errno)
  case malformed

  /// The next one, of TCP.
  public static func next(_ messages: inout NetlinkMessages, in bytes: Span<UInt8>) -> DumpMessage {
    // SAFETY: bytes have no padding.
    let datagram = unsafe bytes.bytes
    do throws(NetlinkError) {
      guard let message = try messages.next(in: datagram) else { return .cutShort }
      switch Int32(message.type) {
      case NLMSG_DONE: return .done
      case NLMSG_ERROR:
        guard message.payload.count >= 4 else { return .malformed }
        let code = datagram.integer(at: message.payload.lowerBound, as: Int32.self)
        return .failure(Errno(rawValue: 0 &- code))
      default:
        return .socket(
          try InetDiagDetails(
            datagram, payload: message.payload, protocol: UInt16(InetProtocol.tcp.number)))
      }
    } catch {
      switch error {
      case .headerCutShort, .messageLength: return .cutShort
      default: return .malformed
      }
    }
  }
}
