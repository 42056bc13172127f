/// How something is known.
public enum Evidence: String, Sendable {
  case kernelEvent = "kernel_event"
  case iterator
  case fdScan = "fd_scan"
  case askedSocket = "asked_socket"
  case listener
}

/// Something that we know we could not see.
public struct Gap: Hashable, Sendable {
  /// Stable words for programs.
  public enum Kind: String, Sendable {
    case processRefused = "process_refused"
    case namespaceRefused = "namespace_refused"
    case familyMissing = "family_missing"
    case dumpInterrupted = "dump_interrupted"
    case sourceFailed = "source_failed"
    /// Events come without the event probes.
    case noProbes = "no_probes"
    case disagreement
  }
  public var kind: Kind
  /// How many things are unseen; nil when not even that is known.
  public var count: Int?
  /// One sentence for people, complete in itself: what was not seen and why.
  public var message: String
  /// What would help; nil when nothing does.
  public var remedy: String?
  public init(kind: Kind, count: Int?, message: String, remedy: String? = nil) {
    self.kind = kind
    self.count = count
    self.message = message
    self.remedy = remedy
  }
}

/// One process holding one socket by one descriptor.
public struct Holding: Hashable, Sendable {
  /// Index into `Snapshot.sockets`.
  public var socket: Int32
  /// Index into `Snapshot.processes`.
  public var process: Int32
  public var descriptor: Int32
  @inlinable public init(socket: Int32, process: Int32, descriptor: Int32) {
    self.socket = socket
    self.process = process
    self.descriptor = descriptor
  }
}

/// What is known of a network namespace.
public struct NamespaceInfo: Sendable {
  public var namespace: NetworkNamespace
  /// Name under `/run/netns`, or of the container it belongs to.
  public var name: String?
  /// It is the one that sockeye itself runs in.
  public var isOwn: Bool
  public init(namespace: NetworkNamespace, name: String?, isOwn: Bool) {
    self.namespace = namespace
    self.name = name
    self.isOwn = isOwn
  }
}

/// The name of a network interface: indices are numbered anew in each namespace.
public struct InterfaceInfo: Hashable, Sendable {
  public var namespace: NetworkNamespace
  public var index: UInt32
  public var name: RawText
  public init(namespace: NetworkNamespace, index: UInt32, name: RawText) {
    self.namespace = namespace
    self.index = index
    self.name = name
  }
}

/// The sockets of a host at one moment, with their holders: what the views print.
///
/// Flat arrays, joined by index. `holdings` is grouped by socket; within a socket by process start, then descriptor,
/// so that the first is the originator's unless better is known.
public struct Snapshot: Sendable {
  public var sockets: [Socket] = []
  public var details: [SocketDetail] = []
  public var names: [RawText] = []
  public var processes: [Process] = []
  public var holdings: [Holding] = []
  public var namespaces: [NamespaceInfo] = []
  public var interfaces: [InterfaceInfo] = []
  /// Names of the users that own sockets without a process.
  public var ownerNames: [UInt32: String] = [:]
  /// nil unless names were asked for.
  public var resolvedNames: ResolvedNames?
  public var gaps: [Gap] = []
  public var evidence: Evidence = .fdScan
  /// CLOCK_REALTIME when it was taken, nanoseconds since 1970.
  public var takenWallNanoseconds: UInt64 = 0
  public init() {}

  @inlinable public func detail(of socket: Socket) -> SocketDetail? {
    socket.detailIndex < 0 ? nil : details[Int(socket.detailIndex)]
  }
  @inlinable public func name(of socket: Socket) -> RawText? {
    socket.nameIndex < 0 ? nil : names[Int(socket.nameIndex)]
  }
  @inlinable public func peerName(of socket: Socket) -> RawText? {
    socket.peerNameIndex < 0 ? nil : names[Int(socket.peerNameIndex)]
  }
  @inlinable public func holdings(of socket: Socket) -> ArraySlice<Holding> {
    let first = Int(socket.firstHolding)
    return holdings[first..<(first + Int(socket.holdingCount))]
  }
  /// Name of the interface that the socket is bound to; nil when it is bound to none, or the name is unknown.
  public func interfaceName(of socket: Socket) -> RawText? {
    if socket.interfaceIndex == 0 { return nil }
    return interfaces.first { $0.index == socket.interfaceIndex && $0.namespace == socket.netns }?.name
  }
  /// The process that answers "whose is it": the originator, else the holder that started first.
  @inlinable public func mainProcess(of socket: Socket) -> Process? {
    socket.holdingCount == 0 ? nil : processes[Int(holdings[Int(socket.firstHolding)].process)]
  }
}
