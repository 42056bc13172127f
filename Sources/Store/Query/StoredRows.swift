import Model

/// Makes values of rows.
final class StoredRows {
  private let names: StoredNames
  private let details: SQLiteStatement
  private let processByID: SQLiteStatement
  private let nameOfAddress: SQLiteStatement
  private let containerByID: SQLiteStatement
  private var processes: [Int64: StoredProcess] = [:]
  private static let cacheLimit = 4096

  /// - Parameter schema: of the store, which may be older than this program's.
  init(_ connection: SQLiteConnection, _ names: StoredNames, schema: Int) throws(StoreError) {
    self.names = names
    details = try connection.prepare(
      """
      SELECT netns, cookie, round_trip, retransmits, sent_packets, received_packets, reason FROM connection WHERE id = ?
      """)
    processByID = try connection.prepare(
      """
      SELECT p.pid, p.start_ticks, p.generation, p.entity, p.began, p.ended, p.parent_pid, p.name, p.executable,
        p.arguments, p.directory, p.terminal, p.user, p.user_name, p.unit, p.lineage, p.entry_kind, p.entry_pid,
        p.session, p.netns, p.flags, p.exit_code, p.signal, p.cpu, b.boot_id, k.container_id, k.runtime, k.name,
        k.pod_uid, \(schema < 2 ? "NULL, NULL" : "f.sha256, f.missing")
      FROM process p JOIN boot b ON b.id = p.boot LEFT JOIN container k ON k.id = p.container
        \(schema < 2 ? "" : "LEFT JOIN file f ON f.id = p.file") WHERE p.id = ?
      """)
    nameOfAddress = try connection.prepare(
      """
      SELECT question FROM dns_answer WHERE address = ?1 AND first <= ?2 ORDER BY process = ?3 DESC, last DESC LIMIT 1
      """)
    containerByID = try connection.prepare("SELECT coalesce(name, container_id) FROM container WHERE id = ?")
  }

  func container(_ id: Int64) throws(StoreError) -> RawText? {
    containerByID.bind(1, id)
    defer { containerByID.reset() }
    return try containerByID.step() ? RawText(containerByID.bytes(0)) : nil
  }

  func forgetAll() { processes.removeAll(keepingCapacity: true) }

  func connection(_ row: RawConnection) throws(StoreError) -> StoredConnection {
    details.bind(1, row.id)
    defer { details.reset() }
    _ = try details.step()
    let flags = row.flags
    var socket = EventSocketFacts()
    socket.netns = NetworkNamespace(
      UInt32(truncatingIfNeeded: details.integer(0) + StoreSchema.firstNamespace))
    socket.cookie = SocketCookie(UInt64(bitPattern: details.integer(1)))
    socket.family = [.inet, .inet6, .unix, .unspecified][Int(min(flags.family, 3))]
    socket.type = SocketType(rawValue: UInt16(flags.type))
    socket.protocol = SocketProtocol(rawValue: UInt16(flags.protocol))
    socket.origin = [.unknown, .connect, .accept, .unknown][Int(flags.direction)]
    socket.state = row.duration == nil ? .established : .close
    socket.sentBytes = row.sent.map(UInt64.init(clamping:))
    socket.receivedBytes = row.received.map(UInt64.init(clamping:))
    socket.roundTripMicroseconds = details.optionalInteger(2).map(UInt32.init(clamping:))
    socket.retransmits = details.optionalInteger(3).map(UInt32.init(clamping:))
    socket.sentPackets = details.optionalInteger(4).map(UInt64.init(clamping:))
    socket.receivedPackets = details.optionalInteger(5).map(UInt64.init(clamping:))
    socket.durationNanoseconds = row.duration.map { UInt64(clamping: $0) &* 1000 }
    if let address = try names.address(row.local) {
      socket.local = Endpoint(
        address.spoken(by: flags.family), port: UInt16(truncatingIfNeeded: row.localPort))
    }
    if let address = try names.address(row.peer) {
      socket.peer = Endpoint(address.spoken(by: flags.family), port: UInt16(truncatingIfNeeded: row.peerPort))
    }
    return StoredConnection(
      id: row.id, opened: row.opened, duration: row.duration, isOpenedBefore: flags.isOpenedBefore,
      outcome: StoredOutcome(rawValue: flags.outcome) ?? .unknown,
      direction: StoredDirection(rawValue: flags.direction) ?? .unknown,
      reason: try names.text(details.optionalInteger(6)), socket: socket,
      evidence: flags.isPolled ? .polling : .kernelEvent, process: try process(row.process),
      peerProcess: try process(row.peerProcess),
      peerName: try name(of: row.peer, for: row.process, at: row.opened))
  }

