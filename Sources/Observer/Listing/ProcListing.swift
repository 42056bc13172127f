import KernelProc
import KernelSystem
import Model

/// The internet tables of `/proc/net`, in the kernel's order: where sock_diag is refused.
public enum ProcListing {
  /// The sockets of `IPPROTO_*` in `states` (a bit each); whether there is such a table.
  public static func internet(
    _ number: Int32, v4: Bool, v6: Bool, states: UInt32, procPath: String? = nil, each: (SocketRow) -> Void
  ) -> Bool {
    // No /proc: no table.
    guard let proc = try? ProcFileSystem(path: procPath ?? "/proc"), case .value(let network) = proc.network()
    else { return false }
    let tables: (InetSocketRecord.Table, InetSocketRecord.Table)
    let type: SocketType
    switch number {
    case 6: (tables, type) = ((.tcp, .tcp6), .stream)
    case 17: (tables, type) = ((.udp, .udp6), .datagram)
    default: (tables, type) = ((.raw, .raw6), .raw)
    }
    var buffer = ReadBuffer(capacity: 1 << 16)
    var isThere = false
    for (table, isWanted) in [(tables.0, v4), (tables.1, v6)] where isWanted {
      guard let records = network.sockets(table, &buffer).value?.records else { continue }
      isThere = true
      for record in records where states >> UInt32(record.state) & 1 == 1 {
        var socket = Socket(
          record, type: type, number: type == .raw ? .unspecified : SocketProtocol(rawValue: UInt16(number)),
          netns: .unknown)
        // The owner of what has none is not told apart from root.
        if record.inode == 0 { socket.userID = nil }
        var detail = SocketDetail()
        detail.timer = SocketTimer(record)
        each(SocketRow(socket: socket, detail: detail))
      }
    }
    return isThere
  }
}

extension SocketTimer {
  fileprivate init?(_ record: InetSocketRecord) {
    guard let kind = Kind(rawValue: record.timer), kind != .none else { return nil }
    self.init()
    self.kind = kind
    expiresMilliseconds = UInt32(clamping: record.timerTicks * 1000 / KernelClock.ticksPerSecond)
    retransmits = UInt8(clamping: record.retransmits)
  }
}
