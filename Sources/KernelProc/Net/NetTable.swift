import CLinux
import KernelSystem

/// A record that is one line of a table in `/proc/net`.
protocol NetTableRecord: Sendable {
  /// Reads one line; the scanner is behind its leading blanks. nil for a line that is none of ours.
  init?(line scanner: inout ByteScanner)
  /// What the header line begins with, blanks aside.
  static func isHeader(_ scanner: borrowing ByteScanner) -> Bool
}

/// The records of one table, and how many of its lines could not be read.
public struct NetTable<Record: Sendable>: Sendable {
  public var records: [Record] = []
  /// Lines that are neither header nor record: a newer kernel's, or the second half of a unix socket's name.
  public var unreadableLines = 0

  public init() {}
}

extension NetTable where Record: NetTableRecord {
  /// Appends the records of whole lines.
  mutating func append(parsing text: Span<UInt8>) {
    var scanner = ByteScanner(bytes: text)
    while !scanner.isAtEnd {
      scanner.skipBlanks()
      if !Record.isHeader(scanner) {
        if let record = Record(line: &scanner) { records.append(record) } else { unreadableLines += 1 }
      }
      scanner.skipLine()
    }
  }
}

/// The `net` directory of `/proc` or of one process: the tables of one network namespace.
///
/// This is the fall-back where netlink cannot be used. The kernel writes each table in pieces, so a table that
/// changes meanwhile can miss or repeat sockets. Needs no privilege for the own namespace; a process's `net`
/// needs ptrace read rights. `.absent` is a table of a protocol that the kernel does not have loaded.
public struct NetDirectory: ~Copyable, Sendable {
  let descriptor: OwnedDescriptor

  fileprivate init(descriptor: consuming OwnedDescriptor) { self.descriptor = descriptor }

  /// `tcp`, `tcp6`, `udp` … by protocol and version.
  public borrowing func sockets(
    _ table: InetSocketRecord.Table, _ buffer: inout ReadBuffer
  ) -> ProcAnswer<NetTable<InetSocketRecord>> {
    self.table(table.rawValue, &buffer)
  }

  /// `unix`.
  public borrowing func unixSockets(
    _ buffer: inout ReadBuffer
  ) -> ProcAnswer<NetTable<UnixSocketRecord>> { table("unix", &buffer) }

  /// `packet`.
  public borrowing func packetSockets(
    _ buffer: inout ReadBuffer
  ) -> ProcAnswer<NetTable<PacketSocketRecord>> { table("packet", &buffer) }

  /// `netlink`.
  public borrowing func netlinkSockets(
    _ buffer: inout ReadBuffer
  ) -> ProcAnswer<NetTable<NetlinkSocketRecord>> { table("netlink", &buffer) }

  /// `sctp/eps`: what listens or may.
  public borrowing func sctpEndpoints(
    _ buffer: inout ReadBuffer
  ) -> ProcAnswer<NetTable<SCTPEndpointRecord>> { table("sctp/eps", &buffer) }

  /// `sctp/assocs`
  public borrowing func sctpAssociations(
    _ buffer: inout ReadBuffer
  ) -> ProcAnswer<NetTable<SCTPAssociationRecord>> { table("sctp/assocs", &buffer) }

  /// `sockstat` and, where IPv6 is there, `sockstat6`.
  public borrowing func statistics(_ buffer: inout ReadBuffer) -> ProcAnswer<SocketStatistics> {
    var statistics = SocketStatistics()
    switch read("sockstat", &buffer) {
    case .value: statistics.read(buffer.bytes)
    case .gone: return .gone
    case .denied: return .denied
    case .absent: return .absent
    case .failed(let errno): return .failed(errno)
    }
    if case .value = read("sockstat6", &buffer) { statistics.read(buffer.bytes) }
    return .value(statistics)
  }

  /// `protocols`
  public borrowing func protocolUse(_ buffer: inout ReadBuffer) -> ProcAnswer<ProtocolUse> {
    read("protocols", &buffer).parsed { ProtocolUse(parsing: buffer.bytes) }
  }

  /// `route`
  public borrowing func routes(_ buffer: inout ReadBuffer) -> ProcAnswer<NetTable<IPv4RouteRecord>> {
    table("route", &buffer)
  }

  /// `ipv6_route`
  public borrowing func routes6(_ buffer: inout ReadBuffer) -> ProcAnswer<NetTable<IPv6RouteRecord>> {
    table("ipv6_route", &buffer)
  }

  /// `dev`: the counters of each interface, in the kernel's order.
  public borrowing func interfaceCounters(
    _ buffer: inout ReadBuffer
  ) -> ProcAnswer<NetTable<InterfaceCountersRecord>> { table("dev", &buffer) }

