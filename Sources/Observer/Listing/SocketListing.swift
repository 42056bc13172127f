import KernelNetlink
import KernelSystem
import Model

/// Why a table could not be listed.
public enum ListingFailure: Error, Sendable, Equatable {
  /// The kernel's answer: ENOENT for a family that it does not have, EPERM for a condition that is not ours to ask.
  case kernel(Errno)
  /// Our side of the socket, or an answer that is none.
  case broken(String)

  init(_ error: SockDiagError) {
    switch error {
    case .unsupported(_, let errno), .refused(_, let errno): self = .kernel(errno)
    case .system(let error): self = .broken(error.description)
    default: self = .broken("\(error)")
    }
  }
}

/// What a listing should carry beyond the table.
public struct ListedDetails: OptionSet, Sendable {
  public let rawValue: UInt8
  public init(rawValue: UInt8) { self.rawValue = rawValue }
  /// TCP, MPTCP and SCTP from the inside.
  public static let internals = ListedDetails(rawValue: 1)
  public static let memory = ListedDetails(rawValue: 2)
  public static let typeOfService = ListedDetails(rawValue: 4)
  /// Timers and options; of unix sockets the path's inode and the clients that wait.
  public static let attributes = ListedDetails(rawValue: 8)
}

/// The tables of this thread's network namespace by sock_diag, one after the other: every answer is handed out as it
/// comes, in the kernel's order, once.
///
/// For views that stand for another tool. It keeps nothing, so it tells nothing that one answer does not: holders,
/// origins and other namespaces are `SnapshotObserver`'s.
public struct SocketListing: ~Copyable {
  private var socket: SockDiagSocket

  public init() throws(ListingFailure) {
    do throws(SockDiagError) { socket = try SockDiagSocket() } catch { throw ListingFailure(error) }
  }

  /// Which internet sockets are asked for.
  public struct Internet: Sendable {
    public enum Family: Sendable { case v4, v6, both }
    /// `IPPROTO_*`.
    public var `protocol`: Int32
    public var family: Family
    /// Bit n is state n of `net/tcp_states.h`.
    public var states: UInt32
    public var details: ListedDetails
    /// Evaluated by the kernel.
    public var condition: InternetExpression?
    public init(
      _ protocol: Int32, _ family: Family, states: UInt32, details: ListedDetails,
      condition: InternetExpression?
    ) {
      self.protocol = `protocol`
      self.family = family
      self.states = states
      self.details = details
      self.condition = condition
    }

    fileprivate var query: InetQuery {
      var extensions: InetExtensions = []
      if details.contains(.internals) {
        extensions.formUnion([.information, .congestionInformation, .congestionName])
      }
      if details.contains(.memory) { extensions.insert(.memory) }
      if details.contains(.typeOfService) { extensions.formUnion([.typeOfService, .trafficClass]) }
      let family: InetQuery.Family =
        switch self.family {
        case .v4: .v4
        case .v6: .v6
        case .both: .both
        }
      return InetQuery(
        InetProtocol(number: self.protocol), family, states: SocketStates(rawValue: states),
        extensions: extensions, filter: condition.flatMap { InetFilter($0, judgesAlone: true) })
    }
  }

  /// Whether the table changed meanwhile.
  @discardableResult
  public mutating func internet(
    _ wanted: Internet, each: (SocketRow) -> Void
  ) throws(ListingFailure) -> Bool {
    // SCTP endpoints and associations have state numbers of their own.
    guard wanted.details.isEmpty, wanted.protocol != InetProtocol.sctp.number else {
      return try run(try Self.request(wanted)) { (record: InetDiagDetails) in each(SocketRow(record)) }
    }
    return try run(try Self.request(wanted)) { (record: InetDiagRecord) in
      each(SocketRow(socket: Socket(record, netns: .unknown)))
    }
  }

