import Model

/// Who talked to whom, from connections that were recorded at each end that is here.
public enum RecordedMap {
  /// A connection with both ends here is told once, as its connecting end has it. Busiest first.
  ///
  /// - Parameter edges: one at most for each pair of ends, protocol, port and direction. Containers and processes can have
  ///   their name in common.
  public static func joined(_ edges: [MapEdge], by grouping: MapGrouping) -> [MapEdge] {
    var sums: [MapEdge] = []
    var others: [MapEdge] = []
    // Where names are unique and each has a direction, nothing else tells of a connection with another host.
    let isEachUnique =
      (grouping == .executable || grouping == .unit) && !edges.contains { $0.direction == .unknown }
    for edge in edges {
      if isEachUnique && edge.isAcrossHosts { sums.append(edge) } else { others.append(edge) }
    }
    var byKey: [MapEdge.Key: [StoredDirection: MapEdge]] = [:]
    for edge in others { byKey[edge.key, default: [:]][edge.direction].add(edge) }
    /// Accepted from a process of this host, and not told by its own end: it may have known no more than the address.
    var accepted: [MapEdge.Key: MapEdge] = [:]
    let fromJoined = sums.count
    for (key, ways) in byKey {
      let isInside = key.source.address == nil && key.target.address == nil
      var ways = ways
      if isInside, ways[.outbound] != nil { ways[.inbound] = nil }
      let parts = ways.values.sorted { $0.direction.rawValue < $1.direction.rawValue }
      var sum = parts[0]
      for part in parts.dropFirst() { sum.add(part) }
      if isInside, let inbound = ways[.inbound] { accepted[key.withUnknownTarget] = inbound }
      sums.append(sum)
    }
    for index in sums.indices.dropFirst(fromJoined) where sums[index].target.address?.isLoopback ?? false {
      let edge = sums[index]
      guard let inbound = accepted[edge.key.withUnknownTarget] else { continue }
      sums[index].count -= min(inbound.count, edge.count)
      sums[index].sent = max(0, edge.sent - inbound.sent)
      sums[index].received = max(0, edge.received - inbound.received)
    }
    return MapEdge.sorted(sums.filter { $0.count > 0 })
  }
}

extension MapEdge {
  fileprivate var isAcrossHosts: Bool {
    switch (source.address, target.address) {
    case (nil, nil): false
    case (let source?, nil): !source.isLoopback
    case (nil, let target?): !target.isLoopback
    case (_?, _?): false
    }
  }
}

extension MapEdge.Key {
  fileprivate var withUnknownTarget: Self {
    var key = self
    key.target = .unknown
    return key
  }
}

extension MapEdge? {
  fileprivate mutating func add(_ edge: MapEdge) {
    if self?.add(edge) == nil { self = edge }
  }
}
