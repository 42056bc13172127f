/// A filter as ss(8) reads and judges it.
///
/// Other than in `Filter`, a predicate is true or false of every socket of every family: `sport` of a unix socket is its
/// inode, of a packet socket its interface, of a netlink socket its port id.
public indirect enum SSFilter: Hashable, Sendable {
  case and([SSFilter])
  case or([SSFilter])
  case not(SSFilter)
  /// `src`, `dst`, and `sport` and `dport` without an order.
  case host(isLocal: Bool, SSHost)
  /// `>=` and `<=`; the others are `not` around them.
  case port(isLocal: Bool, isAtLeast: Bool, Int32)
  case interface(UInt32)
  /// `SO_MARK & mask == value`: bits of `value` outside `mask` make it false.
  case mark(value: UInt32, mask: UInt32)
  case controlGroup(UInt64)
  case autobound
}

/// What `src` and `dst` compare with: everything that is not nil or empty has to hold.
public struct SSHost: Hashable, Sendable {
  /// `.unix` compares the name only.
  public var family = AddressFamily.unspecified
  public var port: Int32?
  /// Internet: one of them.
  public var addresses: [AddressPrefix] = []
  /// Unix: a glob over the name, letters of both cases alike.
  public var name: RawText?
  /// Ethertype of a packet socket, protocol of a netlink socket, context id of a vsock socket.
  public var number: UInt32?
  public init() {}
}

/// What of a socket its filter looks at.
public struct SSSubject: Sendable {
  public var family: AddressFamily
  public var localPort: Int32 = 0
  public var peerPort: Int32 = 0
  /// The 16 bytes that hold an address, the first one in the high bits; a number of a shorter kind comes first.
  public var local: (high: UInt64, low: UInt64) = (0, 0)
  public var peer: (high: UInt64, low: UInt64) = (0, 0)
  public var interface: UInt32 = 0
  public var mark: UInt32 = 0
  public var controlGroup: UInt64 = 0
  /// Of a unix socket, as it is shown; nil when it has none.
  public var name: [UInt8]?
  public var peerName: [UInt8]?

  public init(family: AddressFamily) { self.family = family }

  /// An internet socket.
  public init(_ socket: Socket) {
    family = socket.family
    localPort = Int32(socket.local.port)
    peerPort = Int32(socket.peer.port)
    local = socket.local.address.leadingBits
    peer = socket.peer.address.leadingBits
    interface = socket.interfaceIndex
    mark = socket.mark
    controlGroup = socket.cgroupID
  }
}

extension IPAddress {
  /// The bytes of the address from the first bit on.
  fileprivate var leadingBits: (high: UInt64, low: UInt64) { version == .v4 ? (low << 32, 0) : (high, low) }
}

extension SSFilter {
  /// `ephemeral` is the range that the kernel takes ports from when it chooses.
  public func matches(_ subject: SSSubject, ephemeral: ClosedRange<UInt16>) -> Bool {
    switch self {
    case .and(let parts): parts.allSatisfy { $0.matches(subject, ephemeral: ephemeral) }
    case .or(let parts): parts.contains { $0.matches(subject, ephemeral: ephemeral) }
    case .not(let inner): !inner.matches(subject, ephemeral: ephemeral)
    case .host(let isLocal, let host): host.matches(subject, isLocal: isLocal)
    case .port(let isLocal, let isAtLeast, let port):
      isAtLeast
        ? (isLocal ? subject.localPort : subject.peerPort) >= port
        : (isLocal ? subject.localPort : subject.peerPort) <= port
    case .interface(let index): subject.interface == index
    case .mark(let value, let mask): subject.mark & mask == value
    case .controlGroup(let id): subject.controlGroup == id
    case .autobound: subject.isAutobound(ephemeral)
    }
  }
}

