import Model
import ViewText

/// Writes the sockets of a snapshot as records of the schema `sockeye/1`.
///
/// `json` is one array with a record a line, `jsonLines` a record a line; both end with a record for each gap.
/// `csv` has a header and flat columns; gaps have no place in it, so that the caller tells of them elsewhere.
public struct RecordWriter {
  public enum Format: Sendable, CaseIterable { case json, jsonLines, csv }

  private let snapshot: Snapshot
  private var sockets: JSONSocketWriter
  private var details = JSONDetailWriter()
  /// One entry a process, empty until it is needed.
  private var processes: [[UInt8]]
  /// Of sockets that were asked themselves, and agreed or not; and of the others.
  private let askedEvidence = Array(#","evidence":"\#(Evidence.askedSocket.rawValue)"}"#.utf8)
  private let evidence: [UInt8]

  public init(_ snapshot: Snapshot) {
    self.snapshot = snapshot
    sockets = JSONSocketWriter(snapshot)
    processes = [[UInt8]](repeating: [], count: snapshot.processes.count)
    evidence = Array(#","evidence":"\#(snapshot.evidence.rawValue)"}"#.utf8)
  }

  /// Writes `sockets`, indices into `snapshot.sockets`, in that order. False when the sink wants no more.
  public static func write(
    _ snapshot: Snapshot, sockets: some Sequence<Int>, as format: Format, to sink: TextBuffer.Sink
  ) -> Bool {
    if format == .csv { return CSVWriter.write(snapshot, sockets: sockets, to: sink) }
    var writer = RecordWriter(snapshot)
    return writer.write(sockets: sockets, isArray: format == .json, to: sink)
  }

  private mutating func write(
    sockets: some Sequence<Int>, isArray: Bool, to sink: TextBuffer.Sink
  ) -> Bool {
    var text = TextBuffer(reserving: TextBuffer.chunkSize + 16 * 1024)
    if isArray { text.append("[") }
    var isFirst = true
    for index in sockets {
      if isArray { text.append(isFirst ? "\n" : ",\n") }
      isFirst = false
      append(socketAt: index, to: &text)
      if !isArray { text.append("\n") }
      if !text.flushIfFull(to: sink) { return false }
    }
    for gap in snapshot.gaps {
      if isArray { text.append(isFirst ? "\n" : ",\n") }
      isFirst = false
      append(gap, to: &text)
      if !isArray { text.append("\n") }
    }
    if isArray { text.append(isFirst ? "]\n" : "\n]\n") }
    return text.flush(to: sink)
  }

  /// One record, without a newline.
  public mutating func append(socketAt index: Int, to text: inout TextBuffer) {
    let socket = snapshot.sockets[index]
    text.append(#"{"schema":"sockeye/1","#)
    sockets.appendSocket(socket, to: &text)
    sockets.appendNetwork(socket, to: &text)
    if socket.detailIndex >= 0 { details.append(snapshot.details[Int(socket.detailIndex)], to: &text) }
    if socket.holdingCount > 0 {
      text.append(#","process":"#)
      appendProcess(at: Int(snapshot.holdings[Int(socket.firstHolding)].process), to: &text)
    }
    sockets.appendHolders(socket, to: &text)
    text.append(socket.wasAsked ? askedEvidence : evidence)
  }

  private mutating func appendProcess(at index: Int, to text: inout TextBuffer) {
    if processes[index].isEmpty {
      var fragment = TextBuffer()
      fragment.append(json: snapshot.processes[index])
      processes[index] = fragment.contents
    }
    text.append(processes[index])
  }

  /// The answer of `sockeye who`, without a newline: a record as ever, with the hash of the executable, the opening
  /// time, and `peer_process`, the process at the other end; for a process, with its sockets.
  public mutating func append(_ answer: WhoAnswer, to text: inout TextBuffer) {
    switch answer.subject {
    case .socket(let index):
      let socket = snapshot.sockets[index]
      text.append(#"{"schema":"sockeye/1","#)
      sockets.appendSocket(socket, opened: answer.openedWallNanoseconds, to: &text)
      sockets.appendNetwork(socket, to: &text)
      if let detail = snapshot.detail(of: socket) { details.append(detail, to: &text) }
      if let process = snapshot.mainProcess(of: socket) {
        text.append(#","process":"#)
        text.append(json: process, sha256: answer.executableSHA256)
      }
      if let peer = answer.peerSocket, let process = snapshot.mainProcess(of: snapshot.sockets[peer]) {
        text.append(#","peer_process":"#)
        text.append(json: process)
      }
      sockets.appendHolders(socket, to: &text)
    case .process(let index):
      text.append(#"{"schema":"sockeye/1","process":"#)
      text.append(json: snapshot.processes[index], sha256: answer.executableSHA256)
      text.append(#","sockets":["#)
      for (position, socketIndex) in snapshot.sockets(ofProcessAt: index).enumerated() {
        let socket = snapshot.sockets[socketIndex]
        text.append(position > 0 ? ",{" : "{")
        sockets.appendSocket(socket, to: &text)
        sockets.appendNetwork(socket, to: &text)
        text.append("}")
      }
      text.append("]")
    }
    text.append(evidence)
  }

  /// `{"schema":"sockeye/1","event":{"action":"gap",…}}`
  public func append(_ gap: Gap, to text: inout TextBuffer) {
    text.append(#"{"schema":"sockeye/1""#)
    if snapshot.takenWallNanoseconds != 0 {
      text.append(#","@timestamp":""#)
      text.append(rfc3339: snapshot.takenWallNanoseconds)
      text.append(#"""#)
    }
    text.append(#","event":{"action":"gap"},"gap":{"kind":"#)
    text.append(json: gap.kind.rawValue)
    if let count = gap.count {
      text.append(#","count":"#)
      text.append(decimal: count)
    }
    text.append(#","message":"#)
    text.append(json: gap.message)
    text.field(#","remedy":"#, gap.remedy)
    text.append("}}")
  }
}
