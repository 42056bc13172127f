import Model
import ViewText

/// Appends the cells of the table, and knows how wide each is. What belongs to a process is rendered once.
struct CellWriter {
  struct Cached {
    var bytes: [UInt8]
    var width: Int
  }

  let snapshot: Snapshot
  /// `nginx[812]`, `www-data`, `nginx.service` … by process; nil until needed.
  private var names: [Cached?]
  private var users: [Cached?]
  private let states: [[UInt8]]
  private let userNames: [UInt32: String]
  let namespaceNames: [NetworkNamespace: String]

  init(_ snapshot: Snapshot) {
    self.snapshot = snapshot
    names = [Cached?](repeating: nil, count: snapshot.processes.count)
    users = names
    var states = [[UInt8]](repeating: [], count: 16)
    for state in SocketState.allCases { states[Int(state.rawValue)] = Array(state.name.utf8) }
    self.states = states
    var userNames = snapshot.ownerNames
    for process in snapshot.processes {
      if let user = process.user, let name = user.name { userNames[user.id] = name }
    }
    self.userNames = userNames
    // Ours has no name of its own, and ten digits tell less than a word.
    let named = snapshot.namespaces.compactMap { info in
      (info.name ?? (info.isOwn ? "own" : nil)).map { (info.namespace, $0) }
    }
    namespaceNames = Dictionary(named) { first, _ in first }
  }

  /// Appends one cell, escaped, without padding. Returns its columns.
  mutating func append(_ column: Column, of socket: Socket, isWide: Bool, to text: inout TextBuffer) -> Int {
    let start = text.count
    switch column {
    case .state: text.append(states[Int(socket.state.rawValue) & 15])
    case .proto: text.append(table: socket.table)
    case .recvq: text.append(optional: socket.receiveQueue.map(UInt64.init))
    case .sendq: text.append(optional: socket.sendQueue.map(UInt64.init))
    case .local: return appendLocal(of: socket, to: &text)
    case .peer: return appendPeer(of: socket, to: &text)
    case .process:
      return isWide && socket.holdingCount > 0
        ? appendHolders(of: socket, to: &text) : appendProcess(of: socket, to: &text)
    case .user: return appendUser(of: socket, to: &text)
    case .holders: return appendHolders(of: socket, to: &text)
    case .fd: appendDescriptors(of: socket, to: &text)
    case .rtt, .minrtt, .retrans, .sent, .received, .cwnd, .mss, .congestion, .pacing, .timer:
      appendTransport(column, of: socket, to: &text)
    case .pid, .exe, .args, .cwd, .tty, .parent, .unit, .container, .entry, .started, .age:
      guard let process = snapshot.mainProcess(of: socket) else { return text.appendUnknown() }
      return append(column, of: process, to: &text)
    default: return appendAttribute(column, of: socket, to: &text)
    }
    return text.count - start
  }

  // MARK: Ends

  private func appendLocal(of socket: Socket, to text: inout TextBuffer) -> Int {
    if !socket.family.isInternet { return appendName(of: socket, to: &text) }
    let start = text.count
    if let names = snapshot.resolvedNames { return text.append(endpoint: socket.local, socket.table, names) }
    if socket.interfaceIndex == 0 {
      text.append(endpoint: socket.local)
      return text.count - start
    }
    return text.append(
      endpoint: socket.local, interface: socket.interfaceIndex, snapshot.interfaceName(of: socket))
  }

  /// Returns the columns that it takes.
  private func appendPeer(of socket: Socket, to text: inout TextBuffer) -> Int {
    let start = text.count
    if let names = snapshot.resolvedNames, socket.family.isInternet, socket.isConnected {
      return text.append(endpoint: socket.peer, socket.table, names)
    }
    if socket.family.isInternet && (socket.isConnected || !socket.peer.address.isUnspecified) {
      text.append(endpoint: socket.peer)
    } else if let name = snapshot.peerName(of: socket) {
      return text.append(socketName: name)
    } else if socket.family == .unix && socket.peerInode != 0 {
      text.append("#")
      text.append(decimal: socket.peerInode)
    } else if let detail = snapshot.detail(of: socket), let vsock = detail.vsock {
      text.append(decimal: vsock.peerContextID)
      text.append(":")
      text.append(decimal: vsock.peerPort)
    } else {
      text.append("*")
    }
    return text.count - start
  }

