/// A filter as a flat tree, for one snapshot: parents before children, each with the index after its last descendant.
///
/// Plain bits only, so that judging a socket counts no references.
struct FilterNode {
  enum Operation: UInt8 {
    case and, or, not
    case states, port, prefix, internet, unixName, path, vsock
    case interface, mark, controlGroup, autobound, family, table, type, direction
    case number, namespaces
    /// One verdict for each process, from index `first` of the table on.
    case process
  }
  var operation: Operation
  var side = SocketSide.local
  var comparison = FilterComparison.equal
  var number = FilterNumber.pid
  var end: Int32 = 0
  var first: UInt64 = 0
  var second: UInt64 = 0
  var mask: (high: UInt64, low: UInt64) = (0, 0)
}

/// Turns an expression into nodes.
struct FilterCompiler {
  let snapshot: Snapshot
  var nodes: [FilterNode] = []
  var verdicts: [Verdict] = []
  var patterns: [TextPattern] = []
  var namespaces: [Set<UInt32>] = []

  init(snapshot: Snapshot) { self.snapshot = snapshot }

  mutating func compile(_ expression: FilterExpression) {
    let index = nodes.count
    switch expression {
    case .and(let parts): group(.and, parts)
    case .or(let parts): group(.or, parts)
    case .not(let inner): group(.not, [inner])
    case .test(let test): compile(test)
    }
    nodes[index].end = Int32(nodes.count)
  }

  private mutating func group(_ operation: FilterNode.Operation, _ parts: [FilterExpression]) {
    nodes.append(FilterNode(operation: operation))
    for part in parts { compile(part) }
  }

  private mutating func compile(_ test: FilterTest) {
    switch test {
    case .states(let states): add(.states, UInt64(states.rawValue))
    case .port(let side, let comparison, let port):
      add(.port, UInt64(port), side: side, comparison: comparison)
    case .host(let side, let host): compile(host, side)
    case .interface(let index): add(.interface, UInt64(index))
    case .mark(let value, let mask): add(.mark, UInt64(value), UInt64(mask))
    case .controlGroup(let id): add(.controlGroup, id)
    case .autobound: add(.autobound)
    case .family(let family): add(.family, UInt64(family.rawValue))
    case .table(let table): add(.table, UInt64(SocketTableSet(table).rawValue))
    case .type(let type): add(.type, UInt64(type.rawValue))
    case .direction(let direction):
      add(.direction, UInt64((direction == .inbound ? SocketOrigin.accept : .connect).rawValue))
    case .number(let number, let comparison, let value): compile(number, comparison, value)
    case .text(let text, let pattern): compile(text, pattern)
    }
  }

  private mutating func add(
    _ operation: FilterNode.Operation, _ first: UInt64 = 0, _ second: UInt64 = 0, side: SocketSide = .local,
    comparison: FilterComparison = .equal
  ) {
    var node = FilterNode(operation: operation)
    (node.first, node.second, node.side, node.comparison) = (first, second, side, comparison)
    node.end = Int32(nodes.count + 1)
    nodes.append(node)
  }

  private mutating func compile(_ host: HostPattern, _ side: SocketSide) {
    switch host {
    case .unix(let pattern):
      add(.unixName, UInt64(patterns.count), side: side)
      patterns.append(.glob(pattern))
    case .vsock(let contextID, let port):
      add(.vsock, Self.wildcard(contextID), Self.wildcard(port), side: side)
    case .internet(let prefix, let port?):
      // Address and port have to be of the same end.
      guard side != .either else {
        return compile(
          .or([SocketSide.local, .peer].map { .test(.host($0, .internet(prefix, port: port))) }))
      }
      let address = prefix.map { FilterTest.host(side, .internet($0, port: nil)) }
      let isInternet = FilterTest.host(side, .internet(nil, port: nil))
      compile(.and([.test(address ?? isInternet), .test(.port(side, .equal, port))]))
    case .internet(nil, nil): add(.internet)
    case .internet(let prefix?, nil):
      add(.prefix, prefix.address.high, prefix.address.low, side: side)
      nodes[nodes.count - 1].mask = prefix.mask
      // The version, in a field that prefixes do not use otherwise.
      nodes[nodes.count - 1].comparison = prefix.address.version == .v4 ? .equal : .less
    }
  }

  private static func wildcard(_ number: UInt32?) -> UInt64 { number.map { UInt64($0) } ?? .max }

  private mutating func compile(_ number: FilterNumber, _ comparison: FilterComparison, _ value: UInt64) {
    switch number {
    case .pid, .ppid, .user, .ancestor:
      judge { $0.verdict(number, comparison, value) }
    default:
      add(.number, value, comparison: comparison)
      nodes[nodes.count - 1].number = number
    }
  }

  private mutating func compile(_ text: FilterText, _ pattern: TextPattern) {
    switch text {
    case .path:
      add(.path, UInt64(patterns.count))
      patterns.append(pattern)
    case .netns:
      add(.namespaces, UInt64(namespaces.count))
      namespaces.append(
        Set(snapshot.namespaces.filter { $0.matches(pattern) }.map { $0.namespace.rawValue }))
    default: judge { $0.verdict(text, pattern) }
    }
  }

  /// Judges each process once.
  private mutating func judge(_ verdict: (Process) -> Verdict) {
    add(.process, UInt64(verdicts.count))
    verdicts.reserveCapacity(verdicts.count + snapshot.processes.count)
    for process in snapshot.processes { verdicts.append(verdict(process)) }
  }
}

extension NamespaceInfo {
  /// By name; `current` is sockeye's own.
  fileprivate func matches(_ pattern: TextPattern) -> Bool {
    if isOwn, pattern == .exact("current") { return true }
    return name.map { pattern.matches(Array($0.utf8)) } ?? false
  }
}
