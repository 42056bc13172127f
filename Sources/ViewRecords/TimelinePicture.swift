import Model
import ViewText

/// `sockeye spawn --svg FILE`: a row a process; calls in its upper half, what they lead to in its lower; lines from
/// parents to children.
public struct TimelinePicture {
  private static let (left, right, rowHeight, top) = (UInt64(260), UInt64(1240), UInt64(30), UInt64(46))
  private let report: CreationReport
  private let rows: [Int]
  private let span: UInt64
  private var text = TextBuffer()

  private init(_ report: CreationReport) {
    self.report = report
    rows = report.processes.indices.filter {
      report.processes[$0].parent != nil || !report.processes[$0].calls.isEmpty
    }
    span = max(1, report.lastTime &- report.origin)
  }

  public static func write(_ report: CreationReport, to sink: TextBuffer.Sink) -> Bool {
    var picture = TimelinePicture(report)
    picture.draw()
    return picture.text.flush(to: sink)
  }

  private mutating func draw() {
    let bottom = Self.top + UInt64(rows.count) * Self.rowHeight
    let height = bottom + 60
    text.append("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"1280\" height=\"")
    text.append(decimal: height)
    text.append("\" font-family=\"sans-serif\" font-size=\"12\">\n")
    text.append("<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n")
    drawScale(bottom)
    // Behind the bars: of many children they cover much.
    for (row, index) in rows.enumerated() { drawBirth(of: report.processes[index], row: row) }
    for (row, index) in rows.enumerated() { draw(report.processes[index], row: row) }
    drawLegend(height - 22)
    text.append("</svg>\n")
  }

  private mutating func drawLegend(_ y: UInt64) {
    let words: [(CreationSlice.Kind, StaticString)] = [
      (.birth, "call that makes a process"), (.exec, "exec"), (.failedExec, "failed exec"),
      (.phase, "steps of a call"), (.waiting, "waits for a CPU"), (.loading, "loader"), (.main, "main"),
      (.life, "life"),
    ]
    var x = UInt64(8)
    for (kind, word) in words {
      text.append("<rect x=\"")
      text.append(decimal: x)
      text.append("\" y=\"")
      text.append(decimal: y)
      text.append("\" width=\"12\" height=\"12\" fill=\"")
      text.append(kind.color)
      text.append("\"/><text x=\"")
      text.append(decimal: x + 18)
      text.append("\" y=\"")
      text.append(decimal: y + 10)
      text.append("\" fill=\"#555\">")
      text.append(word)
      text.append("</text>\n")
      // Some 7 pixels a letter.
      x += 50 + UInt64(word.utf8CodeUnitCount) * 7
    }
  }

  /// Where a time is, in hundredths of a pixel.
  private func position(_ time: UInt64) -> UInt64 {
    Self.left * 100 + min(span, time &- report.origin) * (Self.right - Self.left) * 100 / span
  }

  /// Above the rows, and below them again.
  private mutating func drawScale(_ bottom: UInt64) {
    // A 1, 2 or 5 with zeros: at most ten marks.
    var step: UInt64 = 1_000
    for factor in ([2, 5, 10] as [UInt64]).cycled(60) where span / step > 10 {
      step = step / leading(step) * factor
    }
    for count in 0...span / step {
      let mark = count * step
      let x = position(report.origin &+ mark)
      text.append("<path d=\"M")
      text.append(hundredths: x)
      text.append(" 26V")
      text.append(decimal: bottom)
      text.append("\" stroke=\"#ddd\"/>")
      for y in [20, bottom + 16] {
        text.append("<text x=\"")
        text.append(hundredths: x)
        text.append("\" y=\"")
        text.append(decimal: y)
        text.append("\" text-anchor=\"middle\" fill=\"#555\">")
        text.append(decimal: mark / (step < 1_000_000 ? 1000 : 1_000_000))
        text.append(step < 1_000_000 ? " µs</text>\n" : " ms</text>\n")
      }
    }
  }

  private func leading(_ value: UInt64) -> UInt64 {
    var digit = value
    while digit >= 10 { digit /= 10 }
    return digit
  }

