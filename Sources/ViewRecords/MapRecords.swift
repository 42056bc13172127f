import Model
import ViewText

/// The map of connections as JSON, CSV, DOT, and as an allow-list in YAML.
public struct MapRecords {
  private let grouping: MapGrouping
  public init(_ grouping: MapGrouping) { self.grouping = grouping }

  /// One record, without a newline.
  public func append(_ edge: MapEdge, to text: inout TextBuffer) {
    text.append(#"{"schema":"sockeye/1","edge":{"source":"#)
    appendObject(edge.source, to: &text)
    text.append(#","target":"#)
    appendObject(edge.target, to: &text)
    text.append(#","transport":"#)
    text.append(json: edge.protocol.mapName)
    text.field(#","port":"#, edge.port)
    text.field(#","connections":"#, UInt64(clamping: edge.count))
    text.field(#","failed":"#, UInt64(clamping: edge.failed))
    text.field(#","bytes_sent":"#, UInt64(clamping: edge.sent))
    text.field(#","bytes_received":"#, UInt64(clamping: edge.received))
    for (name, time) in [(#","first":""# as StaticString, edge.first), (#","last":""#, edge.last)]
    where time > 0 {
      text.append(name)
      text.append(rfc3339: UInt64(clamping: time) &* 1000)
      text.append("\"")
    }
    text.append("}}")
  }

  private func appendObject(_ node: MapNode, to text: inout TextBuffer) {
    text.append(#"{"kind":""#)
    switch node {
    case .named, .process: text.append(terminal: grouping.rawValue)
    case .address: text.append("address")
    case .unknown: text.append("unknown")
    }
    text.append("\"")
    if node != .unknown {
      text.append(#","name":"#)
      text.append(json: node.mapName)
    }
    text.append("}")
  }

  // MARK: CSV

  public static let csvHeader: StaticString =
    "source,target,transport,port,connections,failed,bytes_sent,bytes_received,first,last\n"

  public func append(csv edge: MapEdge, to text: inout TextBuffer) {
    for node in [edge.source, edge.target] {
      text.append(csv: node.mapName)
      text.append(",")
    }
    text.append(terminal: edge.protocol.mapName)
    for value in [Int64(edge.port), edge.count, edge.failed, edge.sent, edge.received] {
      text.append(",")
      text.append(decimal: Int(value))
    }
    for time in [edge.first, edge.last] {
      text.append(",")
      if time > 0 { text.append(rfc3339: UInt64(clamping: time) &* 1000) }
    }
    text.append("\n")
  }

  // MARK: DOT

  /// A directed graph for Graphviz: programs are boxes, addresses ellipses.
  public func append(dot edges: [MapEdge], to text: inout TextBuffer) {
    var numbers: [MapNode: Int] = [:]
    text.append("digraph sockeye {\n  rankdir=LR;\n  node [fontname=\"sans-serif\"];\n")
    for edge in edges {
      for node in [edge.source, edge.target] where numbers[node] == nil {
        numbers[node] = numbers.count
        text.append("  n")
        text.append(decimal: numbers.count - 1)
        text.append(" [label=")
        text.append(dot: node.mapName)
        if case .address = node { text.append("];\n") } else { text.append(", shape=box];\n") }
      }
    }
    for edge in edges {
      text.append("  n")
      text.append(decimal: numbers[edge.source] ?? 0)
      text.append(" -> n")
      text.append(decimal: numbers[edge.target] ?? 0)
      text.append(" [label=\"")
      text.append(terminal: edge.protocol.mapName)
      text.append(" ")
      text.append(decimal: edge.port)
      text.append(", ")
      text.append(decimal: Int(edge.count))
      text.append(edge.failed > 0 ? "\", style=dashed];\n" : "\"];\n")
    }
    text.append("}\n")
  }

  // MARK: The allow-list

  /// Each pair of ends with protocol and port once, as YAML whose strings are JSON's.
  public func append(policy edges: [MapEdge], to text: inout TextBuffer) {
    text.append(
      "# Connections that were seen. Names are exact; to: also takes a network such as 10.0.0.0/8; any is a wildcard.\n"
    )
    text.append("by: ")
    text.append(terminal: grouping.rawValue)
    text.append("\nallow:\n")
    for edge in edges {
      text.append("  - from: ")
      appendName(edge.source, to: &text)
      text.append("\n    to: ")
      appendName(edge.target, to: &text)
      text.append("\n    protocol: ")
      text.append(terminal: edge.protocol.mapName)
      text.append("\n    port: ")
      text.append(decimal: edge.port)
      text.append("\n")
    }
  }

  private func appendName(_ node: MapNode, to text: inout TextBuffer) { text.append(json: node.mapName) }
}

extension MapNode {
  /// What every view prints, not yet escaped.
  public var mapName: RawText {
    switch self {
    case .named(let name): return name
    case .process(let id): return RawText("process #\(id)")
    case .unknown: return "(unknown)"
    case .address(let address):
      var text = TextBuffer()
      text.append(address)
      return RawText(text.contents)
    }
  }
}

extension SocketProtocol {
  /// `tcp`, or the number of one that has no name here.
  public var mapName: String {
    switch self {
    case .tcp: "tcp"
    case .udp: "udp"
    case .icmp: "icmp"
    case .icmp6: "icmp6"
    case .sctp: "sctp"
    case .udplite: "udplite"
    case .mptcp: "mptcp"
    default: "\(rawValue)"
    }
  }
}

extension TextBuffer {
  /// A quoted string of DOT. What a terminal must not see is escaped; every backslash is doubled, for DOT has escapes of its
  /// own (`\N` is the node's name).
  fileprivate mutating func append(dot name: RawText) {
    var escaped = TextBuffer()
    escaped.append(terminal: name)
    append("\"")
    for byte in escaped.contents {
      if byte == UInt8(ascii: "\\") || byte == UInt8(ascii: "\"") { append("\\") }
      append(byte: byte)
    }
    append("\"")
  }
}
