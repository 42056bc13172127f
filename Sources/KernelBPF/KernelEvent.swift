import CLinux

/// One event, decoded: fixed parts as the kernel wrote them, text as bytes.
public struct KernelEvent: Sendable {
  public var kind: EventKind
  /// CLOCK_BOOTTIME, nanoseconds.
  public var time: UInt64
  public var flags: EventFlags
  public var cpu: UInt16
  /// Who made the call; nil where the kernel was not in anybody's call (handshake and close in a softirq).
  public var actor: EventActor?
  public var socket: EventSocket?
  public var totals: EventTotals?
  public var detail: EventDetail
}

/// What only some kinds of event carry.
public enum EventDetail: Sendable {
  case none
  case fork(EventFork)
  case exec(ExecDetail)
  case execFailed(error: Int32, name: [UInt8])
  case exit(EventExit)
  case rename(EventRename)
  case flow(EventFlow)
  /// `path` is empty for an unload.
  case module(EventMapping, path: [UInt8], buildID: [UInt8])
  /// The names of both ends: a path with its NUL, an abstract name with NUL in front; empty where there is none.
  case unix(EventUnix, local: [UInt8], peer: [UInt8])
  case identity(EventIdentity)
  /// What a packet brought; of TCP, with the sequence number of its first byte.
  case payload([UInt8], sequence: UInt32)
}

/// What an exec replaced the process with. All text is bytes chosen by whoever runs it.
public struct ExecDetail: Sendable {
  public var fixed: EventExec
  /// Of the file that runs (of a script: its interpreter), as seen from the mount namespace's root.
  public var path: [UInt8]
  public var directory: [UInt8]
  /// The name given to execve(2); of a script: the script.
  public var name: [UInt8]
  /// As in `/proc/PID/cmdline`: each ends with NUL. At most 32,767 bytes; `fixed.argument_true_length` has the truth.
  public var arguments: [UInt8]

  /// The arguments one by one; the last may be cut.
  public var argumentList: [[UInt8]] {
    var list: [[UInt8]] = []
    var start = arguments.startIndex
    while start < arguments.endIndex {
      let end = arguments[start...].firstIndex(of: 0) ?? arguments.endIndex
      list.append(Array(arguments[start..<end]))
      start = end + 1
    }
    return list
  }
}

extension EventActor {
  /// The thread's name, up to its NUL.
  public var name: [UInt8] { kernelName(comm) }
}

extension EventExec {
  /// The process's name before the exec; empty when it was not seen.
  public var oldName: [UInt8] { kernelName(old_comm) }
}

extension EventRename {
  public var oldName: [UInt8] { kernelName(old_comm) }
  public var newName: [UInt8] { kernelName(new_comm) }
}

extension EventExit {
  /// The signal that ended it, or nil.
  public var signal: UInt8? { status & 0x7f == 0 ? nil : UInt8(status & 0x7f) }
  public var code: UInt8 { UInt8(status >> 8 & 0xff) }
  public var dumpedCore: Bool { status & 0x80 != 0 }
}

/// The bytes of a `comm` before its NUL; two words in memory order.
func kernelName(_ words: (UInt64, UInt64)) -> [UInt8] {
  var bytes: [UInt8] = []
  for word in [words.0.littleEndian, words.1.littleEndian] {
    for shift in stride(from: UInt64(0), to: 64, by: 8) {
      let byte = UInt8(truncatingIfNeeded: word >> shift)
      if byte == 0 { return bytes }
      bytes.append(byte)
    }
  }
  return bytes
}

extension EventSocket {
  /// 128 bits in network order as host integers; IPv4 in the low 32.
  public var local: (high: UInt64, low: UInt64) { Self.address(local_address, family: family) }
  public var peer: (high: UInt64, low: UInt64) { Self.address(peer_address, family: family) }

  private static func address(_ words: (UInt64, UInt64), family: UInt16) -> (high: UInt64, low: UInt64) {
    family == UInt16(AF_INET)
      ? (0, UInt64(UInt32(truncatingIfNeeded: words.0).bigEndian))
      : (words.0.bigEndian, words.1.bigEndian)
  }
}
