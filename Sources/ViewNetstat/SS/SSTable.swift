import Model
import ViewText

/// Rows of ss, family by family, each as it comes from the kernel.
public struct SSTable {
  let options: SSOptions
  let names: SSNames
  let filter: SSFilter?
  let holders: HolderList
  var columns: SSColumns
  /// Names that were looked up.
  var services: [Service: [UInt8]?] = [:]
  var hosts: [IPAddress: [UInt8]?] = [:]
  /// Which transport a port's name is looked for in; nil is any.
  var transport: String?
  /// The names of protocols stand in place of ports.
  var isRaw = false
  /// SCTP associations share the inode of their endpoint, which comes first.
  var lastInode: UInt64 = 0

  struct Service: Hashable {
    let port: UInt16
    let transport: String?
  }

  /// False once nobody reads any more.
  public var isOpen: Bool { columns.isOpen }

  /// `screenWidth` is the terminal's; nil is none.
  public init(
    _ options: SSOptions, filter: SSFilter?, holders: HolderList, names: SSNames, screenWidth: Int?,
    sink: @escaping TextBuffer.Sink
  ) {
    self.options = options
    self.filter = filter
    self.holders = holders
    self.names = names
    var hidden: Set<SSColumns.Column> = []
    if options.selection.tables.hasOne { hidden.insert(.netid) }
    if options.selection.states.hasOne { hidden.insert(.state) }
    columns = SSColumns(hidden: hidden, screenWidth: screenWidth, sink: sink)
    if options.showsHeader { columns.header() }
  }

  /// Prints what waits: at the end, and after each event.
  public mutating func flush() { columns.render() }

  /// Names of ports are those of `transport` from now on.
  public mutating func beginTransport(_ transport: String) {
    self.transport = transport
    isRaw = transport == "raw"
  }

  func isWanted(_ subject: @autoclosure () -> SSSubject) -> Bool {
    guard let filter else { return true }
    return filter.matches(subject(), ephemeral: names.ephemeral)
  }

  // MARK: Parts of a row

  private static func stateName(_ state: SocketState) -> StaticString {
    switch state {
    case .established: "ESTAB"
    case .synSent: "SYN-SENT"
    case .synReceived, .newSynReceived: "SYN-RECV"
    case .finWait1: "FIN-WAIT-1"
    case .finWait2: "FIN-WAIT-2"
    case .timeWait: "TIME-WAIT"
    case .close, .boundInactive: "UNCONN"
    case .closeWait: "CLOSE-WAIT"
    case .lastAck: "LAST-ACK"
    case .listen: "LISTEN"
    case .closing: "CLOSING"
    }
  }

  mutating func begin(_ row: SocketRow, netid: StaticString) {
    columns.go(to: .netid)
    columns.write { $0.append(netid) }
    columns.go(to: .state)
    columns.write { $0.append(Self.stateName(row.socket.state)) }
    queues(row)
  }

  mutating func queues(_ row: SocketRow) {
    columns.go(to: .receiveQueue)
    queue(row.socket.receiveQueue)
    columns.go(to: .sendQueue)
    queue(row.socket.sendQueue)
    columns.go(to: .localAddress)
  }

  private mutating func queue(_ value: UInt32?) {
    columns.write { text in
      let start = text.count
      text.append(decimal: Int32(bitPattern: value ?? 0))
      text.append(repeating: 32, count: 6 - (text.count - start))
    }
  }

  /// `address` with its delimiter, and `port`.
  mutating func end(_ address: (inout TextBuffer) -> Void, _ port: (inout TextBuffer) -> Void) {
    columns.write(address)
    columns.next()
    columns.write(port)
    columns.next()
  }

  /// `*` with nothing behind it: no peer.
  mutating func noPeer(_ sign: StaticString = "*") { end({ $0.append(sign) }, { _ in }) }

  /// `users:(("nginx",pid=1,fd=3))`.
  mutating func users(_ row: SocketRow) {
    guard options.namesHolders, !row.holders.isEmpty else { return }
    let (options, holders) = (options, holders)
    columns.write { text in
      text.append(" users:(")
      for (position, place) in row.holders.enumerated() {
        let held = holders.descriptors[place]
        let task = holders.tasks[Int(held.task)]
        text.append(position == 0 ? "(\"" : ",(\"")
        text.appendEscaped(task.name)
        text.append("\",pid=")
        text.append(decimal: task.pid)
        if options.showsThreads {
          text.append(",tid=")
          text.append(decimal: task.threadID)
        }
        if options.showsTaskContexts {
          text.append(",proc_ctx=")
          text.appendContext(task.context)
        }
        text.append(",fd=")
        text.append(decimal: held.number)
        if options.showsFileContexts {
          text.append(",sock_ctx=")
          text.appendContext(held.context)
        }
        text.append(")")
      }
      text.append(")")
    }
  }

  /// Owner, inode, cookie, mark and cgroup.
  mutating func identity(_ socket: Socket) {
    let names = names
    columns.write { text in
      if let user = socket.userID, user != 0 {
        text.append(" uid:")
        text.append(decimal: user)
      }
      text.append(" ino:")
      text.append(decimal: socket.inode)
      if socket.cookie != .unknown {
        text.append(" sk:")
        text.append(hex: socket.cookie.rawValue)
      }
      if socket.mark != 0 {
        text.append(" fwmark:0x")
        text.append(hex: UInt64(socket.mark))
      }
      if socket.cgroupID != 0 { text.appendControlGroup(socket.cgroupID, names) }
    }
  }

  mutating func memory(_ memory: SocketMemory?) {
    guard let memory else { return }
    columns.write { text in
      func part(_ label: StaticString, _ value: UInt32) {
        text.append(label)
        text.append(decimal: value)
      }
      part(" skmem:(r", memory.receiveAllocated)
      part(",rb", memory.receiveBuffer)
      part(",t", memory.sendAllocated)
      part(",tb", memory.sendBuffer)
      part(",f", memory.forwardAllocated)
      part(",w", memory.sendQueued)
      part(",o", memory.options)
      part(",bl", memory.backlog)
      part(",d", memory.drops)
      text.append(")")
    }
  }

  /// `<->`: which sides are still open.
  mutating func sides(_ shutdown: ShutdownSides) {
    columns.write { text in
      text.append(byte: 32)
      text.append(byte: UInt8(ascii: shutdown.contains(.receive) ? "-" : "<"))
      text.append("-")
      text.append(byte: UInt8(ascii: shutdown.contains(.send) ? "-" : ">"))
    }
  }
}

extension TextBuffer {
  /// Bytes that somebody chose: control characters are escaped, the rest stays as it is.
  mutating func appendEscaped(_ text: RawText) { appendVisible(text.bytes) }

  /// As `appendEscaped`: nothing that a terminal obeys.
  mutating func appendVisible(_ bytes: [UInt8]) {
    if bytes.allSatisfy({ $0 >= 32 && $0 < 127 }) { return append(bytes) }
    append(terminal: bytes.span)
  }

  mutating func appendContext(_ context: RawText?) {
    if let context { appendEscaped(context) } else { append("unavailable") }
  }

  mutating func appendControlGroup(_ id: UInt64, _ names: SSNames) {
    append(" cgroup:")
    if let path = names.controlGroup(id) { return appendVisible(path) }
    append("unreachable:")
    append(hex: id)
  }
}
