import Model
import Observer
import Store
import ViewText

/// The sockets, processes and modules of now, as tables for SQL.
enum LiveTables {
  /// Those that a query names. A word in a string or a comment counts too: the table is then built in vain.
  static func named(in query: String) throws -> [LiveTable] {
    let text = query.lowercased()
    let wanted = LiveTable.StaticName.allCases.filter { text.contains($0.rawValue) }
    let snapshot = try wanted.contains { $0 != .modules } ? snapshot(for: wanted) : Snapshot()
    return try wanted.map { name in
      switch name {
      case .sockets:
        LiveTable(name, columns: socketColumns, rows: snapshot.sockets.map { row(of: $0, in: snapshot) })
      case .processes: LiveTable(name, columns: processColumns, rows: snapshot.processes.map(row(of:)))
      case .modules: LiveTable(name, columns: moduleColumns, rows: try modules())
      }
    }
  }

  private static func snapshot(for tables: [LiveTable.StaticName]) throws -> Snapshot {
    var request = SnapshotRequest()
    if tables.contains(.processes) { request.processes = .all }
    if !tables.contains(.sockets) { request.tables = [] }
    request.wantsDetails = true
    request.wantsOrigins = true
    request.processFacts = .all
    let snapshot: Snapshot
    do throws(ObserverError) { snapshot = try SnapshotObserver.take(request) } catch {
      throw Failure(error.description)
    }
    Output.tell(snapshot.gaps, .auto)
    return snapshot
  }

  static func columns(of name: LiveTable.StaticName) -> [String] {
    switch name {
    case .sockets: socketColumns
    case .processes: processColumns
    case .modules: moduleColumns
    }
  }

  private static let socketColumns = [
    "protocol", "family", "state", "direction", "local_address", "local_port", "peer_address", "peer_port",
    "path",
    "receive_queue", "send_queue", "sent_bytes", "received_bytes", "round_trip_us", "retransmits", "netns",
    "cookie",
    "inode", "holders", "pid", "name", "executable", "uid", "unit", "container_id",
  ]

  private static func row(of socket: Socket, in snapshot: Snapshot) -> [SQLValue] {
    let process = snapshot.mainProcess(of: socket)
    let tcp = snapshot.detail(of: socket)?.tcp
    let direction = [SocketOrigin.connect: "outbound", .accept: "inbound"][socket.origin]
    let hasPeer = socket.family.isInternet && socket.isConnected
    let local: [SQLValue] = socket.family.isInternet ? ends(socket.local) : [.null, .null]
    var holders: Set<Int32> = []
    for holding in snapshot.holdings(of: socket) { holders.insert(holding.process) }
    return [
      text(socket.table.name), text(socket.family.name), text(socket.state.name), text(direction),
    ] + local + (hasPeer ? ends(socket.peer) : [.null, .null]) + [
      text(snapshot.name(of: socket)), integer(socket.receiveQueue), integer(socket.sendQueue),
      integer(tcp?.sentBytes), integer(tcp?.receivedBytes), integer(tcp?.roundTripMicroseconds),
      integer(tcp?.totalRetransmits), integer(socket.netns.rawValue),
      socket.cookie == .unknown ? .null : integer(socket.cookie.rawValue),
      socket.inode == 0 ? .null : integer(socket.inode), integer(holders.count),
      integer(process?.identity.pid.rawValue), text(process?.name), text(process?.executable),
      integer(socket.userID), text(process?.systemdUnit), text(process?.container?.id),
    ]
  }

  private static let processColumns = [
    "pid", "entity_id", "start", "parent_pid", "name", "executable", "arguments", "working_directory", "tty",
    "uid",
    "user", "unit", "container_id", "container_runtime", "container_name", "lineage", "entry_kind",
    "entry_pid",
  ]

  private static func row(of process: Process) -> [SQLValue] {
    let lineage = process.ancestors.map { $0.name.bytes + Array("[\($0.identity.pid.rawValue)]".utf8) }
    return [
      integer(process.identity.pid.rawValue), text(process.entityID),
      process.startWallNanoseconds.map { time in .text(made { $0.append(rfc3339: time) }) } ?? .null,
      integer(process.parentPID.rawValue), text(process.name), text(process.executable),
      text(process.arguments.map { RawText(Array($0.map(\.bytes).joined(separator: [0x20]))) }),
      text(process.workingDirectory), text(process.terminal), integer(process.user?.id),
      text(process.user?.name),
      text(process.systemdUnit), text(process.container?.id), text(process.container?.runtime),
      text(process.container?.name), text(RawText(Array(lineage.joined(separator: [0x20])))),
      text(process.entry?.kind.rawValue), integer(process.entry?.pid.rawValue),
    ]
  }

  private static let moduleColumns = ["pid", "path", "address", "size", "inode", "deleted"]

  private static func modules() throws -> [[SQLValue]] {
    do throws(ObserverError) {
      let (modules, gaps) = try ModuleObserver.take()
      Output.tell(gaps, .auto)
      return modules.map { module in
        [
          integer(module.process.pid.rawValue), text(module.path), integer(module.address),
          integer(module.size), integer(module.inode), integer(module.isDeleted ? 1 : 0),
        ]
      }
    } catch { throw Failure(error.description) }
  }

  private static func ends(_ endpoint: Endpoint) -> [SQLValue] {
    [.text(made { $0.append(endpoint.address) }), integer(endpoint.port)]
  }
  private static func made(_ body: (inout TextBuffer) -> Void) -> RawText {
    var text = TextBuffer()
    body(&text)
    return RawText(text.contents)
  }
  private static func text(_ value: String?) -> SQLValue { value.map { .text(RawText($0)) } ?? .null }
  private static func text(_ value: RawText?) -> SQLValue { value.map { .text($0) } ?? .null }
  /// Cookies go up to 2^64; SQLite's integers are signed.
  private static func integer(_ value: (some BinaryInteger)?) -> SQLValue {
    value.map { .integer(Int64(truncatingIfNeeded: $0)) } ?? .null
  }
}
