import Attribution
import KernelNetlink
import KernelProc
import KernelSystem
import Model

/// One look at the sockets of all namespaces that can be seen.
struct SocketLook {
  /// CLOCK_BOOTTIME when it began, nanoseconds.
  var time: UInt64
  var sockets: [Socket] = []
  /// Those that were looked through, or are gone: what is not in `sockets` is not there.
  var namespaces: Set<UInt32> = []
  /// The first tells what is there, not what happens.
  var isFirst = false
}

extension EventResolver {
  /// Tells the differences from what is known. `missing` are those that the last look did not find either.
  mutating func take(_ look: SocketLook, missing: inout Set<SocketIdentity>, _ proc: borrowing ProcFileSystem)
  {
    var seen = Set<SocketIdentity>(minimumCapacity: look.sockets.count)
    var new: [Socket] = []
    for socket in look.sockets {
      let key = socket.identity
      guard seen.insert(key).inserted, table[key.netns.rawValue, key.cookie.rawValue]?.isOpen != true else {
        continue
      }
      // Without an inode: nobody has accepted it yet, or its process has closed it already.
      if socket.inode != 0 { new.append(socket) }
    }
    let holders = new.isEmpty ? [:] : self.holders(of: Set(new.map(\.inode)), proc)
    // Listeners first: their ports tell who accepted.
    for socket in new where socket.isListening { begin(socket, holders[socket.inode], look) }
    for socket in new where !socket.isListening { begin(socket, holders[socket.inode], look) }
    closeMissing(seen, look, &missing)
  }

  private mutating func begin(_ socket: Socket, _ holder: ProcessIdentity?, _ look: SocketLook) {
    var facts = EventSocketFacts(socket)
    facts.origin = polledOrigin(facts, socket.origin)
    let whole = facts
    table.update(netns: socket.netns.rawValue, cookie: socket.cookie.rawValue) { connection in
      connection.take(whole)
      connection.origin = whole.origin
      connection.process = holder
      connection.closed = 0
      connection.isSeeded = look.isFirst
    }
    if socket.isListening, let holder, listeners.count < Self.limit {
      listeners[PortKey(netns: socket.netns.rawValue, port: socket.local.port)] = holder
    }
    if look.isFirst { return }
    let action: EventAction
    switch facts.origin {
    case .listen: action = .listen
    case .accept: action = .accept
    default: action = .connect
    }
    var event = event(action, at: look.time)
    event.evidence = holder == nil ? .polling : .fdScan
    event.socket = facts
    emit(event, by: holder)
  }

  /// By the kernel's counters, else by whether somebody listens on the port.
  private func polledOrigin(_ facts: EventSocketFacts, _ counted: SocketOrigin) -> SocketOrigin {
    if facts.state == .listen { return .listen }
    if facts.type == .datagram { return .connect }
    if counted != .unknown { return counted }
    let port = PortKey(netns: facts.netns.rawValue, port: facts.local.port)
    return listeners[port] == nil ? .connect : .accept
  }

  /// Who holds these inodes: of several the one that started first.
  private mutating func holders(
    of inodes: Set<UInt64>, _ proc: borrowing ProcFileSystem
  ) -> [UInt64: ProcessIdentity] {
    var scan = DescriptorScan()
    do throws(SystemError) { try proc.scanDescriptors(&scan) } catch { return [:] }
    let starts = Dictionary(scan.processes.map { ($0.pid, $0.startTicks) }) { first, _ in first }
    var holders: [UInt64: ProcessIdentity] = [:]
    for held in scan.sockets where inodes.contains(held.inode) {
      guard let start = starts[held.pid] else { continue }
      let identity = ProcessIdentity(pid: ProcessID(held.pid), startTicks: start)
      if let other = holders[held.inode], other.startTicks <= start { continue }
      holders[held.inode] = identity
    }
    for identity in Set(holders.values) where !tree.contains(identity) {
      guard let process = reader.read(identity.pid.rawValue), process.identity == identity else { continue }
      tree.seed(process, parent: tree.identity(of: process.parentPID))
    }
    return holders
  }

  /// What two looks in a row have not found is over: its end was not told, or its process keeps it after a reset.
  private mutating func closeMissing(
    _ seen: Set<SocketIdentity>, _ look: SocketLook, _ missing: inout Set<SocketIdentity>
  ) {
    var gone: [Connection] = []
    var missingNow = Set<SocketIdentity>()
    table.forEachOpen { connection in
      let key = SocketIdentity(
        netns: NetworkNamespace(connection.netns), cookie: SocketCookie(connection.cookie))
      guard look.namespaces.contains(key.netns.rawValue), !seen.contains(key) else { return }
      if missing.contains(key) { gone.append(connection) } else { missingNow.insert(key) }
    }
    missing = missingNow
    for connection in gone {
      var facts = EventSocketFacts(connection)
      close(&facts, connection, at: look.time, .polling)
    }
  }

