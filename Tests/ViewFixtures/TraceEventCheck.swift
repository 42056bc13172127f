import Foundation

/// Holds a trace file against the "Trace Event Format": its JSON object form, and what a viewer needs to draw it.
public enum TraceEventCheck {
  /// One sentence a violation.
  public static func problems(in data: Data) throws -> [String] {
    guard let object = try JSONSerialization.jsonObject(with: data) as? [String: Any],
      let events = object["traceEvents"] as? [[String: Any]]
    else { return ["no object with traceEvents"] }
    var problems = events.flatMap { Self.problems(of: $0) }
    if !["ms", "ns"].contains(object["displayTimeUnit"] as? String ?? "ms") {
      problems.append("displayTimeUnit")
    }
    let tracks = Dictionary(grouping: events.filter { $0["ph"] as? String == "X" }) {
      "\($0["pid"] ?? 0)/\($0["tid"] ?? 0)"
    }
    for (track, slices) in tracks { problems += crossings(slices).map { "track \(track): \($0)" } }
    problems += flows(events)
    return problems
  }

  private static func number(_ event: [String: Any], _ key: String) -> Double? {
    (event[key] as? NSNumber)?.doubleValue
  }

  private static func problems(of event: [String: Any]) -> [String] {
    let phase = event["ph"] as? String ?? ""
    var problems: [String] = []
    if number(event, "pid") == nil || number(event, "tid") == nil {
      problems.append("\(phase) without pid and tid")
    }
    if event["name"] as? String == nil { problems.append("\(phase) without a name") }
    switch phase {
    case "M":
      let arguments = event["args"] as? [String: Any] ?? [:]
      switch event["name"] as? String {
      case "process_name", "thread_name":
        if arguments["name"] as? String == nil { problems.append("metadata without a name") }
      case "process_labels":
        if arguments["labels"] as? String == nil { problems.append("labels without a text") }
      case "process_sort_index":
        if number(arguments, "sort_index") == nil { problems.append("an order without a number") }
      default: problems.append("metadata")
      }
    case "X":
      if number(event, "ts") ?? -1 < 0 || number(event, "dur") ?? -1 < 0 {
        problems.append("a slice without times")
      }
    case "s", "f":
      if number(event, "ts") == nil || event["id"] == nil { problems.append("a flow without time or id") }
    default: problems.append("phase \(phase)")
    }
    return problems
  }

  /// Slices of a track that overlap without one lying in the other.
  private static func crossings(_ slices: [[String: Any]]) -> [String] {
    let spans = slices.map {
      (start: number($0, "ts") ?? 0, end: (number($0, "ts") ?? 0) + (number($0, "dur") ?? 0))
    }
    .sorted { ($0.start, $1.end) < ($1.start, $0.end) }
    var open: [Double] = []
    var problems: [String] = []
    for span in spans {
      while let end = open.last, end <= span.start + 0.0005 { open.removeLast() }
      if let end = open.last, span.end > end + 0.0015 {
        problems.append("\(span) crosses the end \(end) of another")
      }
      open.append(span.end)
    }
    return problems
  }

  /// Each arrow has a beginning and an end, both inside a slice of their track.
  private static func flows(_ events: [[String: Any]]) -> [String] {
    let slices = events.filter { $0["ph"] as? String == "X" }
    let ends = events.filter { ["s", "f"].contains($0["ph"] as? String ?? "") }
    var problems: [String] = []
    for (id, pair) in Dictionary(grouping: ends, by: { "\($0["id"] ?? "")" }) where pair.count % 2 != 0 {
      problems.append("arrow \(id) has \(pair.count) ends")
    }
    for end in ends {
      let time = number(end, "ts") ?? 0
      let isBound = slices.contains { (slice) in
        let start = number(slice, "ts") ?? 0
        return number(slice, "pid") == number(end, "pid") && number(slice, "tid") == number(end, "tid")
          && start <= time + 0.001
          && time <= start + (number(slice, "dur") ?? 0) + 0.001
      }
      if !isBound { problems.append("an arrow at \(time) ends in no slice") }
    }
    return problems
  }
}
