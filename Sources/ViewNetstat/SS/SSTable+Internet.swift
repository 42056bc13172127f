import Model
import ViewText

extension SSTable {
  /// One internet socket, if it is wanted. `isKept` is asked last, and may still leave it out.
  public mutating func internet(_ row: SocketRow, isKept: (Socket) -> Bool = { _ in true }) {
    guard options.selection.families.contains(row.socket.family), isWanted(SSSubject(row.socket)),
      isKept(row.socket)
    else { return }
    show(row)
  }

  /// As `internet`, of whichever family.
  public mutating func internetOfFile(_ row: SocketRow) {
    if isWanted(SSSubject(row.socket)) { show(row) }
  }

  /// As `internet`, from a source that knows neither cookies nor what is inside.
  public mutating func internetOfProc(_ row: SocketRow) {
    let socket = row.socket
    guard options.selection.families.contains(socket.family), isWanted(SSSubject(socket)) else { return }
    ends(row)
    guard socket.protocol == .tcp else { return }
    if options.showsOptions, let timer = row.detail?.timer {
      columns.write { $0.append(timer: timer, isSCTP: false) }
    }
    if options.showsDetails { identity(socket) }
  }

  private mutating func show(_ row: SocketRow) {
    let socket = row.socket
    ends(row)
    if options.showsOptions, let timer = row.detail?.timer {
      columns.write { $0.append(timer: timer, isSCTP: socket.protocol == .sctp) }
    }
    if options.showsDetails { details(socket) }
    if options.showsTypeOfService { typeOfService(row.detail) }
    if options.showsControlGroup, socket.cgroupID != 0 {
      let names = names
      columns.write { $0.appendControlGroup(socket.cgroupID, names) }
    }
    if options.showsSocketOptions { socketOptions(row.detail?.options) }
    if options.showsMemory || (options.showsInternals && socket.protocol != .udp) { internals(row) }
    lastInode = socket.inode
  }

  /// The columns up to the processes.
  private mutating func ends(_ row: SocketRow) {
    let socket = row.socket
    if isAssociation(row) { beginAssociation(row) } else { begin(row, netid: Self.netid(socket)) }
    let isV6Only = socket.isV6Only == true
    address(socket.local.address, isV6Only, interface: socket.interfaceIndex)
    port(socket.local.port)
    address(socket.peer.address, isV6Only, interface: 0)
    port(socket.peer.port)
    users(row)
  }

  private static func netid(_ socket: Socket) -> StaticString {
    switch socket.protocol {
    case .unspecified: "raw"
    case .udp: "udp"
    case .tcp: "tcp"
    case .mptcp: "mptcp"
    case .sctp: "sctp"
    case SocketProtocol(rawValue: 33): "dccp"
    case .icmp6: "icmp6"
    default: "???"
    }
  }

  // MARK: SCTP

  /// Its endpoint was the row before.
  private func isAssociation(_ row: SocketRow) -> Bool {
    row.socket.protocol == .sctp && lastInode != 0 && lastInode == row.socket.inode
  }

  private mutating func beginAssociation(_ row: SocketRow) {
    var number: UInt8 = 0
    for case .sctpState(let state) in row.detail?.extras ?? [] { number = state }
    columns.go(to: .state)
    columns.write { text in
      text.append("`- ")
      text.append(Self.associationState(UInt32(number)))
    }
    queues(row)
  }

  static func associationState(_ number: UInt32) -> StaticString {
    switch number {
    case 0: "CLOSED"
    case 1: "COOKIE_WAIT"
    case 2: "COOKIE_ECHOED"
    case 3: "ESTAB"
    case 4: "SHUTDOWN_PENDING"
    case 5: "SHUTDOWN_SENT"
    case 6: "SHUTDOWN_RECEIVED"
    case 7: "ACK_SENT"
    default: "UNKNOWN"
    }
  }

  // MARK: Addresses

  private mutating func address(_ address: IPAddress, _ isV6Only: Bool, interface: UInt32) {
    let host = options.resolvesHosts ? self.host(address) : nil
    let device = interface == 0 ? nil : interfaceName(interface)
    columns.write { text in
      if address.version == .v6 && !isV6Only && address.isUnspecified {
        text.append("*")
      } else if let host {
        text.appendVisible(host)
      } else {
        text.append(bracketed: address)
      }
      if let device {
        text.append("%")
        text.appendVisible(device)
      }
      text.append(":")
    }
    columns.next()
  }

  func interfaceName(_ index: UInt32) -> [UInt8] { names.interface(index) ?? Array("if\(index)".utf8) }

  private mutating func host(_ address: IPAddress) -> [UInt8]? {
    // A mapped address has the name of the address inside.
    let asked = address.unmapped
    if let known = hosts[asked] { return known }
    let found = names.host(asked)
    hosts[asked] = .some(found)
    return found
  }

