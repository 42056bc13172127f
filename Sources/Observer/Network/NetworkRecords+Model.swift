import KernelProc
import Model

extension Route {
  init(_ record: IPv4RouteRecord) {
    self.init(
      destination: IPAddress(v4: record.destination),
      prefixLength: UInt8(truncatingIfNeeded: (~record.mask).leadingZeroBitCount), mask: record.mask,
      gateway: IPAddress(v4: record.gateway), interface: RawText(record.interface),
      flags: RouteFlags(rawValue: record.flags), metric: record.metric, references: record.references,
      use: record.use)
    mtu = record.mtu
    window = record.window
    initialRoundTrip = record.initialRoundTrip
  }

  init(_ record: IPv6RouteRecord) {
    self.init(
      destination: IPAddress(v6High: record.destination.high, low: record.destination.low),
      prefixLength: record.prefixLength, mask: 0,
      gateway: IPAddress(v6High: record.nextHop.high, low: record.nextHop.low),
      interface: RawText(record.interface), flags: RouteFlags(rawValue: record.flags),
      metric: Int32(bitPattern: record.metric), references: Int32(bitPattern: record.references),
      use: Int32(bitPattern: record.use))
  }
}

extension MulticastMembership {
  init(_ record: GroupRecord) {
    self.init(
      interface: RawText(record.interface), users: record.users,
      group: IPAddress(family: record.isIPv6 ? .inet6 : .inet, high: record.high, low: record.low))
  }
}

extension CounterTable {
  init(_ record: CounterTableRecord) {
    self.init(
      title: record.title, counters: record.counters.map { Counter(name: $0.name, value: $0.value) })
  }
}

extension UnixTableRow {
  init(_ record: UnixSocketRecord) {
    self.init(
      inode: record.inode, type: SocketType(rawValue: record.type), state: record.state,
      isListening: record.isListening, references: record.references, name: RawText(record.name))
  }
}

extension SCTPTableRow {
  init(_ record: SCTPEndpointRecord) {
    self.init(
      inode: record.inode, userID: record.userID, isAssociation: false, state: record.state, receiveQueue: 0,
      sendQueue: 0, localPort: record.localPort, peerPort: 0,
      localAddresses: record.addresses.map(IPAddress.init),
      peerAddresses: [])
  }

  init(_ record: SCTPAssociationRecord) {
    self.init(
      inode: record.inode, userID: record.userID, isAssociation: true, state: record.socketState,
      receiveQueue: record.receiveQueue, sendQueue: record.sendQueue, localPort: record.localPort,
      peerPort: record.peerPort, localAddresses: record.localAddresses.map(IPAddress.init),
      peerAddresses: record.peerAddresses.map(IPAddress.init))
  }
}

extension IPAddress {
  fileprivate init(_ address: SCTPAddress) {
    self.init(family: address.isIPv6 ? .inet6 : .inet, high: address.high, low: address.low)
  }
}

extension InterfaceAddress6 {
  init(_ record: InterfaceAddress6Record) {
    self.init(
      address: IPAddress(v6High: record.high, low: record.low), prefixLength: record.prefixLength,
      scope: record.scope)
  }
}

extension InterfaceCounters {
  init(_ record: InterfaceCountersRecord) {
    self.init(
      receivedBytes: record.receivedBytes, receivedPackets: record.receivedPackets,
      receiveErrors: record.receiveErrors, receiveDrops: record.receiveDrops,
      receiveFIFOErrors: record.receiveFIFOErrors, receiveFrameErrors: record.receiveFrameErrors,
      sentBytes: record.sentBytes, sentPackets: record.sentPackets, sendErrors: record.sendErrors,
      sendDrops: record.sendDrops, sendFIFOErrors: record.sendFIFOErrors, collisions: record.collisions,
      carrierErrors: record.carrierErrors)
  }
}
