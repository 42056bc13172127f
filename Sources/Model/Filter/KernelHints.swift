/// What every socket that a filter shows must satisfy, so that the rest need not be asked of the kernel.
///
/// Necessary, not sufficient: the filter is evaluated afterwards all the same. Ports speak of internet sockets only, and are
/// to be used only when `tables` has one of those. What the kernel judges itself is `InternetExpression`.
public struct KernelHints: Hashable, Sendable {
  public var tables = SocketTableSet.all
  public var states = SocketStateSet.all
  public var peerPorts: ClosedRange<UInt16> = 0...UInt16.max

  public init() {}

  /// Internet sockets cannot match. `other` stays: sockets of other families are in it too.
  fileprivate mutating func dropInternet() { tables.subtract(.internetOnly) }

  mutating func formIntersection(_ other: KernelHints) {
    tables.formIntersection(other.tables)
    states.formIntersection(other.states)
    if peerPorts.overlaps(other.peerPorts) {
      peerPorts = peerPorts.clamped(to: other.peerPorts)
    } else {
      dropInternet()
    }
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
    peerPorts =
      min(
        peerPorts.lowerBound, other.peerPorts.lowerBound)...max(
        peerPorts.upperBound, other.peerPorts.upperBound)
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
    case .host(let side, .internet(_, let port)):
      hints.tables = .internet
      if let port { hints.limit(side, to: port...port) }
    case .host(_, .unix): hints.tables = SocketTableSet(.unix)
    case .host(_, .vsock): hints.tables = SocketTableSet(.vsock)
    case .autobound: hints.tables = SocketTableSet.internet.union(SocketTableSet(.unix))
    case .family(let family): hints.tables = .of(family)
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
      if !family.isInternet { hints.tables.subtract(.of(family).subtracting(SocketTableSet(.other))) }
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
