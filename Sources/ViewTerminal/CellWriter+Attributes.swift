import Model
import ViewText

// The cells that are not in the standard table.
extension CellWriter {
  func append(_ column: Column, of process: Process, to text: inout TextBuffer) -> Int {
    let start = text.count
    switch column {
    case .pid: text.append(decimal: process.identity.pid.rawValue)
    case .exe: return text.append(optional: process.executable)
    case .args: return process.arguments.map { text.append(arguments: $0) } ?? text.appendUnknown()
    case .cwd: return text.append(optional: process.workingDirectory)
    case .tty: return text.append(optional: process.terminal)
    case .parent: return appendParent(of: process, to: &text)
    case .unit: return text.append(optional: process.systemdUnit)
    case .container: return process.container.map { text.append(container: $0) } ?? text.appendUnknown()
    case .entry: return text.append(optional: process.entry?.kind.rawValue)
    case .started:
      guard let nanoseconds = process.startWallNanoseconds else { return text.appendUnknown() }
      text.append(humanTime: nanoseconds)
    case .age:
      guard let started = process.startWallNanoseconds, snapshot.takenWallNanoseconds >= started else {
        return text.appendUnknown()
      }
      text.append(durationMicroseconds: (snapshot.takenWallNanoseconds - started) / 1000)
    default: return text.appendUnknown()
    }
    return text.count - start
  }

  private func appendParent(of process: Process, to text: inout TextBuffer) -> Int {
    var width = 0
    if let parent = process.ancestors.first, parent.identity.pid == process.parentPID {
      width = text.append(terminal: parent.name)
    }
    let start = text.count
    text.append(bracketed: process.parentPID)
    return width + text.count - start
  }

  func appendAttribute(_ column: Column, of socket: Socket, to text: inout TextBuffer) -> Int {
    let start = text.count
    switch column {
    case .family: text.append(terminal: socket.family.name)
    case .type: text.append(terminal: socket.type.name)
    case .uid: text.append(optional: socket.userID.map(UInt64.init))
    case .netns:
      if let name = namespaceNames[socket.netns] { return text.append(terminal: name) }
      text.append(unlessZero: UInt64(socket.netns.rawValue))
    case .inode: text.append(unlessZero: socket.inode)
    case .cookie: text.append(unlessZero: socket.cookie.rawValue)
    case .origin: return text.append(optional: socket.origin.name)
    case .interface:
      if socket.interfaceIndex == 0 { return text.appendUnknown() }
      return text.append(interface: socket.interfaceIndex, snapshot.interfaceName(of: socket))
    case .mark:
      if socket.mark == 0 { return text.appendUnknown() }
      text.append("0x")
      text.append(hex: UInt64(socket.mark))
    case .cgroup: text.append(unlessZero: socket.cgroupID)
    case .shutdown:
      switch socket.shutdown {
      case []: text.append("-")
      case .receive: text.append("receive")
      case .send: text.append("send")
      default: text.append("both")
      }
    default: return text.appendUnknown()
    }
    return text.count - start
  }

  func appendTransport(_ column: Column, of socket: Socket, to text: inout TextBuffer) {
    guard let detail = snapshot.detail(of: socket) else {
      _ = text.appendUnknown()
      return
    }
    if column == .timer {
      text.append(timer: detail.timer)
      return
    }
    guard let tcp = detail.tcp else {
      _ = text.appendUnknown()
      return
    }
    switch column {
    case .rtt: text.append(durationMicroseconds: UInt64(tcp.roundTripMicroseconds))
    case .minrtt:
      if tcp.minimumRoundTripMicroseconds == .max {
        _ = text.appendUnknown()
      } else {
        text.append(durationMicroseconds: UInt64(tcp.minimumRoundTripMicroseconds))
      }
    case .retrans: text.append(decimal: tcp.totalRetransmits)
    case .sent: text.append(size: tcp.sentBytes)
    case .received: text.append(size: tcp.receivedBytes)
    case .cwnd: text.append(decimal: tcp.congestionWindow)
    case .mss: text.append(decimal: tcp.sendMaximumSegment)
    case .congestion: text.append(terminal: tcp.congestionControl)
    case .pacing:
      if tcp.pacingRate == .max { _ = text.appendUnknown() } else { text.append(bitRate: tcp.pacingRate) }
    default: _ = text.appendUnknown()
    }
  }
}
