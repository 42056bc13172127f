/// Maps 64-bit keys to indexes: open addressing, linear probing, at most half full.
///
/// Holds 16 bytes a slot and no references, so that 500,000 sockets cost 16 MiB and no allocation each. Key 0 is
/// never stored: cookies and inodes use it for "unknown".
struct KeyTable {
  private struct Slot {
    var key: UInt64 = 0
    var index: Int32 = 0
  }

  private var slots: [Slot]
  private var mask: Int
  private(set) var count = 0

  init(minimumCapacity: Int = 32) {
    var capacity = 64
    while capacity < minimumCapacity * 2 { capacity *= 2 }
    slots = Array(repeating: Slot(), count: capacity)
    mask = capacity - 1
  }

  /// The finaliser of MurmurHash3, for cookies and inodes are nearly consecutive.
  private static func hash(_ key: UInt64) -> Int {
    var mixed = key
    mixed ^= mixed >> 33
    mixed &*= 0xff51_afd7_ed55_8ccd
    mixed ^= mixed >> 33
    return Int(truncatingIfNeeded: mixed)
  }

  private func slot(of key: UInt64) -> Int {
    var position = Self.hash(key) & mask
    while slots[position].key != key && slots[position].key != 0 { position = (position + 1) & mask }
    return position
  }

  /// nil when it was never inserted.
  func index(of key: UInt64) -> Int? {
    guard key != 0 else { return nil }
    let found = slots[slot(of: key)]
    return found.key == 0 ? nil : Int(found.index)
  }

  /// The index already stored for `key`, or `index` after storing it.
  mutating func insert(_ key: UInt64, _ index: Int) -> Int {
    precondition(key != 0, "key 0 is the empty slot")
    let position = slot(of: key)
    if slots[position].key != 0 { return Int(slots[position].index) }
    slots[position] = Slot(key: key, index: Int32(truncatingIfNeeded: index))
    count += 1
    if count * 2 > slots.count { grow(to: slots.count * 2) }
    return index
  }

  /// Makes room for `additional` keys at once.
  mutating func reserve(_ additional: Int) {
    var capacity = slots.count
    while (count + additional) * 2 > capacity { capacity *= 2 }
    if capacity > slots.count { grow(to: capacity) }
  }

  private mutating func grow(to capacity: Int) {
    let old = slots
    slots = Array(repeating: Slot(), count: capacity)
    mask = slots.count - 1
    for entry in old where entry.key != 0 { slots[slot(of: entry.key)] = entry }
  }
}
