/// An interface, or a label of one (`eth0:1`).
public struct NetworkInterface: Sendable {
  public var name: RawText
  /// nil for a label, which the kernel does not count for.
  public var counters: InterfaceCounters?
  public var flags: InterfaceFlags
  /// Bytes.
  public var mtu: Int32 = 0
  /// `ARPHRD_*` of `linux/if_arp.h`: 1 Ethernet, 772 loopback, 65534 none.
  public var hardwareType: UInt16 = 0
  /// As many bytes as the kernel gives away: 14.
  public var hardwareAddress: [UInt8] = []
  /// Packets; nil is unknown.
  public var queueLength: Int32?
  /// The first address, IPv4.
  public var address: InterfaceAddress?
  public var addresses6: [InterfaceAddress6] = []
  public var device = DevicePlace()
  public init(name: RawText, flags: InterfaceFlags) {
    self.name = name
    self.flags = flags
  }
}

/// What an interface counted since it came.
public struct InterfaceCounters: Sendable, Equatable {
  public var receivedBytes, receivedPackets, receiveErrors, receiveDrops, receiveFIFOErrors: UInt64
  public var receiveFrameErrors: UInt64
  public var sentBytes, sentPackets, sendErrors, sendDrops, sendFIFOErrors: UInt64
  public var collisions, carrierErrors: UInt64
  public init(
    receivedBytes: UInt64, receivedPackets: UInt64, receiveErrors: UInt64, receiveDrops: UInt64,
    receiveFIFOErrors: UInt64, receiveFrameErrors: UInt64, sentBytes: UInt64, sentPackets: UInt64,
    sendErrors: UInt64, sendDrops: UInt64, sendFIFOErrors: UInt64, collisions: UInt64, carrierErrors: UInt64
  ) {
    self.receivedBytes = receivedBytes
    self.receivedPackets = receivedPackets
    self.receiveErrors = receiveErrors
    self.receiveDrops = receiveDrops
    self.receiveFIFOErrors = receiveFIFOErrors
    self.receiveFrameErrors = receiveFrameErrors
    self.sentBytes = sentBytes
    self.sentPackets = sentPackets
    self.sendErrors = sendErrors
    self.sendDrops = sendDrops
    self.sendFIFOErrors = sendFIFOErrors
    self.collisions = collisions
    self.carrierErrors = carrierErrors
  }
}

/// `IFF_*` of `linux/if.h`: the 16 bits that ioctl(2) tells.
public struct InterfaceFlags: OptionSet, Sendable, Hashable {
  public let rawValue: UInt16
  public init(rawValue: UInt16) { self.rawValue = rawValue }
  public static let up = InterfaceFlags(rawValue: 0x1)
  public static let broadcast = InterfaceFlags(rawValue: 0x2)
  public static let debug = InterfaceFlags(rawValue: 0x4)
  public static let loopback = InterfaceFlags(rawValue: 0x8)
  public static let pointToPoint = InterfaceFlags(rawValue: 0x10)
  public static let noTrailers = InterfaceFlags(rawValue: 0x20)
  public static let running = InterfaceFlags(rawValue: 0x40)
  public static let noARP = InterfaceFlags(rawValue: 0x80)
  public static let promiscuous = InterfaceFlags(rawValue: 0x100)
  public static let allMulticast = InterfaceFlags(rawValue: 0x200)
  public static let master = InterfaceFlags(rawValue: 0x400)
  public static let slave = InterfaceFlags(rawValue: 0x800)
  public static let multicast = InterfaceFlags(rawValue: 0x1000)
  public static let portSelect = InterfaceFlags(rawValue: 0x2000)
  public static let autoMedia = InterfaceFlags(rawValue: 0x4000)
  public static let dynamic = InterfaceFlags(rawValue: 0x8000)
}

public struct InterfaceAddress: Sendable, Equatable {
  public var address, netmask, broadcast, destination: IPAddress
  public init(address: IPAddress, netmask: IPAddress, broadcast: IPAddress, destination: IPAddress) {
    self.address = address
    self.netmask = netmask
    self.broadcast = broadcast
    self.destination = destination
  }
}

public struct InterfaceAddress6: Sendable, Equatable {
  public var address: IPAddress
  public var prefixLength: UInt8
  /// `IPV6_ADDR_*` of `net/ipv6.h`: 0 global, 0x10 host, 0x20 link, 0x40 site, 0x80 IPv4-compatible.
  public var scope: UInt32
  public init(address: IPAddress, prefixLength: UInt8, scope: UInt32) {
    self.address = address
    self.prefixLength = prefixLength
    self.scope = scope
  }
}

/// Where a device is on its bus; zeros for most.
public struct DevicePlace: Sendable, Equatable {
  public var memoryStart, memoryEnd: UInt64
  public var baseAddress: UInt16
  public var interrupt, dmaChannel, port: UInt8
  public init(
    memoryStart: UInt64 = 0, memoryEnd: UInt64 = 0, baseAddress: UInt16 = 0, interrupt: UInt8 = 0,
    dmaChannel: UInt8 = 0, port: UInt8 = 0
  ) {
    self.memoryStart = memoryStart
    self.memoryEnd = memoryEnd
    self.baseAddress = baseAddress
    self.interrupt = interrupt
    self.dmaChannel = dmaChannel
    self.port = port
  }
}