  private mutating func port(_ port: UInt16) {
    let name = options.isNumeric || port == 0 ? nil : isRaw ? names.internetProtocol(port) : service(port)
    let isRawNumber = isRaw && !options.isNumeric
    columns.write { text in
      if port == 0 { return text.append("*") }
      if let name { return text.appendVisible(name) }
      if isRawNumber { text.append("ipproto-") }
      text.append(decimal: port)
    }
    columns.next()
  }

  private mutating func service(_ port: UInt16) -> [UInt8]? {
    // What the kernel chose means nothing.
    if names.ephemeral.contains(port) { return nil }
    let key = Service(port: port, transport: transport)
    if let known = services[key] { return known }
    let found = names.service(port, transport)
    services[key] = .some(found)
    return found
  }

  // MARK: Details

  private mutating func details(_ socket: Socket) {
    identity(socket)
    if let isV6Only = socket.isV6Only, socket.family == .inet6 {
      columns.write { $0.append(isV6Only ? " v6only:1" : " v6only:0") }
    }
    // The kernel tells the sides of full sockets, as it does their owner.
    if socket.userID != nil { sides(socket.shutdown) }
  }

  private mutating func typeOfService(_ detail: SocketDetail?) {
    guard let detail else { return }
    columns.write { text in
      func part(_ label: StaticString, _ value: UInt32?) {
        guard let value else { return }
        text.append(label)
        if value != 0 { text.append("0x") }
        text.append(hex: UInt64(value))
      }
      part(" tos:", detail.typeOfService.map(UInt32.init))
      part(" tclass:", detail.trafficClass.map(UInt32.init))
      part(" class_id:", detail.classID)
    }
  }

  private static let optionNames: [StaticString] = [
    " recverr", " is_icsk", " freebind", " hdrincl", " mc_loop", " transparent", " mc_all", " nodefrag",
    " bind_addr_no_port", " recverr_rfc4884", " defer_connect",
  ]

  private mutating func socketOptions(_ bits: UInt16?) {
    guard let bits else { return }
    let isOneLine = options.isOneLine
    columns.write { text in
      text.append(isOneLine ? " inet-sockopt: (" : "\n\tinet-sockopt: (")
      for (place, name) in Self.optionNames.enumerated() where bits >> UInt16(place) & 1 == 1 {
        text.append(name)
      }
      text.append(")")
    }
  }

  private mutating func internals(_ row: SocketRow) {
    if !options.isOneLine { columns.write { $0.append("\n\t") } }
    memory(row.detail?.memory)
    guard let detail = row.detail else { return }
    let socket = row.socket
    let showsOptions = options.showsOptions
    columns.write { text in
      switch socket.protocol {
      case .sctp: text.append(sctp: detail.extras)
      case .mptcp: text.append(mptcp: detail.extras)
      default:
        if let tcp = detail.tcp {
          text.append(
            tcp: tcp, isListener: socket.isListening, extras: detail.extras, showsOptions: showsOptions,
            isNumeric: options.isNumeric)
        }
        text.append(tcpExtras: detail.extras)
      }
    }
  }
}

extension TextBuffer {
  /// An IPv6 address in brackets, an IPv4 address without.
  mutating func append(bracketed address: IPAddress) {
    if address.version == .v4 { return append(address) }
    append("[")
    append(inetNtop: address)
    append("]")
  }

  /// `timer:(keepalive,119min,0)`.
  mutating func append(timer: SocketTimer, isSCTP: Bool) {
    append(" timer:(")
    if isSCTP {
      append("T3_RTX")
    } else {
      switch timer.kind {
      case .none: append("off")
      case .retransmit: append("on")
      case .keepalive: append("keepalive")
      case .timeWait: append("timewait")
      case .probe: append("persist")
      }
    }
    append(",")
    append(milliseconds: timer.expiresMilliseconds)
    append(",")
    append(decimal: timer.retransmits)
    append(")")
  }

  /// `119min`, `1min59sec`, `12sec`, `1.500ms` (which are 1.5 s), `200ms`; nothing for 0.
  private mutating func append(milliseconds timeout: UInt32) {
    var milliseconds = timeout % 1000
    var seconds = timeout / 1000 % 60
    let minutes = timeout / 60_000
    if minutes > 0 {
      milliseconds = 0
      append(decimal: minutes)
      append("min")
      if minutes > 9 { seconds = 0 }
    }
    if seconds > 0 {
      if seconds > 9 { milliseconds = 0 }
      append(decimal: seconds)
      append(milliseconds > 0 ? "." : "sec")
    }
    if milliseconds > 0 {
      append(decimal: UInt64(milliseconds), digits: 3)
      append("ms")
    }
  }
}
