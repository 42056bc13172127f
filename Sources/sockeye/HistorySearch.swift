import Model
import Store

/// A filter over what was recorded: the store finds what its indexes can, the filter judges what is found.
struct HistorySearch {
  var found: [StoredConnection] = []
  /// Connections that the filter could not judge.
  var unjudged = 0
  /// Where to go on; nil when everything has been looked at.
  var next: HistoryCursor?

  /// Rows that are judged at a time, when not all that the store finds is wanted.
  private static let batch = 2048

  init(_ reader: StoreReader, _ query: HistoryQuery, where wants: (StoredConnection) -> Verdict)
    throws(StoreError)
  {
    var query = query
    let limit = query.limit
    while true {
      let page = try reader.history(query)
      for (index, connection) in page.connections.enumerated() {
        switch wants(connection) {
        case .no: continue
        case .unknown: unjudged += 1
        case .yes: found.append(connection)
        }
        guard found.count == limit else { continue }
        if index < page.connections.count - 1 || page.next != nil { next = connection.cursor(query.order) }
        return
      }
      guard let after = page.next else { return }
      query.after = after
      query.limit = Self.batch
    }
  }
}

extension StoredConnection {
  fileprivate func cursor(_ order: HistoryQuery.Order) -> HistoryCursor {
    func count(_ value: UInt64?) -> Int64 { value.map(Int64.init(clamping:)) ?? -1 }
    let value: Int64 =
      switch order {
      case .newest, .oldest: 0
      case .longest: duration ?? .max
      case .mostSent: count(socket.sentBytes)
      case .mostReceived: count(socket.receivedBytes)
      }
    return HistoryCursor(id: id, value: value)
  }
}

extension HistoryQuery {
  /// Restricts the query by what must hold wherever the filter does: necessary, not sufficient.
  mutating func restrict(to expression: FilterExpression) {
    switch expression {
    case .and(let parts): for part in parts { restrict(to: part) }
    case .test(let test): restrict(to: test)
    case .or, .not: break
    }
  }

  private mutating func restrict(to test: FilterTest) {
    switch test {
    case .port(let side, .equal, let port): restrict(side, port)
    case .port(let side, let comparison, let port):
      let column: HistoryBound.Column =
        switch side {
        case .local: .localPort
        case .peer: .peerPort
        case .either: .eitherPort
        }
      bounds.append(HistoryBound(column, comparison, UInt64(port)))
    case .number(.sent, let comparison, let value): bounds.append(HistoryBound(.sent, comparison, value))
    case .number(.received, let comparison, let value):
      bounds.append(HistoryBound(.received, comparison, value))
    case .number(.retransmits, let comparison, let value):
      bounds.append(HistoryBound(.retransmits, comparison, value))
    case .host(let side, .internet(let prefix, let port)):
      if let port { restrict(side, port) }
      if let prefix = prefix.flatMap(Self.stored) {
        switch side {
        case .local: if localAddresses.isEmpty { localAddresses = [prefix] }
        case .peer: if peerAddresses.isEmpty { peerAddresses = [prefix] }
        case .either: if addresses.isEmpty { addresses = [prefix] }
        }
      }
    case .table(.tcp): `protocol` = `protocol` ?? .tcp
    case .direction(let way): direction = direction ?? (way == .inbound ? .inbound : .outbound)
    case .number(.pid, .equal, let value):
      processes.pid = processes.pid ?? Int32(exactly: value).map { .init($0) }
    case .number(.user, .equal, let value): processes.userID = processes.userID ?? UInt32(exactly: value)
    case .text(let kind, .exact(let text)): restrict(kind, text)
    default: break
    }
  }

  private mutating func restrict(_ side: SocketSide, _ value: UInt16) {
    switch side {
    case .local: localPort = localPort ?? value
    case .peer: peerPort = peerPort ?? value
    case .either: port = port ?? value
    }
  }

  private mutating func restrict(_ kind: FilterText, _ text: RawText) {
    switch kind {
    // A longer word is compared by what the kernel keeps of a name.
    case .comm where text.bytes.count <= 15: processes.name = processes.name ?? text
    case .exe where text.bytes.contains(UInt8(ascii: "/")):
      processes.executable = processes.executable ?? text
    case .unit where !text.bytes.contains(UInt8(ascii: ".")):
      // As the filter has it: systemd's units have a suffix, and `nginx` is nginx.service.
      processes.unit = processes.unit ?? RawText(text.bytes + Array(".service".utf8))
    case .unit where text.lossyString.hasSuffix(".service"): processes.unit = processes.unit ?? text
    default: break
    }
  }

  /// The prefix as the store has addresses: IPv4 as IPv4. nil where one prefix does not say it.
  static func stored(_ prefix: AddressPrefix) -> AddressPrefix? {
    if prefix.length == 0 { return nil }
    if prefix.address.version == .v4 { return prefix }
    let mapped = IPAddress(v6High: 0, low: 0xffff_0000_0000)
    if prefix.length >= 96, prefix.address.isV4Mapped {
      return prefix.length == 96 ? nil : AddressPrefix(prefix.address.unmapped, length: prefix.length - 96)
    }
    return prefix.contains(mapped) ? nil : prefix
  }
}