  private mutating func draw(_ process: CreatedProcess, row: Int) {
    let y = Self.top + UInt64(row) * Self.rowHeight
    text.append("<text x=\"8\" y=\"")
    text.append(decimal: y + 13)
    text.append("\">")
    text.append(decimal: process.pid)
    text.append(" ")
    let name = process.arguments.isEmpty ? [process.name] : process.arguments
    let words = name.map(\.lossyString).joined(separator: " ")
    text.append(xml: words.count > 34 ? String(words.prefix(33)) + "…" : words)
    text.append("</text>\n")
    for slice in report.slices(of: process) where slice.isCall || slice.thread == process.pid {
      draw(slice, y, process)
    }
  }

  private mutating func draw(_ slice: CreationSlice, _ y: UInt64, _ process: CreatedProcess) {
    let (inset, height): (UInt64, UInt64) =
      slice.kind == .life ? (7, 4) : slice.isCall ? (0, 18) : (10, 8)
    let start = position(slice.start)
    text.append("<rect x=\"")
    text.append(hundredths: start)
    text.append("\" y=\"")
    text.append(decimal: y + inset)
    text.append("\" width=\"")
    text.append(hundredths: max(60, position(slice.end) - start))
    text.append("\" height=\"")
    text.append(decimal: height)
    text.append("\" fill=\"")
    text.append(slice.kind.color)
    text.append("\"><title>")
    text.append(xml: slice.name.lossyString)
    text.append(" ")
    text.append(decimal: (slice.end - slice.start) / 1000)
    text.append(" µs, at ")
    text.append(decimal: (slice.start &- report.origin) / 1000)
    text.append(" µs")
    if let index = slice.call {
      for frame in process.calls[index].user.frames {
        text.append("\n")
        text.append(xml: frame.module.lastPathComponent.lossyString + "  " + frame.shortName)
      }
    }
    text.append("</title></rect>\n")
  }

  private mutating func drawBirth(of process: CreatedProcess, row: Int) {
    guard let parent = process.parent, let parentRow = rows.firstIndex(of: parent),
      let born = report.birth(of: process)?.time(of: .born)
    else { return }
    let x = position(born)
    text.append("<path d=\"M")
    text.append(hundredths: x)
    text.append(" ")
    // From far above, a line among hundreds says nothing: its end is enough.
    text.append(decimal: Self.top + UInt64(max(parentRow, row - 20)) * Self.rowHeight + 18)
    text.append("V")
    text.append(decimal: Self.top + UInt64(row) * Self.rowHeight + 9)
    text.append("\" stroke=\"#aaa\" fill=\"none\"/>\n")
  }
}

extension CreationSlice {
  fileprivate var isCall: Bool { call != nil || kind == .life }
}

extension CreationSlice.Kind {
  fileprivate var color: StaticString {
    switch self {
    case .life: "#bbb"
    case .birth: "#3a9d5d"
    case .exec: "#3577c8"
    case .failedExec: "#c8423b"
    case .exit: "#888"
    case .phase: "#e0b040"
    case .waiting: "#cdbfe3"
    case .loading: "#ea8f5a"
    case .main: "#b5d9b0"
    }
  }
}

extension Array {
  /// The elements again and again, `count` in all.
  fileprivate func cycled(_ count: Int) -> [Element] { (0..<count).map { self[$0 % self.count] } }
}

extension TextBuffer {
  /// Hundredths as a decimal fraction.
  fileprivate mutating func append(hundredths value: UInt64) {
    append(decimal: value / 100)
    append(".")
    append(decimal: value % 100, digits: 2)
  }

  /// Character data of XML: names are chosen by who is being watched.
  mutating func append(xml text: String) {
    for scalar in text.unicodeScalars {
      switch scalar {
      case "<": append("&lt;")
      case ">": append("&gt;")
      case "&": append("&amp;")
      case "\"": append("&quot;")
      case "\t", "\n": append(" ")
      default:
        // XML 1.0 has no other control characters; those that turn text around stay out as well.
        let isAllowed =
          scalar.value >= 0x20 && !(0x7f...0x9f).contains(scalar.value)
          && !(0x202a...0x202e).contains(scalar.value)
          && !(0x2066...0x2069).contains(scalar.value) && scalar.value != 0xfffe && scalar.value != 0xffff
        append(Array(String(isAllowed ? Character(scalar) : "\u{fffd}").utf8))
      }
    }
  }
}
