import Model
import ViewText

extension NetstatSockets {
  /// `keepalive (7199.56/0/0)`: seconds until it fires, retransmits, unanswered probes.
  func appendTimer(of socket: Socket, _ detail: SocketDetail?, to text: inout TextBuffer) {
    guard socket.table == .tcp else { return text.append("off (0.00/0/0)") }
    let timer = detail?.timer
    switch timer?.kind ?? .none {
    case .none: text.append("off (0.00")
    case .retransmit: text.append("on (")
    case .keepalive: text.append("keepalive (")
    case .timeWait: text.append("timewait (")
    case .probe: text.append("probe (")
    }
    if let timer, timer.kind != .none {
      // Clock ticks, which are hundredths of seconds.
      let hundredths = UInt64(timer.expiresMilliseconds / 10)
      text.append(decimal: hundredths / 100)
      text.append(".")
      text.append(decimal: hundredths % 100, digits: 2)
    }
    text.append("/")
    // What the timer itself counts, unless the connection's internals tell both.
    let counted = timer.map { UInt64($0.retransmits) } ?? 0
    let isProbing = timer?.kind == .keepalive || timer?.kind == .probe
    text.append(decimal: detail?.tcp.map { UInt64($0.retransmits) } ?? (isProbing ? 0 : counted))
    text.append("/")
    text.append(decimal: detail?.tcp.map { UInt64($0.probes) } ?? (isProbing ? counted : 0))
    text.append(")")
  }
}
