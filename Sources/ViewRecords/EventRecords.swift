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
    text.append(event.outcome == .success ? #","outcome":"success""# : #","outcome":"failure""#)
    text.field(#","reason":"#, event.reason)
    appendDuration(event, to: &text)
    text.append("}")
    if let socket = event.socket { append(socket, to: &text) }
    appendDetail(event, to: &text)
    if let process = event.process {
      text.append(#","process":"#)
      append(process, event, to: &text)
    }
    if let process = event.peerProcess {
      text.append(#","peer_process":"#)
      text.append(json: process)
    }
    text.append(#","evidence":""#)
    text.append(terminal: event.evidence.rawValue)
    text.append("\"}\n")
  }

  private func appendDuration(_ event: Event, to text: inout TextBuffer) {
    var duration = event.socket?.durationNanoseconds
    if case .exit(let exit) = event.detail { duration = exit.durationNanoseconds }
    if let duration { text.field(#","duration_ns":"#, duration) }
  }

  private func append(_ facts: EventSocketFacts, to text: inout TextBuffer) {
    let socket = facts.plain
    text.append(",")
    sockets.appendSocket(socket, to: &text)
    sockets.appendNetwork(socket, to: &text)
    appendCounts(facts, to: &text)
  }

  /// `"tcp":{…}`, of other protocols `"flow":{…}`.
  private func appendCounts(_ facts: EventSocketFacts, to text: inout TextBuffer) {
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
    text.append(#"},"resolved_ip":["#)
    for (index, address) in answer.addresses.enumerated() {
      text.append(index == 0 ? "\"" : ",\"")
      text.append(address)
      text.append("\"")
    }
    text.append("]}")
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
