import Model
import ViewText

/// The statistics of netstat -s.
public struct NetstatStatistics {
  let options: NetstatOptions
  private var indent = Indent.plain

  public init(_ options: NetstatOptions) { self.options = options }

  /// How far in the next line of a table without prose stands: what the table before left.
  private enum Indent {
    case plain, input, output
    var columns: Int { self == .plain ? 4 : 8 }
  }

  /// A table that netstat has prose for.
  private struct Known {
    let title: String
    let prose: [CounterProse]
    let protocols: NetstatOptions.Protocols
  }

  private static let known: [Known] = [
    Known(title: "Ip", prose: CounterProse.ip, protocols: .raw),
    Known(title: "Icmp", prose: CounterProse.icmp, protocols: .raw),
    Known(title: "Tcp", prose: CounterProse.tcp, protocols: .tcp),
    Known(title: "Udp", prose: CounterProse.udp, protocols: .udp),
    Known(title: "Sctp", prose: CounterProse.sctp, protocols: .sctp),
    Known(title: "TcpExt", prose: CounterProse.tcpExtensions, protocols: .tcp),
  ]

  private static let known6: [Known] = [
    Known(title: "Ip6", prose: CounterProse.ip6, protocols: .raw),
    Known(title: "Icmp6", prose: CounterProse.icmp6, protocols: .raw),
    Known(title: "Udp6", prose: CounterProse.udp6, protocols: .udp),
    Known(title: "Tcp6", prose: CounterProse.tcp, protocols: .tcp),
  ]

  /// Tables with titles: `/proc/net/snmp`, `/proc/net/netstat`.
  public mutating func append(_ tables: [CounterTable], to text: inout TextBuffer) {
    for table in tables { append(table, Self.known, to: &text) }
  }

  /// `/proc/net/snmp6`: a name begins with its table's, which ends in `6`.
  public mutating func append6(_ table: CounterTable, to text: inout TextBuffer) {
    var tables: [CounterTable] = []
    for counter in table.counters {
      let end =
        counter.name.firstIndex(of: "6").map { counter.name.index(after: $0) } ?? counter.name.endIndex
      if tables.last.map({ counter.name.contains($0.title) }) != true {
        tables.append(CounterTable(title: String(counter.name[..<end]), counters: []))
      }
      tables[tables.count - 1].counters.append(counter)
    }
    for table in tables { append(table, Self.known6, to: &text) }
  }

  /// One table. Those that netstat does not know it prints by name, whatever was asked for.
  private mutating func append(_ table: CounterTable, _ known: [Known], to text: inout TextBuffer) {
    let found = known.first { $0.title == table.title }
    if found != nil { indent = .plain }
    if let found, options.sockets.isDisjoint(with: found.protocols) { return }
    text.append(Array(table.title.utf8))
    text.append(":\n")
    for counter in table.counters { append(counter, found?.prose ?? [], to: &text) }
  }

  private mutating func append(
    _ counter: CounterTable.Counter, _ table: [CounterProse], to text: inout TextBuffer
  ) {
    let prose =
      options.better
      ? table.first { $0.name == counter.name } : CounterProse.search(table, for: counter.name)
    guard let prose else {
      if counter.value != 0 { line(indent, "\(counter.name): \(counter.value)", to: &text) }
      return
    }
    switch prose.kind {
    case .hidden: return
    case .always: indent = .plain
    case .nonzero:
      indent = .plain
      if counter.value == 0 { return }
    case .input, .output:
      let histogram = prose.kind == .input ? Indent.input : .output
      if indent != histogram {
        line(indent, prose.kind == .input ? "ICMP input histogram:" : "ICMP output histogram:", to: &text)
      }
      indent = histogram
      if counter.value == 0 { return }
    }
    let parts = prose.text.split(separator: "%", omittingEmptySubsequences: false)
    line(indent, parts.joined(separator: "\(counter.value)"), to: &text)
  }

  private func line(_ indent: Indent, _ words: String, to text: inout TextBuffer) {
    text.append(repeating: 0x20, count: indent.columns)
    // Names of counters are the kernel's.
    text.append(Array(words.utf8))
    text.append("\n")
  }
}
