import Attribution
import KernelNetlink
import KernelSystem
import Model

/// The sock_diag tables of one network namespace, as far as a request wants them.
struct SockDiagSource: ~Copyable {
  private var socket: SockDiagSocket
  private let netns: NetworkNamespace
  /// Tables that this kernel has no sock_diag for: `/proc/net` is read instead.
  private(set) var unsupported: Set<SocketTable> = []
  private(set) var interruptedDumps = 0
  private(set) var failures: [SockDiagError] = []

  /// Opened in the calling thread's namespace, which must be `netns`.
  init(netns: NetworkNamespace) throws(SockDiagError) {
    socket = try SockDiagSocket()
    self.netns = netns
  }

  /// Dumps `table` into `assembler`: a socket that it knows is completed, so that a repeated dump does no harm.
  mutating func dump(
    _ table: SocketTable, states: SocketStates, filter: InetFilter?, wantsDetails: Bool,
    into assembler: inout SnapshotAssembler, wanted: (borrowing Socket) -> Bool
  ) {
    switch table {
    case .tcp:
      dumpInternet(.tcp, [.both], states, filter, wantsDetails, table, &assembler, wanted)
    case .udp: dumpInternet(.udp, [.v4, .v6], states, filter, wantsDetails, table, &assembler, wanted)
    case .udplite:
      dumpInternet(.udplite, [.v4, .v6], states, filter, wantsDetails, table, &assembler, wanted)
    case .raw: dumpInternet(.raw, [.v4, .v6], states, filter, wantsDetails, table, &assembler, wanted)
    case .mptcp: dumpInternet(.mptcp, [.v4, .v6], states, filter, wantsDetails, table, &assembler, wanted)
    case .sctp: dumpInternet(.sctp, [.v4], states, filter, wantsDetails, table, &assembler, wanted)
    case .unix: dumpUnix(states, wantsDetails, &assembler, wanted)
    case .packet:
      run(.packet(), table) { (record, netns) in
        let socket = Socket(record, netns: netns)
        guard wanted(socket) else { return }
        assembler.add(socket, detail: wantsDetails ? SocketDetail(record) : nil)
      }
    case .netlink:
      let own = socket.cookie
      run(.netlink(), table) { (record, netns) in
        let socket = Socket(record, netns: netns)
        // The socket that asks would be on its own list.
        guard record.cookie != own, wanted(socket) else { return }
        assembler.add(socket, detail: SocketDetail(record))
      }
    case .vsock:
      run(.vsock(states: states), table) { (record, netns) in
        let socket = Socket(record, netns: netns)
        guard wanted(socket) else { return }
        assembler.add(socket, detail: SocketDetail(record))
      }
    case .icmp, .xdp, .other: unsupported.insert(table)
    }
  }

  private mutating func dumpUnix(
    _ states: SocketStates, _ wantsDetails: Bool, _ assembler: inout SnapshotAssembler,
    _ wanted: (borrowing Socket) -> Bool
  ) {
    let show: UnixShow = wantsDetails ? [.table, .memory] : .table
    run(.unix(states: states.union(.listen), show: show), .unix) { (record, netns) in
      let name = record.name.map(RawText.init(socketName:))
      let socket = Socket(record, netns: netns)
      if wanted(socket) {
        assembler.add(socket, detail: wantsDetails ? SocketDetail(record) : nil, name: name)
      }
      // A connection that nobody accepted yet is no answer of its own, but its listener knows the other end.
      for client in record.pendingInodes {
        let pending = Socket(pendingFrom: client, of: socket)
        if wanted(pending) { assembler.add(pending, name: name) }
      }
    }
  }

  private mutating func dumpInternet(
    _ number: InetProtocol, _ families: [InetQuery.Family], _ states: SocketStates, _ filter: InetFilter?,
    _ wantsDetails: Bool, _ table: SocketTable, _ assembler: inout SnapshotAssembler,
    _ wanted: (borrowing Socket) -> Bool
  ) {
    for family in families where !unsupported.contains(table) {
      do throws(InetFilterError) {
        let query = InetQuery(
          number, family, states: states, extensions: wantsDetails ? .details : [], filter: filter)
        if wantsDetails {
          run(try SockDiagRequest<InetDiagDetails>(query), table) { (details, netns) in
            let socket = Socket(details, netns: netns)
            if wanted(socket) { assembler.add(socket, detail: SocketDetail(details)) }
          }
        } else {
          run(try SockDiagRequest<InetDiagRecord>(query), table) { (record, netns) in
            let socket = Socket(record, netns: netns)
            if wanted(socket) { assembler.add(socket) }
          }
        }
      } catch {
        preconditionFailure("the observer hands no filter to the kernel that is too long: \(error)")
      }
    }
  }

  private mutating func run<Record>(
    _ request: SockDiagRequest<Record>, _ table: SocketTable, _ body: (Record, NetworkNamespace) -> Void
  ) {
    do throws(SockDiagError) {
      let netns = self.netns
      let outcome = try socket.dump(request, restart: {}) { body($0, netns) }
      if outcome.wasInterrupted { interruptedDumps += 1 }
    } catch {
      if case .unsupported = error { unsupported.insert(table) } else { failures.append(error) }
    }
  }
}

extension Socket {
  /// The server's end of a unix connection that waits in a listener's queue: it has no inode yet.
  fileprivate init(pendingFrom client: UInt32, of listener: Socket) {
    self = listener
    cookie = .unknown
    inode = 0
    state = .established
    origin = .accept
    peerInode = UInt64(client)
    receiveQueue = nil
    sendQueue = nil
  }
}

extension SocketDetail {
  init(_ record: UnixDiagRecord) {
    self.init()
    memory = record.memory.map(SocketMemory.init)
  }

  init(_ record: PacketDiagRecord) {
    self.init()
    memory = record.memory.map(SocketMemory.init)
  }
}
