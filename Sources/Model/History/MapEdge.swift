/// What one node of the map stands for.
public enum MapGrouping: String, Sendable, CaseIterable { case executable, unit, container, process }

/// One end of an edge.
public enum MapNode: Hashable, Sendable {
  /// An executable, a unit or a container of this host.
  case named(RawText)
  /// A row of the process table.
  case process(Int64)
  /// A peer that is no known process of this host.
  case address(IPAddress)
  /// A process of this host of which the name asked for is not known.
  case unknown
}

/// Everything between two ends by one protocol and service port.
public struct MapEdge: Sendable, Equatable {
  /// Who connected; of a connection of unknown direction, the end of which we have the socket.
  public var source: MapNode
  public var target: MapNode
  public var `protocol`: SocketProtocol
  /// Of the end that accepts.
  public var port: UInt16
  public var direction: StoredDirection
  public var count: Int64 = 0
  public var failed: Int64 = 0
  /// Payload that `source` sent, and received.
  public var sent: Int64 = 0
  public var received: Int64 = 0
  /// Openings, µs since 1970.
  public var first: Int64
  public var last: Int64

  public init(
    source: MapNode, target: MapNode, protocol: SocketProtocol, port: UInt16, direction: StoredDirection,
    count: Int64 = 0, failed: Int64 = 0, sent: Int64 = 0, received: Int64 = 0, first: Int64, last: Int64
  ) {
    self.source = source
    self.target = target
    self.protocol = `protocol`
    self.port = port
    self.direction = direction
    self.count = count
    self.failed = failed
    self.sent = sent
    self.received = received
    self.first = first
    self.last = last
  }
}

extension MapEdge {
  /// Adds another sum of the same ends, protocol and port.
  public mutating func add(_ other: MapEdge) {
    count += other.count
    failed += other.failed
    sent &+= other.sent
    received &+= other.received
    // 0 is unknown.
    first = first == 0 || other.first == 0 ? max(first, other.first) : min(first, other.first)
    last = max(last, other.last)
  }

  /// What makes two edges one.
  public struct Key: Hashable, Sendable {
    public var source: MapNode
    public var target: MapNode
    public var `protocol`: SocketProtocol
    public var port: UInt16
  }
  public var key: Key { Key(source: source, target: target, protocol: `protocol`, port: port) }

  /// One edge for each key; busiest first.
  public static func merged(_ edges: [MapEdge]) -> [MapEdge] {
    var sums: [Key: MapEdge] = [:]
    for edge in edges where sums[edge.key]?.add(edge) == nil { sums[edge.key] = edge }
    return sorted(Array(sums.values))
  }
}

extension MapNode {
  public init(_ process: Process, _ grouping: MapGrouping) {
    let name: RawText? =
      switch grouping {
      case .executable: process.executable
      case .unit: process.systemdUnit.map { RawText($0) }
      case .container: process.container.map { RawText($0.name ?? $0.id) }
      case .process: RawText(process.name.bytes + Array("[\(process.identity.pid.rawValue)]".utf8))
      }
    self = name.map(MapNode.named) ?? .unknown
  }

  public var address: IPAddress? { if case .address(let address) = self { address } else { nil } }
}