  /// A socket that the kernel let go of.
  mutating func takeEnd(_ details: InetDiagDetails, _ netns: NetworkNamespace, at time: UInt64) {
    let socket = Socket(details, netns: netns)
    let known = table[netns.rawValue, socket.cookie.rawValue]
    if let known {
      guard known.isOpen else { return }
      var facts = EventSocketFacts(known)
      // Of an aborted connection the kernel has cleared peer and counters before.
      if socket.peer.port != 0 { facts.takeCounters(details) }
      close(&facts, known, at: time, .destroyMulticast)
      return
    }
    // Neither listeners nor connects that failed: those that no look has found, because they were short.
    guard details.wasConnected else { return }
    var facts = EventSocketFacts(socket)
    facts.state = .established
    facts.inode = 0
    facts.origin = Self.endedOrigin(facts, details, listeners)
    if socket.peer.port != 0 { facts.takeCounters(details) }
    var event = event(.close, at: time)
    event.evidence = .destroyMulticast
    event.socket = facts
    emit(event, by: nil)
  }

  private mutating func close(
    _ facts: inout EventSocketFacts, _ known: Connection, at time: UInt64, _ evidence: EventEvidence
  ) {
    facts.state = known.origin == .listen ? .listen : .established
    let key = PortKey(netns: known.netns, port: known.localPort)
    if known.origin == .listen, listeners[key] == known.process { listeners[key] = nil }
    table.close(netns: known.netns, cookie: known.cookie, at: time)
    var event = event(.close, at: time)
    event.evidence = known.process == nil ? evidence : .fdScan
    event.socket = facts
    emit(event, by: known.process)
  }

  /// Acknowledged bytes count the SYN of the side that connected and the FIN of either: two more than were sent only
  /// there. Else whoever listens on the port accepts.
  private static func endedOrigin(
    _ facts: EventSocketFacts, _ details: InetDiagDetails, _ listeners: [PortKey: ProcessIdentity]
  ) -> SocketOrigin {
    if facts.type == .datagram { return .connect }
    if let tcp = details.tcp, tcp.ackedBytes &- (tcp.sentBytes &- tcp.retransmittedBytes) == 2 {
      return .connect
    }
    if listeners[PortKey(netns: facts.netns.rawValue, port: facts.local.port)] != nil { return .accept }
    if facts.isPeerLocal, listeners[PortKey(netns: facts.netns.rawValue, port: facts.peer.port)] != nil {
      return .connect
    }
    return .unknown
  }
}

extension EventSocketFacts {
  init(_ socket: Socket) {
    self.init()
    netns = socket.netns
    cookie = socket.cookie
    inode = socket.inode
    family = socket.family
    type = socket.type
    self.protocol = socket.protocol
    state = socket.state
    local = socket.local
    peer = socket.peer
  }

  fileprivate init(_ connection: Connection) {
    self.init()
    netns = NetworkNamespace(connection.netns)
    cookie = SocketCookie(connection.cookie)
    family = AddressFamily(rawValue: connection.family)
    self.protocol = SocketProtocol(rawValue: connection.protocol)
    type = self.protocol == .tcp ? .stream : .datagram
    origin = connection.origin
    local = connection.local
    peer = connection.peer
  }

  /// The counters of TCP. One byte of those received may be the end of the stream, which the kernel counts, and does
  /// not tell apart once the program has read it.
  fileprivate mutating func takeCounters(_ details: InetDiagDetails) {
    guard let tcp = details.tcp, details.record.state != SocketState.listen.rawValue else { return }
    let isEndUnread = details.record.receiveQueue == 1 && tcp.receivedBytes > 0
    sentBytes = tcp.sentBytes &- tcp.retransmittedBytes
    receivedBytes = tcp.receivedBytes - (isEndUnread ? 1 : 0)
    retransmits = tcp.totalRetransmits
    if tcp.roundTripMicroseconds > 0 { roundTripMicroseconds = tcp.roundTripMicroseconds }
    if tcp.minimumRoundTripMicroseconds != .max {
      minimumRoundTripMicroseconds = tcp.minimumRoundTripMicroseconds
    }
  }
}