extension SSSubject {
  fileprivate func isAutobound(_ ephemeral: ClosedRange<UInt16>) -> Bool {
    switch family {
    case .unix:
      guard let name else { return true }
      return name.count == 6 && name[0] == UInt8(ascii: "@")
        && name.dropFirst().allSatisfy { (48...57).contains($0) || (97...102).contains($0) }
    case .packet: return localPort == 0 && local.high == 0
    case .netlink: return localPort < 0
    case .vsock: return localPort > 1023
    default: return localPort >= Int32(ephemeral.lowerBound) && localPort <= Int32(ephemeral.upperBound)
    }
  }
}

extension SSHost {
  fileprivate func matches(_ subject: SSSubject, isLocal: Bool) -> Bool {
    if family == .unix {
      guard let name else { return true }
      return TextPattern.glob(name).matches(
        (isLocal ? subject.name : subject.peerName) ?? [], foldingCase: true)
    }
    if let port, port != (isLocal ? subject.localPort : subject.peerPort) { return false }
    let bits = isLocal ? subject.local : subject.peer
    if let number { return UInt32(truncatingIfNeeded: bits.high >> 32) == number }
    return addresses.isEmpty || addresses.contains { Self.contains($0, bits, subject.family) }
  }

  /// Bits are compared whatever the family; a v4 prefix also looks into a v4-mapped address.
  private static func contains(
    _ prefix: AddressPrefix, _ bits: (high: UInt64, low: UInt64), _ family: AddressFamily
  ) -> Bool {
    let wanted = prefix.address.leadingBits
    let length = UInt64(prefix.length)
    let high = UInt64.max << (64 - min(64, length))
    let low = UInt64.max << (64 - (max(64, length) - 64))
    if (bits.high ^ wanted.high) & high == 0, (bits.low ^ wanted.low) & low == 0 { return true }
    guard prefix.address.version == .v4, family == .inet6, bits.high == 0, bits.low >> 32 == 0xffff else {
      return false
    }
    return (bits.low << 32 ^ wanted.high) & high == 0
  }
}

extension SSFilter {
  /// The weakest condition on internet sockets that this implies and that bytecode can say; nil when there is none.
  public var internetPart: InternetExpression? { part(isNegated: false) }

  private func part(isNegated: Bool) -> InternetExpression? {
    switch self {
    case .not(let inner): return inner.part(isNegated: !isNegated)
    case .and(let parts), .or(let parts):
      let isConjunction = if case .and = self { !isNegated } else { isNegated }
      let said = parts.map { $0.part(isNegated: isNegated) }
      let known = said.compactMap { $0 }
      guard isConjunction || known.count == said.count, let first = known.first else { return nil }
      if known.count == 1 { return first }
      return isConjunction ? .and(known) : .or(known)
    default:
      guard let positive = test else { return nil }
      return isNegated ? .not(positive) : positive
    }
  }

  private var test: InternetExpression? {
    switch self {
    case .host(let isLocal, let host):
      guard host.family == .unspecified || host.family.isInternet else { return nil }
      var parts: [InternetExpression] = []
      if let port = host.port {
        guard let port = UInt16(exactly: port) else { return nil }
        parts.append(.test(.port(isLocal: isLocal, .equal, port)))
      }
      let addresses = host.addresses.map { InternetExpression.test(.address(isLocal: isLocal, $0)) }
      if let first = addresses.first { parts.append(addresses.count == 1 ? first : .or(addresses)) }
      guard let first = parts.first else { return nil }
      return parts.count == 1 ? first : .and(parts)
    case .port(let isLocal, let isAtLeast, let port):
      // Bytecode has 16 bits for it: no port (-1) is 65535 there, and `sport >= *` is true of nothing.
      let port = UInt16(truncatingIfNeeded: port)
      return .test(.port(isLocal: isLocal, isAtLeast ? .greaterOrEqual : .lessOrEqual, port))
    case .interface(let index): return .test(.interface(index))
    case .mark(let value, let mask): return .test(.mark(value: value, mask: mask))
    case .autobound: return .test(.autobound)
    default: return nil
    }
  }
}
