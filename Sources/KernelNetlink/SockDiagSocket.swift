import CLinux
import KernelSystem

/// A sock_diag(7) socket: lists the sockets of the network namespace that it was opened in.
///
/// It stays in that namespace wherever its thread goes later. One owner, one dump at a time; calls block.
public struct SockDiagSocket: ~Copyable {
  /// A dump that an incompatible change of the table spoils is asked again, so often in all.
  @usableFromInline static let maximumAttempts = 3
  /// The kernel fills datagrams of 32 KiB.
  private static let initialBufferSize = 64 << 10
  private static let maximumBufferSize = 4 << 20
  private static let receiveBufferSize: Int32 = 1 << 20
  private static let secondsToAnswer = 10

  private let descriptor: OwnedDescriptor
  /// `SO_COOKIE` of this very socket, which a listing of netlink sockets has too; nil before 4.14.
  public var cookie: UInt64? { SocketAnswers(asking: descriptor).cookie }
  @usableFromInline var buffer: [UInt8]
  private var sequence: UInt32 = 0
  /// The sequence number of a dump that was given up before its end: the kernel answers EBUSY until it is read.
  private var unfinished: UInt32?

  /// Opens it in the calling thread's network namespace. No privilege.
  ///
  /// Throws `.unsupported` where the kernel has no sock_diag at all.
  public init() throws(SockDiagError) {
    let type = Int32(SOCK_RAW.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
    let number = socket(AF_NETLINK, type, NETLINK_SOCK_DIAG)
    guard number >= 0 else {
      let errno = Errno.current
      if errno.rawValue == EPROTONOSUPPORT || errno.rawValue == EAFNOSUPPORT {
        let subject = SockDiagSubject(family: UInt8(AF_NETLINK), protocol: UInt16(NETLINK_SOCK_DIAG))
        throw .unsupported(subject, errno)
      }
      throw .system(SystemError("socket", on: "NETLINK_SOCK_DIAG", errno))
    }
    let descriptor = OwnedDescriptor(owning: number)
    try Self.connectToKernel(descriptor)
    self.init(owning: descriptor)
  }

  /// Takes over a descriptor that behaves like a netlink socket; tests play the kernel through a socket pair.
  init(owning descriptor: consuming OwnedDescriptor) {
    self.descriptor = descriptor
    buffer = [UInt8](repeating: 0, count: Self.initialBufferSize)
    var size = Self.receiveBufferSize
    var limit = timeval(tv_sec: Self.secondsToAnswer, tv_usec: 0)
    self.descriptor.borrow { number in
      // SAFETY: both options are read as the types given here. Best effort: without them dumps are slower, or
      // wait for ever on a kernel that does not answer.
      unsafe setsockopt(number, SOL_SOCKET, SO_RCVBUF, &size, socklen_t(MemoryLayout<Int32>.size))
      unsafe setsockopt(number, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    }
  }

  /// From then on the kernel alone can send to it: in a container's namespace its root could forge answers.
  private static func connectToKernel(_ descriptor: borrowing OwnedDescriptor) throws(SockDiagError) {
    var address = sockaddr_nl()
    address.nl_family = UInt16(AF_NETLINK)
    let status = descriptor.borrow { number in
      // SAFETY: the address lives during the call and has the size that is said.
      unsafe withUnsafePointer(to: &address) { pointer in
        unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
          let size = socklen_t(MemoryLayout<sockaddr_nl>.size)
          return unsafe connect(number, address, size)
        }
      }
    }
    guard status == 0 else { throw .system(SystemError("connect", on: "NETLINK_SOCK_DIAG", .current)) }
  }

  /// Asks and hands each answer to `each`.
  ///
  /// When the kernel says that its table changed under the dump, or answers were lost, it calls `restart`, after
  /// which the caller must have forgotten what it got, and asks again, three times in all. Asking about a protocol
  /// that is not compiled in makes a kernel with modules run modprobe: remember `.unsupported` by its subject.
  @inlinable @discardableResult
  public mutating func dump<Record>(
    _ request: SockDiagRequest<Record>, restart: () -> Void, each: (Record) -> Void
  ) throws(SockDiagError) -> DumpOutcome {
    var outcome = DumpOutcome()
    while true {
      let isLast = outcome.attempts >= Self.maximumAttempts
      do throws(SockDiagError) {
        let reader = try attempt(request, each: each)
        outcome.recordCount = reader.recordCount
        outcome.wasInterrupted = reader.wasInterrupted
        if !reader.wasInterrupted || isLast { return outcome }
      } catch {
        guard case .lost = error, !isLast else { throw error }
      }
      restart()
      outcome.attempts += 1
    }
  }

  /// One request and its answers up to the last.
  @inlinable
  mutating func attempt<Record>(
    _ request: SockDiagRequest<Record>, each: (Record) -> Void
  ) throws(SockDiagError) -> DumpReader<Record> {
    let sequence = try send(request.bytes, about: request.subject)
    var reader = DumpReader<Record>(request.subject, sequence: sequence, hasFilter: request.hasFilter)
    while !reader.isFinished {
      let count = try receive(about: request.subject)
      do throws(SockDiagError) {
        // SAFETY: bytes have no padding; `receive` promises a count inside the buffer, and the span checks it.
        try unsafe reader.read(buffer.span.bytes.extracting(0..<count), each: each)
      } catch {
        if reader.isFinished { finished() }
        throw error
      }
    }
    finished()
    return reader
  }

  @usableFromInline mutating func finished() { unfinished = nil }

  /// Sends the request under a new sequence number, which it returns.
  @usableFromInline
  mutating func send(_ request: [UInt8], about subject: SockDiagSubject) throws(SockDiagError) -> UInt32 {
    try drain(about: subject)
    sequence &+= 1
    var message = request
    message.replaceSubrange(8..<12, with: requestBytes(of: sequence))
    do throws(Errno) {
      _ = try descriptor.borrow { (number) throws(Errno) in
        try retryingOnInterrupt {
          // SAFETY: the pointer is used during the call only, and for as many bytes as it has.
          unsafe message.withUnsafeBytes { unsafe CLinux.send(number, $0.baseAddress, $0.count, 0) }
        }
      }
    } catch { throw .system(SystemError("send", on: subject.description, error)) }
    unfinished = sequence
    return sequence
  }

  /// Reads what is left of a dump that was given up.
  private mutating func drain(about subject: SockDiagSubject) throws(SockDiagError) {
    guard let abandoned = unfinished else { return }
    var reader = DumpReader<VsockDiagRecord>(subject, sequence: abandoned)
    while !reader.isFinished {
      do throws(SockDiagError) {
        let count = try receive(about: subject)
        // SAFETY: as in `attempt`.
        unsafe reader.skip(buffer.span.bytes.extracting(0..<count))
      } catch {
        switch error {
        case .lost, .datagramTooLarge: continue
        default:
          finished()
          throw error
        }
      }
    }
    finished()
  }

  /// One datagram into the buffer: its size.
  @usableFromInline
  mutating func receive(about subject: SockDiagSubject) throws(SockDiagError) -> Int {
    let count: Int
    do throws(Errno) { count = try receiveDatagram() } catch {
      switch error {
      case .noBufferSpace: throw .lost(subject)
      case .tryAgain: throw .noAnswer(subject)
      default: throw .system(SystemError("recv", on: subject.description, error))
      }
    }
    guard count > buffer.count else { return count }
    // Cut off: the rest is gone, so the dump must be asked again, with room enough.
    guard count <= Self.maximumBufferSize else { throw .datagramTooLarge(byteCount: count) }
    buffer = [UInt8](repeating: 0, count: count)
    throw .lost(subject)
  }

  /// recv(2) with MSG_TRUNC: the datagram's own size, which may exceed the buffer's.
  private mutating func receiveDatagram() throws(Errno) -> Int {
    let number = descriptor.borrow { $0 }
    while true {
      let count = unsafe buffer.withUnsafeMutableBytes { target in
        // SAFETY: the kernel writes at most `target.count` bytes.
        unsafe recv(number, target.baseAddress, target.count, Int32(MSG_TRUNC))
      }
      if count >= 0 { return count }
      let errno = Errno.current
      if errno != .interrupted { throw errno }
    }
  }
}
