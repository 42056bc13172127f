import Model
import ViewText

extension NetstatSockets {
  /// The rows of one protocol: those of IPv4, then those of IPv6, each in the snapshot's order. `flush` is called after
  /// each row; false ends it.
  public func appendInternet(
    _ table: SocketTable, of snapshot: Snapshot, to text: inout TextBuffer, flush: (inout TextBuffer) -> Bool
  ) {
    let owners = table == .tcp ? ListenerOwners(snapshot) : nil
    for family in [AddressFamily.inet, .inet6] {
      guard family == .inet ? options.showsIPv4 : options.showsIPv6 else { continue }
      for socket in snapshot.sockets where socket.family == family && socket.table == table {
        guard isShown(socket) else { continue }
        append(socket, snapshot, owners, to: &text)
        if !flush(&text) { return }
      }
    }
  }

  /// TCP is a server's where the peer has no port, the others where it has no address.
  public func isShown(_ socket: Socket) -> Bool {
    if options.all { return true }
    let hasPeer = socket.table == .tcp ? socket.peer.port != 0 : !socket.peer.address.isUnspecified
    return hasPeer != options.listening
  }

  private func append(
    _ socket: Socket, _ snapshot: Snapshot, _ owners: ListenerOwners?, to text: inout TextBuffer
  ) {
    let start = text.count
    appendProtocol(socket, to: &text)
    text.pad(from: start, to: 6)
    text.append(decimal: UInt64(socket.receiveQueue ?? 0), right: 6)
    text.append(byte: 0x20)
    // /proc/net/tcp, which netstat reads, does not have the limit of a listener's queue here.
    text.append(decimal: socket.isListening ? 0 : UInt64(socket.sendQueue ?? 0), right: 6)
    for endpoint in [socket.local, socket.peer] {
      text.append(byte: 0x20)
      let start = text.count
      append(endpoint, socket.table, to: &text)
      text.pad(from: start, to: 23)
    }
    text.append(byte: 0x20)
    let state = text.count
    append(stateOf: socket, to: &text)
    text.pad(from: state, to: 11)
    finish(
      userID: owners?.userID(of: socket) ?? socket.userID ?? 0, inode: socket.inode, to: &text,
      timer: { appendTimer(of: socket, snapshot.detail(of: socket), to: &$0) })
    if options.better {
      text.append(byte: 0x20)
      append(socket.netns, snapshot, to: &text)
    }
    text.append("\n")
  }

  private func appendProtocol(_ socket: Socket, to text: inout TextBuffer) {
    switch socket.table {
    case .tcp: text.append("tcp")
    case .udp: text.append("udp")
    case .udplite: text.append("udpl")
    default: text.append("raw")
    }
    if socket.family == .inet6 { text.append("6") }
  }

  /// `127.0.0.1:ssh`; cut to 22 bytes and the colon, unless it is to be whole.
  func append(_ endpoint: Endpoint, _ table: SocketTable, to text: inout TextBuffer) {
    let start = text.count
    append(host: endpoint.address, to: &text)
    let addressEnd = text.count
    text.append(":")
    append(port: endpoint.port, table, to: &text)
    let (address, port) = (addressEnd - start, text.count - addressEnd - 1)
    guard !options.wide && !options.better, address + port > 22 else { return }
    // netstat takes the port for short.
    let portShown = min(port, 18)
    var cut = TextBuffer()
    cut.append(from: text, start..<start + 22 - portShown)
    cut.append(from: text, addressEnd..<addressEnd + 1 + portShown)
    text.truncate(to: start)
    text.append(from: cut, 0..<cut.count)
  }

  func append(host address: IPAddress, to text: inout TextBuffer) {
    if !options.numericHosts, let name = names.hosts[address.unmapped] {
      text.append(name: name)
    } else if address.isUnspecified && address.version == .v6 && !options.numericHosts {
      text.append("[::]")
    } else {
      // Of an IPv4 address in IPv6 clothes netstat shows the address alone.
      text.append(inetNtop: address.unmapped)
    }
  }

  private func append(port: UInt16, _ table: SocketTable, to text: inout TextBuffer) {
    if port == 0 { return text.append("*") }
    let name: RawText?
    switch table {
    case _ where options.numericPorts: name = nil
    case .tcp: name = names.tcpPorts[port]
    case .udp, .udplite: name = names.udpPorts[port]
    case .raw: name = names.protocols[port]
    default: name = nil
    }
    if let name { text.append(name: name) } else { text.append(decimal: port) }
  }

  private func append(stateOf socket: Socket, to text: inout TextBuffer) {
    switch socket.table {
    case .tcp: text.append(socket.state.netstatName)
    case .udp, .udplite:
      switch socket.state {
      case .established: text.append("ESTABLISHED")
      case .close: break
      default: text.append("UNKNOWN")
      }
    default: text.append(decimal: socket.state.rawValue)
    }
  }

  func append(_ netns: NetworkNamespace, _ snapshot: Snapshot, to text: inout TextBuffer) {
    if let name = snapshot.namespaces.first(where: { $0.namespace == netns })?.name {
      text.append(name: RawText(name))
    } else {
      text.append(decimal: netns.rawValue)
    }
  }
}

extension SocketState {
  var netstatName: StaticString {
    switch self {
    case .established: "ESTABLISHED"
    case .synSent: "SYN_SENT"
    case .synReceived, .newSynReceived: "SYN_RECV"
    case .finWait1: "FIN_WAIT1"
    case .finWait2: "FIN_WAIT2"
    case .timeWait: "TIME_WAIT"
    case .close, .boundInactive: "CLOSE"
    case .closeWait: "CLOSE_WAIT"
    case .lastAck: "LAST_ACK"
    case .listen: "LISTEN"
    case .closing: "CLOSING"
    }
  }
}

/// Whose half-open connections are: netlink does not say it, `/proc/net/tcp` says the listener's owner.
private struct ListenerOwners {
  private var owners: [Endpoint: UInt32] = [:]

  /// nil when there is no half-open connection to ask for.
  init?(_ snapshot: Snapshot) {
    guard snapshot.sockets.contains(where: { Self.isHalfOpen($0) }) else { return nil }
    for socket in snapshot.sockets where socket.isListening && socket.table == .tcp {
      owners[Endpoint(socket.local.address.unmapped, port: socket.local.port)] = socket.userID
    }
  }

  private static func isHalfOpen(_ socket: Socket) -> Bool {
    (socket.state == .synReceived || socket.state == .newSynReceived) && socket.inode == 0
  }

  /// nil for sockets that say it themselves.
  func userID(of socket: Socket) -> UInt32? {
    guard Self.isHalfOpen(socket) else { return nil }
    let port = socket.local.port
    let everywhere = [IPAddress(v4: 0), IPAddress(v6High: 0, low: 0)].map { Endpoint($0, port: port) }
    return ([Endpoint(socket.local.address.unmapped, port: port)] + everywhere).lazy.compactMap { owners[$0] }
      .first
  }
}
