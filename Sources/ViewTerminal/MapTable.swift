import Model
import ViewText

/// Who talks to whom, for people.
public enum MapTable {
  /// - Parameter names: what the ends of each edge are called, not yet escaped.
  public static func append(
    _ edges: [MapEdge], names: (MapNode) -> RawText, protocols: (SocketProtocol) -> String, isColored: Bool,
    to text: inout TextBuffer
  ) {
    var table = PlainTable(
      ["FROM", "TO", "PROTO", "PORT", "COUNT", "FAILED", "SENT", "RECEIVED", "LAST"],
      alignRight: [false, false, false, true, true, true, true, true, false])
    for edge in edges {
      table.add([
        .made { $0.append(terminal: names(edge.source)) }, .made { $0.append(terminal: names(edge.target)) },
        .made { $0.append(terminal: protocols(edge.protocol)) }, .number(Int(edge.port)),
        .number(Int(edge.count)),
        .number(Int(edge.failed)), .made { $0.append(size: UInt64(clamping: edge.sent)) },
        .made { $0.append(size: UInt64(clamping: edge.received)) },
        .made { if edge.last > 0 { $0.append(shortTime: edge.last) } else { $0.append("now") } },
      ])
    }
    table.append(isColored: isColored, to: &text)
  }
}
