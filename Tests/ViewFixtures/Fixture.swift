import Model

/// A host as the views may meet it: every family, every reason for a missing process, names that mean harm.
public struct Fixture: Sendable {
  public internal(set) var snapshot = Snapshot()

  public static let ownNamespace = NetworkNamespace(4_026_531_840)
  public static let otherNamespace = NetworkNamespace(4_026_532_321)
  static let taken: UInt64 = 1_795_000_000_123_456_789

  /// The whole of it: two namespaces, 20 sockets.
  public static let host = Fixture.makeHost()
  /// Names chosen to hurt.
  public static let hostile = Fixture.makeHostile()

  init() {
    snapshot.takenWallNanoseconds = Fixture.taken
    snapshot.namespaces = [NamespaceInfo(namespace: Fixture.ownNamespace, name: nil, isOwn: true)]
  }

  /// Adds a process and returns its index.
  @discardableResult
  mutating func add(
    pid: Int32, _ name: RawText, started: UInt64, executable: RawText? = nil, arguments: [RawText]? = nil,
    user: User? = User(id: 0, name: "root"), ancestors: [(Int32, RawText)] = []
  ) -> Int {
    var process = Process(
      identity: ProcessIdentity(pid: ProcessID(pid), startTicks: started * 100), name: name,
      parentPID: ProcessID(ancestors.first?.0 ?? 1))
    process.entityID = "00000000" + String(UInt32(pid) + 0x1000_0000, radix: 16)
    process.startWallNanoseconds = Fixture.taken - (100_000 - started) * 1_000_000_000
    process.state = UInt8(ascii: "S")
    process.executable = executable
    process.arguments = arguments
    process.user = user
    process.ancestors = ancestors.map { step in
      let known = snapshot.processes.first { $0.identity.pid.rawValue == step.0 }
      let identity = known?.identity ?? ProcessIdentity(pid: ProcessID(step.0), startTicks: UInt64(step.0))
      return Ancestor(identity: identity, name: step.1, entityID: nil)
    }
    snapshot.processes.append(process)
    return snapshot.processes.count - 1
  }

  mutating func edit(_ process: Int, _ change: (inout Process) -> Void) {
    change(&snapshot.processes[process])
  }

  /// Adds a socket with its holders: process index and descriptors.
  mutating func add(
    _ socket: Socket, detail: SocketDetail? = nil, name: RawText? = nil, holders: [(Int, [Int32])] = []
  ) {
    var socket = socket
    let index = Int32(snapshot.sockets.count)
    socket.firstHolding = Int32(snapshot.holdings.count)
    for (process, descriptors) in holders {
      for descriptor in descriptors {
        snapshot.holdings.append(Holding(socket: index, process: Int32(process), descriptor: descriptor))
      }
    }
    socket.holdingCount = Int32(snapshot.holdings.count) - socket.firstHolding
    if let detail {
      socket.detailIndex = Int32(snapshot.details.count)
      snapshot.details.append(detail)
    }
    if let name {
      socket.nameIndex = Int32(snapshot.names.count)
      snapshot.names.append(name)
    }
    if socket.cookie == .unknown { socket.cookie = SocketCookie(UInt64(4097 + index)) }
    if socket.inode == 0 && socket.holdingCount > 0 { socket.inode = UInt64(23_000 + index) }
    snapshot.sockets.append(socket)
  }

  mutating func name(_ namespace: NetworkNamespace, _ name: String) {
    snapshot.namespaces.append(NamespaceInfo(namespace: namespace, name: name, isOwn: false))
  }
  mutating func interface(_ index: UInt32, _ name: RawText) {
    snapshot.interfaces.append(InterfaceInfo(namespace: Fixture.ownNamespace, index: index, name: name))
  }
  mutating func gap(_ kind: Gap.Kind, _ count: Int?, _ message: String, remedy: String? = nil) {
    snapshot.gaps.append(Gap(kind: kind, count: count, message: message, remedy: remedy))
  }
}

extension Socket {
  /// A socket of the fixture's own namespace.
  public static func make(
    _ family: AddressFamily, _ type: SocketType, _ number: SocketProtocol, _ state: SocketState,
    _ change: (inout Socket) -> Void = { _ in }
  ) -> Socket {
    var socket = Socket()
    socket.netns = Fixture.ownNamespace
    socket.family = family
    socket.type = type
    socket.protocol = number
    socket.state = state
    change(&socket)
    return socket
  }

  public static func tcp(
    _ local: Endpoint, _ state: SocketState, origin: SocketOrigin = .unknown,
    queues: (UInt32, UInt32) = (0, 0)
  ) -> Socket {
    tcp(local, nil, state, origin: origin, queues: queues)
  }

  public static func tcp(
    _ local: Endpoint, _ peer: Endpoint?, _ state: SocketState, origin: SocketOrigin = .unknown,
    absence: HolderAbsence = .none, queues: (UInt32, UInt32) = (0, 0)
  ) -> Socket {
    make(local.address.version == .v4 ? .inet : .inet6, .stream, .tcp, state) {
      $0.local = local
      $0.peer = peer ?? Endpoint(local.address.version == .v4 ? v4(0, 0, 0, 0) : v6(0, 0), port: 0)
      $0.origin = origin
      $0.absence = absence
      ($0.receiveQueue, $0.sendQueue) = queues
      $0.userID = 0
    }
  }
}

public func v4(_ a: UInt32, _ b: UInt32, _ c: UInt32, _ d: UInt32) -> IPAddress {
  IPAddress(v4: a << 24 | b << 16 | c << 8 | d)
}
public func v6(_ high: UInt64, _ low: UInt64) -> IPAddress { IPAddress(v6High: high, low: low) }
public func mapped(_ address: IPAddress) -> IPAddress { v6(0, 0xffff_0000_0000 | address.low) }
