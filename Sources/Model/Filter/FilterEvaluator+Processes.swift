extension FilterEvaluator {
  /// A socket is of a process if any of its holders is. Without holders the answer is no where the kernel says that
  /// there are none, and unknown where we could not look.
  func holders(_ node: FilterNode, _ socket: Socket) -> Verdict {
    guard socket.holdingCount > 0 else { return socket.isSurelyUnheld ? .no : .unknown }
    let first = Int(socket.firstHolding)
    var result = Verdict.no
    for index in first..<(first + Int(socket.holdingCount)) {
      result = max(result, verdicts[Int(node.first) + Int(snapshot.holdings[index].process)])
      if result == .yes { break }
    }
    return result
  }

  func number(_ node: FilterNode, _ socket: Socket) -> Verdict {
    let value: UInt64?
    switch node.number {
    case .inode: value = socket.inode
    case .cookie: value = socket.cookie == .unknown ? nil : socket.cookie.rawValue
    case .netns: value = socket.netns == .unknown ? nil : UInt64(socket.netns.rawValue)
    case .uid: value = socket.userID.map { UInt64($0) }
    case .receiveQueue: value = socket.receiveQueue.map { UInt64($0) }
    case .sendQueue: value = socket.sendQueue.map { UInt64($0) }
    case .holders: value = holderCount(socket)
    case .age: value = age(socket)
    case .sent, .received, .retransmits, .roundTrip:
      // Other sockets, and listeners, have no such counters at all.
      guard SocketTableSet.counted.contains(socket.table), socket.isConnected else { return .no }
      value = snapshot.detail(of: socket)?.tcp.flatMap { $0.value(of: node.number) }
    case .pid, .ppid, .user, .ancestor: value = nil
    }
    return value.map { Verdict(node.comparison.holds($0, node.first)) } ?? .unknown
  }

  private func holderCount(_ socket: Socket) -> UInt64? {
    guard socket.holdingCount > 0 else { return socket.isSurelyUnheld ? 0 : nil }
    var last: Int32 = -1
    var count: UInt64 = 0
    // Grouped by process.
    for holding in snapshot.holdings(of: socket) where holding.process != last {
      count += 1
      last = holding.process
    }
    return count
  }

  /// Nanoseconds since the start of the process that answers for the socket. When a socket was opened is not known in
  /// a snapshot; it is never older than its first holder.
  private func age(_ socket: Socket) -> UInt64? {
    guard snapshot.takenWallNanoseconds > 0,
      let start = snapshot.mainProcess(of: socket)?.startWallNanoseconds
    else { return nil }
    return snapshot.takenWallNanoseconds - min(start, snapshot.takenWallNanoseconds)
  }
}

extension Socket {
  /// No process holds it, and we know that.
  fileprivate var isSurelyUnheld: Bool {
    switch absence {
    case .timeWait, .orphaned, .notYetAccepted, .kernelOwned, .inFlight: true
    case .none, .refused, .vanished: false
    }
  }
}

extension TCPInternals {
  fileprivate func value(of number: FilterNumber) -> UInt64? {
    switch number {
    case .sent: sentBytes
    case .received: receivedBytes
    case .retransmits: UInt64(totalRetransmits)
    case .roundTrip: roundTripMicroseconds == 0 ? nil : UInt64(roundTripMicroseconds) * 1_000
    default: nil
    }
  }
}

extension TextPattern {
  func matches(_ bytes: [UInt8], foldingCase: Bool = false) -> Bool {
    switch self {
    case .exact(let text): text.bytes == bytes
    case .glob(let pattern): Glob.matches(pattern.bytes, bytes, foldingCase: foldingCase)
    }
  }

  /// The text of an exact pattern.
  fileprivate var exact: [UInt8]? { if case .exact(let text) = self { text.bytes } else { nil } }
}

extension Process {
  func verdict(_ number: FilterNumber, _ comparison: FilterComparison, _ value: UInt64) -> Verdict {
    func compare(_ pid: ProcessID) -> Bool {
      comparison.holds(UInt64(UInt32(bitPattern: pid.rawValue)), value)
    }
    switch number {
    case .pid: return Verdict(compare(identity.pid))
    case .ppid: return Verdict(compare(parentPID))
    case .user: return user.map { Verdict(comparison.holds(UInt64($0.id), value)) } ?? .unknown
    case .ancestor:
      return ancestorVerdict(isMatch: ancestors.contains { compare($0.identity.pid) } || compare(parentPID))
    default: return .unknown
    }
  }

  func verdict(_ text: FilterText, _ pattern: TextPattern) -> Verdict {
    switch text {
    case .comm: return Verdict(pattern.matchesCommand(name.bytes))
    case .exe:
      guard let executable else { return isKernelThread ? .no : .unknown }
      let hasSlash = pattern.exact?.contains(UInt8(ascii: "/")) ?? true
      return Verdict(pattern.matches(hasSlash ? executable.bytes : executable.lastPathComponent.bytes))
    case .args:
      guard let arguments else { return isKernelThread ? .no : .unknown }
      return Verdict(pattern.matches(Array(arguments.map(\.bytes).joined(separator: [UInt8(ascii: " ")]))))
    case .user:
      guard let name = user?.name else { return .unknown }
      return Verdict(pattern.matches(Array(name.utf8)))
    case .unit:
      guard let systemdUnit else { return .no }
      let unit = Array(systemdUnit.utf8)
      return Verdict(
        pattern.matches(unit) || pattern.exact.map { $0 + Array(".service".utf8) == unit } ?? false)
    case .container: return Verdict(container.map { pattern.matches($0) } ?? false)
    case .ancestor:
      return ancestorVerdict(isMatch: ancestors.contains { pattern.matchesCommand($0.name.bytes) })
    case .netns, .path: return .unknown
    }
  }

  /// No ancestors are listed: there are none for pid 1 and for kthreadd, otherwise they were not collected.
  private func ancestorVerdict(isMatch: Bool) -> Verdict {
    if isMatch { return .yes }
    return ancestors.isEmpty && parentPID.rawValue != 0 ? .unknown : .no
  }
}

extension TextPattern {
  /// The kernel keeps 15 bytes of a command name; a longer word is compared by as many.
  fileprivate func matchesCommand(_ name: [UInt8]) -> Bool {
    matches(name) || exact.map { $0.count > 15 && name.count == 15 && $0.starts(with: name) } ?? false
  }

  /// Name, or the beginning of the id.
  fileprivate func matches(_ container: Container) -> Bool {
    if let name = container.name, matches(Array(name.utf8)) { return true }
    let id = Array(container.id.utf8)
    return exact.map { !$0.isEmpty && id.starts(with: $0) } ?? matches(id)
  }
}
