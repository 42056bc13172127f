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

  /// The word at `address`, little-endian; nil where no page was copied.
  func word(at address: UInt64, _ machine: Machine = .x86_64) -> UInt64? {
    let offset = Int(address % Self.pageSize)
    let size = machine.wordSize
    var word: UInt64 = 0
    if offset + size <= Int(Self.pageSize) {
      guard let page = pages[address - UInt64(offset)], offset >= page.offset,
        offset + size <= page.offset + page.bytes.count
      else { return nil }
      for index in (0..<size).reversed() {
        word = word << 8 | UInt64(page.bytes[offset - page.offset + index])
      }
      return word
    }
    for index in (0..<size).reversed() {
      guard let byte = byte(at: address &+ UInt64(index)) else { return nil }
      word = word << 8 | UInt64(byte)
    }
    return word
  }
}
