/// A set of socket states, one bit each: `1 << SocketState.rawValue`.
public struct SocketStateSet: OptionSet, Hashable, Sendable {
  public let rawValue: UInt16
  @inlinable public init(rawValue: UInt16) { self.rawValue = rawValue }
  @inlinable public init(_ state: SocketState) { rawValue = 1 << UInt16(state.rawValue) }
  @inlinable public func contains(_ state: SocketState) -> Bool {
    rawValue >> UInt16(state.rawValue) & 1 == 1
  }

  private init(_ states: [SocketState]) { self.init(states.map { SocketStateSet($0) }) }

  public static let all = SocketStateSet(SocketState.allCases)
  /// Half open to either end: the kernel has two states for it.
  static let synReceived = SocketStateSet([.synReceived, .newSynReceived])
  /// ss's groups.
  static let connected = all.subtracting(SocketStateSet([.close, .listen, .boundInactive]))
  static let synchronized = connected.subtracting(SocketStateSet(.synSent))
  static let bucket = synReceived.union(SocketStateSet(.timeWait))
  static let big = all.subtracting(bucket)

  /// The words of `state` and `exclude`, ss's and ours.
  static let words: [(name: String, states: SocketStateSet)] =
    [
      ("all", all), ("connected", connected), ("synchronized", synchronized), ("bucket", bucket),
      ("big", big),
      ("syn-recv", synReceived), ("syn-received", synReceived),
      ("new-syn-recv", SocketStateSet(.newSynReceived)),
      ("estab", SocketStateSet(.established)), ("listen", SocketStateSet(.listen)),
      ("closed", SocketStateSet(.close)), ("close", SocketStateSet(.close)),
    ]
    + SocketState.allCases.filter { $0 != .synReceived && $0 != .newSynReceived }.map {
      ($0.name, SocketStateSet($0))
    }

  /// `state` and `exclude` words that mean this set, for instance `state established state syn-sent`.
  var filterText: String {
    if self == .all { return "state all" }
    if isEmpty { return "exclude all" }
    let missing = SocketStateSet.all.subtracting(self)
    let excludes = rawValue.nonzeroBitCount > 6
    let listed = excludes ? missing : self
    var parts: [String] = []
    // The kernel's two half-open states share a word, so the first alone takes two.
    let (verb, inverse) = excludes ? ("exclude", "state") : ("state", "exclude")
    let half = listed.intersection(.synReceived)
    if half.contains(SocketState.synReceived) {
      parts.append("\(verb) syn-recv")
      if !half.contains(SocketState.newSynReceived) { parts.append("\(inverse) new-syn-recv") }
    } else if !half.isEmpty {
      parts.append("\(verb) new-syn-recv")
    }
    for state in SocketState.allCases
    where listed.contains(state) && !SocketStateSet.synReceived.contains(state) {
      parts.append("\(verb) \(state.name)")
    }
    return parts.joined(separator: " ")
  }
}

/// A set of socket tables, one bit each: `1 << SocketTable.rawValue`.
public struct SocketTableSet: OptionSet, Hashable, Sendable {
  public let rawValue: UInt16
  @inlinable public init(rawValue: UInt16) { self.rawValue = rawValue }
  @inlinable public init(_ table: SocketTable) { rawValue = 1 << UInt16(table.rawValue) }
  @inlinable public func contains(_ table: SocketTable) -> Bool {
    rawValue >> UInt16(table.rawValue) & 1 == 1
  }

  public static let all = SocketTableSet(SocketTable.allCases.map { SocketTableSet($0) })
  /// What an IPv4 or IPv6 socket can be in.
  public static let internet = all.subtracting([
    SocketTableSet(.unix), SocketTableSet(.packet), SocketTableSet(.netlink), SocketTableSet(.vsock),
    SocketTableSet(.xdp),
  ])
  /// `internet` without the table that other families are in too.
  static let internetOnly = internet.subtracting(SocketTableSet(.other))
  /// What has TCP's counters.
  static let counted: SocketTableSet = [SocketTableSet(.tcp), SocketTableSet(.mptcp)]

  /// The tables in which sockets of a family can be.
  static func of(_ family: AddressFamily) -> SocketTableSet {
    switch family {
    case .inet, .inet6: internet
    case .unix: SocketTableSet(.unix)
    case .packet: SocketTableSet(.packet)
    case .netlink: SocketTableSet(.netlink)
    case .vsock: SocketTableSet(.vsock)
    case .xdp: SocketTableSet(.xdp)
    default: SocketTableSet(.other)
    }
  }
}
