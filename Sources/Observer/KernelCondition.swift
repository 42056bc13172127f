import KernelNetlink
import Model

extension InetFilter {
  /// The condition as inet_diag evaluates it; nil when a part has no counterpart there, or it would be too long.
  ///
  /// `judgesAlone`: what the kernel refuses without CAP_NET_ADMIN, and what it knows better than our own evaluation
  /// does, are left to it too.
  init?(_ expression: InternetExpression, judgesAlone: Bool = false) {
    guard let filter = Self.filter(expression, judgesAlone), (try? filter.bytecode()) != nil else {
      return nil
    }
    self = filter
  }

  private static func filter(_ expression: InternetExpression, _ judgesAlone: Bool) -> InetFilter? {
    switch expression {
    case .and(let parts): return filters(parts, judgesAlone).map(InetFilter.all)
    case .or(let parts): return filters(parts, judgesAlone).map(InetFilter.any)
    case .not(let inner): return filter(inner, judgesAlone).map(InetFilter.not)
    case .test(.mark(let value, let mask)): return judgesAlone ? .mark(value: value, mask: mask) : nil
    case .test(.autobound): return judgesAlone ? .autobound : nil
    case .test(let predicate): return filter(predicate)
    }
  }

  private static func filters(_ parts: [InternetExpression], _ judgesAlone: Bool) -> [InetFilter]? {
    let converted = parts.compactMap { filter($0, judgesAlone) }
    return converted.count == parts.count ? converted : nil
  }

  private static func filter(_ predicate: InternetPredicate) -> InetFilter? {
    switch predicate {
    case .port(let isLocal, let comparison, let port):
      return filter(isLocal ? .source : .destination, comparison, port)
    case .address(let isLocal, let prefix):
      let address = prefix.address
      let converted =
        address.version == .v4
        ? InetPrefix(v4: UInt32(truncatingIfNeeded: address.low), length: UInt8(prefix.length))
        : InetPrefix(v6High: address.high, low: address.low, length: UInt8(prefix.length))
      return .address(isLocal ? .source : .destination, converted)
    case .interface(let index): return .interface(index)
    case .mark, .autobound: return nil
    }
  }

  private static func filter(_ side: Side, _ comparison: FilterComparison, _ port: UInt16) -> InetFilter? {
    switch comparison {
    case .equal: .port(side, .equal, port)
    case .greaterOrEqual: .port(side, .atLeast, port)
    case .lessOrEqual: .port(side, .atMost, port)
    case .less: port == 0 ? .any([]) : .port(side, .atMost, port - 1)
    case .greater: port == .max ? .any([]) : .port(side, .atLeast, port + 1)
    }
  }
}

extension InternetExpression {
  /// The port that every match has at one end or the other, where there is just one such port.
  var onlyPort: UInt16? {
    switch self {
    case .test(.port(_, .equal, let port)): return port
    case .and(let parts): return parts.lazy.compactMap(\.onlyPort).first
    case .or(let parts):
      guard let first = parts.first?.onlyPort, parts.allSatisfy({ $0.onlyPort == first }) else { return nil }
      return first
    default: return nil
    }
  }
}
