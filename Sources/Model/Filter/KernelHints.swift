/// What every socket that a filter shows must satisfy, so that the rest need not be asked of the kernel.
///
/// Necessary, not sufficient: the filter is evaluated afterwards all the same. Ports, prefixes and families speak of
/// internet sockets only, and are to be used only when `tables` has one of those.
public struct KernelHints: Hashable, Sendable {
  public var tables = SocketTableSet.all
  public var states = SocketStateSet.all
  /// Whether IPv4, and IPv6, sockets need be asked for. An IPv4 prefix needs both: `::ffff:10.0.0.1`.
  public var includesIPv4 = true
  public var includesIPv6 = true
  public var localPorts: ClosedRange<UInt16> = 0...UInt16.max
  public var peerPorts: ClosedRange<UInt16> = 0...UInt16.max
  public var localPrefix: AddressPrefix?
  public var peerPrefix: AddressPrefix?

  public init() {}

  /// No socket can match.
  public var isUnsatisfiable: Bool { tables.isEmpty || states.isEmpty }

  /// Internet sockets cannot match. `other` stays: sockets of other families are in it too.
  fileprivate mutating func dropInternet() {
    tables.subtract(.internetOnly)
    includesIPv4 = false
    includesIPv6 = false
  }

  mutating func formIntersection(_ other: KernelHints) {
    tables.formIntersection(other.tables)
    states.formIntersection(other.states)
    includesIPv4 = includesIPv4 && other.includesIPv4
    includesIPv6 = includesIPv6 && other.includesIPv6
    var isPossible = includesIPv4 || includesIPv6
    localPorts = Self.common(localPorts, other.localPorts, &isPossible)
    peerPorts = Self.common(peerPorts, other.peerPorts, &isPossible)
    localPrefix = Self.common(localPrefix, other.localPrefix, &isPossible)
    peerPrefix = Self.common(peerPrefix, other.peerPrefix, &isPossible)
    if !isPossible { dropInternet() }
  }

  mutating func formUnion(_ other: KernelHints) {
    states.formUnion(other.states)
    defer { tables.formUnion(other.tables) }
    // A branch without internet sockets says nothing of their ports.
    if other.tables.isDisjoint(with: .internet) { return }
    if tables.isDisjoint(with: .internet) {
      let (tables, states) = (tables, states)
      self = other
      self.tables.formUnion(tables)
      self.states = states
      return
    }
    includesIPv4 = includesIPv4 || other.includesIPv4
    includesIPv6 = includesIPv6 || other.includesIPv6
    localPorts = Self.hull(localPorts, other.localPorts)
    peerPorts = Self.hull(peerPorts, other.peerPorts)
    localPrefix = Self.hull(localPrefix, other.localPrefix)
    peerPrefix = Self.hull(peerPrefix, other.peerPrefix)
  }

  private static func common(
    _ left: ClosedRange<UInt16>, _ right: ClosedRange<UInt16>, _ isPossible: inout Bool
  ) -> ClosedRange<UInt16> {
    guard left.overlaps(right) else {
      isPossible = false
      return left
    }
    return left.clamped(to: right)
  }

  private static func hull(_ left: ClosedRange<UInt16>, _ right: ClosedRange<UInt16>) -> ClosedRange<UInt16> {
    min(left.lowerBound, right.lowerBound)...max(left.upperBound, right.upperBound)
  }

  private static func common(
    _ left: AddressPrefix?, _ right: AddressPrefix?, _ isPossible: inout Bool
  ) -> AddressPrefix? {
    guard let left, let right else { return left ?? right }
    let (short, long) = left.length <= right.length ? (left, right) : (right, left)
    // A mapped address can be in an IPv4 and in an IPv6 prefix: then either one holds.
    guard short.address.version == long.address.version else { return left }
    if !short.contains(long.address) { isPossible = false }
    return long
  }

  private static func hull(_ left: AddressPrefix?, _ right: AddressPrefix?) -> AddressPrefix? {
    guard let left, let right, left.address.version == right.address.version else { return nil }
    let (short, long) = left.length <= right.length ? (left, right) : (right, left)
    return short.contains(long.address) ? short : nil
  }
}

extension Filter {
  /// What can be left out of the dumps.
  public var kernelHints: KernelHints { expression.hints(isNegated: false) }
}

