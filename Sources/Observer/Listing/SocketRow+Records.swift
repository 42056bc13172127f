import KernelNetlink
import Model

extension SocketRow {
  /// With all that its answer carries; a listener keeps its internals.
  init(_ details: InetDiagDetails) {
    self.init(socket: Socket(details.record, netns: .unknown))
    var detail = SocketDetail(details)
    detail.tcp = details.tcp.map { TCPInternals($0, congestionName: details.congestionName) }
    if details.record.present.contains(.options) { detail.options = details.record.options }
    detail.extras = details.extras
    self.detail = detail
  }

  init(_ record: UnixDiagRecord, _ details: ListedDetails) {
    self.init(
      socket: Socket(record, netns: .unknown), detail: details.isEmpty ? nil : SocketDetail(record),
      name: record.name.map { RawText($0) })
    if let inode = record.fileInode, let device = record.fileDevice {
      detail?.extras.append(.file(inode: inode, device: device))
    }
    if details.contains(.attributes), record.hasPendingList {
      detail?.extras.append(.waitingClients(record.pendingInodes))
    }
  }

  init(_ record: PacketDiagRecord) {
    self.init(socket: Socket(record, netns: .unknown), detail: SocketDetail(record))
    var packet = PacketInternals()
    packet.version = record.version ?? 0
    packet.copyThreshold = record.copyThreshold ?? 0
    packet.flags = record.flags ?? 0
    packet.receiveRing = record.receiveRing.map(PacketInternals.Ring.init)
    packet.sendRing = record.sendRing.map(PacketInternals.Ring.init)
    packet.fanout = record.fanout
    packet.filter = record.filter?.map {
      PacketInternals.Instruction(
        code: $0.code, jumpTrue: $0.jumpTrue, jumpFalse: $0.jumpFalse, operand: $0.operand)
    }
    detail?.extras = [.packet(packet)]
  }

  init(_ record: XDPDiagRecord) {
    var socket = Socket()
    socket.family = .xdp
    socket.type = SocketType(rawValue: UInt16(record.type))
    socket.cookie = SocketCookie(record.cookie)
    socket.inode = UInt64(record.inode)
    socket.interfaceIndex = record.interface ?? 0
    socket.userID = record.userID
    socket.receiveQueue = record.memory?.receiveAllocated
    var xdp = XDPInternals()
    xdp.queue = record.queue ?? 0
    xdp.receiveRing = record.receiveRing
    xdp.sendRing = record.sendRing
    xdp.fillRing = record.fillRing
    xdp.completionRing = record.completionRing
    xdp.statistics = record.statistics
    xdp.area = record.area.map(XDPInternals.Area.init)
    var detail = SocketDetail()
    detail.memory = record.memory.map(SocketMemory.init)
    detail.extras = [.xdp(xdp)]
    self.init(socket: socket, detail: detail)
  }

  init(_ record: TIPCDiagRecord) {
    var socket = Socket()
    socket.family = .tipc
    socket.type = SocketType(rawValue: UInt16(truncatingIfNeeded: record.type))
    socket.state = SocketState(rawValue: UInt8(truncatingIfNeeded: record.state)) ?? .close
    socket.cookie = SocketCookie(record.cookie)
    socket.inode = UInt64(record.inode)
    socket.userID = record.userID
    socket.receiveQueue = record.receiveQueue
    socket.sendQueue = record.sendQueue
    var tipc = TIPCInternals()
    tipc.node = record.node
    tipc.port = record.port
    tipc.isPublished = record.isPublished
    tipc.drops = record.drops
    tipc.isLinkCongested = record.isLinkCongested
    tipc.isConnectionCongested = record.isConnectionCongested
    if let connection = record.connection {
      var peer = TIPCInternals.Peer()
      peer.node = connection.node
      peer.port = connection.port
      if connection.isByService { peer.service = (connection.type, connection.instance) }
      tipc.peer = peer
    }
    var detail = SocketDetail()
    detail.extras = [.tipc(tipc)]
    self.init(socket: socket, detail: detail)
  }
}

extension InetDiagDetails {
  fileprivate var extras: [SocketExtra] {
    var extras: [SocketExtra] = []
    switch congestion {
    case .vegas(let isEnabled, let time):
      extras.append(.vegas(isEnabled: isEnabled, roundTripMicroseconds: time))
    case .dctcp(let record): extras.append(.dctcp(DCTCPInternals(record)))
    case .bbr(let record): extras.append(.bbr(BBRInternals(record)))
    case nil: break
    }
    if !signatureKeys.isEmpty { extras.append(.signatureKeys(signatureKeys.map(SignatureKey.init))) }
    if upperLayerName != (0, 0) { extras.append(.upperLayer(upperLayerName.0, upperLayerName.1)) }
    if let tls { extras.append(.tls(TLSInternals(tls))) }
    if let subflow { extras.append(.subflow(MPTCPSubflow(subflow))) }
    if let mptcp { extras.append(.mptcp(MPTCPInternals(mptcp))) }
    if record.protocol == InetProtocol.sctp.number { extras.append(.sctpState(record.state)) }
    if let sctp { extras.append(.sctp(SCTPInternals(sctp))) }
    if !localAddresses.isEmpty || !peerAddresses.isEmpty {
      extras.append(
        .addresses(local: localAddresses.map(IPAddress.init), peer: peerAddresses.map(IPAddress.init)))
    }
    return extras
  }
}

extension IPAddress {
  fileprivate init(_ address: InetDiagAddress) {
    self.init(
      family: AddressFamily(rawValue: UInt16(address.family)), high: address.high, low: address.low)
  }
}

extension SignatureKey {
  fileprivate init(_ record: SignatureKeyRecord) {
    let address = IPAddress(
      family: AddressFamily(rawValue: UInt16(record.family)), high: record.high, low: record.low)
    self.init(prefix: AddressPrefix(address, length: record.prefixLength), key: record.key)
  }
}
