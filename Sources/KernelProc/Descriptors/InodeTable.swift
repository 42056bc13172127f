/// Finds the records of an inode in a flat array: open addressing, one chain a key.
///
/// Keys are inodes; 0, which the kernel gives to no open socket, is never found. Memory is some 16 to 32
/// bytes a distinct inode and 4 a record.
public struct InodeTable: Sendable {
  private var keys: [UInt64]
  /// The first record of the key in the same slot.
  private var heads: [Int32]
  /// For each record the next one of its key; -1 at the end.
  private var links: [Int32]
  private let shift: UInt64
  /// Distinct inodes.
  public private(set) var count = 0

  /// The table of `records`, whose indices it answers with; at most 2^31 - 1 of them.
  public init(of records: [HeldInode]) {
    self.init(count: records.count) { records[$0].inode }
  }

  /// The table of `count` records whose inodes are `inode(0)`, `inode(1)` ….
  public init(count recordCount: Int, inode: (Int) -> UInt64) {
    var bits: UInt64 = 4
    // At most half full: a miss ends at the first free slot.
    while 1 << bits < recordCount * 2 { bits += 1 }
    shift = 64 - bits
    keys = [UInt64](repeating: 0, count: 1 << bits)
    heads = [Int32](repeating: -1, count: 1 << bits)
    links = [Int32](repeating: -1, count: recordCount)
    // From the last to the first, so that a chain runs in the order of the records.
    for index in stride(from: recordCount - 1, through: 0, by: -1) {
      let key = inode(index)
      if key == 0 { continue }
      let slot = slot(of: key)
      if keys[slot] == 0 {
        keys[slot] = key
        count += 1
      }
      links[index] = heads[slot]
      heads[slot] = Int32(index)
    }
  }

  /// The index of the first record of `inode`; nil if there is none.
  public func first(_ inode: UInt64) -> Int? {
    if inode == 0 { return nil }
    let head = heads[slot(of: inode)]
    return head < 0 ? nil : Int(head)
  }

  /// The record of the same inode that follows `index`; nil after the last.
  public func next(after index: Int) -> Int? {
    let next = links[index]
    return next < 0 ? nil : Int(next)
  }

  /// Calls `body` with the index of each record of `inode`, in order.
  @inlinable public func forEach(_ inode: UInt64, _ body: (Int) -> Void) {
    var index = first(inode)
    while let current = index {
      body(current)
      index = next(after: current)
    }
  }

  /// Where `key` is, or the free slot where it would be.
  private func slot(of key: UInt64) -> Int {
    var slot = Int((key &* 0x9e37_79b9_7f4a_7c15) >> shift)
    while keys[slot] != key && keys[slot] != 0 { slot = (slot + 1) & (keys.count - 1) }
    return slot
  }
}
