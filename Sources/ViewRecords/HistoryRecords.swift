import Model
import ViewText

/// Recorded connections as records of the schema `sockeye/1`, with `connection`: when it ended, and how.
public struct HistoryRecords {
  private var sockets = JSONSocketWriter(Snapshot())

  public init() {}

  /// One record, without a newline.
  public mutating func append(_ connection: StoredConnection, to text: inout TextBuffer) {
    text.append(#"{"schema":"sockeye/1","#)
    let snapshot = connection.snapshot
    var socket = snapshot.sockets[0]
    (socket.userID, socket.detailIndex) = (nil, -1)
    if connection.duration != nil { socket.state = .close }
    sockets.appendSocket(
      socket, opened: connection.isOpenedBefore ? nil : UInt64(clamping: connection.opened) &* 1000, to: &text
    )
    sockets.appendNetwork(socket, to: &text)
    if let name = connection.peerName, !socket.peer.address.isUnspecified {
      text.truncate(to: text.count - 2)
      text.field(#","name":"#, name)
      text.append("}}")
    }
    append(outcomeOf: connection, to: &text)
    EventRecords.appendCounts(connection.socket, to: &text)
    if let process = connection.process {
      text.append(#","process":"#)
      text.append(json: process.process)
    }
    if let process = connection.peerProcess {
      text.append(#","peer_process":"#)
      text.append(json: process.process)
    }
    text.appendThreat(connection.hits)
    text.append(#","evidence":""#)
    text.append(terminal: connection.evidence.rawValue)
    text.append("\"}")
  }

  private func append(outcomeOf connection: StoredConnection, to text: inout TextBuffer) {
    text.append(#","connection":{"outcome":""#)
    text.append(terminal: connection.outcomeWord)
    text.append("\"")
    text.field(#","reason":"#, connection.reason)
    if connection.isOpenedBefore {
      text.append(#","opened_before":""#)
      text.append(rfc3339: UInt64(clamping: connection.opened) &* 1000)
      text.append("\"")
    }
    if let closed = connection.closed {
      text.append(#","closed":""#)
      text.append(rfc3339: UInt64(clamping: closed) &* 1000)
      text.append("\"")
    }
    if let duration = connection.duration {
      text.field(#","duration_ns":"#, UInt64(clamping: duration) &* 1000)
    }
    text.append("}")
  }

  /// A gap of the store, without a newline.
  public func append(_ gap: StoredGap, to text: inout TextBuffer) {
    text.append(#"{"schema":"sockeye/1","event":{"action":"gap"},"gap":{"kind":"#)
    text.append(json: gap.kind)
    if let count = gap.count { text.field(#","count":"#, UInt64(clamping: count)) }
    text.append(#","from":""#)
    text.append(rfc3339: UInt64(clamping: gap.began) &* 1000)
    text.append(#"","to":""#)
    text.append(rfc3339: UInt64(clamping: gap.ended) &* 1000)
    text.append(#"","message":"#)
    text.append(json: gap.message)
    text.append("}}")
  }

  // MARK: CSV

  public static let csvHeader: StaticString = """
    opened,closed,duration_us,outcome,reason,direction,transport,local_address,local_port,peer_address,peer_port,\
    peer_name,bytes_sent,bytes_received,netns,cookie,pid,entity_id,name,executable,sha256,args,uid,user,unit,container_id,\
    parent_pid,lineage,peer_pid,peer_process,peer_executable,evidence,watchlist

    """

  /// One row and its newline; unknown is an empty cell.
  public func append(csv connection: StoredConnection, to text: inout TextBuffer) {
    func cell(_ body: (inout TextBuffer) -> Void) {
      body(&text)
      text.append(",")
    }
    func number(_ value: UInt64?) { cell { if let value { $0.append(decimal: value) } } }
    func raw(_ value: RawText?) { cell { if let value { $0.append(csv: value) } } }
    func string(_ value: String?) { cell { if let value { $0.append(csv: value) } } }
    let facts = connection.socket
    cell { if !connection.isOpenedBefore { $0.append(rfc3339: UInt64(clamping: connection.opened) &* 1000) } }
    cell { if let closed = connection.closed { $0.append(rfc3339: UInt64(clamping: closed) &* 1000) } }
    number(connection.duration.map(UInt64.init(clamping:)))
    string(connection.outcomeWord)
    raw(connection.reason)
    string([.unknown: nil, .outbound: "outbound", .inbound: "inbound"][connection.direction] ?? nil)
    string(facts.table.name)
    for end in [facts.local, facts.peer] {
      cell { $0.append(end.address) }
      number(UInt64(end.port))
    }
    raw(connection.peerName)
    number(facts.sentBytes)
    number(facts.receivedBytes)
    number(UInt64(facts.netns.rawValue))
    number(facts.cookie == .unknown ? nil : facts.cookie.rawValue)
    let process = connection.process?.process
    number(process.map { UInt64(clamping: $0.identity.pid.rawValue) })
    string(process?.entityID)
    raw(process?.name)
    raw(process?.executable)
    string(process?.executableHash?.sha256)
    raw(process?.arguments.map { RawText(Array($0.map(\.bytes).joined(separator: [0x20]))) })
    number(process?.user.map { UInt64($0.id) })
    string(process?.user?.name)
    string(process?.systemdUnit)
    string(process?.container?.id)
    number(process.map { UInt64(clamping: $0.parentPID.rawValue) })
    raw(process.flatMap { $0.ancestors.isEmpty ? nil : $0.lineage })
    let peer = connection.peerProcess?.process
    number(peer.map { UInt64(clamping: $0.identity.pid.rawValue) })
    raw(peer?.name)
    raw(peer?.executable)
    string(connection.evidence.rawValue)
    if !connection.hits.isEmpty {
      text.append(csv: connection.hits.map(\.indicator.text).joined(separator: " "))
    }
    text.append("\n")
  }
}

extension Process {
  /// `bash[4200] sshd[4190]`, nearest first.
  fileprivate var lineage: RawText {
    RawText(
      Array(
        ancestors.map { $0.name.bytes + Array("[\($0.identity.pid.rawValue)]".utf8) }.joined(separator: [0x20]
        )))
  }
}
