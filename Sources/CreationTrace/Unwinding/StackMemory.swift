/// The pages of a stack that were copied when the call began.
struct StackMemory {
  static let pageSize: UInt64 = 4096
  private var pages: [UInt64: [UInt8]] = [:]

  var pageCount: Int { pages.count }

  /// `address` is a page's.
  mutating func add(_ bytes: [UInt8], at address: UInt64) { pages[address] = bytes }

  /// The 64-bit word at `address`, little-endian; nil where no page was copied.
  func word(at address: UInt64) -> UInt64? {
    let offset = Int(address % Self.pageSize)
    if offset + 8 <= Int(Self.pageSize) {
      guard let page = pages[address - UInt64(offset)] else { return nil }
      var word: UInt64 = 0
      for index in (0..<8).reversed() { word = word << 8 | UInt64(page[offset + index]) }
      return word
    }
    var word: UInt64 = 0
    for index in (0..<8).reversed() {
      let byte = address &+ UInt64(index)
      guard let page = pages[byte - byte % Self.pageSize] else { return nil }
      word = word << 8 | UInt64(page[Int(byte % Self.pageSize)])
    }
    return word
  }
}
