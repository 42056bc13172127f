import KernelNetlink
import Model

extension Socket {
  /// An internet socket; its namespace is that of the diag socket.
  init(_ record: InetDiagRecord, netns: NetworkNamespace) {
    self.init()
    self.netns = netns
    cookie = SocketCookie(record.cookie)
    inode = UInt64(record.inode)
    family = AddressFamily(rawValue: UInt16(record.family))
    takeProtocol(record)
    state = SocketState(rawValue: record.state) ?? .close
    shutdown = ShutdownSides(rawValue: record.shutdown)
    receiveQueue = record.receiveQueue
    sendQueue = record.sendQueue
    userID = record.isFullSocket ? record.userID : nil
    interfaceIndex = record.interface
    mark = record.mark
    cgroupID = record.cgroupID
    if record.present.contains(.v6Only) { isV6Only = record.v6Only != 0 }
    // Of a raw socket the port is its protocol (`inet_num`), here as everywhere.
    local = Endpoint(
      IPAddress(family: family, high: record.sourceHigh, low: record.sourceLow), port: record.sourcePort)
    peer = Endpoint(
      IPAddress(family: family, high: record.destinationHigh, low: record.destinationLow),
      port: record.destinationPort)
    if state == .listen { origin = .listen }
  }

  private mutating func takeProtocol(_ record: InetDiagRecord) {
    switch InetProtocol(number: Int32(record.protocol)) {
    case .raw:
      type = .raw
      self.protocol = SocketProtocol(rawValue: UInt16(record.attributeProtocol))
    case .udp, .udplite:
      type = .datagram
      self.protocol = SocketProtocol(rawValue: record.protocol)
    case .sctp:
      type = .unknown  // one-to-one and one-to-many look alike here
      self.protocol = .sctp
    default:
      type = .stream
      self.protocol = SocketProtocol(rawValue: record.protocol)
    }
  }

  /// With what the counters tell about who connected.
  init(_ details: InetDiagDetails, netns: NetworkNamespace) {
    self.init(details.record, netns: netns)
    guard origin == .unknown, let tcp = details.tcp, state == .established || state == .closeWait else {
      return
    }
    // As in sockets.bpf.c: acknowledged bytes count our SYN only on the side that called connect(2).
    let inFlight = UInt64(sendQueue ?? 0) &- UInt64(tcp.notSentBytes)
    let sent = tcp.sentBytes &- tcp.retransmittedBytes
    switch tcp.ackedBytes &+ inFlight &- sent {
    case 1: origin = .connect
    case 0: origin = .accept
    default: break
    }
  }

  /// What the answers of all other families have.
  private init(
    _ family: AddressFamily, _ type: UInt8, cookie: UInt64, inode: UInt32, _ netns: NetworkNamespace
  ) {
    self.init()
    self.netns = netns
    self.cookie = SocketCookie(cookie)
    self.inode = UInt64(inode)
    self.family = family
    self.type = SocketType(rawValue: UInt16(type))
  }

  init(_ record: UnixDiagRecord, netns: NetworkNamespace) {
    self.init(.unix, record.type, cookie: record.cookie, inode: record.inode, netns)
    state = SocketState(rawValue: record.state) ?? .close
    shutdown = ShutdownSides(rawValue: record.shutdown ?? 0)
    receiveQueue = record.receiveQueue
    sendQueue = record.sendQueue
    userID = record.userID
    peerInode = UInt64(record.peerInode ?? 0)
    if state == .listen { origin = .listen }
  }

  init(_ record: PacketDiagRecord, netns: NetworkNamespace) {
    self.init(.packet, record.type, cookie: record.cookie, inode: record.inode, netns)
    self.protocol = SocketProtocol(rawValue: record.protocol)
    userID = record.userID
    interfaceIndex = record.interface ?? 0
    receiveQueue = record.memory?.receiveAllocated
    sendQueue = record.memory?.sendAllocated
  }

  init(_ record: NetlinkDiagRecord, netns: NetworkNamespace) {
    self.init(.netlink, record.type, cookie: record.cookie, inode: record.inode, netns)
    self.protocol = SocketProtocol(rawValue: UInt16(record.protocol))
    state = record.state == 1 ? .established : .close
    receiveQueue = record.memory?.receiveAllocated
    sendQueue = record.memory?.sendAllocated
  }

  init(_ record: VsockDiagRecord, netns: NetworkNamespace) {
    self.init(.vsock, record.type, cookie: record.cookie, inode: record.inode, netns)
    state = SocketState(rawValue: record.state) ?? .close
    shutdown = ShutdownSides(rawValue: record.shutdown)
  }
}

