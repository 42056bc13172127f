/// The answer to `sockeye who`: a socket or a process of a snapshot, and what was looked up about it besides.
public struct WhoAnswer: Sendable {
  public enum Subject: Sendable, Equatable {
    /// Index into `Snapshot.sockets`.
    case socket(Int)
    /// Index into `Snapshot.processes`.
    case process(Int)
  }
  public var subject: Subject
  /// SHA-256 of the file that the process runs, in hexadecimal.
  public var executableSHA256: String?
  /// When the socket was opened, nanoseconds since 1970.
  public var openedWallNanoseconds: UInt64?
  /// The other end, when it is on this host: index into `Snapshot.sockets`.
  public var peerSocket: Int?
  /// The answer is of the past: the socket, or the process, as it was recorded.
  public var past: StoredConnection?
  public var pastProcess: StoredProcess?

  public init(_ subject: Subject) { self.subject = subject }

  /// The process that the answer is about; nil for a socket that has none.
  public func process(in snapshot: Snapshot) -> Process? {
    switch subject {
    case .socket(let index): snapshot.mainProcess(of: snapshot.sockets[index])
    case .process(let index): snapshot.processes[index]
    }
  }
}

extension Snapshot {
  /// The other end of a connection, when it is a socket of this snapshot. Linear.
  ///
  /// Unix sockets are paired by inode. Internet ones by their reversed addresses, and by port and protocol, in any
  /// namespace (the ends of a veth pair are in two), their own first.
  public func peer(ofSocketAt index: Int) -> Int? {
    let socket = sockets[index]
    if socket.family == .unix {
      guard socket.peerInode != 0 else { return nil }
      return sockets.firstIndex { $0.family == .unix && $0.inode == socket.peerInode }
    }
    guard socket.family.isInternet, socket.isConnected, socket.local.port != 0 else { return nil }
    let local = socket.local.address.unmapped
    let peer = socket.peer.address.unmapped
    var elsewhere: Int?
    for (other, candidate) in sockets.enumerated()
    where candidate.peer.port == socket.local.port && candidate.local.port == socket.peer.port
      && candidate.protocol == socket.protocol && candidate.family.isInternet && candidate.isConnected
      && candidate.local.address.unmapped == peer && candidate.peer.address.unmapped == local
      && other != index
    {
      if candidate.netns == socket.netns { return other }
      if !local.isLoopback { elsewhere = elsewhere ?? other }
    }
    return elsewhere
  }

  /// The sockets that a process holds, in their order. Linear.
  public func sockets(ofProcessAt process: Int) -> [Int] {
    var found: [Int] = []
    for holding in holdings where Int(holding.process) == process && found.last != Int(holding.socket) {
      found.append(Int(holding.socket))
    }
    return found
  }
}
