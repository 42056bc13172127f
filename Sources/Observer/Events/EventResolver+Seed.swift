import Attribution
import KernelSystem
import Model

extension EventResolver {
  /// The processes that are there, after the probes were attached: what they do from now on is told by events.
  mutating func seedProcesses(roots pids: [ProcessID]?) throws(SystemError) {
    try takeProcesses()
    guard let pids else { return }
    roots = []
    for pid in pids {
      guard let identity = tree.identity(of: pid) ?? reader.read(pid.rawValue)?.identity else {
        throw SystemError("open", on: "/proc/\(pid.rawValue)", .noSuchProcess)
      }
      roots?.insert(identity)
    }
  }

  /// After a loss: what is not known is learnt, and what is no longer there has ended.
  mutating func reconcileProcesses() throws(SystemError) {
    let seen = try takeProcesses()
    let now = KernelClock.bootTimeNanoseconds
    // A second look at each: it may have begun while the list was read.
    for identity in tree.live where !seen.contains(identity) {
      if reader.read(identity.pid.rawValue)?.identity == identity { continue }
      tree.exit(identity, at: now)
      names.table.forget(identity)
    }
  }

  @discardableResult
  private mutating func takeProcesses() throws(SystemError) -> Set<ProcessIdentity> {
    let processes = try reader.readAll()
    var byPID: [ProcessID: ProcessIdentity] = [:]
    for process in processes { byPID[process.identity.pid] = process.identity }
    for process in processes {
      // What events have told is as good, and its parent is the one that made it.
      if tree.contains(process.identity) { continue }
      tree.seed(process, parent: byPID[process.parentPID])
    }
    return Set(byPID.values)
  }

  /// The sockets of a look at the host, by their cookies.
  mutating func seedSockets(_ snapshot: Snapshot, lookBegan: UInt64) {
    var seen = Set<SocketCookie>()
    for socket in snapshot.sockets where socket.cookie != .unknown && socket.netns != .unknown {
      let process = snapshot.mainProcess(of: socket)?.identity
      let key = PortKey(netns: socket.netns.rawValue, port: socket.local.port)
      if socket.type == .datagram || socket.protocol == .udp {
        if let process, socket.local.port != 0, datagramOwners[key] == nil { datagramOwners[key] = process }
        continue
      }
      guard socket.isListening || socket.isConnected, socket.state != .timeWait else { continue }
      seen.insert(socket.cookie)
      if socket.isListening, let process, listeners[key] == nil { listeners[key] = process }
      seed(socket, process)
    }
    guard !snapshot.gaps.contains(where: { $0.kind != .processRefused }) else { return }
    closeUnseen(seen, lookBegan)
  }

  private mutating func seed(_ socket: Socket, _ process: ProcessIdentity?) {
    table.update(netns: socket.netns.rawValue, cookie: socket.cookie.rawValue) { connection in
      if connection.process == nil { connection.process = process }
      if connection.localPort != 0 && connection.peerPort != 0 { return }
      connection.family = socket.family.rawValue
      connection.protocol = socket.protocol.rawValue
      connection.local = socket.local
      connection.peer = socket.peer
      if connection.origin == .unknown {
        connection.origin = socket.origin
        connection.isSeeded = true
      }
    }
  }

  /// Those that opened before the look and were not in it have closed, in a gap.
  private mutating func closeUnseen(_ seen: Set<SocketCookie>, _ lookBegan: UInt64) {
    var gone: [Connection] = []
    table.forEachOpen { connection in
      if connection.opened < lookBegan, !seen.contains(SocketCookie(connection.cookie)) {
        gone.append(connection)
      }
    }
    for connection in gone {
      names.close(SocketCookie(connection.cookie))
      table.update(netns: connection.netns, cookie: connection.cookie) {
        $0.isPresumedClosed = true
        $0.closed = KernelClock.bootTimeNanoseconds
      }
    }
  }
}
