extension MapEdge {
  /// Busiest first, the rest by name, so that the order is always the same.
  ///
  /// There may be a million edges between some hundred names: each name is compared with others once, and then stands for
  /// itself by its rank.
  public static func sorted(_ edges: [MapEdge]) -> [MapEdge] {
    let ranks = ranks(edges)
    let keys = edges.map { edge in
      OrderKey(
        count: edge.count, source: OrderKey.Node(edge.source, ranks),
        target: OrderKey.Node(edge.target, ranks),
        port: edge.port, protocol: edge.protocol.rawValue)
    }
    return keys.indices.sorted { keys[$0] < keys[$1] }.map { edges[$0] }
  }

  private static func ranks(_ edges: [MapEdge]) -> [RawText: UInt64] {
    var ranks: [RawText: UInt64] = [:]
    // Runs of one name are usual.
    var last: RawText?
    for edge in edges {
      for case .named(let name) in [edge.source, edge.target] where name != last {
        ranks[name] = 0
        last = name
      }
    }
    for (rank, name) in ranks.keys.sorted().enumerated() { ranks[name] = UInt64(rank) }
    return ranks
  }

  private struct OrderKey: Comparable {
    /// Unknown ones, then names, processes, addresses.
    struct Node: Comparable {
      let kind: UInt64
      let high: UInt64
      let low: UInt64

      init(_ node: MapNode, _ ranks: [RawText: UInt64]) {
        switch node {
        case .unknown: (kind, high, low) = (0, 0, 0)
        case .named(let name): (kind, high, low) = (1, 0, ranks[name] ?? 0)
        case .process(let row): (kind, high, low) = (2, 0, UInt64(bitPattern: row))
        case .address(let address):
          (kind, high, low) = (UInt64(address.version.rawValue), address.high, address.low)
        }
      }

      static func < (left: Node, right: Node) -> Bool {
        (left.kind, left.high, left.low) < (right.kind, right.high, right.low)
      }
    }
    let count: Int64
    let source: Node
    let target: Node
    let port: UInt16
    let `protocol`: UInt16

    static func < (left: OrderKey, right: OrderKey) -> Bool {
      if left.count != right.count { return left.count > right.count }
      if left.source != right.source { return left.source < right.source }
      if left.target != right.target { return left.target < right.target }
      return (left.port, left.protocol) < (right.port, right.protocol)
    }
  }
}
