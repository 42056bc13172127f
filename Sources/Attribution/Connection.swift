import Model

/// One live or lately closed connection, or a listener: plain bits, without references.
public struct Connection: Sendable, BitwiseCopyable {
  public var cookie: UInt64 = 0
  public var localHigh: UInt64 = 0
  public var localLow: UInt64 = 0
  public var peerHigh: UInt64 = 0
  public var peerLow: UInt64 = 0
  /// CLOCK_BOOTTIME, nanoseconds; 0 is unknown: it was there before.
  public var opened: UInt64 = 0
  /// 0 while it is open.
  public var closed: UInt64 = 0
  /// The originator: who connected, accepted or listened. 0 with the pid: unknown.
  public var startTicks: UInt64 = 0
  public var pid: Int32 = 0
  public var netns: UInt32 = 0
  /// The slot of the other end, on this host; -1 is none.
  var pair: Int32 = -1
  /// In the list of the open ones or of the closed ones.
  var previous: Int32 = -1
  var next: Int32 = -1
  public var localPort: UInt16 = 0
  public var peerPort: UInt16 = 0
  public var family: UInt16 = 0
  public var `protocol`: UInt16 = 0
  var originCode: UInt8 = 0
  /// Known from the start-up look, not from an event.
  public var isSeeded = false
  /// Its connect has no answer yet.
  public var isConnecting = false
  /// Its connect failed, and was told of.
  public var hasFailed = false
  /// Not seen by a look after a gap: its close may still be told.
  public var isPresumedClosed = false
  var isInTupleIndex = false

  public init(netns: UInt32, cookie: UInt64) {
    self.netns = netns
    self.cookie = cookie
  }

  public var origin: SocketOrigin {
    get { SocketOrigin(rawValue: originCode) ?? .unknown }
    set { originCode = newValue.rawValue }
  }
  public var isOpen: Bool { closed == 0 }
  public var process: ProcessIdentity? {
    get { pid == 0 ? nil : ProcessIdentity(pid: ProcessID(pid), startTicks: startTicks) }
    set {
      pid = newValue?.pid.rawValue ?? 0
      startTicks = newValue?.startTicks ?? 0
    }
  }
  public var local: Endpoint {
    get { Endpoint(Self.address(localHigh, localLow, family), port: localPort) }
    set { (localHigh, localLow, localPort) = (newValue.address.high, newValue.address.low, newValue.port) }
  }
  public var peer: Endpoint {
    get { Endpoint(Self.address(peerHigh, peerLow, family), port: peerPort) }
    set { (peerHigh, peerLow, peerPort) = (newValue.address.high, newValue.address.low, newValue.port) }
  }
  private static func address(_ high: UInt64, _ low: UInt64, _ family: UInt16) -> IPAddress {
    family == AddressFamily.inet.rawValue
      ? IPAddress(v4: UInt32(truncatingIfNeeded: low)) : IPAddress(v6High: high, low: low)
  }

  /// Both ends are known, so the other end can be looked for.
  var hasWholeTuple: Bool { localPort != 0 && peerPort != 0 }
}

/// A connection's ends in one namespace, with IPv4 addresses however they are written.
struct Tuple: Equatable {
  var netns: UInt32
  var number: UInt16
  var local: IPAddress
  var peer: IPAddress
  var localPort: UInt16
  var peerPort: UInt16

  init(_ connection: Connection) {
    netns = connection.netns
    number = connection.protocol
    local = connection.local.address.unmapped
    peer = connection.peer.address.unmapped
    localPort = connection.localPort
    peerPort = connection.peerPort
  }

  var reversed: Tuple {
    var other = self
    (other.local, other.peer) = (peer, local)
    (other.localPort, other.peerPort) = (peerPort, localPort)
    return other
  }

  var hash: UInt32 {
    var value = mixed(UInt64(netns) << 32 | UInt64(localPort) << 16 | UInt64(peerPort))
    value = mixed(value ^ local.low ^ mixed(local.high))
    return UInt32(truncatingIfNeeded: mixed(value ^ peer.low &* 3 ^ mixed(peer.high &+ UInt64(number))))
  }
}
