import CLinux

/// An internet protocol that inet_diag has a handler for.
///
/// Ping sockets (`IPPROTO_ICMP`, `IPPROTO_ICMPV6`) are not among them on any kernel: read `/proc/net/icmp{,6}`.
public struct InetProtocol: Hashable, Sendable {
  /// `IPPROTO_*`.
  public let number: Int32
  @inlinable public init(number: Int32) { self.number = number }
  public static let tcp = InetProtocol(number: 6)
  public static let udp = InetProtocol(number: 17)
  public static let udplite = InetProtocol(number: 136)
  /// `CONFIG_INET_RAW_DIAG`; every raw socket whatever its protocol.
  public static let raw = InetProtocol(number: 255)
  public static let sctp = InetProtocol(number: 132)
  /// `CONFIG_INET_MPTCP_DIAG`, since 5.9. An older kernel does not know the attribute that names it, and
  /// answers with TCP sockets: `InetDiagRecord.protocol` would be wrong there.
  public static let mptcp = InetProtocol(number: 262)
  /// Until 6.16.
  public static let dccp = InetProtocol(number: 33)
}

/// Which attributes the kernel should add: bit n of `idiag_ext` is `INET_DIAG_(n+1)`.
public struct InetExtensions: OptionSet, Hashable, Sendable {
  public let rawValue: UInt8
  public init(rawValue: UInt8) { self.rawValue = rawValue }
  public static let information = InetExtensions(rawValue: 1 << 1)
  /// Vegas, DCTCP or BBR internals.
  public static let congestionInformation = InetExtensions(rawValue: 1 << 2)
  public static let congestionName = InetExtensions(rawValue: 1 << 3)
  public static let typeOfService = InetExtensions(rawValue: 1 << 4)
  /// Brings the class id too.
  public static let trafficClass = InetExtensions(rawValue: 1 << 5)
  public static let memory = InetExtensions(rawValue: 1 << 6)
  /// Everything that `InetDiagDetails` holds.
  public static let details: InetExtensions = [
    .information, .congestionName, .typeOfService, .trafficClass, .memory,
  ]
}

/// A question about internet sockets.
public struct InetQuery: Sendable {
  public enum Family: Sendable {
    case v4, v6
    /// Both in one walk of the hash table: TCP and DCCP only, by the older requests `TCPDIAG_GETSOCK` and its like.
    case both
  }
  public var `protocol`: InetProtocol
  public var family: Family
  /// The states to be listed. A listing without `.listen` skips the listeners' table, one of `.listen` alone skips
  /// the large one.
  public var states: SocketStates
  public var extensions: InetExtensions
  /// Evaluated in the kernel.
  public var filter: InetFilter?

  /// `family` `.both` is for TCP and DCCP only.
  public init(
    _ protocol: InetProtocol, _ family: Family, states: SocketStates = .all, extensions: InetExtensions = [],
    filter: InetFilter? = nil
  ) {
    self.protocol = `protocol`
    self.family = family
    self.states = states
    self.extensions = extensions
    self.filter = filter
  }
}

/// The records that answer an `InetQuery`: `InetDiagRecord` and `InetDiagDetails`.
public protocol InetDiagDecodable: DiagRecord {}
extension InetDiagRecord: InetDiagDecodable {}
extension InetDiagDetails: InetDiagDecodable {}

extension SockDiagRequest where Record: InetDiagDecodable {
  /// The request for `query`; throws when its filter is too long for the kernel's 16-bit jumps.
  public init(_ query: InetQuery) throws(InetFilterError) {
    let subject = SockDiagSubject(family: query.familyNumber, protocol: UInt16(query.protocol.number))
    var attributes: [UInt8] = []
    if let filter = query.filter {
      attributes += attributeBytes(INET_DIAG_REQ_BYTECODE, try filter.bytecode())
    }
    if query.protocol.number > 255 {
      attributes += attributeBytes(
        INET_DIAG_REQ_PROTOCOL, requestBytes(of: UInt32(query.protocol.number)))
    }
    let isLegacy = query.family == .both
    precondition(
      !isLegacy || query.protocol == .tcp || query.protocol == .dccp,
      "only TCP and DCCP have a request for both families")
    let legacyType = query.protocol == .tcp ? TCPDIAG_GETSOCK : DCCPDIAG_GETSOCK
    self.init(
      subject, type: isLegacy ? legacyType : SOCK_DIAG_BY_FAMILY,
      body: (isLegacy ? query.legacyBody : query.body) + attributes, hasFilter: query.filter != nil)
  }
}

extension InetQuery {
  fileprivate var familyNumber: UInt8 {
    switch family {
    case .v4: UInt8(AF_INET)
    case .v6: UInt8(AF_INET6)
    case .both: UInt8(AF_UNSPEC)
    }
  }

  fileprivate var body: [UInt8] {
    var body = inet_diag_req_v2()
    body.sdiag_family = familyNumber
    // What does not fit 8 bits goes into an attribute; a kernel that does not know it falls back to this one.
    body.sdiag_protocol = UInt8(exactly: self.protocol.number) ?? UInt8(InetProtocol.tcp.number)
    body.idiag_ext = extensions.rawValue
    body.idiag_states = states.rawValue
    return requestBytes(of: body)
  }

  fileprivate var legacyBody: [UInt8] {
    var body = inet_diag_req()
    body.idiag_ext = extensions.rawValue
    body.idiag_states = states.rawValue
    return requestBytes(of: body)
  }
}

/// One attribute with its header, padded.
private func attributeBytes(_ type: Int, _ payload: [UInt8]) -> [UInt8] {
  var header = nlattr()
  header.nla_len = UInt16(MemoryLayout<nlattr>.size + payload.count)
  header.nla_type = UInt16(type)
  let padding = [UInt8](repeating: 0, count: -payload.count & 3)
  return requestBytes(of: header) + payload + padding
}