extension FilterExpression {
  fileprivate func hints(isNegated: Bool) -> KernelHints {
    switch self {
    case .not(let inner): return inner.hints(isNegated: !isNegated)
    case .test(let test): return isNegated ? test.inverseHints : test.hints
    case .and(let parts), .or(let parts):
      let isConjunction = if case .and = self { !isNegated } else { isNegated }
      var result: KernelHints?
      for part in parts {
        let hints = part.hints(isNegated: isNegated)
        if isConjunction { result?.formIntersection(hints) } else { result?.formUnion(hints) }
        result = result ?? hints
      }
      if let result { return result }
      // No parts: always true, or turned round, never.
      var none = KernelHints()
      if !isConjunction { none.tables = [] }
      return none
    }
  }
}

extension FilterTest {
  fileprivate var hints: KernelHints {
    var hints = KernelHints()
    switch self {
    case .states(let states): hints.states = states
    case .port(let side, let comparison, let port):
      hints.tables = SocketTableSet.internet.union(SocketTableSet(.vsock))
      hints.limit(side, to: comparison.interval(port))
    case .host(let side, .internet(let prefix, let port)):
      hints.tables = .internet
      if side == .local { hints.localPrefix = prefix }
      if side == .peer { hints.peerPrefix = prefix }
      if prefix?.address.version == .v6 { hints.includesIPv4 = false }
      if let port { hints.limit(side, to: port...port) }
    case .host(_, .unix): hints.tables = SocketTableSet(.unix)
    case .host(_, .vsock): hints.tables = SocketTableSet(.vsock)
    case .autobound: hints.tables = SocketTableSet.internet.union(SocketTableSet(.unix))
    case .family(let family):
      hints.tables = .of(family)
      hints.includesIPv4 = family == .inet
      hints.includesIPv6 = family == .inet6
    case .table(let table): hints.tables = SocketTableSet(table)
    case .number(let number, _, _) where number.required == .tcpDetail: hints.tables = .counted
    case .text(.path, _): hints.tables = SocketTableSet(.unix)
    case .interface, .mark, .controlGroup, .type, .direction, .number, .text: break
    }
    return hints
  }

  /// What is left when the predicate is false.
  fileprivate var inverseHints: KernelHints {
    var hints = KernelHints()
    switch self {
    case .states(let states): hints.states = SocketStateSet.all.subtracting(states)
    case .port(let side, let comparison, let port):
      let sides: [SocketSide] = side == .either ? [.local, .peer] : [side]
      for side in sides { hints.limit(side, to: comparison.complement(port)) }
    case .host(let side, .internet(nil, nil)) where side != .either:
      hints.dropInternet()
    case .family(let family):
      switch family {
      case .inet: hints.includesIPv4 = false
      case .inet6: hints.includesIPv6 = false
      default: hints.tables.subtract(.of(family).subtracting(SocketTableSet(.other)))
      }
    case .table(let table): hints.tables.subtract(SocketTableSet(table))
    default: break
    }
    return hints
  }
}

extension KernelHints {
  /// An empty interval: no internet socket.
  fileprivate mutating func limit(_ side: SocketSide, to ports: ClosedRange<UInt16>?) {
    guard let ports else { return dropInternet() }
    if side == .local { localPorts = ports }
    if side == .peer { peerPorts = ports }
  }
}

extension FilterComparison {
  /// The ports that it allows, one interval; nil is none.
  fileprivate func interval(_ port: UInt16) -> ClosedRange<UInt16>? {
    switch self {
    case .equal: port...port
    case .less: port == 0 ? nil : 0...(port - 1)
    case .lessOrEqual: 0...port
    case .greater: port == .max ? nil : (port + 1)...UInt16.max
    case .greaterOrEqual: port...UInt16.max
    }
  }

  /// The smallest interval with the ports that it does not allow; nil is none.
  fileprivate func complement(_ port: UInt16) -> ClosedRange<UInt16>? {
    switch self {
    case .equal: port == 0 ? 1...UInt16.max : port == .max ? 0...(port - 1) : 0...UInt16.max
    case .less: FilterComparison.greaterOrEqual.interval(port)
    case .lessOrEqual: FilterComparison.greater.interval(port)
    case .greater: FilterComparison.lessOrEqual.interval(port)
    case .greaterOrEqual: FilterComparison.less.interval(port)
    }
  }
}
