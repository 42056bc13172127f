import KernelNetlink
import KernelSystem
import Model

/// What `SocketListing.copy` wrote, read again: the datagrams of one answer about TCP.
public enum DumpFile {
  /// Why a file is no answer.
  public enum Failure: Error, Sendable, Equatable {
    /// It ends before its last message does.
    case cutShort
    /// The kernel's answer in it is an error.
    case kernel(Errno)
    case malformed
  }

  /// Hands out the sockets up to the end of the first answer.
  public static func read(_ bytes: [UInt8], each: (SocketRow) -> Void) throws(Failure) {
    var messages = NetlinkMessages()
    let datagram = bytes.span
    while true {
      switch DumpMessage.next(&messages, in: datagram) {
      case .socket(let details): each(SocketRow(details))
      case .done: return
      case .cutShort: throw .cutShort
      case .failure(let errno): throw .kernel(errno)
      case .malformed: throw .malformed
      }
    }
  }
}
