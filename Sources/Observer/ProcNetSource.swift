import Attribution
import KernelProc
import KernelSystem
import Model

/// The tables of `/proc/net` of one namespace, for what sock_diag does not have.
struct ProcNetSource: ~Copyable {
  private let directory: NetDirectory
  private let netns: NetworkNamespace
  private var buffer = ReadBuffer(capacity: 1 << 16)

  init(_ directory: consuming NetDirectory, netns: NetworkNamespace) {
    self.directory = directory
    self.netns = netns
  }

  /// Adds the sockets of `table`; false when `/proc/net` has no such table either.
  mutating func read(
    _ table: SocketTable, into assembler: inout SnapshotAssembler, wanted: (borrowing Socket) -> Bool
  ) -> Bool {
    switch table {
    case .tcp: return readInternet([.tcp, .tcp6], .stream, .tcp, &assembler, wanted)
    case .udp: return readInternet([.udp, .udp6], .datagram, .udp, &assembler, wanted)
    case .udplite: return readInternet([.udplite, .udplite6], .datagram, .udplite, &assembler, wanted)
    case .raw: return readInternet([.raw, .raw6], .raw, nil, &assembler, wanted)
    case .icmp:
      let v4 = readInternet([.icmp], .datagram, .icmp, &assembler, wanted)
      return readInternet([.icmp6], .datagram, .icmp6, &assembler, wanted) || v4
    case .unix: return readUnix(&assembler, wanted)
    case .packet: return readPacket(&assembler, wanted)
    case .netlink: return readNetlink(&assembler, wanted)
    case .mptcp, .sctp, .vsock, .xdp, .other: return false
    }
  }

  /// Whether there may be sockets of a table that `read` does not have: the kernel has the protocol.
  mutating func mayHave(_ table: SocketTable) -> Bool {
    let names: [String]
    switch table {
    case .mptcp: names = ["MPTCP", "MPTCPv6"]
    case .sctp: names = ["SCTP", "SCTPv6"]
    case .vsock: names = ["AF_VSOCK"]
    case .xdp: names = ["XDP"]
    default: return false
    }
    guard let use = directory.protocolUse(&buffer).value else { return false }
    // Sockets of AF_VSOCK are not counted: 0, however many there are.
    return names.contains { table == .vsock ? use.has($0) : use.sockets($0) != 0 }
  }

  private mutating func readInternet(
    _ tables: [InetSocketRecord.Table], _ type: SocketType, _ number: SocketProtocol?,
    _ assembler: inout SnapshotAssembler, _ wanted: (borrowing Socket) -> Bool
  ) -> Bool {
    var isThere = false
    for table in tables {
      guard let records = directory.sockets(table, &buffer).value?.records else { continue }
      isThere = true
      for record in records {
        let socket = Socket(record, type: type, number: number, netns: netns)
        if wanted(socket) { assembler.add(socket) }
      }
    }
    return isThere
  }

  private mutating func readUnix(
    _ assembler: inout SnapshotAssembler, _ wanted: (borrowing Socket) -> Bool
  ) -> Bool {
    guard let records = directory.unixSockets(&buffer).value?.records else { return false }
    for record in records {
      var socket = Socket()
      socket.netns = netns
      socket.inode = record.inode
      socket.family = .unix
      socket.type = SocketType(rawValue: record.type)
      // SS_CONNECTED of linux/net.h is 3.
      socket.state = record.isListening ? .listen : record.state == 3 ? .established : .close
      guard wanted(socket) else { continue }
      assembler.add(socket, name: record.name.isEmpty ? nil : RawText(record.socketName))
    }
    return true
  }

  private mutating func readPacket(
    _ assembler: inout SnapshotAssembler, _ wanted: (borrowing Socket) -> Bool
  ) -> Bool {
    guard let records = directory.packetSockets(&buffer).value?.records else { return false }
    for record in records {
      var socket = Socket()
      socket.netns = netns
      socket.inode = record.inode
      socket.family = .packet
      socket.type = SocketType(rawValue: record.type)
      socket.protocol = SocketProtocol(rawValue: record.protocolNumber)
      socket.interfaceIndex = UInt32(bitPattern: record.interfaceIndex)
      socket.receiveQueue = record.receiveMemory
      socket.userID = record.userID
      if wanted(socket) { assembler.add(socket) }
    }
    return true
  }

  private mutating func readNetlink(
    _ assembler: inout SnapshotAssembler, _ wanted: (borrowing Socket) -> Bool
  ) -> Bool {
    guard let records = directory.netlinkSockets(&buffer).value?.records else { return false }
    for record in records {
      var socket = Socket()
      socket.netns = netns
      socket.inode = record.inode
      socket.family = .netlink
      socket.type = .raw
      socket.protocol = SocketProtocol(rawValue: record.protocolNumber)
      socket.receiveQueue = record.receiveMemory
      socket.sendQueue = record.sendMemory
      guard wanted(socket) else { continue }
      var detail = SocketDetail()
      detail.netlink = NetlinkAddress(portID: record.port, peerPortID: 0, groups: record.groups)
      assembler.add(socket, detail: detail)
    }
    return true
  }
}

extension UnixSocketRecord {
  /// `/proc/net/unix` shows an abstract name's NUL as `@`.
  fileprivate var socketName: [UInt8] { isAbstract ? [0] + name.dropFirst() : name }
}

extension Socket {
  init(
    _ record: InetSocketRecord, type: SocketType, number: SocketProtocol?, netns: NetworkNamespace
  ) {
    self.init()
    self.netns = netns
    inode = record.inode
    family = record.isIPv6 ? .inet6 : .inet
    self.type = type
    // Of a raw socket the local port is its protocol.
    self.protocol = number ?? SocketProtocol(rawValue: record.localPort)
    state = SocketState(rawValue: record.state) ?? .close
    receiveQueue = record.receiveQueue
    sendQueue = record.sendQueue
    userID = record.userID
    local = Endpoint(
      IPAddress(family: family, high: record.localHigh, low: record.localLow),
      port: record.localPort)
    peer = Endpoint(
      IPAddress(family: family, high: record.peerHigh, low: record.peerLow), port: record.peerPort)
    if state == .listen { origin = .listen }
  }
}
