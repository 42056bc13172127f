import CLinux
import KernelSystem

/// Takes the datagrams of one dump apart: the protocol of `NLM_F_DUMP`, without the socket.
public struct DumpReader<Record: DiagRecord>: Sendable {
  public let subject: SockDiagSubject
  /// Messages with another sequence number belong to an earlier dump and are passed over.
  public let sequence: UInt32
  /// EINVAL then means the filter, not the family.
  public let hasFilter: Bool
  @usableFromInline var count = 0
  @usableFromInline var seenFlags: UInt16 = 0
  /// The last message of the dump has been read.
  public private(set) var isFinished = false
  /// The kernel's error of the last message, if it had one.
  @usableFromInline var failure: SockDiagError?

  public var recordCount: Int { count }
  /// The table changed while it was read: `NLM_F_DUMP_INTR` was set on a message.
  public var wasInterrupted: Bool { seenFlags & UInt16(NLM_F_DUMP_INTR) != 0 }

  public init(_ subject: SockDiagSubject, sequence: UInt32, hasFilter: Bool = false) {
    self.subject = subject
    self.sequence = sequence
    self.hasFilter = hasFilter
  }

  /// Hands out the records of one datagram. An error of the kernel's ends the dump: `isFinished` is then true.
  @inlinable
  public mutating func read(_ datagram: RawSpan, each: (Record) -> Void) throws(SockDiagError) {
    do throws(NetlinkError) {
      var messages = NetlinkMessages()
      while let message = try messages.next(in: datagram) {
        guard message.sequence == sequence else { continue }
        seenFlags |= message.flags
        if message.type == SOCK_DIAG_BY_FAMILY || message.type == TCPDIAG_GETSOCK {
          each(try Record(datagram, payload: message.payload, protocol: subject.protocol))
          count &+= 1
        } else {
          try takeControl(message, in: datagram)
        }
      }
    } catch { throw .malformed(error) }
    if let failure { throw failure }
  }

  /// A message of netlink itself: done, error, overrun.
  @usableFromInline
  mutating func takeControl(_ message: NetlinkMessage, in datagram: RawSpan) throws(NetlinkError) {
    switch Int32(message.type) {
    case NLMSG_DONE:
      isFinished = true
      // inet_diag says here, not in an NLMSG_ERROR, that it has no handler for the protocol.
      if message.payload.count >= 4 { takeCode(of: message, in: datagram) }
    case NLMSG_ERROR:
      isFinished = true
      try message.payload.requireBytes(4, in: datagram)
      takeCode(of: message, in: datagram)
    case NLMSG_OVERRUN: failure = .lost(subject)
    default: break
    }
  }

  /// The negative errno at the start of the payload; 0 and what no errno can be are no error.
  private mutating func takeCode(of message: NetlinkMessage, in datagram: RawSpan) {
    let code = datagram.integer(at: message.payload.lowerBound, as: Int32.self)
    guard code < 0, code >= -4095 else { return }
    let errno = Errno(rawValue: -code)
    failure = isUnsupported(errno) ? .unsupported(subject, errno) : .refused(subject, errno)
  }

  private func isUnsupported(_ errno: Errno) -> Bool {
    switch errno.rawValue {
    case ENOENT, EOPNOTSUPP, EPROTONOSUPPORT, EAFNOSUPPORT: true
    case EINVAL: !hasFilter
    default: false
    }
  }
}

extension DumpReader {
  /// Passes over the records of a datagram and whatever is wrong with it, looking for the end of the dump only.
  mutating func skip(_ datagram: RawSpan) {
    var messages = NetlinkMessages()
    while let message = try? messages.next(in: datagram) {
      guard message.sequence == sequence else { continue }
      if message.type == NLMSG_DONE || message.type == NLMSG_ERROR { isFinished = true }
    }
  }
}
