import Model
import ViewText

/// Sockets as RFC 4180 rows, one a line. Unknown is an empty cell.
struct CSVWriter {
  static let header: StaticString = """
    netns,cookie,inode,family,type,transport,state,direction,local_address,local_port,peer_address,peer_port,\
    path,peer_inode,interface,receive_queue,send_queue,socket_uid,unheld_reason,holders,rtt_us,total_retransmits,\
    bytes_sent,bytes_received,community_id,pid,entity_id,start,name,executable,args,working_directory,tty,uid,user,\
    parent_pid,parent_name,unit,container_id,container_runtime,container_name,evidence

    """
  private static let processColumns = 16

  private let snapshot: Snapshot
  /// Columns `pid` to `container_name`, with a comma behind each; empty until needed.
  private var processes: [[UInt8]]
  private let states: [[UInt8]]
  /// By process: reading one from a whole `Process` would copy it.
  private let pids: [Int32]
  private let evidence: [UInt8]

  private init(_ snapshot: Snapshot) {
    self.snapshot = snapshot
    pids = snapshot.processes.map(\.identity.pid.rawValue)
    processes = [[UInt8]](repeating: [], count: snapshot.processes.count)
    var states = [[UInt8]](repeating: [], count: 16)
    for state in SocketState.allCases { states[Int(state.rawValue)] = Array(state.name.utf8) }
    self.states = states
    evidence = Array((snapshot.evidence.rawValue + "\n").utf8)
  }

  static func write(_ snapshot: Snapshot, sockets: some Sequence<Int>, to sink: TextBuffer.Sink) -> Bool {
    var writer = CSVWriter(snapshot)
    var text = TextBuffer(reserving: TextBuffer.chunkSize + 16 * 1024)
    text.append(header)
    for index in sockets {
      let socket = snapshot.sockets[index]
      writer.appendSocket(socket, to: &text)
      writer.appendProcess(of: socket, to: &text)
      text.append(writer.evidence)
      if !text.flushIfFull(to: sink) { return false }
    }
    return text.flush(to: sink)
  }

  private func appendSocket(_ socket: Socket, to text: inout TextBuffer) {
    text.cell(unlessZero: UInt64(socket.netns.rawValue))
    text.cell(unlessZero: socket.cookie.rawValue)
    text.cell(unlessZero: socket.inode)
    switch socket.family {
    case .inet: text.append("inet,")
    case .inet6: text.append("inet6,")
    default: text.cell(socket.family.name)
    }
    text.cell(socket.type.name)
    text.cell(socket.table.name)
    text.append(states[Int(socket.state.rawValue)])
    switch socket.origin {
    case .connect: text.append(",outbound,")
    case .accept: text.append(",inbound,")
    default: text.append(",,")
    }
    appendAddresses(socket, to: &text)
    text.cell(unlessZero: UInt64(socket.interfaceIndex))
    text.cell(socket.receiveQueue.map(UInt64.init))
    text.cell(socket.sendQueue.map(UInt64.init))
    text.cell(socket.userID.map(UInt64.init))
    text.cell(socket.holdingCount == 0 ? socket.absence.name : nil)
    appendHolders(socket, to: &text)
    let tcp = snapshot.detail(of: socket)?.tcp
    text.cell(tcp.map { UInt64($0.roundTripMicroseconds) })
    text.cell(tcp.map { UInt64($0.totalRetransmits) })
    text.cell(tcp?.sentBytes)
    text.cell(tcp?.receivedBytes)
    if socket.isConnected { _ = CommunityID.append(of: socket, to: &text) }
    text.append(",")
  }

  private func appendAddresses(_ socket: Socket, to text: inout TextBuffer) {
    if socket.family.isInternet {
      appendEndpoint(socket.local, to: &text)
      if socket.isConnected || !socket.peer.address.isUnspecified {
        appendEndpoint(socket.peer, to: &text)
      } else {
        text.append(",,")
      }
    } else {
      text.append(",,,,")
    }
    if let name = snapshot.name(of: socket) {
      text.append(csv: name.bytes.first == 0 ? RawText([0x40] + name.bytes.dropFirst()) : name)
    }
    text.append(",")
    text.cell(unlessZero: socket.peerInode)
  }

  private func appendEndpoint(_ endpoint: Endpoint, to text: inout TextBuffer) {
    text.append(endpoint.address)
    text.append(",")
    text.append(decimal: endpoint.port)
    text.append(",")
  }

  /// `823:3:7 900:4`: holders by a space, each with pid and descriptors.
  private func appendHolders(_ socket: Socket, to text: inout TextBuffer) {
    var last: Int32 = -1
    for holding in snapshot.holdings(of: socket) {
      if holding.process != last {
        if last >= 0 { text.append(" ") }
        text.append(decimal: pids[Int(holding.process)])
        last = holding.process
      }
      text.append(":")
      text.append(decimal: holding.descriptor)
    }
    text.append(",")
  }

  private mutating func appendProcess(of socket: Socket, to text: inout TextBuffer) {
    guard socket.holdingCount > 0 else {
      text.append(repeating: UInt8(ascii: ","), count: CSVWriter.processColumns)
      return
    }
    let index = Int(snapshot.holdings[Int(socket.firstHolding)].process)
    if processes[index].isEmpty { processes[index] = CSVWriter.cells(of: snapshot.processes[index]) }
    text.append(processes[index])
  }

  private static func cells(of process: Process) -> [UInt8] {
    var text = TextBuffer()
    text.append(decimal: process.identity.pid.rawValue)
    text.append(",")
    text.cell(process.entityID)
    if let start = process.startWallNanoseconds { text.append(rfc3339: start) }
    text.append(",")
    text.cell(process.name)
    text.cell(process.executable)
    text.cell(process.arguments.map { RawText(Array($0.map(\.bytes).joined(separator: [0x20]))) })
    text.cell(process.workingDirectory)
    text.cell(process.terminal)
    text.cell(process.user.map { UInt64($0.id) })
    text.cell(process.user?.name)
    text.append(decimal: process.parentPID.rawValue)
    text.append(",")
    let parent = process.ancestors.first { $0.identity.pid == process.parentPID }
    text.cell(parent?.name)
    text.cell(process.systemdUnit)
    text.cell(process.container?.id)
    text.cell(process.container?.runtime)
    text.cell(process.container?.name)
    return text.contents
  }
}

// A cell and the comma behind it.
extension TextBuffer {
  fileprivate mutating func cell(_ value: UInt64?) {
    if let value { append(decimal: value) }
    append(",")
  }
  fileprivate mutating func cell(unlessZero value: UInt64) { cell(value == 0 ? nil : value) }
  fileprivate mutating func cell(_ value: String?) {
    if let value { append(csv: value) }
    append(",")
  }
  fileprivate mutating func cell(_ value: RawText?) {
    if let value { append(csv: value) }
    append(",")
  }
}
