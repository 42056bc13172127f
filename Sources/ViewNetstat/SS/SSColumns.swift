import ViewText

/// The table of ss: fields as wide as the widest of their column, found out block by block.
///
/// ss keeps its output in pieces of a mebibyte and prints when the fifth is begun. Widths therefore come from the first
/// block and grow with later ones; so do they here, and memory is bounded by it.
struct SSColumns {
  /// In their order on the line.
  enum Column: Int, CaseIterable {
    case netid, state, receiveQueue, sendQueue, localAddress, localPort, peerAddress, peerPort, process
    case extra

    var header: StaticString {
      switch self {
      case .netid: "Netid"
      case .state: "State"
      case .receiveQueue: "Recv-Q"
      case .sendQueue: "Send-Q"
      case .localAddress: "Local Address:"
      case .peerAddress: "Peer Address:"
      case .localPort, .peerPort: "Port"
      case .process: "Process"
      case .extra: ""
      }
    }
    var isRightAligned: Bool { self == .localAddress || self == .peerAddress }
    /// Columns of the blank before the field.
    var leading: Int {
      switch self {
      case .state, .receiveQueue, .sendQueue, .localAddress, .peerAddress: 1
      default: 0
      }
    }
  }

  private static let count = Column.allCases.count
  private static let columns = Column.allCases

  private let isEnabled: [Bool]
  /// Of the terminal; nil is none, and then fields are no wider than they must be.
  private let screenWidth: Int?
  private var longest = [Int](repeating: 0, count: count)
  private var current = 0
  /// The fields of the block, one behind the other, and where each ends.
  private(set) var text = TextBuffer()
  private var ends: [Int32] = []
  private var fieldStart = 0
  private var block = Block()
  private var rendered = TextBuffer()
  private let sink: TextBuffer.Sink
  private(set) var isOpen = true

  /// How ss fills its pieces: two bytes before each field, fields at even places.
  private struct Block {
    static let capacity = (1 << 20) - 16
    static let limit = 5
    var pieces = 0
    var used = 0

    mutating func begin() {
      if pieces == 0 {
        pieces = 1
        used = 2
      }
    }
    mutating func add(_ length: Int) {
      if length >= Self.capacity - used && used > 2 {
        pieces += 1
        used = 2
      }
      used += length
      let padding = length & 1
      if Self.capacity - used - padding < 2 {
        pieces += 1
        used = 2
      } else {
        used += padding + 2
      }
    }
  }

  init(hidden: Set<Column>, screenWidth: Int?, sink: @escaping TextBuffer.Sink) {
    isEnabled = Self.columns.map { !hidden.contains($0) }
    self.screenWidth = screenWidth
    self.sink = sink
  }

  // MARK: Writing

  /// Appends to the current field, if its column is shown.
  @inline(__always) mutating func write(_ body: (inout TextBuffer) -> Void) {
    guard isEnabled[current] else { return }
    block.begin()
    body(&text)
  }

  /// Ends the current field; at the end of a line whole blocks are printed.
  mutating func next() {
    if current == Self.count - 1 {
      if block.pieces >= Block.limit { return render() }
      endField()
      current = 0
    } else {
      endField()
      current += 1
    }
  }

  private mutating func endField() {
    guard isEnabled[current] else { return }
    block.begin()
    let length = text.count - fieldStart
    if length > longest[current] { longest[current] = length }
    ends.append(Int32(truncatingIfNeeded: text.count))
    fieldStart = text.count
    block.add(length)
  }

  /// Goes on to `column`, of the next line if it lies behind.
  mutating func go(to column: Column) {
    while current != column.rawValue { next() }
  }

  mutating func header() {
    while current < Self.count - 1 {
      let header = Self.columns[current].header
      write { $0.append(header) }
      next()
    }
  }

  // MARK: Printing

  /// Prints what there is, and begins a new line.
  mutating func render() {
    defer {
      text.removeAll()
      ends.removeAll(keepingCapacity: true)
      fieldStart = 0
      current = 0
      block = Block()
    }
    guard block.pieces > 0, isOpen else { return }
    if isEnabled[current] { ends.append(Int32(truncatingIfNeeded: text.count)) }
    let widths = self.widths()
    var column = widths.firstIndex { $0 > 0 } ?? 0
    var start = 0
    var isLineBegun = false
    for end in ends {
      append(start..<Int(end), column, width: widths[column], isFirst: !isLineBegun)
      start = Int(end)
      isLineBegun = true
      repeat {
        if column == Self.count - 1 {
          rendered.append(byte: 10)
          column = 0
          isLineBegun = false
        } else {
          column += 1
        }
      } while !isEnabled[column]
      if !rendered.flushIfFull(to: sink) {
        isOpen = false
        return
      }
    }
    if isLineBegun { rendered.append(byte: 10) }
    if !rendered.flush(to: sink) { isOpen = false }
  }

  private mutating func append(_ range: Range<Int>, _ index: Int, width: Int, isFirst: Bool) {
    let column = Self.columns[index]
    let leading = isFirst ? 0 : column.leading
    if leading == 1 { rendered.append(byte: 32) }
    let padding = width - leading - range.count
    if column.isRightAligned { rendered.append(repeating: 32, count: padding) }
    rendered.append(from: text, range)
    if !column.isRightAligned { rendered.append(repeating: 32, count: padding) }
  }

  private func widths() -> [Int] {
    var widths = longest
    var isFirst = true
    for index in widths.indices where isEnabled[index] {
      if !isFirst && widths[index] > 0 { widths[index] += Self.columns[index].leading }
      widths[index] = min(widths[index], screenWidth ?? .max)
      if widths[index] > 0 { isFirst = false }
    }
    if let screenWidth { Self.spread(&widths, over: screenWidth) }
    return widths
  }

  /// Puts as many columns on a line of the screen as there is room for, and shares the rest of each line among them.
  private static func spread(_ widths: inout [Int], over screen: Int) {
    var line: [Int] = []
    var length = 0
    let shown = widths.indices.filter { widths[$0] > 0 }
    var position = 0
    while position < shown.count {
      let column = shown[position]
      line.append(column)
      length += widths[column]
      position += 1
      if position < shown.count && length < screen { continue }
      if length > screen && line.count > 1 {
        line.removeLast()
        length -= widths[column]
        position -= 1
      }
      if length < screen {
        let (share, rest) = (screen - length).quotientAndRemainder(dividingBy: line.count)
        for (place, column) in line.reversed().enumerated() {
          widths[column] += share + (place < rest ? 1 : 0)
        }
      }
      line = []
      length = 0
    }
  }
}
