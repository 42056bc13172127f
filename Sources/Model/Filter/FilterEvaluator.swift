/// What a filter must know of the host besides the snapshot.
public struct FilterContext: Sendable {
  /// `net.ipv4.ip_local_port_range`, for `autobound`.
  public var ephemeralPorts: ClosedRange<UInt16>
  public init(ephemeralPorts: ClosedRange<UInt16> = 32_768...60_999) { self.ephemeralPorts = ephemeralPorts }
}

/// What a filter let through.
public struct FilterSelection: Hashable, Sendable {
  /// Indexes into `Snapshot.sockets`, ascending.
  public var sockets: [Int32] = []
  /// How many could not be judged, because something about them is unknown.
  public var unjudged = 0
}

extension Filter {
  /// Judges every socket of a snapshot.
  public func select(from snapshot: Snapshot, context: FilterContext = FilterContext()) -> FilterSelection {
    let evaluator = FilterEvaluator(self, snapshot: snapshot, context: context)
    var selection = FilterSelection()
    for index in snapshot.sockets.indices {
      switch evaluator.evaluate(snapshot.sockets[index]) {
      case .yes: selection.sockets.append(Int32(truncatingIfNeeded: index))
      case .unknown: selection.unjudged += 1
      case .no: break
      }
    }
    return selection
  }
}

/// A filter made ready for one snapshot. Processes are judged once, here.
public struct FilterEvaluator: Sendable {
  let snapshot: Snapshot
  let nodes: [FilterNode]
  let verdicts: [Verdict]
  let patterns: [TextPattern]
  let namespaces: [Set<UInt32>]
  let ephemeralPorts: ClosedRange<UInt16>
  /// Inode of a unix socket → index of its name; filled only if a predicate asks for the name at the other end.
  let namesByInode: [UInt64: Int32]

  public init(_ filter: Filter, snapshot: Snapshot, context: FilterContext = FilterContext()) {
    var compiler = FilterCompiler(snapshot: snapshot)
    compiler.compile(filter.expression)
    self.snapshot = snapshot
    nodes = compiler.nodes
    verdicts = compiler.verdicts
    patterns = compiler.patterns
    namespaces = compiler.namespaces
    ephemeralPorts = context.ephemeralPorts
    var names: [UInt64: Int32] = [:]
    if nodes.contains(where: { $0.operation == .unixName && $0.side != .local }) {
      for socket in snapshot.sockets where socket.family == .unix && socket.inode != 0 {
        names[socket.inode] = socket.nameIndex
      }
    }
    namesByInode = names
  }

  /// Judges the socket at an index of the snapshot.
  public func evaluate(socketAt index: Int) -> Verdict { evaluate(snapshot.sockets[index]) }

  /// Judges a socket of the snapshot, or a copy of one: its indexes point into the snapshot.
  public func evaluate(_ socket: Socket) -> Verdict { evaluate(0, socket) }

  private func evaluate(_ index: Int, _ socket: Socket) -> Verdict {
    switch nodes[index].operation {
    case .and:
      var result = Verdict.yes
      var child = index + 1
      while child < Int(nodes[index].end) {
        let verdict = evaluate(child, socket)
        if verdict == .no { return .no }
        result = min(result, verdict)
        child = Int(nodes[child].end)
      }
      return result
    case .or:
      var result = Verdict.no
      var child = index + 1
      while child < Int(nodes[index].end) {
        let verdict = evaluate(child, socket)
        if verdict == .yes { return .yes }
        result = max(result, verdict)
        child = Int(nodes[child].end)
      }
      return result
    case .not: return evaluate(index + 1, socket).negated
    default: return test(nodes[index], socket)
    }
  }

  private func test(_ node: FilterNode, _ socket: Socket) -> Verdict {
    switch node.operation {
    case .and, .or, .not: .unknown
    case .states: Verdict(node.first >> UInt64(socket.state.rawValue) & 1 == 1)
    case .port: port(node, socket)
    case .prefix: prefix(node, socket)
    case .internet: Verdict(socket.family.isInternet)
    case .unixName: unixName(node, socket)
    case .path: Verdict(socket.family == .unix && nameMatches(socket.nameIndex, node, foldingCase: false))
    case .vsock: vsock(node, socket)
    case .interface: Verdict(UInt64(socket.interfaceIndex) == node.first)
    case .mark: Verdict(UInt64(socket.mark) & node.second == node.first)
    case .controlGroup: socket.cgroupID == 0 ? .unknown : Verdict(socket.cgroupID == node.first)
    case .autobound: Verdict(isAutobound(socket))
    case .family:
      socket.family == .unspecified ? .unknown : Verdict(UInt64(socket.family.rawValue) == node.first)
    case .table: Verdict(node.first >> UInt64(socket.table.rawValue) & 1 == 1)
    case .type: socket.type == .unknown ? .unknown : Verdict(UInt64(socket.type.rawValue) == node.first)
    case .direction: direction(node, socket)
    case .number: number(node, socket)
    case .namespaces:
      socket.netns == .unknown
        ? .unknown : Verdict(namespaces[Int(node.first)].contains(socket.netns.rawValue))
    case .process: holders(node, socket)
    }
  }

