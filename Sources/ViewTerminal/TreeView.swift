import Model
import ViewText

/// `sockeye list --tree`: the sockets beneath their processes, and these beneath their ancestors.
public struct TreeView {
  private struct Node {
    var identity: ProcessIdentity
    var name: RawText
    /// Index into `Snapshot.processes`; -1 for an ancestor of which we know no more than its name.
    var process = -1
    var children: [Int] = []
    var sockets: [Int] = []
    var isChild = false
  }

  private let snapshot: Snapshot
  private let options: TableOptions
  private var nodes: [Node] = []
  private var positions: [ProcessIdentity: Int] = [:]
  private var unheld: [Int] = []
  private var cells: CellWriter

  /// Writes `sockets`, indices into `snapshot.sockets`. A shared socket stands beneath its main holder, with the number
  /// of the others. False when the sink wants no more.
  @discardableResult
  public static func write(
    _ snapshot: Snapshot, sockets: [Int], _ options: TableOptions, to sink: TextBuffer.Sink
  ) -> Bool {
    var view = TreeView(snapshot, options)
    view.build(sockets)
    return view.writeAll(to: sink)
  }

  private init(_ snapshot: Snapshot, _ options: TableOptions) {
    self.snapshot = snapshot
    self.options = options
    cells = CellWriter(snapshot)
  }

  private mutating func build(_ sockets: [Int]) {
    var nodeOfProcess = [Int](repeating: -1, count: snapshot.processes.count)
    for index in sockets {
      let socket = snapshot.sockets[index]
      if socket.holdingCount == 0 {
        unheld.append(index)
        continue
      }
      let process = Int(snapshot.holdings[Int(socket.firstHolding)].process)
      if nodeOfProcess[process] < 0 { nodeOfProcess[process] = addLineage(ofProcessAt: process) }
      nodes[nodeOfProcess[process]].sockets.append(index)
    }
  }

  /// The node of a process, hung beneath its ancestors.
  private mutating func addLineage(ofProcessAt index: Int) -> Int {
    let process = snapshot.processes[index]
    var child = node(process.identity, process.name)
    let found = child
    nodes[found].process = index
    for ancestor in process.ancestors {
      if nodes[child].isChild { break }
      let parent = node(ancestor.identity, ancestor.name)
      if parent == child { break }
      nodes[child].isChild = true
      nodes[parent].children.append(child)
      child = parent
    }
    return found
  }

  private mutating func node(_ identity: ProcessIdentity, _ name: RawText) -> Int {
    if let position = positions[identity] { return position }
    positions[identity] = nodes.count
    nodes.append(Node(identity: identity, name: name))
    return nodes.count - 1
  }

  // MARK: Printing

  private mutating func writeAll(to sink: TextBuffer.Sink) -> Bool {
    var text = TextBuffer(reserving: TextBuffer.chunkSize + 4096)
    let roots = nodes.indices.filter { !nodes[$0].isChild }.sorted(by: inOrder)
    // Depth first, without recursion: an attacker chooses how deep a tree is.
    var stack = roots.reversed().map { (node: $0, indent: [UInt8](), isLast: true, isRoot: true) }
    while let (node, indent, isLast, isRoot) = stack.popLast() {
      let children = nodes[node].children.sorted(by: inOrder)
      appendProcess(node, indent, isLast, isRoot, to: &text)
      let deeper = isRoot ? [] : indent + Array((isLast ? "   " : "│  ").utf8)
      for (position, socket) in nodes[node].sockets.enumerated() {
        let isLastEntry = children.isEmpty && position == nodes[node].sockets.count - 1
        appendSocket(socket, deeper, isLastEntry, to: &text)
        if !text.flushIfFull(to: sink) { return false }
      }
      for child in children.reversed() { stack.append((child, deeper, child == children.last, false)) }
      if !text.flushIfFull(to: sink) { return false }
    }
    return writeUnheld(&text, to: sink)
  }

