/// What a filter says, as a tree.
///
/// `!=` and `!~` are `not` around the comparison, so that both read alike. `description` prints a text that the
/// parser turns into an equal tree, in both dialects, for every tree that the parser makes.
public indirect enum FilterExpression: Hashable, Sendable {
  /// All of them; the empty filter is `and([])`, which is always true. Otherwise two or more.
  case and([FilterExpression])
  /// Any of them: two or more.
  case or([FilterExpression])
  case not(FilterExpression)
  /// One predicate.
  case test(FilterTest)

  /// Matches everything.
  public static let everything = FilterExpression.and([])
}

/// Whose end of a connection.
public enum SocketSide: UInt8, Hashable, Sendable {
  case local, peer
  /// One of both, or both.
  case either
}

public enum FilterComparison: UInt8, Hashable, Sendable, CaseIterable {
  case equal, less, lessOrEqual, greater, greaterOrEqual

  @inlinable public func holds(_ left: UInt64, _ right: UInt64) -> Bool {
    switch self {
    case .equal: left == right
    case .less: left < right
    case .lessOrEqual: left <= right
    case .greater: left > right
    case .greaterOrEqual: left >= right
    }
  }

  var symbol: String {
    switch self {
    case .equal: "="
    case .less: "<"
    case .lessOrEqual: "<="
    case .greater: ">"
    case .greaterOrEqual: ">="
    }
  }
}

/// One predicate of the filter language.
public enum FilterTest: Hashable, Sendable {
  case states(SocketStateSet)
  /// `sport`, `dport`, `port`; never true of a socket without ports.
  case port(SocketSide, FilterComparison, UInt16)
  /// `src`, `dst`, `addr`.
  case host(SocketSide, HostPattern)
  /// `dev`: the interface that the socket is bound to.
  case interface(UInt32)
  /// `fwmark`: `SO_MARK & mask == value`; `value` lies inside `mask`.
  case mark(value: UInt32, mask: UInt32)
  /// `cgroup`: a cgroup v2 id.
  case controlGroup(UInt64)
  case autobound
  case family(AddressFamily)
  case table(SocketTable)
  case type(SocketType)
  case direction(FlowDirection)
  case number(FilterNumber, FilterComparison, UInt64)
  case text(FilterText, TextPattern)
}

/// Who began.
public enum FlowDirection: String, Hashable, Sendable { case inbound, outbound }

/// What `src`, `dst` and `addr` compare with.
public enum HostPattern: Hashable, Sendable {
  /// nil is `*`.
  case internet(AddressPrefix?, port: UInt16?)
  /// Glob over the path, or over `@name` for an abstract one; letters match in both cases, as in ss.
  case unix(RawText)
  /// nil is `*`.
  case vsock(contextID: UInt32?, port: UInt32?)
}

/// Text that a predicate compares with: bytes, or a glob over bytes.
public enum TextPattern: Hashable, Sendable {
  case exact(RawText)
  case glob(RawText)
}

/// Predicates that compare a number; the raw value is the keyword.
public enum FilterNumber: String, Hashable, Sendable, CaseIterable {
  case pid, ppid
  /// `user`: of a holder; `uid`: owner of the socket itself.
  case user, uid
  case netns, inode, cookie
  /// Pid of any ancestor of a holder.
  case ancestor
  /// How many processes hold it.
  case holders
  /// Bytes, or connections for a listener.
  case receiveQueue = "recvq"
  case sendQueue = "sendq"
  /// Payload bytes of a TCP connection.
  case sent, received
  case retransmits
  /// Nanoseconds.
  case age
  /// Nanoseconds.
  case roundTrip = "rtt"
}

/// Predicates that compare text; the raw value is the keyword.
public enum FilterText: String, Hashable, Sendable, CaseIterable {
  case comm, exe, args, user, unit, container, netns, path, ancestor
}

extension FilterExpression {
  /// Whether some test in it satisfies `condition`.
  func contains(_ condition: (FilterTest) -> Bool) -> Bool {
    switch self {
    case .and(let parts), .or(let parts): parts.contains { $0.contains(condition) }
    case .not(let inner): inner.contains(condition)
    case .test(let test): condition(test)
    }
  }
}

extension Filter {
  /// Says something of states: the caller's default choice of states then steps back.
  public var mentionsStates: Bool {
    expression.contains { if case .states = $0 { true } else { false } }
  }
  /// Asks who connected and who accepted.
  public var mentionsDirection: Bool {
    expression.contains { if case .direction = $0 { true } else { false } }
  }
}