extension SocketDetail {
  init(_ details: InetDiagDetails) {
    self.init()
    memory = details.memory.map(SocketMemory.init)
    // A listener has no connection to tell of: the kernel fills the fields with its queue.
    if details.record.state != SocketState.listen.rawValue {
      tcp = details.tcp.map { TCPInternals($0, congestionName: details.congestionName) }
    }
    timer = SocketTimer(details.record)
    let record = details.record
    if record.present.contains(.typeOfService) { typeOfService = record.typeOfService }
    if record.present.contains(.trafficClass) { trafficClass = record.trafficClass }
    if record.present.contains(.classID) { classID = record.classID }
  }

  init(_ record: NetlinkDiagRecord) {
    self.init()
    netlink = NetlinkAddress(
      portID: record.portID, peerPortID: record.destinationPortID,
      peerGroup: record.destinationGroup, groups: record.groups.first ?? 0)
    memory = record.memory.map(SocketMemory.init)
  }

  init(_ record: VsockDiagRecord) {
    self.init()
    vsock = VsockAddress(
      localContextID: record.sourceContextID, localPort: record.sourcePort,
      peerContextID: record.destinationContextID, peerPort: record.destinationPort)
  }
}

extension SocketMemory {
  init(_ record: KernelNetlink.MemoryRecord) {
    self.init()
    receiveAllocated = record.receiveAllocated
    receiveBuffer = record.receiveBuffer
    sendAllocated = record.sendAllocated
    sendBuffer = record.sendBuffer
    forwardAllocated = record.forwardAllocated
    sendQueued = record.sendQueued
    options = record.options
    backlog = record.backlog
    drops = record.drops
  }
}

extension SocketTimer {
  /// nil when no timer runs.
  init?(_ record: InetDiagRecord) {
    guard let kind = Kind(rawValue: record.timer), kind != .none else { return nil }
    self.init()
    self.kind = kind
    expiresMilliseconds = record.expiresMilliseconds
    retransmits = record.retransmits
  }
}

extension TCPInternals {
  init(_ record: TCPInfoRecord, congestionName: (UInt64, UInt64)) {
    self.init()
    self.congestionName = congestionName
    congestionState = record.congestionState
    options = record.options
    sendWindowScale = record.sendWindowScale
    receiveWindowScale = record.receiveWindowScale
    retransmits = record.retransmits
    probes = record.probes
    backoff = record.backoff
    roundTripMicroseconds = record.roundTripMicroseconds
    roundTripVarianceMicroseconds = record.roundTripVarianceMicroseconds
    minimumRoundTripMicroseconds = record.minimumRoundTripMicroseconds
    receiverRoundTripMicroseconds = record.receiverRoundTripMicroseconds
    retransmitTimeoutMicroseconds = record.retransmitTimeoutMicroseconds
    delayedAckTimeoutMicroseconds = record.delayedAckTimeoutMicroseconds
    sendMaximumSegment = record.sendMaximumSegment
    receiveMaximumSegment = record.receiveMaximumSegment
    advertisedMaximumSegment = record.advertisedMaximumSegment
    pathMTU = record.pathMTU
    congestionWindow = record.congestionWindow
    slowStartThreshold = record.slowStartThreshold
    receiveSlowStartThreshold = record.receiveSlowStartThreshold
    receiveSpace = record.receiveSpace
    sendWindow = record.sendWindow
    receiveWindow = record.receiveWindow
    takeCounters(record)
    takeRates(record)
  }

  private mutating func takeCounters(_ record: TCPInfoRecord) {
    unackedSegments = record.unackedSegments
    sackedSegments = record.sackedSegments
    lostSegments = record.lostSegments
    retransmittedSegments = record.retransmittedSegments
    totalRetransmits = record.totalRetransmits
    reordering = record.reordering
    reorderingSeen = record.reorderingSeen
    segmentsOut = record.segmentsOut
    segmentsIn = record.segmentsIn
    dataSegmentsOut = record.dataSegmentsOut
    dataSegmentsIn = record.dataSegmentsIn
    delivered = record.delivered
    deliveredMarked = record.deliveredMarked
    duplicateSacks = record.duplicateSacks
    outOfOrderPackets = record.outOfOrderPackets
    notSentBytes = record.notSentBytes
    retransmittedBytes = record.retransmittedBytes
    ackedBytes = record.ackedBytes
    receivedBytes = record.receivedBytes
    sentBytes = record.sentBytes &- record.retransmittedBytes
  }

  private mutating func takeRates(_ record: TCPInfoRecord) {
    pacingRate = record.pacingRate
    maximumPacingRate = record.maximumPacingRate
    deliveryRate = record.deliveryRate
    busyMicroseconds = record.busyMicroseconds
    receiveWindowLimitedMicroseconds = record.receiveWindowLimitedMicroseconds
    sendBufferLimitedMicroseconds = record.sendBufferLimitedMicroseconds
    lastDataSentMilliseconds = record.lastDataSentMilliseconds
    lastDataReceivedMilliseconds = record.lastDataReceivedMilliseconds
    lastAckReceivedMilliseconds = record.lastAckReceivedMilliseconds
    isApplicationLimited = record.isDeliveryRateApplicationLimited
  }
}
