/// The part of a filter that inet_diag bytecode can say: ports, addresses, mark, interface, autobound.
///
/// Speaks of internet sockets only.
public indirect enum InternetExpression: Hashable, Sendable {
  /// Two or more.
  case and([InternetExpression])
  /// Two or more.
  case or([InternetExpression])
  case not(InternetExpression)
  case test(InternetPredicate)
}

/// One end is `local` or not: `either` has been written out.
public enum InternetPredicate: Hashable, Sendable {
  case port(isLocal: Bool, FilterComparison, UInt16)
  /// An IPv4 prefix also matches IPv4-mapped addresses, as in the kernel's `INET_DIAG_BC_S_COND`.
  case address(isLocal: Bool, AddressPrefix)
  case interface(UInt32)
  case mark(value: UInt32, mask: UInt32)
  /// The kernel knows whether it chose the port; `Filter` can only look whether it lies in the range of such ports.
  case autobound
}

extension Filter {
  /// The weakest condition on internet sockets that the whole filter implies and that bytecode can say: every match
  /// satisfies it. nil when there is none.
  public func internetPart() -> InternetExpression? { expression.internetPart(isNegated: false) }
}

extension FilterExpression {
  /// `and` keeps the parts that can be said; `or` needs all of them. `not` turns the two round.
  fileprivate func internetPart(isNegated: Bool) -> InternetExpression? {
    switch self {
    case .not(let inner): return inner.internetPart(isNegated: !isNegated)
    case .test(let test):
      guard let positive = test.internetExpression else { return nil }
      return isNegated ? .not(positive) : positive
    case .and(let parts), .or(let parts):
      let isConjunction = if case .and = self { !isNegated } else { isNegated }
      let said = parts.map { $0.internetPart(isNegated: isNegated) }
      let known = said.compactMap { $0 }
      guard isConjunction || known.count == said.count, let first = known.first else { return nil }
      if known.count == 1 { return first }
      return isConjunction ? .and(known) : .or(known)
    }
  }
}

extension FilterTest {
  /// Equivalent on internet sockets, or nil.
  fileprivate var internetExpression: InternetExpression? {
    switch self {
    case .port(let side, let comparison, let port):
      Self.sides(side) { .test(.port(isLocal: $0, comparison, port)) }
    case .host(_, .internet(nil, nil)): nil
    case .host(let side, .internet(let prefix, let port)):
      Self.sides(side) { isLocal in
        let address = prefix.map { InternetExpression.test(.address(isLocal: isLocal, $0)) }
        let port = port.map { InternetExpression.test(.port(isLocal: isLocal, .equal, $0)) }
        let parts = [address, port].compactMap { $0 }
        return parts.count == 1 ? parts[0] : .and(parts)
      }
    case .interface(let index): .test(.interface(index))
    case .mark(let value, let mask): .test(.mark(value: value, mask: mask))
    case .autobound: .test(.autobound)
    default: nil
    }
  }

  private static func sides(
    _ side: SocketSide, _ part: (_ isLocal: Bool) -> InternetExpression
  ) -> InternetExpression {
    switch side {
    case .local: part(true)
    case .peer: part(false)
    case .either: .or([part(true), part(false)])
    }
  }
}

extension InternetExpression {
  /// Whether an internet socket satisfies it.
  public func matches(_ socket: Socket, context: FilterContext = FilterContext()) -> Bool {
    switch self {
    case .and(let parts): parts.allSatisfy { $0.matches(socket, context: context) }
    case .or(let parts): parts.contains { $0.matches(socket, context: context) }
    case .not(let inner): !inner.matches(socket, context: context)
    case .test(let predicate): predicate.matches(socket, context)
    }
  }
}

extension InternetPredicate {
  fileprivate func matches(_ socket: Socket, _ context: FilterContext) -> Bool {
    switch self {
    case .port(let isLocal, let comparison, let port):
      comparison.holds(UInt64((isLocal ? socket.local : socket.peer).port), UInt64(port))
    case .address(let isLocal, let prefix): prefix.contains((isLocal ? socket.local : socket.peer).address)
    case .interface(let index): socket.interfaceIndex == index
    case .mark(let value, let mask): socket.mark & mask == value
    case .autobound: context.ephemeralPorts.contains(socket.local.port)
    }
  }
}
