import KernelSystem
import Model
import Observer
import ViewNetstat
import ViewText

/// One run of netstat: what was typed → what it reads → what it prints.
struct NetstatRun {
  let options: NetstatOptions
  let output = Output.standard()
  let errors = Output.error()

  /// The exit status.
  static func run(program: String, _ arguments: [String]) throws -> Int32 {
    let request = NetstatOptions.parse(
      arguments, program: program, isSELinuxEnabled: { SecurityLabels.isSELinuxEnabled })
    switch request {
    case .answer(let text, let message, let status):
      let output = Output.standard()
      output.write(text)
      Output.error().write(message)
      try output.finish()
      return status
    case .run(let options): return try NetstatRun(options: options).run()
    }
  }

  private func run() throws -> Int32 {
    switch options.display {
    case .masquerade: return try repeated { try masquerade() }
    case .statistics: return try statistics()
    case .routes: return try repeated { try routes() }
    case .interfaces: return try interfaces()
    case .sockets: return try repeated { try sockets() }
    }
  }

  /// Once; with `-c` once a second until it fails.
  private func repeated(_ body: () throws -> Int32) throws -> Int32 {
    while true {
      let status = try body()
      try output.finish()
      if status != 0 || !options.continuous { return status }
      DetachedThread.sleep(milliseconds: 1000)
    }
  }

  private func interfaces() throws -> Int32 {
    var isFirst = true
    return try repeated {
      let interfaces: [NetworkInterface]
      var reader = try reader()
      switch reader.interfaces() {
      case .value(let found): interfaces = found
      case .absent: return complain("/proc/net/dev: \(Errno.noSuchFile)", status: 1)
      case .failed(let reason): return complain("missing interface information: \(reason)", status: 1)
      }
      var text = TextBuffer()
      if isFirst { text.append(NetstatInterfaces.title) }
      isFirst = false
      if options.extended == 0 { text.append(NetstatInterfaces.columns) }
      for interface in NetstatInterfaces.shown(interfaces, all: options.all) {
        if options.extended == 0 {
          NetstatInterfaces.append(interface, to: &text)
        } else {
          NetstatInterfaces.appendCard(of: interface, to: &text)
        }
      }
      output.write(text)
      return 0
    }
  }

  private func statistics() throws -> Int32 {
    let family = options.families.isEmpty ? "inet" : options.families.joined(separator: ",")
    guard family == "inet" || family == "inet6" else {
      output.write("netstat: No statistics support for specified address family: \(family)\n")
      try output.finish()
      return 1
    }
    var view = NetstatStatistics(options)
    var text = TextBuffer()
    var reader = try reader()
    if family == "inet" {
      take(reader.counters(), "snmp", isNeeded: true) { view.append($0, to: &text) }
      take(reader.extendedCounters(), "netstat") { view.append($0, to: &text) }
      take(reader.sctpCounters(), "sctp/snmp") {
        view.append([CounterTable(title: "Sctp", counters: $0.counters)], to: &text)
      }
    } else {
      take(reader.counters6(), "snmp6", isNeeded: true) { view.append6($0, to: &text) }
      take(reader.counters(), "snmp", isNeeded: true) { tables in
        view.append(tables.filter { $0.title.hasPrefix("Tcp") }, to: &text)
      }
    }
    output.write(text)
    try output.finish()
    return 0
  }

  /// Hands a table on, or says why there is none.
  private func take<Table>(
    _ answer: TableAnswer<Table>, _ name: String, isNeeded: Bool = false, _ body: (Table) -> Void
  ) {
    switch answer {
    case .value(let table): body(table)
    case .absent: if isNeeded { complain("cannot open /proc/net/\(name): \(Errno.noSuchFile)") }
    case .failed: complain("Problem while parsing /proc/net/\(name)")
    }
  }

  /// The table, if there is one; where it is there and could not be read, that is said.
  func value<Table>(_ answer: TableAnswer<Table>, _ name: String) -> Table? {
    if case .failed(let reason) = answer { complain("/proc/net/\(name): \(reason)") }
    return answer.value
  }

  func reader() throws -> NetworkReader {
    do throws(ObserverError) { return try NetworkReader() } catch { throw Failure(error.description) }
  }

  @discardableResult func complain(_ message: String, status: Int32 = 0) -> Int32 {
    errors.write(message + "\n")
    return status
  }

  func noSupport(_ what: String) { complain("netstat: no support for `\(what)' on this system.") }
}
