import Model
import ViewText

extension NetstatSockets {
  /// Rows of `/proc/net/unix`, a path up to its first blank, as netstat reads it.
  public func appendUnix(
    _ rows: [UnixTableRow], to text: inout TextBuffer, flush: (inout TextBuffer) -> Bool
  ) {
    for row in rows where isShown(row) {
      append(row, references: row.references, to: &text)
      text.append(name: Self.firstWord(row.name))
      text.append("\n")
      if !flush(&text) { return }
    }
  }

  /// `--better`: the sockets of every namespace with their whole paths; `references` are known of one namespace only.
  public func appendEveryUnix(
    _ snapshot: Snapshot, references: [UInt64: UInt32], to text: inout TextBuffer,
    flush: (inout TextBuffer) -> Bool
  ) {
    for socket in snapshot.sockets where socket.family == .unix {
      let row = UnixTableRow(
        inode: socket.inode, type: socket.type,
        state: socket.state == .established ? UnixState.connected : UnixState.unconnected,
        isListening: socket.isListening, references: 0, name: "")
      guard isShown(row) else { continue }
      append(row, references: references[socket.inode], to: &text)
      let start = text.count
      append(socket.netns, snapshot, to: &text)
      text.pad(from: start, to: 10)
      text.append(byte: 0x20)
      if let path = snapshot.name(of: socket) { append(path, to: &text) }
      text.append("\n")
      if !flush(&text) { return }
    }
  }

  private func isShown(_ row: UnixTableRow) -> Bool {
    if options.all { return true }
    let isServer = row.state == UnixState.unconnected && row.isListening
    return isServer == options.listening
  }

  /// `SS_*` of `linux/net.h`.
  private enum UnixState {
    static let free: UInt8 = 0
    static let unconnected: UInt8 = 1
    static let connecting: UInt8 = 2
    static let connected: UInt8 = 3
    static let disconnecting: UInt8 = 4
  }

  /// All up to the path; references that are not known are `-`.
  private func append(_ row: UnixTableRow, references: UInt32?, to text: inout TextBuffer) {
    text.append("unix  ")
    if let references { text.append(decimal: Int(references), left: 6) } else { text.append("-", left: 6) }
    text.append(byte: 0x20)
    text.append(row.isListening ? "[ ACC ]" : "[ ]", left: 11)
    text.append(byte: 0x20)
    text.append(Self.name(of: row.type), left: 10)
    text.append(byte: 0x20)
    text.append(Self.name(of: row.state, row.isListening), left: 13)
    text.append(byte: 0x20)
    text.append(decimal: Int(clamping: row.inode), left: 8)
    appendHolder(ofInode: row.inode, to: &text)
    text.append(byte: 0x20)
  }

  /// A whole path; the NUL of an abstract name as `@`.
  private func append(_ path: RawText, to text: inout TextBuffer) {
    guard path.bytes.first == 0 else { text.append(name: path); return }
    text.append("@")
    text.append(name: RawText(Array(path.bytes.dropFirst())))
  }

  /// What `%s` of scanf(3) takes: blanks in front are skipped, the first one behind ends it.
  private static func firstWord(_ name: RawText) -> RawText {
    func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0d).contains(byte) }
    return RawText(Array(name.bytes.drop(while: isBlank).prefix { !isBlank($0) }))
  }

  private static func name(of type: SocketType) -> StaticString {
    switch type {
    case .stream: "STREAM"
    case .datagram: "DGRAM"
    case .raw: "RAW"
    case SocketType(rawValue: 4): "RDM"
    case .sequencedPacket: "SEQPACKET"
    default: "UNKNOWN"
    }
  }

  private static func name(of state: UInt8, _ isListening: Bool) -> StaticString {
    switch state {
    case UnixState.free: "FREE"
    case UnixState.unconnected: isListening ? "LISTENING" : ""
    case UnixState.connecting: "CONNECTING"
    case UnixState.connected: "CONNECTED"
    case UnixState.disconnecting: "DISCONNECTING"
    default: "UNKNOWN"
    }
  }
}
