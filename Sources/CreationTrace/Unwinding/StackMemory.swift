/// The pages of a stack that were copied when the call began.
struct StackMemory {
  static let pageSize: UInt64 = 4096
  private var pages: [UInt64: [UInt8]] = [:]

  var pageCount: Int { pages.count }

  /// `address` is a page's.
  mutating func add(_ bytes: [UInt8], at address: UInt64) { pages[address] = bytes }

  /// The word at `address`, little-endian; nil where no page was copied.
  func word(at address: UInt64, _ machine: Machine = .x86_64) -> UInt64? {
    let offset = Int(address % Self.pageSize)
    let size = machine.wordSize
    var word: UInt64 = 0
    if offset + size <= Int(Self.pageSize) {
      guard let page = pages[address - UInt64(offset)] else { return nil }
      for index in (0..<size).reversed() { word = word << 8 | UInt64(page[offset + index]) }
      return word
    }
    for index in (0..<size).reversed() {
      let byte = address &+ UInt64(index)
      guard let page = pages[byte - byte % Self.pageSize] else { return nil }
      word = word << 8 | UInt64(page[Int(byte % Self.pageSize)])
    }
    return word
  }
}
