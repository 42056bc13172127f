import CLinux
import KernelSystem

/// Why a dump gave no complete answer.
public enum SockDiagError: Error, Hashable, Sendable {
  /// This kernel has no handler for the family or protocol, compiled in or as a module.
  case unsupported(SockDiagSubject, Errno)
  /// The kernel answered with an error: EINVAL for a filter that it does not know, EPERM for one it does not allow.
  case refused(SockDiagSubject, Errno)
  /// A system call on our side of the socket failed.
  case system(SystemError)
  /// The answer is not what netlink promises.
  case malformed(NetlinkError)
  /// Answers were lost (ENOBUFS, `NLMSG_OVERRUN`) in every attempt.
  case lost(SockDiagSubject)
  /// A datagram was larger than the largest buffer.
  case datagramTooLarge(byteCount: Int)
  /// No answer within the time limit.
  case noAnswer(SockDiagSubject)
}

/// How a dump went.
public struct DumpOutcome: Hashable, Sendable {
  /// Records handed out by the last attempt.
  public var recordCount = 0
  /// How often it was asked; `restart` was called once less.
  public var attempts = 1
  /// The table changed under the last attempt too (`NLM_F_DUMP_INTR`): sockets may be missing or doubled.
  public var wasInterrupted = false

  @inlinable public init() {}
}