  /// `if_inet6`
  public borrowing func addresses6(
    _ buffer: inout ReadBuffer
  ) -> ProcAnswer<NetTable<InterfaceAddress6Record>> { table("if_inet6", &buffer) }

  /// `igmp`
  public borrowing func groups(_ buffer: inout ReadBuffer) -> ProcAnswer<NetTable<GroupRecord>> {
    read("igmp", &buffer).parsed { GroupRecord.parseIPv4(buffer.bytes) }
  }

  /// `igmp6`
  public borrowing func groups6(_ buffer: inout ReadBuffer) -> ProcAnswer<NetTable<GroupRecord>> {
    table("igmp6", &buffer)
  }

  /// `snmp`: IP, ICMP, TCP, UDP.
  public borrowing func counters(_ buffer: inout ReadBuffer) -> ProcAnswer<[CounterTableRecord]> {
    read("snmp", &buffer).parsed { CounterTableRecord.parsePairs(buffer.bytes) }
  }

  /// `netstat`: Linux's own counters, of TCP, IP and MPTCP.
  public borrowing func extendedCounters(_ buffer: inout ReadBuffer) -> ProcAnswer<[CounterTableRecord]> {
    read("netstat", &buffer).parsed { CounterTableRecord.parsePairs(buffer.bytes) }
  }

  /// `snmp6`
  public borrowing func counters6(_ buffer: inout ReadBuffer) -> ProcAnswer<CounterTableRecord> {
    read("snmp6", &buffer).parsed { CounterTableRecord.parseLines(buffer.bytes) }
  }

  /// `sctp/snmp`
  public borrowing func sctpCounters(_ buffer: inout ReadBuffer) -> ProcAnswer<CounterTableRecord> {
    read("sctp/snmp", &buffer).parsed { CounterTableRecord.parseLines(buffer.bytes) }
  }

  private borrowing func read(_ name: String, _ buffer: inout ReadBuffer) -> ProcAnswer<Void> {
    descriptor.borrow {
      readFile(name, in: $0, into: &buffer, limit: 4 << 20, noSuchFile: .absent)
    }
  }

  private borrowing func table<Record: NetTableRecord>(
    _ name: String, _ buffer: inout ReadBuffer
  ) -> ProcAnswer<NetTable<Record>> {
    descriptor.borrow { directory in
      // SAFETY: a C string for the length of the call.
      let number = unsafe clinux_openat(directory, name, O_RDONLY | O_CLOEXEC)
      if number < 0 { return ProcAnswer(Errno.current, noSuchFile: .absent) }
      let file = OwnedDescriptor(owning: number)
      var table = NetTable<Record>()
      do throws(Errno) {
        try file.borrow { (number) throws(Errno) in
          try buffer.forEachRunOfLines(of: number) { table.append(parsing: $0) }
        }
        return .value(table)
      } catch { return ProcAnswer(error, noSuchFile: .absent) }
    }
  }
}

extension ProcFileSystem {
  /// The tables of the network namespace that the calling thread is in now: `thread-self/net` (since 3.17), or
  /// `net`, which is that of the process's first thread.
  public borrowing func network() -> ProcAnswer<NetDirectory> {
    root.borrow { root in
      switch openNetDirectory("thread-self/net", in: root, noSuchFile: .absent) {
      // Only where the kernel has no such file: any other fallback could be another namespace.
      case .absent: openNetDirectory("net", in: root, noSuchFile: .absent)
      case .value(let own): .value(own)
      case .gone: .gone
      case .denied: .denied
      case .failed(let errno): .failed(errno)
      }
    }
  }
}

extension ProcessDirectory {
  /// `/proc/PID/net`: the network namespace of that process.
  public borrowing func network() -> ProcAnswer<NetDirectory> {
    descriptor.borrow { openNetDirectory("net", in: $0, noSuchFile: isAlive($0) ? .absent : .gone) }
  }
}

private func openNetDirectory(
  _ name: String, in directory: Int32, noSuchFile: @autoclosure () -> ProcAnswer<Void>
) -> ProcAnswer<NetDirectory> {
  // SAFETY: a C string for the length of the call.
  let number = unsafe clinux_openat(directory, name, O_PATH | O_DIRECTORY | O_CLOEXEC)
  if number >= 0 { return .value(NetDirectory(descriptor: OwnedDescriptor(owning: number))) }
  let errno = Errno.current
  if errno == .noSuchFile, case .absent = noSuchFile() { return .absent }
  return ProcAnswer(errno, noSuchFile: .gone)
}
