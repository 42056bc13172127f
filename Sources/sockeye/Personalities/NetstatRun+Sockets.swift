import KernelSystem
import Model
import Observer
import ViewNetstat
import ViewText

extension NetstatRun {
  /// Every section once; ends at the first that fails.
  func sockets() throws -> Int32 {
    let snapshot = try snapshot()
    // netstat has no words for what it may not see, but for `-p`; it says what fails.
    for gap in snapshot.gaps where options.better || gap.kind == .sourceFailed {
      complain("netstat: \(gap.message)")
    }
    let view = NetstatSockets(options, names: names(of: snapshot), programs: programs(of: snapshot))
    if options.shows(.internet) {
      let status = try internet(view, snapshot)
      if status != 0 { return status }
    }
    if options.sockets.contains(.groups) {
      let status = try groups()
      if status != 0 { return status }
    }
    if options.shows(.unix) {
      let status = try unix(view, snapshot)
      if status != 0 { return status }
    }
    return old()
  }

  /// The sockets of the tables that are shown, and what is wanted to know of them.
  private func snapshot() throws -> Snapshot {
    var request = SnapshotRequest()
    let tables: [(NetstatOptions.Protocols, SocketTable)] = [
      (.tcp, .tcp), (.udp, .udp), (.udplite, .udplite), (.raw, .raw), (.sctp, .sctp), (.unix, .unix),
    ]
    request.tables = SocketTableSet()
    for (protocols, table) in tables where options.shows(protocols) {
      // The rows of these two are of /proc/net: only holders and whole paths are missing there.
      if (table == .unix || table == .sctp) && !options.programs && !options.better { continue }
      request.tables.insert(SocketTableSet(table))
    }
    guard request.tables != SocketTableSet() else { return Snapshot() }
    request.namespaces = options.better ? .all : .current
    // netstat does not see what is bound and neither listens nor is connected.
    request.states = SocketStateSet.all.subtracting(SocketStateSet(.boundInactive))
    request.isInTableOrder = !options.better
    request.wantsHolders = options.programs
    request.wantsDetails = options.timers
    request.wantsOrigins = false
    request.processFacts = options.programs ? .arguments : []
    do throws(ObserverError) { return try SnapshotObserver.take(request) } catch {
      throw Failure(error.description)
    }
  }

  private func programs(of snapshot: Snapshot) -> NetstatPrograms {
    guard options.programs else { return NetstatPrograms() }
    let privileges = Privileges.ofThisThread()
    if !privileges.mayReadEveryProcess {
      complain(
        snapshot.holdings.isEmpty
          ? "(No info could be read for \"-p\": geteuid()=\(privileges.effectiveUserID) but you should be root.)"
          : """
          (Not all processes could be identified, non-owned process info
           will not be shown, you would have to be root to see it all.)
          """)
    }
    let labels = options.securityContext ? SecurityLabels.of(snapshot.processes) : [:]
    return NetstatPrograms(snapshot, all: options.better, contexts: labels)
  }

  private func names(of snapshot: Snapshot) -> NetstatNames {
    var names = NetstatNames()
    let view = NetstatSockets(options, names: names, programs: NetstatPrograms())
    let shown = snapshot.sockets.filter { $0.family.isInternet && view.isShown($0) }
    if !options.numericHosts {
      let hosts = Set(shown.lazy.flatMap { [$0.local.address.unmapped, $0.peer.address.unmapped] })
      names.hosts = hostNames(hosts.filter { !$0.isUnspecified })
    }
    if !options.numericPorts && options.shows(.internet) {
      names.tcpPorts = HostTables.services("tcp")
      names.udpPorts = HostTables.services("udp")
      names.protocols = HostTables.ipProtocols(Set(shown.filter { $0.table == .raw }.map(\.local.port)))
    }
    if !options.numericUsers && options.extended > 0 {
      names.users = HostTables.users(Set(shown.compactMap(\.userID)))
    }
    return names
  }

  private func internet(_ view: NetstatSockets, _ snapshot: Snapshot) throws -> Int32 {
    var text = TextBuffer()
    view.appendInternetHeader(to: &text)
    let tables: [(NetstatOptions.Protocols, SocketTable, file: String, name: String)] = [
      (.tcp, .tcp, "tcp", "tcp"), (.sctp, .sctp, "", ""), (.udp, .udp, "udp", "udp"),
      (.udplite, .udplite, "udplite", "udplite"), (.raw, .raw, "raw", "raw"),
    ]
    for (protocols, table, file, name) in tables where options.shows(protocols) {
      let status: Int32
      if table == .sctp {
        status = try sctp(view, snapshot, to: &text)
      } else {
        status = support(of: file, "AF INET (\(name))")
        view.appendInternet(table, of: snapshot, to: &text, flush: { $0.flushIfFull(to: output.sink) })
      }
      if status != 0 {
        output.write(text)
        return status
      }
    }
    output.write(text)
    return 0
  }

