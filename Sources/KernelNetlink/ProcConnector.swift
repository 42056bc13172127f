import CLinux
import KernelSystem

/// Tells of every fork, exec and exit on the host: the proc connector, `CN_IDX_PROC` of `NETLINK_CONNECTOR`.
///
/// `CONFIG_PROC_EVENTS`; in the initial pid, user and network namespaces only. Needs CAP_NET_ADMIN before 6.6.
public struct ProcConnector: ~Copyable {
  /// Since 2.6.15 it is one group.
  private static let groups: UInt32 = 1
  private static let secondsToAnswer = 1

  private var listener: NetlinkListener
  private var counter = ProcessNoticeCounter()
  /// Read while the answer was awaited.
  private var early: [ProcessNotice] = []

  /// Subscribes, and waits until the kernel says that it heard.
  public static func open(receiveBufferByteCount: Int32 = 16 << 20) throws(SystemError) -> ProcConnector {
    let listener = try NetlinkListener(
      protocol: NETLINK_CONNECTOR, groups: groups, receiveBufferByteCount: receiveBufferByteCount)
    var connector = ProcConnector(listener)
    // Marks our request: the answer goes to all who listen.
    let mark = UInt32(truncatingIfNeeded: ThisProcess.pid)
    do throws(Errno) {
      try connector.listener.send(request(mark))
      try connector.awaitAnswer(mark &+ 1)
    } catch { throw SystemError("PROC_CN_MCAST_LISTEN", on: "the proc connector", error) }
    return connector
  }

  private init(_ listener: consuming NetlinkListener) { self.listener = listener }

  /// Ready to be waited for.
  public var descriptor: OwnedDescriptor {
    _read { yield listener.descriptor }
  }

  /// What this socket had no room for.
  public var lost: UInt64 { listener.lost ?? counter.missing }
  /// What is missing in the kernel's own count beyond that: messages for which it had no memory.
  public var missed: UInt64 { counter.missing - min(counter.missing, lost) }
  /// Missing in the kernel's count so far: known for each CPU with the next message of that CPU.
  var missingInSequence: UInt64 { counter.missing }

  /// Hands out the messages that are there, in the order in which the kernel sent them, some thousand at most; whether
  /// that was all.
  @discardableResult
  public mutating func drain(_ body: (ProcessNotice) -> Void) throws(SystemError) -> Bool {
    let before = early
    early = []
    before.forEach(body)
    var counter = self.counter
    defer { self.counter = counter }
    return try listener.drain { datagram in
      Self.read(datagram) { notice in
        counter.count(notice)
        body(notice)
      }
    }
  }

  /// Reads one datagram; what is wrong with it ends it.
  static func read(_ datagram: RawSpan, _ body: (ProcessNotice) -> Void) {
    var messages = NetlinkMessages()
    // The kernel is the only sender, and its messages whole: one that is not is as good as lost, and its CPU's next
    // shows it in the sequence.
    while let message = try? messages.next(in: datagram) {
      guard let notice = try? ProcessNotice(datagram, payload: message.payload) else { continue }
      body(notice)
    }
  }

  private static func request(_ mark: UInt32) -> [UInt8] {
    var header = nlmsghdr()
    header.nlmsg_len = UInt32(16 + 20 + 4)
    header.nlmsg_type = UInt16(NLMSG_DONE)
    // `struct cn_msg` ends in an array without length, and is not imported whole: idx, val, seq, ack, len and flags.
    let message = [UInt32(CN_IDX_PROC), UInt32(CN_VAL_PROC), 0, mark, UInt32(4).littleEndian]
    let operation = PROC_CN_MCAST_LISTEN.rawValue
    return (message + [operation]).reduce(requestBytes(of: header)) { $0 + requestBytes(of: $1) }
  }

  /// In another pid or user namespace the kernel does not answer: EOPNOTSUPP.
  private mutating func awaitAnswer(_ acknowledgement: UInt32) throws(Errno) {
    let deadline = KernelClock.bootTimeNanoseconds + UInt64(Self.secondsToAnswer) * 1_000_000_000
    var answer: Int32?
    while answer == nil {
      var notices: [ProcessNotice] = []
      do throws(SystemError) { try drain { notices.append($0) } } catch { throw error.errno }
      for notice in notices {
        if case .acknowledged(let error) = notice.kind, notice.acknowledgement == acknowledgement {
          answer = error
        } else {
          early.append(notice)
        }
      }
      if answer != nil { break }
      guard KernelClock.bootTimeNanoseconds < deadline else { throw .notSupported }
      var wait = listener.descriptor.borrow { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
      // SAFETY: one entry.
      _ = unsafe poll(&wait, 1, 50)
    }
    if let answer, answer != 0 { throw Errno(rawValue: answer) }
  }
}
