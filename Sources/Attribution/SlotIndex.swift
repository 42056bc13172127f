/// Finds slots of an array by a key that lies in the slots: open addressing, linear probing, at most 3/4 full.
///
/// 8 bytes a place, no keys and no references. The caller says whether a slot is the one.
struct SlotIndex: Sendable {
  private struct Place {
    var slot: Int32 = -1
    var hash: UInt32 = 0
  }

  private var places: [Place]
  private var mask: Int
  private(set) var count = 0

  init() {
    places = Array(repeating: Place(), count: 64)
    mask = 63
  }

  var byteCount: Int { places.count * MemoryLayout<Place>.stride }

  func find(_ hash: UInt32, _ isMatch: (Int32) -> Bool) -> Int32? {
    var place = Int(hash) & mask
    while places[place].slot >= 0 {
      if places[place].hash == hash && isMatch(places[place].slot) { return places[place].slot }
      place = (place + 1) & mask
    }
    return nil
  }

  /// Adds a slot whose key is not there yet.
  mutating func insert(_ slot: Int32, _ hash: UInt32) {
    if (count + 1) * 4 > places.count * 3 { grow() }
    put(Place(slot: slot, hash: hash))
    count += 1
  }

  /// Puts `slot` in the place of `old`, which has the same key.
  mutating func replace(_ old: Int32, with slot: Int32, _ hash: UInt32) {
    places[place(of: old, hash)].slot = slot
  }

  /// Takes a slot out, and moves back those that it had pushed on.
  mutating func remove(_ slot: Int32, _ hash: UInt32) {
    var hole = place(of: slot, hash)
    var next = (hole + 1) & mask
    while places[next].slot >= 0 {
      let home = Int(places[next].hash) & mask
      // It may move to the hole unless its home lies behind the hole.
      if (next &- home) & mask >= (next &- hole) & mask {
        places[hole] = places[next]
        hole = next
      }
      next = (next + 1) & mask
    }
    places[hole] = Place()
    count -= 1
  }

  private func place(of slot: Int32, _ hash: UInt32) -> Int {
    var place = Int(hash) & mask
    while places[place].slot != slot {
      precondition(places[place].slot >= 0, "the slot is in the index")
      place = (place + 1) & mask
    }
    return place
  }

  private mutating func put(_ entry: Place) {
    var place = Int(entry.hash) & mask
    while places[place].slot >= 0 { place = (place + 1) & mask }
    places[place] = entry
  }

  private mutating func grow() {
    let old = places
    places = Array(repeating: Place(), count: old.count * 2)
    mask = places.count - 1
    for entry in old where entry.slot >= 0 { put(entry) }
  }
}

/// The finaliser of MurmurHash3: cookies are nearly consecutive.
func mixed(_ value: UInt64) -> UInt64 {
  var mixed = value
  mixed ^= mixed >> 33
  mixed &*= 0xff51_afd7_ed55_8ccd
  mixed ^= mixed >> 33
  mixed &*= 0xc4ce_b9fe_1a85_ec53
  return mixed ^ mixed >> 33
}