  /// 1 and a complaint where a protocol that was named is missing; a verbose run complains anyhow.
  private func support(of file: String, _ name: String) -> Int32 {
    guard options.showsIPv4, !NetworkReader.hasTable(file), !options.impliedProtocols else { return 0 }
    if options.namesProtocols || options.verbose { noSupport(name) }
    return options.namesProtocols ? 1 : 0
  }

  /// One table has the addresses of both versions; netstat shows it as IPv4's.
  private func sctp(
    _ view: NetstatSockets, _ snapshot: Snapshot, to text: inout TextBuffer
  ) throws -> Int32 {
    guard options.showsIPv4 else { return 0 }
    let others = snapshot.sockets.contains { socket in
      socket.table == .sctp && !snapshot.namespaces.contains { $0.isOwn && $0.namespace == socket.netns }
    }
    if options.better && others {
      complain("netstat: SCTP sockets of other network namespaces are not shown")
    }
    var reader = try reader()
    if options.all || options.listening {
      let status = support(of: "sctp/eps", "AF INET (sctp)")
      if status != 0 { return status }
      view.appendSCTP(value(reader.sctpEndpoints(), "sctp/eps") ?? [], of: snapshot, to: &text)
    }
    if options.all || !options.listening {
      let status = support(of: "sctp/assocs", "AF INET (sctp)")
      if status != 0 { return status }
      view.appendSCTP(value(reader.sctpAssociations(), "sctp/assocs") ?? [], of: snapshot, to: &text)
    }
    return 0
  }

  private func groups() throws -> Int32 {
    var reader = try reader()
    var memberships: [MulticastMembership] = []
    if options.showsIPv4 { memberships += value(reader.groups(), "igmp") ?? [] }
    if options.showsIPv6 { memberships += value(reader.groups6(), "igmp6") ?? [] }
    var names = NetstatNames()
    if !options.numericHosts { names.hosts = hostNames(Set(memberships.map(\.group))) }
    var text = TextBuffer()
    NetstatGroups.append(memberships, options, names: names, to: &text)
    output.write(text)
    return support(of: "igmp", "AF INET (igmp)")
  }

  private func unix(_ view: NetstatSockets, _ snapshot: Snapshot) throws -> Int32 {
    var text = TextBuffer()
    view.appendUnixHeader(to: &text)
    var reader = try reader()
    guard let table = value(reader.unixTable(), "unix") else {
      output.write(text)
      if options.namesProtocols || options.verbose { noSupport("AF UNIX") }
      return options.namesProtocols ? 1 : 0
    }
    let flush: (inout TextBuffer) -> Bool = { $0.flushIfFull(to: output.sink) }
    if options.better {
      // Without an inode there is nothing to know a socket by.
      let references = table.rows.filter { $0.inode != 0 }.map { ($0.inode, $0.references) }
      view.appendEveryUnix(
        snapshot, references: Dictionary(references, uniquingKeysWith: { $1 }), to: &text, flush: flush)
    } else {
      for _ in 0..<table.unreadableLines { complain("warning, got bogus unix line.") }
      view.appendUnix(table.rows, to: &text, flush: flush)
    }
    output.write(text)
    return 0
  }

  /// Families that are gone from Linux, or on their way.
  private func old() -> Int32 {
    let families: [(NetstatOptions.Protocols, file: String, name: String)] = [
      (.ipx, "ipx/socket", "AF IPX"), (.ax25, "ax25", "AF AX25"), (.x25, "x25/socket", "AF X25"),
      (.netrom, "nr", "AF NETROM"), (.rose, "rose", "AF ROSE"),
    ]
    for (protocols, file, name) in families where options.shows(protocols) {
      if NetworkReader.hasTable(file) {
        let status = unread(file)
        if options.namesProtocols { return status }
      } else {
        if options.namesProtocols || options.verbose { noSupport(name) }
        if options.namesProtocols { return 1 }
      }
    }
    guard options.sockets.contains(.bluetooth) else { return 0 }
    return complain(
      """
      netstat: feature `AF BLUETOOTH' not supported.
      Please recompile `net-tools' with newer kernel source or full configuration.
      """, status: 1)
  }
}
