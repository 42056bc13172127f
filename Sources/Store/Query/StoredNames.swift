import Model

/// Looks up what rows refer to by id, and the ids of what is asked for.
final class StoredNames {
  private let connection: SQLiteConnection
  private let textByID: SQLiteStatement
  private let textByHash: SQLiteStatement
  private let addressByID: SQLiteStatement
  private let addressesInRange: SQLiteStatement
  private var texts: [Int64: RawText] = [:]
  private var addresses: [Int64: IPAddress] = [:]
  private static let cacheLimit = 16_384
  /// Small, and asked for by each edge of a map.
  private static let addressLimit = 131_072

  init(_ connection: SQLiteConnection) throws(StoreError) {
    self.connection = connection
    textByID = try connection.prepare("SELECT bytes FROM text WHERE id = ?")
    textByHash = try connection.prepare("SELECT id, bytes FROM text WHERE hash = ?")
    addressByID = try connection.prepare("SELECT bytes FROM address WHERE id = ?")
    addressesInRange = try connection.prepare(
      "SELECT id FROM address WHERE bytes BETWEEN ? AND ? AND length(bytes) = ?")
  }

  /// Ids are given again after their rows are gone: what is cached is good for one query.
  func forgetAll() {
    texts.removeAll(keepingCapacity: true)
    addresses.removeAll(keepingCapacity: true)
  }

  func text(_ id: Int64?) throws(StoreError) -> RawText? {
    guard let id else { return nil }
    if let known = texts[id] { return known }
    textByID.bind(1, id)
    defer { textByID.reset() }
    guard try textByID.step() else { return nil }
    let text = RawText(textByID.bytes(0))
    if texts.count >= Self.cacheLimit { texts.removeAll(keepingCapacity: true) }
    texts[id] = text
    return text
  }

  func text(_ text: RawText) throws(StoreError) -> Int64? {
    textByHash.bind(1, Interner.hash(text.bytes))
    defer { textByHash.reset() }
    while try textByHash.step() {
      if textByHash.bytes(1) == text.bytes { return textByHash.integer(0) }
    }
    return nil
  }

  func address(_ id: Int64?) throws(StoreError) -> IPAddress? {
    guard let id else { return nil }
    if let known = addresses[id] { return known }
    addressByID.bind(1, id)
    defer { addressByID.reset() }
    guard try addressByID.step(), let address = IPAddress(stored: addressByID.bytes(0)) else { return nil }
    if addresses.count >= Self.addressLimit { addresses.removeAll(keepingCapacity: true) }
    addresses[id] = address
    return address
  }

  /// A prefix of IPv4 finds IPv4, also where an IPv6 socket spoke it.
  func addresses(in prefix: AddressPrefix) throws(StoreError) -> [Int64] {
    let (first, last) = prefix.byteRange
    addressesInRange.bind(1, blob: first)
    addressesInRange.bind(2, blob: last)
    addressesInRange.bind(3, Int64(first.count))
    defer { addressesInRange.reset() }
    var ids: [Int64] = []
    while try addressesInRange.step() { ids.append(addressesInRange.integer(0)) }
    return ids
  }

  /// Rows of processes, each with its program.
  func processes(_ query: ProcessQuery) throws(StoreError) -> [(id: Int64, program: Int64?)] {
    var conditions: [String] = []
    for (column, text) in [("name", query.name), ("executable", query.executable), ("unit", query.unit)] {
      guard let text else { continue }
      guard let id = try self.text(text) else { return [] }
      conditions.append("\(column) = \(id)")
    }
    if let rows = query.rows { conditions.append("id IN (\(rows.map(String.init).joined(separator: ", ")))") }
    if let pid = query.pid { conditions.append("pid = \(pid.rawValue)") }
    if let user = query.userID { conditions.append("user = \(user)") }
    if query.container != nil {
      conditions.append("container IN (SELECT id FROM container WHERE container_id = ?)")
    }
    let condition = conditions.isEmpty ? "1" : conditions.joined(separator: " AND ")
    let statement = try connection.prepare("SELECT id, executable FROM process WHERE \(condition)")
    if let container = query.container { statement.bind(1, text: container) }
    var found: [(id: Int64, program: Int64?)] = []
    while try statement.step() { found.append((statement.integer(0), statement.optionalInteger(1))) }
    return found
  }
}

extension AddressPrefix {
  /// The first and the last address, as they are stored.
  var byteRange: (first: [UInt8], last: [UInt8]) {
    let first = address.bytes
    var last = first
    for bit in Int(length)..<(first.count * 8) { last[bit / 8] |= 0x80 >> UInt8(bit % 8) }
    return (first, last)
  }
}

extension IPAddress {
  /// 4 or 16 bytes in network order; nil for anything else.
  init?(stored bytes: [UInt8]) {
    func number(_ part: ArraySlice<UInt8>) -> UInt64 { part.reduce(0) { $0 << 8 | UInt64($1) } }
    switch bytes.count {
    case 4: self.init(v4: UInt32(number(bytes[...])))
    case 16: self.init(v6High: number(bytes[..<8]), low: number(bytes[8...]))
    default: return nil
    }
  }
}