  private mutating func writeUnheld(_ text: inout TextBuffer, to sink: TextBuffer.Sink) -> Bool {
    if !unheld.isEmpty {
      text.append("no process\n", .bold, if: options.isColored)
      for index in unheld {
        appendSocket(index, [], index == unheld.last, to: &text)
        if !text.flushIfFull(to: sink) { return false }
      }
    }
    return text.flush(to: sink)
  }

  private func inOrder(_ left: Int, _ right: Int) -> Bool {
    (nodes[left].identity.pid, nodes[left].identity.startTicks)
      < (nodes[right].identity.pid, nodes[right].identity.startTicks)
  }

  /// `├─ nginx[812]  root  nginx.service`
  private func appendProcess(
    _ node: Int, _ indent: [UInt8], _ isLast: Bool, _ isRoot: Bool, to text: inout TextBuffer
  ) {
    appendBranch(indent, isLast, isRoot, to: &text)
    var line = TextBuffer()
    let style: Style = nodes[node].process < 0 ? .plain : .bold
    _ = line.append(terminal: nodes[node].name)
    line.append(bracketed: nodes[node].identity.pid)
    if nodes[node].process >= 0 {
      let process = snapshot.processes[nodes[node].process]
      if let user = process.user {
        line.append("  ")
        _ = line.append(user: user)
      }
      if let unit = process.systemdUnit {
        line.append("  ")
        _ = line.append(terminal: unit)
      }
      if let container = process.container {
        line.append("  ")
        _ = line.append(container: container)
      }
    }
    append(line, after: isRoot ? 0 : columns(indent) + 3, style, to: &text)
  }

  /// `├─ tcp established 10.0.0.1:1 → 10.0.0.2:2`
  private mutating func appendSocket(
    _ index: Int, _ indent: [UInt8], _ isLast: Bool, to text: inout TextBuffer
  ) {
    let socket = snapshot.sockets[index]
    appendBranch(indent, isLast, false, to: &text)
    var line = TextBuffer()
    line.append(table: socket.table)
    line.append(" ")
    _ = cells.append(.state, of: socket, isWide: false, to: &line)
    line.append(" ")
    _ = cells.append(.local, of: socket, isWide: false, to: &line)
    if socket.isConnected || socket.peerInode != 0 {
      switch socket.origin {
      case .connect: line.append(" → ")
      case .accept: line.append(" ← ")
      default: line.append(" ↔ ")
      }
      _ = cells.append(.peer, of: socket, isWide: false, to: &line)
    }
    if socket.holdingCount == 0 {
      line.append("  ")
      line.append(socket.absence.words)
    } else {
      line.append("  fd ")
      _ = cells.append(.fd, of: socket, isWide: false, to: &line)
      appendOthers(socket, to: &line)
    }
    append(line, after: columns(indent) + 3, .of(socket.state), to: &text)
  }

  private mutating func appendOthers(_ socket: Socket, to line: inout TextBuffer) {
    let holdings = snapshot.holdings(of: socket)
    var last = holdings.first?.process ?? -1
    var isFirst = true
    for holding in holdings where holding.process != last {
      last = holding.process
      line.append(isFirst ? "  also " : ", ")
      isFirst = false
      _ = cells.appendName(ofProcessAt: Int(holding.process), to: &line)
    }
  }

  private func appendBranch(_ indent: [UInt8], _ isLast: Bool, _ isRoot: Bool, to text: inout TextBuffer) {
    if isRoot { return }
    text.append(indent)
    text.append(isLast ? "└─ " : "├─ ")
  }

  private func columns(_ indent: [UInt8]) -> Int { DisplayWidth.of(indent.span) }

  private func append(_ line: TextBuffer, after used: Int, _ style: Style, to text: inout TextBuffer) {
    text.begin(style, if: options.isColored)
    if let width = options.width, !options.isWide {
      _ = text.append(elided: line.contents.span, to: max(8, width - used))
    } else {
      text.append(line.contents)
    }
    text.end(style, if: options.isColored)
    text.append("\n")
  }
}