  // MARK: Addresses

  private func port(_ node: FilterNode, _ socket: Socket) -> Verdict {
    let ports: (local: UInt64, peer: UInt64)
    if socket.family.isInternet {
      ports = (UInt64(socket.local.port), UInt64(socket.peer.port))
    } else if socket.family == .vsock {
      guard let vsock = snapshot.detail(of: socket)?.vsock else { return .unknown }
      ports = (UInt64(vsock.localPort), UInt64(vsock.peerPort))
    } else {
      return .no
    }
    switch node.side {
    case .local: return Verdict(node.comparison.holds(ports.local, node.first))
    case .peer: return Verdict(node.comparison.holds(ports.peer, node.first))
    case .either:
      return Verdict(
        node.comparison.holds(ports.local, node.first) || node.comparison.holds(ports.peer, node.first))
    }
  }

  private func prefix(_ node: FilterNode, _ socket: Socket) -> Verdict {
    guard socket.family.isInternet else { return .no }
    switch node.side {
    case .local: return Verdict(Self.contains(node, socket.local.address))
    case .peer: return Verdict(Self.contains(node, socket.peer.address))
    case .either:
      return Verdict(Self.contains(node, socket.local.address) || Self.contains(node, socket.peer.address))
    }
  }

  private static func contains(_ node: FilterNode, _ address: IPAddress) -> Bool {
    let isV4 = node.comparison == .equal
    let candidate = isV4 ? address.unmapped : address
    return candidate.version == (isV4 ? .v4 : .v6) && candidate.high & node.mask.high == node.first
      && candidate.low & node.mask.low == node.second
  }

  private func unixName(_ node: FilterNode, _ socket: Socket) -> Verdict {
    guard socket.family == .unix else { return .no }
    if node.side != .peer, nameMatches(socket.nameIndex, node, foldingCase: true) { return .yes }
    guard node.side != .local else { return .no }
    if socket.peerNameIndex >= 0 {
      return Verdict(nameMatches(socket.peerNameIndex, node, foldingCase: true))
    }
    guard socket.peerInode != 0 else { return .no }
    guard let name = namesByInode[socket.peerInode] else { return .unknown }
    return Verdict(nameMatches(name, node, foldingCase: true))
  }

  /// An abstract name is compared with `@` in place of its first NUL.
  private func nameMatches(_ index: Int32, _ node: FilterNode, foldingCase: Bool) -> Bool {
    guard index >= 0 else { return false }
    var bytes = snapshot.names[Int(index)].bytes
    if bytes.first == 0 { bytes[0] = UInt8(ascii: "@") }
    return patterns[Int(node.first)].matches(bytes, foldingCase: foldingCase)
  }

  private func vsock(_ node: FilterNode, _ socket: Socket) -> Verdict {
    guard socket.family == .vsock else { return .no }
    guard let vsock = snapshot.detail(of: socket)?.vsock else { return .unknown }
    func matches(_ contextID: UInt32, _ port: UInt32) -> Bool {
      (node.first == .max || node.first == UInt64(contextID))
        && (node.second == .max || node.second == UInt64(port))
    }
    let local = matches(vsock.localContextID, vsock.localPort)
    let peer = matches(vsock.peerContextID, vsock.peerPort)
    return Verdict((node.side != .peer && local) || (node.side != .local && peer))
  }

  /// Internet: the port lies in the range from which the kernel chooses. Unix: `@` and five hexadecimal digits.
  private func isAutobound(_ socket: Socket) -> Bool {
    if socket.family.isInternet { return ephemeralPorts.contains(socket.local.port) }
    guard socket.family == .unix, socket.nameIndex >= 0 else { return false }
    let name = snapshot.names[Int(socket.nameIndex)].bytes
    return name.count == 6 && name[0] == 0 && name.dropFirst().allSatisfy { hexDigit($0) != nil }
  }

  private func direction(_ node: FilterNode, _ socket: Socket) -> Verdict {
    switch socket.origin {
    case .unknown: socket.isConnected ? .unknown : .no
    case let origin: Verdict(UInt64(origin.rawValue) == node.first)
    }
  }
}
