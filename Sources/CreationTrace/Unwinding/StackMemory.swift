/// The pages of a stack that were copied when the call began.
struct StackMemory {
  /// A page, or the part of it from `offset` on.
  private struct Page {
    var offset: Int
    var bytes: [UInt8]
  }
  static let pageSize: UInt64 = 4096
  private var pages: [UInt64: Page] = [:]
  /// Why something may be missing, to be said behind it: `: …`.
  var reasonOfGaps = ""

  init(reasonOfGaps: String = "") { self.reasonOfGaps = reasonOfGaps }

  var pageCount: Int { pages.count }

  /// Of one page, no more.
  mutating func add(_ bytes: [UInt8], at address: UInt64) {
    let offset = address % Self.pageSize
    pages[address - offset] = Page(offset: Int(offset), bytes: bytes)
  }

  private func byte(at address: UInt64) -> UInt8? {
    guard let page = pages[address - address % Self.pageSize] else { return nil }
    let index = Int(address % Self.pageSize) - page.offset
    return page.bytes.indices.contains(index) ? page.bytes[index] : nil
  }

  /// The 64-bit word at `address`, little-endian; nil where no page was copied.
  func word(at address: UInt64) -> UInt64? {
    let offset = Int(address % Self.pageSize)
    if offset + 8 <= Int(Self.pageSize) {
      guard let page = pages[address - UInt64(offset)], offset >= page.offset,
        offset + 8 <= page.offset + page.bytes.count
      else { return nil }
      var word: UInt64 = 0
      for index in (0..<8).reversed() { word = word << 8 | UInt64(page.bytes[offset - page.offset + index]) }
      return word
    }
    var word: UInt64 = 0
    for index in (0..<8).reversed() {
      guard let byte = byte(at: address &+ UInt64(index)) else { return nil }
      word = word << 8 | UInt64(byte)
    }
    return word
  }
}
