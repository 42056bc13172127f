import Model
import ViewText

/// `sockeye watch -o jsonl`: a record of the schema `sockeye/1` an event, with `event` and `@timestamp`.
public struct EventRecords {
  private let sockets = JSONSocketWriter(Snapshot())

  public init() {}

  /// One record and a newline.
  public func append(_ event: Event, to text: inout TextBuffer) {
    text.append(#"{"schema":"sockeye/1","@timestamp":""#)
    text.append(rfc3339: event.wallNanoseconds)
    text.append(#"","event":{"action":""#)
    text.append(terminal: event.action.rawValue)
    text.append(#"","sequence":"#)
    text.append(decimal: event.sequence)
    text.append(#","boot_time_ns":"#)
    text.append(decimal: event.bootNanoseconds)
    text.append(#","outcome":""#)
    text.append(terminal: event.outcome.rawValue)
    text.append("\"")
    text.field(#","reason":"#, event.reason)
    appendDuration(event, to: &text)
    text.append("}")
    if let socket = event.socket { append(socket, event, to: &text) }
    appendDetail(event, to: &text)
    if let process = event.process {
      text.append(#","process":"#)
      append(process, event, to: &text)
    }
    if let process = event.peerProcess {
      text.append(#","peer_process":"#)
      text.append(json: process)
    }
    text.appendThreat(event.hits)
    text.append(#","evidence":""#)
    text.append(terminal: event.evidence.rawValue)
    text.append("\"}\n")
  }

  private func appendDuration(_ event: Event, to text: inout TextBuffer) {
    var duration = event.socket?.durationNanoseconds
    if case .exit(let exit) = event.detail { duration = exit.durationNanoseconds }
    if let duration { text.field(#","duration_ns":"#, duration) }
  }

  private func append(_ facts: EventSocketFacts, _ event: Event, to text: inout TextBuffer) {
    // Only unix sockets have names, which live in a snapshot.
    let isUnix = facts.family == .unix
    let snapshot = isUnix ? event.snapshot : Snapshot()
    var socket = snapshot.sockets.first ?? facts.plain
    socket.userID = nil
    var sockets = isUnix ? JSONSocketWriter(snapshot) : sockets
    text.append(",")
    sockets.appendSocket(socket, to: &text)
    sockets.appendNetwork(socket, facts.peerName, to: &text)
    if let address = facts.peerHardware {
      text.truncate(to: text.count - 1)
      text.append(#","peer":{"mac":""#)
      append(address, to: &text)
      text.append(#""}}"#)
    }
    Self.appendCounts(facts, to: &text)
  }

  /// As ECS writes it (RFC 7042): `00-00-5E-00-53-23`.
  private func append(_ address: HardwareAddress, to text: inout TextBuffer) {
    for (index, byte) in address.bytes.enumerated() {
      if index > 0 { text.append("-") }
      for digit in [byte >> 4, byte & 15] { text.append(terminal: String(digit, radix: 16, uppercase: true)) }
    }
  }

  /// `"tcp":{…}`, of other protocols `"flow":{…}`.
  static func appendCounts(_ facts: EventSocketFacts, to text: inout TextBuffer) {
    guard let sent = facts.sentBytes, let received = facts.receivedBytes else { return }
    text.append(facts.protocol == .tcp ? #","tcp":{"bytes_sent":"# : #","flow":{"bytes_sent":"#)
    text.append(decimal: sent)
    text.field(#","bytes_received":"#, received)
    if let count = facts.sentPackets { text.field(#","packets_sent":"#, count) }
    if let count = facts.receivedPackets { text.field(#","packets_received":"#, count) }
    if let time = facts.roundTripMicroseconds { text.field(#","rtt_us":"#, time) }
    if let time = facts.minimumRoundTripMicroseconds { text.field(#","min_rtt_us":"#, time) }
    if let count = facts.retransmits { text.field(#","retransmits":"#, count) }
    text.append("}")
  }

  private func appendDetail(_ event: Event, to text: inout TextBuffer) {
    switch event.detail {
    case .none, .exit, .thread: break
    case .execFailed(let name):
      text.field(#","exec":{"path":"#, name)
      text.append("}")
    case .module(let module): append(module, to: &text)
    case .dns(let answer): append(answer, to: &text)
    case .folded(let facts): append(facts, event, to: &text)
    case .credentials(let change): append(change, to: &text)
    case .namespaces(let change): append(change, to: &text)
    case .gap(let loss):
      text.append(#","gap":{"kind":""#)
      text.append(terminal: loss.stage.rawValue)
      text.field(#"","count":"#, loss.count)
      text.append(#","from":""#)
      text.append(rfc3339: loss.fromWallNanoseconds)
      text.append(#"","to":""#)
      text.append(rfc3339: loss.toWallNanoseconds)
      text.append(#""}"#)
    }
  }

  private func append(_ folded: FoldedFacts, _ event: Event, to text: inout TextBuffer) {
    text.field(#","folded":{"count":"#, folded.count)
    text.field(#","failures":"#, folded.failures)
    text.field(#","program":"#, folded.program)
    if let count = folded.sentBytes { text.field(#","bytes_sent":"#, count) }
    if let count = folded.receivedBytes { text.field(#","bytes_received":"#, count) }
    if let end = folded.end {
      text.append(#","end":{"address":""#)
      text.append(end.address)
      text.field(#"","port":"#, end.port)
      text.append("}")
    }
    text.append(#","from":""#)
    text.append(rfc3339: folded.fromWallNanoseconds)
    text.append(#"","to":""#)
    text.append(rfc3339: event.wallNanoseconds)
    text.append(#""}"#)
  }

  private func append(_ module: ModuleFacts, to text: inout TextBuffer) {
    text.append(#","dll":{"address":"0x"#)
    text.append(hex: module.address)
    text.field(#"","size":"#, module.size)
    text.field(#","path":"#, module.path)
    if !module.buildID.isEmpty {
      text.append(#","build_id":""#)
      for byte in module.buildID { text.append(hex: UInt64(byte), digits: 2) }
      text.append("\"")
    }
    text.append("}")
  }

  private func append(_ answer: NameAnswer, to text: inout TextBuffer) {
    text.append(#","dns":{"question":{"name":"#)
    text.append(json: answer.question)
    text.append(#"},"response_code":"#)
    text.append(decimal: answer.responseCode)
    text.append(#","resolved_ip":["#)
    for (index, address) in answer.addresses.enumerated() {
      text.append(index == 0 ? "\"" : ",\"")
      text.append(address)
      text.append("\"")
    }
    text.append("]}")
  }

  /// `"credentials":{"thread_id":7,"user":{"old":{…},"new":{…}}}`: only what has changed.
  private func append(_ change: CredentialChange, to text: inout TextBuffer) {
    text.append(#","credentials":{"thread_id":"#)
    text.append(decimal: change.thread)
    if change.before.user != change.after.user {
      text.append(#","user":"#)
      append(change.before.user, change.after.user, to: &text)
    }
    if change.before.group != change.after.group {
      text.append(#","group":"#)
      append(change.before.group, change.after.group, to: &text)
    }
    text.append("}")
  }

  private func append(_ before: IDSet, _ after: IDSet, to text: inout TextBuffer) {
    for (ids, name) in [(before, #"{"old":{"real":"# as StaticString), (after, #","new":{"real":"#)] {
      text.field(name, ids.real)
      text.field(#","effective":"#, ids.effective)
      text.field(#","saved":"#, ids.saved)
      text.field(#","file_system":"#, ids.fileSystem)
      text.append("}")
    }
    text.append("}")
  }

  private func append(_ change: NamespaceChange, to text: inout TextBuffer) {
    text.append(#","namespaces":{"thread_id":"#)
    text.append(decimal: change.thread)
    for step in change.steps {
      text.append(",\"")
      text.append(terminal: step.kind)
      text.field(#"":{"old":"#, step.before)
      text.field(#","new":"#, step.after)
      text.append("}")
    }
    text.append("}")
  }

  /// The process, with what this event alone says of it.
  private func append(_ process: Process, _ event: Event, to text: inout TextBuffer) {
    text.append(json: process)
    let end = text.count
    text.truncate(to: end - 1)
    if process.areArgumentsCut { text.append(#","args_truncated":true"#) }
    switch event.detail {
    case .exit(let exit):
      text.field(#","exit_code":"#, exit.code)
      if let signal = exit.signal { text.field(#","signal":"#, signal) }
      if exit.dumpedCore { text.append(#","core_dumped":true"#) }
      if let time = exit.cpuNanoseconds { text.field(#","cpu_ns":"#, time) }
    case .thread(let thread):
      text.append(#","thread":{"id":"#)
      text.append(decimal: thread.id)
      text.field(#","name":"#, thread.name)
      if let time = thread.cpuNanoseconds { text.field(#","cpu_ns":"#, time) }
      text.append("}")
    default: break
    }
    text.append("}")
  }
}
