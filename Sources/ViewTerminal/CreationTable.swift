import Model
import ViewText

/// `sockeye spawn --table` and `--repeat`: the time of each step, in µs.
public enum CreationTable {
  /// A row a process: each column is the time since the point before it.
  public static func append(_ timelines: [CreationTimeline], isColored: Bool, to text: inout TextBuffer) {
    let steps = CreationTimeline.order.dropFirst()
    let titles = ["PID", "PROGRAM"] + steps.map { $0.words.uppercased() } + ["TOTAL"]
    var table = PlainTable(
      titles, alignRight: [false, false] + [Bool](repeating: true, count: steps.count + 1))
    for timeline in timelines {
      var cells = [TextBuffer.made { $0.append(decimal: timeline.pid) }]
      cells.append(.made { $0.append(terminal: timeline.program) })
      for step in steps { cells.append(cell(timeline.duration(to: step))) }
      cells.append(cell(timeline.total))
      table.add(cells)
    }
    table.append(isColored: isColored, to: &text)
  }

  /// A row a step of a program, over all runs.
  public static func append(_ statistics: CreationStatistics, isColored: Bool, to text: inout TextBuffer) {
    var table = PlainTable(
      ["PROGRAM", "STEP TO", "RUNS", "MIN", "MEDIAN", "P99"],
      alignRight: [false, false, true, true, true, true])
    for row in statistics.rows {
      table.add([
        .made { $0.append(terminal: row.program) },
        .made { (text) in
          if let phase = row.phase { text.append(terminal: phase.words) } else { text.append("(whole life)") }
        },
        .number(row.count), cell(row.minimum), cell(row.median), cell(row.percentile99),
      ])
    }
    table.append(isColored: isColored, to: &text)
  }

  private static func cell(_ nanoseconds: UInt64?) -> TextBuffer {
    .made { (text) in
      guard let nanoseconds else { return text.append("-") }
      text.append(decimal: nanoseconds / 1000)
      text.append(".")
      text.append(decimal: nanoseconds % 1000 / 100)
    }
  }
}
