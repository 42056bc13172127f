import Model

/// Keeps repeated bytes and addresses once, and marks them with the newest segment that uses them.
///
/// Its caches forget all when full, and after a batch that failed: the tables are the truth.
final class Interner {
  private struct Known {
    var id: Int64
    var segment: Int64
  }
  private static let textLimit = 16_384
  private static let addressLimit = 65_536
  /// Longer bytes are looked up in the table each time.
  private static let cachedLength = 1024

  private var texts: [RawText: Known] = [:]
  private var addresses: [IPAddress: Known] = [:]
  private let findText: SQLiteStatement
  private let addText: SQLiteStatement
  private let markText: SQLiteStatement
  private let findAddress: SQLiteStatement
  private let addAddress: SQLiteStatement
  private let markAddress: SQLiteStatement
  private let connection: SQLiteConnection

  init(_ connection: SQLiteConnection) throws(StoreError) {
    self.connection = connection
    findText = try connection.prepare("SELECT id, segment, bytes FROM text WHERE hash = ?")
    addText = try connection.prepare("INSERT INTO text (hash, bytes, segment) VALUES (?, ?, ?) RETURNING id")
    markText = try connection.prepare("UPDATE text SET segment = ? WHERE id = ?")
    findAddress = try connection.prepare("SELECT id, segment FROM address WHERE bytes = ?")
    addAddress = try connection.prepare(
      "INSERT INTO address (bytes, text, segment) VALUES (?, ?, ?) RETURNING id")
    markAddress = try connection.prepare("UPDATE address SET segment = ? WHERE id = ?")
  }

  var occupancies: [Occupancy] {
    [
      Occupancy("texts", texts.count, ceiling: Self.textLimit),
      Occupancy("addresses", addresses.count, ceiling: Self.addressLimit),
    ]
  }

  func forgetAll() {
    texts.removeAll(keepingCapacity: true)
    addresses.removeAll(keepingCapacity: true)
  }

  func id(of text: String, segment: Int64) throws(StoreError) -> Int64 {
    try id(of: RawText(text), segment: segment)
  }

  func id(of text: RawText, segment: Int64) throws(StoreError) -> Int64 {
    if let known = texts[text] {
      if known.segment >= segment { return known.id }
      try markText.run(segment, known.id)
      if connection.changes > 0 {
        texts[text]?.segment = segment
        return known.id
      }
    }
    let known = try find(text, segment)
    if text.bytes.count <= Self.cachedLength {
      if texts.count >= Self.textLimit { texts.removeAll(keepingCapacity: true) }
      texts[text] = known
    }
    return known.id
  }

  private func find(_ text: RawText, _ segment: Int64) throws(StoreError) -> Known {
    let hash = Self.hash(text.bytes)
    findText.bind(1, hash)
    defer { findText.reset() }
    while try findText.step() {
      guard findText.bytes(2) == text.bytes else { continue }
      let id = findText.integer(0)
      if findText.integer(1) < segment { try markText.run(segment, id) }
      return Known(id: id, segment: segment)
    }
    addText.bind(1, hash)
    addText.bind(2, blob: text.bytes)
    addText.bind(3, segment)
    return Known(id: try Self.returned(addText), segment: segment)
  }

  func id(of address: IPAddress, segment: Int64) throws(StoreError) -> Int64 {
    if let known = addresses[address] {
      if known.segment >= segment { return known.id }
      try markAddress.run(segment, known.id)
      if connection.changes > 0 {
        addresses[address]?.segment = segment
        return known.id
      }
    }
    let known = try find(address, segment)
    if addresses.count >= Self.addressLimit { addresses.removeAll(keepingCapacity: true) }
    addresses[address] = known
    return known.id
  }

  private func find(_ address: IPAddress, _ segment: Int64) throws(StoreError) -> Known {
    findAddress.bind(1, blob: address.bytes)
    defer { findAddress.reset() }
    if try findAddress.step() {
      let id = findAddress.integer(0)
      if findAddress.integer(1) < segment { try markAddress.run(segment, id) }
      return Known(id: id, segment: segment)
    }
    addAddress.bind(1, blob: address.bytes)
    addAddress.bind(2, text: address.text)
    addAddress.bind(3, segment)
    return Known(id: try Self.returned(addAddress), segment: segment)
  }

  private static func returned(_ statement: SQLiteStatement) throws(StoreError) -> Int64 {
    defer { statement.reset() }
    _ = try statement.step()
    return statement.integer(0)
  }

  /// FNV-1a, 64 bits. Whoever makes two texts collide gains nothing: their bytes are compared.
  static func hash(_ bytes: [UInt8]) -> Int64 {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
    return Int64(bitPattern: hash)
  }
}
