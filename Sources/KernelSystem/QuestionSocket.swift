import CLinux

/// A socket file where local programs ask: one datagram is the question, one the answer (unix(7), SOCK_SEQPACKET).
///
/// Nothing here waits. At most `callerLimit` callers are held: one more, and the one that has been silent longest goes. A
/// caller that asks nothing for `patience` goes too. The file has mode 600; whoever got past that is judged by
/// SO_PEERCRED: root and our own user may ask.
public final class QuestionSocket {
  public static let callerLimit = 16
  /// Bytes of a question; a longer one is not answered.
  static let questionLimit = 256
  /// Nanoseconds.
  static let patience: UInt64 = 5_000_000_000

  /// Somebody who waits for an answer, and is hung up on when this goes away.
  public final class Caller {
    public let credentials: PeerCredentials
    /// Empty until it has asked.
    public fileprivate(set) var question: [UInt8] = []
    /// Boot time, nanoseconds: when it called, and then when it asked.
    public fileprivate(set) var since: UInt64
    fileprivate let descriptor: OwnedDescriptor

    fileprivate init(_ descriptor: consuming OwnedDescriptor, since: UInt64) throws(Errno) {
      credentials = try PeerCredentials(descriptor)
      self.descriptor = descriptor
      self.since = since
    }

    /// Root, or whoever we are.
    public var mayAsk: Bool { credentials.userID == 0 || credentials.userID == geteuid() }

    /// send(2): it has room for one answer, or has gone.
    public func answer(_ bytes: [UInt8]) {
      // SAFETY: the buffer is valid for the call, and the kernel is told its length.
      _ = unsafe bytes.withUnsafeBytes { bytes in
        descriptor.borrow { unsafe send($0, bytes.baseAddress, bytes.count, noSignal) }
      }
    }
  }

  private let path: String
  private let wake: WaitPoint
  private let listener: OwnedDescriptor
  private var callers: [Caller] = []

  /// Makes the file, and removes what a listener that is gone has left: that no other lives is for our caller to know.
  public init(at path: String, wake: WaitPoint) throws(SystemError) {
    self.path = path
    self.wake = wake
    try Self.removeSocket(path)
    listener = try LocalAddress.makeSocket(SOCK_NONBLOCK, path)
    let number = listener.borrow { $0 }
    try unsafe LocalAddress.with(path, "bind") { unsafe bind(number, $0, $1) }
    // SAFETY: the name is a string that outlives the call. Nobody can connect before listen(2).
    if unsafe chmod(path, 0o600) != 0 { throw SystemError("chmod", on: path, .current) }
    if listen(number, Int32(Self.callerLimit)) != 0 { throw SystemError("listen", on: path, .current) }
    try wake.wake(whenReadable: listener)
  }

  deinit { _ = unsafe unlink(path) }

  /// Only a socket is removed: another file of that name is somebody's.
  private static func removeSocket(_ path: String) throws(SystemError) {
    var status = stat()
    // SAFETY: lstat(2) fills the structure.
    guard unsafe lstat(path, &status) == 0 else { return }
    guard status.st_mode & UInt32(S_IFMT) == UInt32(S_IFSOCK) else {
      throw SystemError("bind", on: path, Errno(rawValue: EEXIST))
    }
    if unsafe unlink(path) != 0 { throw SystemError("unlink", on: path, .current) }
  }

  /// Those who have asked since the last time, whether they may or not.
  public func asked(at now: UInt64) -> [Caller] {
    for _ in 0..<Self.callerLimit where accept(at: now) {}
    var asked: [Caller] = []
    callers.removeAll { caller in
      var bytes = [UInt8](repeating: 0, count: Self.questionLimit + 1)
      // SAFETY: the kernel writes at most as many bytes as it is told of.
      let count = unsafe bytes.withUnsafeMutableBytes { bytes in
        caller.descriptor.borrow { unsafe recv($0, bytes.baseAddress, bytes.count, Int32(MSG_DONTWAIT)) }
      }
      if count < 0 && Errno.current == .tryAgain { return now &- caller.since > Self.patience }
      guard count > 0 && count <= Self.questionLimit else { return true }
      (caller.question, caller.since) = (Array(bytes[..<count]), now)
      asked.append(caller)
      return true
    }
    return asked
  }

  private func accept(at now: UInt64) -> Bool {
    let number = listener.borrow { clinux_accept($0) }
    guard number >= 0 else { return false }
    // A caller that is gone already, or that we have no room to wait for, is as good as none.
    guard let caller = try? Caller(OwnedDescriptor(owning: number), since: now),
      (try? wake.wake(whenReadable: caller.descriptor)) != nil
    else { return true }
    if callers.count == Self.callerLimit { callers.removeFirst() }
    callers.append(caller)
    return true
  }
}

private let noSignal = Int32(MSG_DONTWAIT) | Int32(MSG_NOSIGNAL)

/// The other side of `QuestionSocket`.
public enum LocalQuestion {
  /// Asks who listens at `path`, and waits for the answer, `milliseconds` at most for each step: EAGAIN after that, ECONNREFUSED
  /// and ENOENT where nobody listens. An empty answer means that they hung up.
  public static func ask(_ question: String, at path: String, milliseconds: Int) throws(SystemError)
    -> [UInt8]
  {
    let descriptor = try LocalAddress.makeSocket(nil, path)
    let number = descriptor.borrow { $0 }
    var limit = timeval(tv_sec: milliseconds / 1000, tv_usec: milliseconds % 1000 * 1000)
    let size = socklen_t(MemoryLayout<timeval>.size)
    for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
      // SAFETY: the option is read as a timeval.
      _ = unsafe setsockopt(number, SOL_SOCKET, option, &limit, size)
    }
    try unsafe LocalAddress.with(path, "connect") { unsafe connect(number, $0, $1) }
    let bytes = Array(question.utf8)
    // SAFETY: the buffer is valid for the call, and the kernel is told its length.
    let sent = unsafe bytes.withUnsafeBytes {
      unsafe send(number, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
    }
    // Who hung up may have said why.
    if sent < 0 && Errno.current != .brokenPipe { throw SystemError("send", on: path, .current) }
    var answer = [UInt8](repeating: 0, count: 1 << 16)
    do throws(Errno) {
      // SAFETY: as above; the kernel writes at most as many bytes as it is told of.
      let count = try retryingOnInterrupt {
        unsafe answer.withUnsafeMutableBytes { unsafe recv(number, $0.baseAddress, $0.count, 0) }
      }
      answer.removeLast(answer.count - count)
      return answer
    } catch {
      if error.rawValue == ECONNRESET { return [] }
      throw SystemError("recv", on: path, error)
    }
  }
}
