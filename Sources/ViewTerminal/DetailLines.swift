import Model
import ViewText

/// The lines beneath a row: `--info`, `--memory`, `--timers`.
///
/// Each is indented, begins with its kind, and breaks between items rather than at the edge of the terminal.
public struct DetailLines: OptionSet, Sendable {
  public let rawValue: UInt8
  public init(rawValue: UInt8) { self.rawValue = rawValue }
  public static let info = DetailLines(rawValue: 1)
  public static let memory = DetailLines(rawValue: 2)
  public static let timers = DetailLines(rawValue: 4)

  func append(of socket: Socket, in snapshot: Snapshot, width: Int?, to text: inout TextBuffer) {
    guard let detail = snapshot.detail(of: socket) else { return }
    if contains(.info), let tcp = detail.tcp {
      var lines = ItemLines(label: "tcp", width: width)
      lines.appendItems(of: tcp, to: &text)
      lines.end(&text)
    }
    if contains(.memory), let memory = detail.memory {
      var lines = ItemLines(label: "memory", width: width)
      lines.appendItems(of: memory, to: &text)
      lines.end(&text)
    }
    if contains(.timers), let timer = detail.timer, timer.kind != .none {
      var lines = ItemLines(label: "timer", width: width)
      lines.item(&text) { $0.append(timer: timer) }
      lines.end(&text)
    }
  }
}

/// Items side by side, with a new line where the next one would not fit.
struct ItemLines {
  private let label: StaticString
  private let width: Int
  private var used = 0
  private static let indent = 4

  init(label: StaticString, width: Int?) {
    self.label = label
    self.width = width ?? .max
  }

  /// Appends what `body` appends (ASCII) as the next item.
  mutating func item(_ text: inout TextBuffer, _ body: (inout TextBuffer) -> Void) {
    var item = TextBuffer()
    body(&item)
    if used == 0 {
      text.append(repeating: 0x20, count: ItemLines.indent)
      text.append(label)
      text.append(":")
      used = ItemLines.indent + label.utf8CodeUnitCount + 1
    } else if used + 2 + item.count > width {
      text.append("\n")
      used = ItemLines.indent + label.utf8CodeUnitCount + 1
      text.append(repeating: 0x20, count: used)
    } else {
      text.append(" ")
      used += 1
    }
    text.append(" ")
    text.append(item.contents)
    used += 1 + item.count
  }

  mutating func number(_ name: StaticString, _ value: UInt64, _ text: inout TextBuffer) {
    item(&text) {
      $0.append(name)
      $0.append(decimal: value)
    }
  }
  mutating func positive(_ name: StaticString, _ value: UInt32, _ text: inout TextBuffer) {
    if value > 0 { number(name, UInt64(value), &text) }
  }
  mutating func duration(_ name: StaticString, _ microseconds: UInt64, _ text: inout TextBuffer) {
    item(&text) {
      $0.append(name)
      $0.append(durationMicroseconds: microseconds)
    }
  }
  mutating func size(_ name: StaticString, _ bytes: UInt64, _ text: inout TextBuffer) {
    item(&text) {
      $0.append(name)
      $0.append(size: bytes)
    }
  }
  mutating func rate(_ name: StaticString, _ bytesPerSecond: UInt64, _ text: inout TextBuffer) {
    if bytesPerSecond == 0 || bytesPerSecond == .max { return }
    item(&text) {
      $0.append(name)
      $0.append(bitRate: bytesPerSecond)
    }
  }

  func end(_ text: inout TextBuffer) { if used > 0 { text.append("\n") } }
}

extension ItemLines {
  /// Times first, then volume, then trouble: what is zero and means nothing happened is left out.
  mutating func appendItems(of tcp: TCPInternals, to text: inout TextBuffer) {
    item(&text) {
      $0.append("rtt ")
      $0.append(durationMicroseconds: UInt64(tcp.roundTripMicroseconds))
      $0.append("±")
      $0.append(durationMicroseconds: UInt64(tcp.roundTripVarianceMicroseconds))
    }
    if tcp.minimumRoundTripMicroseconds != .max && tcp.minimumRoundTripMicroseconds > 0 {
      duration("min ", UInt64(tcp.minimumRoundTripMicroseconds), &text)
    }
    duration("rto ", UInt64(tcp.retransmitTimeoutMicroseconds), &text)
    size("sent ", tcp.sentBytes, &text)
    size("received ", tcp.receivedBytes, &text)
    if tcp.congestionName.0 != 0 { item(&text) { _ = $0.append(terminal: tcp.congestionControl) } }
    number("cwnd ", UInt64(tcp.congestionWindow), &text)
    if tcp.slowStartThreshold < 0x7fff_ffff { positive("ssthresh ", tcp.slowStartThreshold, &text) }
    positive("mss ", tcp.sendMaximumSegment, &text)
    positive("pmtu ", tcp.pathMTU, &text)
    rate("pacing ", tcp.pacingRate, &text)
    rate("delivery ", tcp.deliveryRate, &text)
    positive("unacked ", tcp.unackedSegments, &text)
    positive("retransmits ", tcp.totalRetransmits, &text)
    positive("lost ", tcp.lostSegments, &text)
    positive("sacked ", tcp.sackedSegments, &text)
    positive("reordered ", tcp.reorderingSeen, &text)
    positive("backoff ", UInt32(tcp.backoff), &text)
    positive("probes ", UInt32(tcp.probes), &text)
    if tcp.notSentBytes > 0 { size("unsent ", UInt64(tcp.notSentBytes), &text) }
    let idle = min(tcp.lastDataSentMilliseconds, tcp.lastDataReceivedMilliseconds)
    duration("idle ", UInt64(idle) * 1000, &text)
  }

  mutating func appendItems(of memory: SocketMemory, to text: inout TextBuffer) {
    pair("receive ", memory.receiveAllocated, memory.receiveBuffer, &text)
    pair("send ", memory.sendAllocated, memory.sendBuffer, &text)
    size("forward ", UInt64(memory.forwardAllocated), &text)
    size("queued ", UInt64(memory.sendQueued), &text)
    if memory.options > 0 { size("options ", UInt64(memory.options), &text) }
    positive("backlog ", memory.backlog, &text)
    positive("drops ", memory.drops, &text)
  }

  /// `receive 0B of 128KiB`
  private mutating func pair(_ name: StaticString, _ used: UInt32, _ limit: UInt32, _ text: inout TextBuffer)
  {
    item(&text) {
      $0.append(name)
      $0.append(size: UInt64(used))
      $0.append(" of ")
      $0.append(size: UInt64(limit))
    }
  }
}