  /// Path, abstract name, `route:640`, `0x0003%eth0`; `#inode` for what has no name.
  private func appendName(of socket: Socket, to text: inout TextBuffer) -> Int {
    if let name = snapshot.name(of: socket) { return text.append(socketName: name) }
    let start = text.count
    let detail = snapshot.detail(of: socket)
    switch socket.family {
    case .netlink:
      text.append(netlinkProtocol: socket.protocol.rawValue)
      text.append(":")
      if let address = detail?.netlink { text.append(decimal: address.portID) } else { text.append("*") }
    case .packet:
      text.append("0x")
      text.append(hex: UInt64(socket.protocol.rawValue), digits: 4)
      if socket.interfaceIndex != 0 {
        text.append("%")
        let width = text.append(interface: socket.interfaceIndex, snapshot.interfaceName(of: socket))
        return 7 + width
      }
    default:
      if let address = detail?.vsock {
        text.append(decimal: address.localContextID)
        text.append(":")
        text.append(decimal: address.localPort)
      } else {
        text.append("#")
        text.append(decimal: socket.inode)
      }
    }
    return text.count - start
  }

  // MARK: Holders

  /// `nginx[812]`, with `+3` when three more processes hold it.
  private mutating func appendProcess(of socket: Socket, to text: inout TextBuffer) -> Int {
    guard socket.holdingCount > 0 else {
      text.append(socket.absence.words)
      return socket.absence.words.utf8CodeUnitCount
    }
    let first = Int(socket.firstHolding)
    let main = Int(snapshot.holdings[first].process)
    let width = appendName(ofProcessAt: main, to: &text)
    if socket.holdingCount == 1 { return width }
    var others = 0
    var last = main
    for holding in snapshot.holdings(of: socket) where Int(holding.process) != last {
      last = Int(holding.process)
      others += 1
    }
    if others == 0 { return width }
    let start = text.count
    text.append(" +")
    text.append(decimal: others)
    return width + text.count - start
  }

  mutating func appendName(ofProcessAt index: Int, to text: inout TextBuffer) -> Int {
    if let cached = names[index] {
      text.append(cached.bytes)
      return cached.width
    }
    var name = TextBuffer()
    let process = snapshot.processes[index]
    var width = name.append(terminal: process.shownName)
    let nameBytes = name.count
    name.append(bracketed: process.identity.pid)
    width += name.count - nameBytes
    names[index] = Cached(bytes: name.contents, width: width)
    text.append(name.contents)
    return width
  }

  /// `nginx[812]:6,7 nginx[813]:6`
  private mutating func appendHolders(of socket: Socket, to text: inout TextBuffer) -> Int {
    if socket.holdingCount == 0 { return text.appendUnknown() }
    var width = 0
    var last: Int32 = -1
    for holding in snapshot.holdings(of: socket) {
      let start = text.count
      var nameBytes = 0
      if holding.process == last {
        text.append(",")
      } else {
        if last >= 0 { text.append(" ") }
        let before = text.count
        width += appendName(ofProcessAt: Int(holding.process), to: &text)
        nameBytes = text.count - before
        text.append(":")
        last = holding.process
      }
      text.append(decimal: holding.descriptor)
      width += text.count - start - nameBytes
    }
    return width
  }

  private func appendDescriptors(of socket: Socket, to text: inout TextBuffer) {
    guard socket.holdingCount > 0 else {
      _ = text.appendUnknown()
      return
    }
    let main = snapshot.holdings[Int(socket.firstHolding)].process
    var isFirst = true
    for holding in snapshot.holdings(of: socket) where holding.process == main {
      if !isFirst { text.append(",") }
      isFirst = false
      text.append(decimal: holding.descriptor)
    }
  }

  private mutating func appendUser(of socket: Socket, to text: inout TextBuffer) -> Int {
    if socket.holdingCount == 0 {
      guard let id = socket.userID else { return text.appendUnknown() }
      if let name = userNames[id] { return text.append(terminal: name) }
      let start = text.count
      text.append(decimal: id)
      return text.count - start
    }
    let index = Int(snapshot.holdings[Int(socket.firstHolding)].process)
    if let cached = users[index] {
      text.append(cached.bytes)
      return cached.width
    }
    var cell = TextBuffer()
    var width = 1
    if let user = snapshot.processes[index].user {
      width = cell.append(user: user)
    } else {
      cell.append("-")
    }
    users[index] = Cached(bytes: cell.contents, width: width)
    text.append(cell.contents)
    return width
  }
}