  private static func request<Record: InetDiagDecodable>(
    _ wanted: Internet
  ) throws(ListingFailure) -> SockDiagRequest<Record> {
    do throws(InetFilterError) { return try SockDiagRequest<Record>(wanted.query) } catch {
      throw .broken("\(error)")
    }
  }

  @discardableResult
  public mutating func unix(
    states: UInt32, _ details: ListedDetails, each: (SocketRow) -> Void
  ) throws(ListingFailure) -> Bool {
    var show: UnixShow = [.name, .peer, .queues]
    if details.contains(.memory) { show.insert(.memory) }
    if details.contains(.attributes) { show.formUnion([.file, .pending]) }
    return try run(.unix(states: SocketStates(rawValue: states), show: show)) {
      (record: UnixDiagRecord) in each(SocketRow(record, details))
    }
  }

  @discardableResult
  public mutating func packet(each: (SocketRow) -> Void) throws(ListingFailure) -> Bool {
    try run(.packet(show: [.table, .filter])) { (record: PacketDiagRecord) in each(SocketRow(record)) }
  }

  @discardableResult
  public mutating func netlink(each: (SocketRow) -> Void) throws(ListingFailure) -> Bool {
    try run(.netlink(show: [.groups, .memory])) { (record: NetlinkDiagRecord) in
      each(SocketRow(socket: Socket(record, netns: .unknown), detail: SocketDetail(record)))
    }
  }

  @discardableResult
  public mutating func vsock(
    states: UInt32, each: (SocketRow) -> Void
  ) throws(ListingFailure) -> Bool {
    try run(.vsock(states: SocketStates(rawValue: states))) { (record: VsockDiagRecord) in
      each(SocketRow(socket: Socket(record, netns: .unknown), detail: SocketDetail(record)))
    }
  }

  @discardableResult
  public mutating func xdp(each: (SocketRow) -> Void) throws(ListingFailure) -> Bool {
    try run(.xdp()) { (record: XDPDiagRecord) in each(SocketRow(record)) }
  }

  @discardableResult
  public mutating func tipc(
    states: UInt32, each: (SocketRow) -> Void
  ) throws(ListingFailure) -> Bool {
    try run(.tipc(states: SocketStates(rawValue: states))) { (record: TIPCDiagRecord) in
      if record.isSocket { each(SocketRow(record)) }
    }
  }

  private mutating func run<Record>(
    _ request: SockDiagRequest<Record>, _ each: (Record) -> Void
  ) throws(ListingFailure) -> Bool {
    do throws(SockDiagError) { return try socket.dumpOnce(request, each: each) } catch {
      throw ListingFailure(error)
    }
  }

  /// The answers to a question as the kernel wrote them: whole datagrams.
  public mutating func copy(
    _ wanted: Internet, to sink: (Span<UInt8>) -> Void
  ) throws(ListingFailure) {
    let request: SockDiagRequest<InetDiagRecord> = try Self.request(wanted)
    do throws(SockDiagError) { try socket.copyDump(request, to: sink) } catch { throw ListingFailure(error) }
  }

  /// Closes an internet socket of whichever process: SOCK_DESTROY, since 4.5, with CAP_NET_ADMIN. nil is success.
  ///
  /// `number` is the `IPPROTO_*` of the table that it was found in.
  public mutating func destroy(_ victim: Socket, protocol number: Int32) throws(ListingFailure) -> Errno? {
    let identity = SockDestroyRequest(
      family: UInt8(truncatingIfNeeded: victim.family.rawValue), protocol: number,
      rawProtocol: UInt8(truncatingIfNeeded: victim.protocol.rawValue),
      local: (victim.local.address.high, victim.local.address.low, victim.local.port),
      peer: (victim.peer.address.high, victim.peer.address.low, victim.peer.port),
      interface: victim.interfaceIndex, cookie: victim.cookie.rawValue)
    do throws(SockDiagError) { return try socket.destroy(identity) } catch { throw ListingFailure(error) }
  }
}
