import Model
import ViewText

/// The per-socket part of a JSON record. No `String` is made here: 100,000 sockets pass through.
struct JSONSocketWriter {
  let snapshot: Snapshot
  private var states: [[UInt8]]
  /// By process: reading one from a whole `Process` would copy it.
  private let pids: [Int32]
  private var unheldReasons: [[UInt8]]
  /// The tail of `"netns":N,` with the name where one is known.
  private var namespaceNames: [NetworkNamespace: [UInt8]] = [:]
  private var kind = RepeatedText<SocketKind>()
  private var options = RepeatedText<SocketOptions>()
  /// The other end of a connection comes behind the one, often.
  private var communityID = RepeatedText<CommunityID.Flow>()

  init(_ snapshot: Snapshot) {
    self.snapshot = snapshot
    pids = snapshot.processes.map(\.identity.pid.rawValue)
    states = [[UInt8]](repeating: [], count: 16)
    for state in SocketState.allCases { states[Int(state.rawValue)] = Array(state.name.utf8) }
    unheldReasons = (0..<16).map { Array((HolderAbsence(rawValue: $0)?.name ?? "").utf8) }
    for namespace in snapshot.namespaces {
      guard let name = namespace.name else { continue }
      var text = TextBuffer()
      text.append(#""netns_name":"#)
      text.append(json: name)
      text.append(",")
      namespaceNames[namespace.namespace] = text.contents
    }
  }

  /// `"socket":{…}`
  mutating func appendSocket(_ socket: Socket, opened: UInt64? = nil, to text: inout TextBuffer) {
    text.append(#""socket":{"#)
    if socket.cookie != .unknown {
      text.field(#""cookie":"#, socket.cookie.rawValue)
      text.append(",")
    }
    if socket.inode != 0 {
      text.field(#""inode":"#, socket.inode)
      text.append(",")
    }
    let (states, namespaceNames) = (states, namespaceNames)
    kind.append(SocketKind(socket), to: &text) {
      Self.appendKind(socket, states, namespaceNames, to: &$0)
    }
    if let bytes = socket.receiveQueue { text.field(#","receive_queue":"#, bytes) }
    if let bytes = socket.sendQueue { text.field(#","send_queue":"#, bytes) }
    switch socket.origin {
    case .connect: text.append(#","origin":"connect""#)
    case .accept: text.append(#","origin":"accept""#)
    case .listen: text.append(#","origin":"listen""#)
    case .unknown: break
    }
    if let opened {
      text.append(#","opened":""#)
      text.append(rfc3339: opened)
      text.append(#"""#)
    }
    if socket.holdingCount == 0 && socket.absence != .none {
      text.append(#","unheld_reason":""#)
      text.append(unheldReasons[Int(socket.absence.rawValue) & 15])
      text.append(#"""#)
    }
    if socket.peerInode != 0 { text.field(#","peer_inode":"#, socket.peerInode) }
    let snapshot = snapshot
    let key = SocketOptions(socket, snapshot)
    options.append(key, to: &text) { Self.appendOptions(socket, key, snapshot, to: &$0) }
    text.append("}")
  }

  /// From the namespace to the state.
  private static func appendKind(
    _ socket: Socket, _ states: [[UInt8]], _ namespaceNames: [NetworkNamespace: [UInt8]],
    to text: inout TextBuffer
  ) {
    if socket.netns != .unknown {
      text.field(#""netns":"#, socket.netns.rawValue)
      text.append(",")
      if let name = namespaceNames[socket.netns] { text.append(name) }
    }
    appendFamily(socket, to: &text)
    text.append(#","state":""#)
    text.append(states[Int(socket.state.rawValue)])
    text.append(#"""#)
  }

  private static func appendFamily(_ socket: Socket, to text: inout TextBuffer) {
    switch socket.family {
    case .inet: text.append(#""family":"inet","#)
    case .inet6: text.append(#""family":"inet6","#)
    case .unix: text.append(#""family":"unix","#)
    default:
      text.append(#""family":"#)
      text.append(json: socket.family.name)
      text.append(",")
    }
    switch socket.type {
    case .stream: text.append(#""type":"stream""#)
    case .datagram: text.append(#""type":"dgram""#)
    default:
      text.append(#""type":"#)
      text.append(json: socket.type.name)
    }
    if socket.family != .unix { text.field(#","protocol":"#, socket.protocol.rawValue) }
  }

  private static func appendOptions(
    _ socket: Socket, _ options: SocketOptions, _ snapshot: Snapshot, to text: inout TextBuffer
  ) {
    if !socket.shutdown.isEmpty {
      switch socket.shutdown {
      case .receive: text.append(#","shutdown":["receive"]"#)
      case .send: text.append(#","shutdown":["send"]"#)
      default: text.append(#","shutdown":["receive","send"]"#)
      }
    }
    if let only = socket.isV6Only { text.append(only ? #","v6only":true"# : #","v6only":false"#) }
    if socket.mark != 0 { text.field(#","mark":"#, socket.mark) }
    if socket.interfaceIndex != 0 {
      text.field(#","interface":{"index":"#, socket.interfaceIndex)
      if let name = snapshot.interfaceName(of: socket) {
        text.append(#","name":"#)
        text.append(json: name)
      }
      text.append("}")
    }
    if socket.cgroupID != 0 { text.field(#","cgroup_id":"#, socket.cgroupID) }
    if let user = socket.userID {
      text.field(#","user":{"id":"#, user)
      if let name = snapshot.ownerNames[user] {
        text.append(#","name":"#)
        text.append(json: name)
      }
      text.append("}")
    }
    if let value = options.typeOfService { text.field(#","type_of_service":"#, value) }
    if let value = options.trafficClass { text.field(#","traffic_class":"#, value) }
    if let value = options.classID { text.field(#","class_id":"#, value) }
  }

  /// `,"network":{…}`
  /// - Parameter peerName: by which its process knew the peer, where an event tells it.
  mutating func appendNetwork(_ socket: Socket, _ peerName: PeerName? = nil, to text: inout TextBuffer) {
    text.append(#","network":{"transport":""#)
    appendTransport(socket.table, to: &text)
    text.append(#"""#)
    if socket.family.isInternet {
      appendInternet(socket, peerName, to: &text)
    } else if socket.family == .unix {
      if let name = snapshot.name(of: socket) {
        text.append(#","local":{"path":""#)
        text.appendJSONSocketName(name)
        text.append(#""}"#)
      }
      if let name = snapshot.peerName(of: socket) {
        text.append(#","peer":{"path":""#)
        text.appendJSONSocketName(name)
        text.append(#""}"#)
      }
    } else if let detail = snapshot.detail(of: socket) {
      if let address = detail.netlink { appendNetlink(address, to: &text) }
      if let address = detail.vsock { appendVsock(address, to: &text) }
    }
    text.append("}")
  }

  private func appendTransport(_ table: SocketTable, to text: inout TextBuffer) {
    switch table {
    case .tcp: text.append("tcp")
    case .udp: text.append("udp")
    case .unix: text.append("unix")
    default: text.appendJSON(table.name.utf8.span, bytesMayBeInvalid: false)
    }
  }

  private mutating func appendInternet(_ socket: Socket, _ peerName: PeerName?, to text: inout TextBuffer) {
    text.append(socket.family == .inet ? #","type":"ipv4""# : #","type":"ipv6""#)
    switch socket.origin {
    case .connect: text.append(#","direction":"outbound""#)
    case .accept: text.append(#","direction":"inbound""#)
    case .listen, .unknown: break
    }
    // The port of a connect that has just begun may not be known yet.
    let isPortKnown = socket.local.port != 0 || socket.state != .synSent
    if socket.isConnected && isPortKnown {
      if let flow = CommunityID.Flow(socket) {
        text.append(#","community_id":""#)
        communityID.append(flow, to: &text) { CommunityID.append(flow, to: &$0) }
        text.append(#"""#)
      }
    }
    text.append(#","local":"#)
    appendEndpoint(socket.local, socket.table, isPortKnown: isPortKnown, to: &text)
    if socket.isConnected || !socket.peer.address.isUnspecified {
      text.append(#","peer":"#)
      appendEndpoint(socket.peer, socket.table, to: &text)
      if let peerName {
        text.truncate(to: text.count - 1)
        text.field(#","name":"#, peerName.name)
        text.field(#","name_age_ns":"#, peerName.ageNanoseconds)
        text.append("}")
      }
    }
  }

  private func appendEndpoint(
    _ endpoint: Endpoint, _ table: SocketTable, isPortKnown: Bool = true, to text: inout TextBuffer
  ) {
    text.append(#"{"address":""#)
    text.append(endpoint.address)
    text.append("\"")
    if isPortKnown { text.field(#","port":"#, endpoint.port) }
    if let names = snapshot.resolvedNames {
      if let name = names.host(endpoint.address) {
        text.append(#","name":"#)
        text.append(json: name)
      }
      if let name = names.service(endpoint.port, table) {
        text.append(#","service":"#)
        text.append(json: name)
      }
    }
    text.append("}")
  }

  private func appendNetlink(_ address: NetlinkAddress, to text: inout TextBuffer) {
    text.field(#","local":{"port_id":"#, address.portID)
    text.field(#","groups":"#, address.groups)
    text.append("}")
    if address.peerPortID != 0 {
      text.field(#","peer":{"port_id":"#, address.peerPortID)
      text.append("}")
    }
  }

  private func appendVsock(_ address: VsockAddress, to text: inout TextBuffer) {
    text.field(#","local":{"context_id":"#, address.localContextID)
    text.field(#","port":"#, address.localPort)
    text.field(#"},"peer":{"context_id":"#, address.peerContextID)
    text.field(#","port":"#, address.peerPort)
    text.append("}")
  }

  /// `,"holders":[…]`, one entry a process with all its descriptors.
  ///
  /// Only events of the kernel tell who opened a socket; otherwise each is a `holder`.
  func appendHolders(_ socket: Socket, to text: inout TextBuffer) {
    text.append(#","holders":["#)
    var last: Int32 = -1
    for holding in snapshot.holdings(of: socket) {
      if holding.process == last {
        text.append(",")
      } else {
        if last >= 0 { appendRole(isFirst: last == firstHolder(socket), to: &text) }
        text.append(last >= 0 ? #",{"pid":"# : #"{"pid":"#)
        text.append(decimal: pids[Int(holding.process)])
        text.append(#","fds":["#)
        last = holding.process
      }
      text.append(decimal: holding.descriptor)
    }
    if last >= 0 { appendRole(isFirst: last == firstHolder(socket), to: &text) }
    text.append("]")
  }

  private func firstHolder(_ socket: Socket) -> Int32 { snapshot.holdings[Int(socket.firstHolding)].process }

  private func appendRole(isFirst: Bool, to text: inout TextBuffer) {
    let opened = isFirst && snapshot.evidence == .kernelEvent
    text.append(opened ? #"],"role":"originator"}"# : #"],"role":"holder"}"#)
  }
}

/// What most sockets of a host share.
private struct SocketKind: Equatable {
  let netns: NetworkNamespace
  let family: AddressFamily
  let type: SocketType
  let `protocol`: SocketProtocol
  let state: SocketState

  init(_ socket: Socket) {
    (netns, family, type) = (socket.netns, socket.family, socket.type)
    (self.protocol, state) = (socket.protocol, socket.state)
  }
}

/// What most sockets of a process share.
private struct SocketOptions: Equatable {
  let netns: NetworkNamespace
  let shutdown: ShutdownSides
  let isV6Only: Bool?
  let mark, interfaceIndex: UInt32
  let userID: UInt32?
  let cgroupID: UInt64
  var typeOfService, trafficClass: UInt8?
  var classID: UInt32?

  init(_ socket: Socket, _ snapshot: Snapshot) {
    (netns, shutdown, isV6Only) = (socket.netns, socket.shutdown, socket.isV6Only)
    (mark, interfaceIndex, userID) = (socket.mark, socket.interfaceIndex, socket.userID)
    cgroupID = socket.cgroupID
    // One by one: a whole detail is 400 bytes to copy.
    let index = Int(socket.detailIndex)
    if index < 0 { return }
    typeOfService = snapshot.details[index].typeOfService
    trafficClass = snapshot.details[index].trafficClass
    classID = snapshot.details[index].classID
  }
}

extension TextBuffer {
  /// `,"name":12`: the literal brings comma, quotes and colon.
  @inline(__always) mutating func field(_ name: StaticString, _ value: UInt64) {
    append(name)
    append(decimal: value)
  }
  @inline(__always) mutating func field(_ name: StaticString, _ value: UInt32) { field(name, UInt64(value)) }
  @inline(__always) mutating func field(_ name: StaticString, _ value: UInt16) { field(name, UInt64(value)) }
  @inline(__always) mutating func field(_ name: StaticString, _ value: UInt8) { field(name, UInt64(value)) }

  /// The name of a unix socket: `@name` for an abstract one. A path that itself begins with `@` begins with `\x40`.
  mutating func appendJSONSocketName(_ name: RawText) {
    let bytes = name.bytes.span
    guard bytes.count > 0 else { return }
    switch bytes[0] {
    case 0: append("@")
    case UInt8(ascii: "@"): append(#"\\x40"#)
    default:
      appendJSON(bytes, bytesMayBeInvalid: true)
      return
    }
    appendJSON(bytes.extracting(1..<bytes.count), bytesMayBeInvalid: true)
  }
}