  /// What the process itself was told comes first.
  private func name(of address: Int64?, for process: Int64?, at time: Int64) throws(StoreError) -> RawText? {
    guard let address else { return nil }
    nameOfAddress.bind(1, address)
    nameOfAddress.bind(2, time)
    nameOfAddress.bind(3, process)
    defer { nameOfAddress.reset() }
    return try nameOfAddress.step() ? try names.text(nameOfAddress.integer(0)) : nil
  }

  func process(_ id: Int64?) throws(StoreError) -> StoredProcess? {
    guard let id else { return nil }
    if let known = processes[id] { return known }
    processByID.bind(1, id)
    defer { processByID.reset() }
    guard try processByID.step() else { return nil }
    let process = try read(id)
    if processes.count >= Self.cacheLimit { processes.removeAll(keepingCapacity: true) }
    processes[id] = process
    return process
  }

  private func read(_ id: Int64) throws(StoreError) -> StoredProcess {
    let row = processByID
    func text(_ column: Int) throws(StoreError) -> RawText? { try names.text(row.optionalInteger(column)) }
    let pid = ProcessID(Int32(truncatingIfNeeded: row.integer(0)))
    var process = Process(
      identity: ProcessIdentity(pid: pid, startTicks: UInt64(bitPattern: row.integer(1))),
      name: try text(7) ?? RawText(""), parentPID: ProcessID(Int32(truncatingIfNeeded: row.integer(6))))
    process.entityID = row.string(3)
    process.executable = try text(8)
    process.arguments = try text(9).map { RawList.decode($0.bytes) }
    process.workingDirectory = try text(10)
    process.terminal = try text(11)?.lossyString
    let userName = try text(13)?.lossyString
    process.user = row.optionalInteger(12).map { User(id: UInt32(truncatingIfNeeded: $0), name: userName) }
    process.systemdUnit = try text(14)?.lossyString
    process.ancestors = try text(15).map { Lineage.decode($0.bytes) } ?? []
    if let kind = row.string(16).flatMap(EntryLeader.Kind.init(rawValue:)), let pid = row.optionalInteger(17)
    {
      process.entry = EntryLeader(kind: kind, pid: ProcessID(Int32(truncatingIfNeeded: pid)))
    }
    process.sessionID = row.optionalInteger(18).map { ProcessID(Int32(truncatingIfNeeded: $0)) }
    process.netns = row.optionalInteger(19).map { NetworkNamespace(UInt32(truncatingIfNeeded: $0)) }
    process.executableHash =
      row.string(29).map { .sha256($0) }
      ?? row.string(30).flatMap(FileHash.Absence.init(rawValue:)).map { .missing($0) }
    let flags = row.integer(20)
    process.areArgumentsCut = flags & 1 != 0
    process.isKernelThread = flags & 2 != 0
    process.hasEnded = flags & 4 != 0
    if let container = row.string(25) {
      process.container = Container(
        id: container, runtime: row.string(26) ?? "", name: row.string(27), podUID: row.string(28))
    }
    return StoredProcess(
      id: id, process: process, generation: row.integer(2), began: row.integer(4),
      ended: row.optionalInteger(5),
      exitCode: row.optionalInteger(21), signal: row.optionalInteger(22),
      cpuMicroseconds: row.optionalInteger(23),
      bootID: row.string(24) ?? "")
  }
}

extension SQLiteStatement {
  func string(_ column: Int) -> String? {
    isNull(column) ? nil : String(decoding: bytes(column), as: UTF8.self)
  }
}

extension IPAddress {
  /// An IPv6 socket that speaks IPv4 holds the mapped form.
  fileprivate func spoken(by family: Int64) -> IPAddress {
    family == 1 && version == .v4 ? IPAddress(v6High: 0, low: 0xffff_0000_0000 | low) : self
  }
}
