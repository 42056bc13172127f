import Model
import ViewText

/// What a table looks like.
public struct TableOptions: Sendable {
  /// Empty: the standard ones.
  public var columns: [Column] = []
  /// Columns of the terminal; nil is no terminal, and no limit.
  public var width: Int?
  /// `-o wide`: nothing is shortened, all holders are named.
  public var isWide = false
  public var isColored = false
  public var hasHeader = true
  /// Lines beneath each row.
  public var details: DetailLines = []
  public init() {}
}

/// The socket table: `sockeye list`.
///
/// Two passes. The first renders each cell into one buffer and notes its columns; then the layout is known; the second
/// copies the cells with padding. Linear in the rows, without a `String` or an allocation for any of them.
public struct SocketTableView {
  private let snapshot: Snapshot
  private let options: TableOptions
  private let columns: [Column]
  private var cells = TextBuffer()
  /// Where each cell ends in `cells`, and its columns on the screen, row by row.
  private var ends: [Int] = []
  private var cellWidths: [Int32] = []

  /// Writes `sockets`, indices into `snapshot.sockets`, in that order. False when the sink wants no more.
  @discardableResult
  public static func write(
    _ snapshot: Snapshot, sockets: [Int], _ options: TableOptions, to sink: TextBuffer.Sink
  ) -> Bool {
    let first = sockets.first.map { snapshot.sockets[$0].netns }
    let hasSeveral = sockets.contains { snapshot.sockets[$0].netns != first }
    var view = SocketTableView(snapshot, options, hasSeveralNamespaces: hasSeveral)
    let natural = view.renderCells(sockets)
    let layout = TableLayout(view.columns, natural: natural, limit: options.isWide ? nil : options.width)
    return view.writeRows(sockets, layout, to: sink)
  }

  private init(_ snapshot: Snapshot, _ options: TableOptions, hasSeveralNamespaces: Bool) {
    self.snapshot = snapshot
    self.options = options
    var columns = options.columns
    if columns.isEmpty {
      columns = options.isWide ? Column.wide : Column.standard
      if hasSeveralNamespaces {
        if !columns.contains(.netns) { columns.insert(.netns, at: columns.count - 2) }
      } else {
        columns.removeAll { $0 == .netns }
      }
    }
    self.columns = columns
  }

  /// Pass one. Returns the widest of each column.
  private mutating func renderCells(_ sockets: [Int]) -> [Int] {
    var widest = columns.map { options.hasHeader ? $0.title.utf8.count : 1 }
    ends.reserveCapacity(sockets.count * columns.count)
    cellWidths.reserveCapacity(sockets.count * columns.count)
    cells = TextBuffer(reserving: sockets.count * 96)
    var writer = CellWriter(snapshot)
    for index in sockets {
      let socket = snapshot.sockets[index]
      for position in columns.indices {
        let width = writer.append(columns[position], of: socket, isWide: options.isWide, to: &cells)
        ends.append(cells.count)
        cellWidths.append(Int32(truncatingIfNeeded: width))
        if width > widest[position] { widest[position] = width }
      }
    }
    return widest
  }

  /// Pass two.
  private func writeRows(_ sockets: [Int], _ layout: TableLayout, to sink: TextBuffer.Sink) -> Bool {
    var text = TextBuffer(reserving: TextBuffer.chunkSize + 4096)
    if options.hasHeader { appendHeader(layout, to: &text) }
    let rightAligned = columns.map(\.isRightAligned)
    for (row, index) in sockets.enumerated() {
      appendRow(row, snapshot.sockets[index], layout, rightAligned, to: &text)
      if !options.details.isEmpty {
        options.details.append(
          of: snapshot.sockets[index], in: snapshot, width: options.isWide ? nil : options.width, to: &text)
      }
      if !text.flushIfFull(to: sink) { return false }
    }
    appendFooter(layout, to: &text)
    return text.flush(to: sink)
  }

  private func appendHeader(_ layout: TableLayout, to text: inout TextBuffer) {
    text.begin(.bold, if: options.isColored)
    for position in layout.shown {
      let title = columns[position].title.utf8.span
      let room = layout.widths[position]
      let isLast = position == layout.shown.last
      let padding = room - title.count
      if columns[position].isRightAligned { text.append(repeating: 0x20, count: padding) }
      _ = text.append(elided: title, to: room)
      if !columns[position].isRightAligned && !isLast { text.append(repeating: 0x20, count: padding) }
      if !isLast { text.append(repeating: 0x20, count: TableLayout.gap) }
    }
    text.end(.bold, if: options.isColored)
    text.append("\n")
  }

  private func appendRow(
    _ row: Int, _ socket: Socket, _ layout: TableLayout, _ rightAligned: [Bool], to text: inout TextBuffer
  ) {
    let first = row * columns.count
    let isOver = socket.state == .timeWait
    if isOver { text.begin(.dim, if: options.isColored) }
    var pending = 0
    for position in layout.shown {
      let cell = first + position
      let start = cell == 0 ? 0 : ends[cell - 1]
      let room = layout.widths[position]
      let width = min(Int(cellWidths[cell]), room)
      let isElided = Int(cellWidths[cell]) > room
      let padding = room - width
      text.append(repeating: 0x20, count: pending + (rightAligned[position] ? padding : 0))
      let style = isOver || !options.isColored ? .plain : style(of: columns[position], socket)
      text.begin(style, if: options.isColored)
      var used = width
      if isElided {
        used = cells.withSlice(start..<ends[cell]) { text.append(elided: $0, to: room) }
      } else {
        text.append(from: cells, start..<ends[cell])
      }
      text.end(style, if: options.isColored)
      // What a halved wide character left over, and the padding, are written only if a cell follows.
      pending = TableLayout.gap + (rightAligned[position] ? 0 : padding) + width - used
    }
    if isOver { text.end(.dim, if: options.isColored) }
    text.append("\n")
  }

  private func style(of column: Column, _ socket: Socket) -> Style {
    switch column {
    case .state: .of(socket.state)
    case .process, .holders: socket.holdingCount == 0 ? .of(socket.absence) : .plain
    default: .plain
    }
  }

  /// Says what the terminal was too narrow for.
  private func appendFooter(_ layout: TableLayout, to text: inout TextBuffer) {
    guard let width = options.width, !layout.hidden.isEmpty || !layout.shortened.isEmpty else { return }
    var line = TextBuffer()
    if !layout.hidden.isEmpty {
      line.append("hidden: ")
      line.append(list: layout.hidden.map(\.rawValue))
      line.append("; ")
    }
    if !layout.shortened.isEmpty {
      line.append("shortened: ")
      line.append(list: layout.shortened.map(\.rawValue))
      line.append("; ")
    }
    line.append("all: -o wide")
    text.begin(.dim, if: options.isColored)
    _ = text.append(elided: line.contents.span, to: width)
    text.end(.dim, if: options.isColored)
    text.append("\n")
  }
}

extension TextBuffer {
  /// Our own words, by commas.
  mutating func append(list words: [String]) {
    for (index, word) in words.enumerated() {
      if index > 0 { append(", ") }
      append(terminal: word)
    }
  }
}
