import Model

/// The live connections and listeners of the host, by network namespace and cookie.
///
/// Pure: time is an argument (CLOCK_BOOTTIME, nanoseconds). A closed one stays for `keep`, for look-ups, and then goes:
/// constant time each, for the closed ones hang in a list by the time of their close. At the ceiling the one that
/// closed first goes, or else the one that is open longest; both are counted. Both ends of a connection inside one
/// namespace are paired.
///
/// A slot is 112 bytes, the two indexes 11 to 21 bytes each: under 200 in all (`byteCount`).
public struct ConnectionTable: Sendable {
  public let ceiling: Int
  public let keepNanoseconds: UInt64
  private var slots: [Connection] = []
  private var free: Int32 = -1
  private var byCookie = SlotIndex()
  private var byTuple = SlotIndex()
  private var open = SlotList()
  private var closed = SlotList()
  public private(set) var count = 0
  public private(set) var closedCount = 0
  /// Forgotten before their time for want of room.
  public private(set) var evictedClosed: UInt64 = 0
  public private(set) var evictedOpen: UInt64 = 0

  public init(ceiling: Int = 1_048_576, keepNanoseconds: UInt64 = 60_000_000_000) {
    precondition(ceiling > 0 && ceiling < Int(Int32.max), "a slot's number has 31 bits")
    self.ceiling = ceiling
    self.keepNanoseconds = keepNanoseconds
  }

  /// Memory of slots and indexes.
  public var byteCount: Int {
    slots.capacity * MemoryLayout<Connection>.stride + byCookie.byteCount + byTuple.byteCount
  }

  public subscript(netns: UInt32, cookie: UInt64) -> Connection? {
    slot(netns, cookie).map { slots[Int($0)] }
  }

  /// The other end of a connection inside this host.
  public func otherEnd(netns: UInt32, cookie: UInt64) -> Connection? {
    guard let slot = slot(netns, cookie), slots[Int(slot)].pair >= 0 else { return nil }
    return slots[Int(slots[Int(slot)].pair)]
  }

  /// The latest with these ends, for a source that knows no cookie.
  public func find(netns: UInt32, protocol number: UInt16, local: Endpoint, peer: Endpoint) -> Connection? {
    var wanted = Connection(netns: netns, cookie: 0)
    wanted.protocol = number
    wanted.family = local.address.version == .v4 ? AddressFamily.inet.rawValue : AddressFamily.inet6.rawValue
    (wanted.local, wanted.peer) = (local, peer)
    return slot(Tuple(wanted)).map { slots[Int($0)] }
  }

  /// Takes in a connection, or changes what is known of it.
  public mutating func update(netns: UInt32, cookie: UInt64, _ change: (inout Connection) -> Void) {
    let slot = self.slot(netns, cookie) ?? insert(netns, cookie)
    var connection = slots[Int(slot)]
    let before = Tuple(connection)
    change(&connection)
    precondition(connection.netns == netns && connection.cookie == cookie, "the key of a connection stays")
    let after = Tuple(connection)
    if after != before {
      if connection.isInTupleIndex { unindex(slot) }
      unpair(slot)
      connection.isInTupleIndex = false
      connection.pair = -1
    }
    let wasOpen = slots[Int(slot)].isOpen
    slots[Int(slot)] = connection
    if wasOpen != connection.isOpen { move(slot, isOpen: connection.isOpen) }
    // One that a newer with the same ends has replaced does not come back.
    if connection.hasWholeTuple && after != before { index(slot, after) }
  }

  /// Marks it as closed: from now on it is kept for a while only. False when it is not known, or was closed before.
  @discardableResult
  public mutating func close(netns: UInt32, cookie: UInt64, at time: UInt64) -> Bool {
    guard let slot = slot(netns, cookie), slots[Int(slot)].isOpen else { return false }
    slots[Int(slot)].closed = max(time, 1)
    move(slot, isOpen: false)
    return true
  }

  /// Into the list of the open ones (a socket that is connected again), or of the closed ones.
  private mutating func move(_ slot: Int32, isOpen: Bool) {
    if isOpen {
      closed.remove(slot, &slots)
      open.append(slot, &slots)
      closedCount -= 1
    } else {
      open.remove(slot, &slots)
      closed.append(slot, &slots)
      closedCount += 1
    }
  }

  /// Forgets those that closed more than `keep` ago.
  public mutating func expire(at time: UInt64) {
    while closed.first >= 0, slots[Int(closed.first)].closed &+ keepNanoseconds <= time {
      remove(closed.first)
    }
  }

  /// Calls `body` with every one that is open.
  public func forEachOpen(_ body: (Connection) -> Void) {
    var slot = open.first
    while slot >= 0 {
      body(slots[Int(slot)])
      slot = slots[Int(slot)].next
    }
  }

  // MARK: Slots

  private func slot(_ netns: UInt32, _ cookie: UInt64) -> Int32? {
    byCookie.find(Self.hash(netns, cookie)) {
      slots[Int($0)].cookie == cookie && slots[Int($0)].netns == netns
    }
  }

  private func slot(_ tuple: Tuple) -> Int32? {
    byTuple.find(tuple.hash) { Tuple(slots[Int($0)]) == tuple }
  }

  private static func hash(_ netns: UInt32, _ cookie: UInt64) -> UInt32 {
    UInt32(truncatingIfNeeded: mixed(cookie ^ UInt64(netns) << 32))
  }

  private mutating func insert(_ netns: UInt32, _ cookie: UInt64) -> Int32 {
    if count == ceiling { evict() }
    let slot: Int32
    if free >= 0 {
      slot = free
      free = slots[Int(slot)].next
      slots[Int(slot)] = Connection(netns: netns, cookie: cookie)
    } else {
      slot = Int32(slots.count)
      slots.append(Connection(netns: netns, cookie: cookie))
    }
    byCookie.insert(slot, Self.hash(netns, cookie))
    open.append(slot, &slots)
    count += 1
    return slot
  }

  private mutating func evict() {
    if closed.first >= 0 {
      evictedClosed += 1
      remove(closed.first)
    } else {
      evictedOpen += 1
      remove(open.first)
    }
  }

  private mutating func remove(_ slot: Int32) {
    let connection = slots[Int(slot)]
    if connection.isInTupleIndex { unindex(slot) }
    unpair(slot)
    byCookie.remove(slot, Self.hash(connection.netns, connection.cookie))
    if connection.isOpen {
      open.remove(slot, &slots)
    } else {
      closed.remove(slot, &slots)
      closedCount -= 1
    }
    slots[Int(slot)].next = free
    free = slot
    count -= 1
  }

  // MARK: Ends

  /// Puts it into the index by its ends, and pairs it with the other end if that is there.
  private mutating func index(_ slot: Int32, _ tuple: Tuple) {
    if let older = self.slot(tuple) {
      // The ends are used again: the newest has them.
      byTuple.replace(older, with: slot, tuple.hash)
      slots[Int(older)].isInTupleIndex = false
    } else {
      byTuple.insert(slot, tuple.hash)
    }
    slots[Int(slot)].isInTupleIndex = true
    guard let other = self.slot(tuple.reversed), other != slot, slots[Int(other)].pair < 0 else { return }
    slots[Int(slot)].pair = other
    slots[Int(other)].pair = slot
  }

  private mutating func unindex(_ slot: Int32) {
    byTuple.remove(slot, Tuple(slots[Int(slot)]).hash)
    slots[Int(slot)].isInTupleIndex = false
  }

  private mutating func unpair(_ slot: Int32) {
    let pair = slots[Int(slot)].pair
    if pair < 0 { return }
    slots[Int(pair)].pair = -1
    slots[Int(slot)].pair = -1
  }
}

/// A list through the slots: append and remove in constant time.
private struct SlotList: Sendable {
  var first: Int32 = -1
  var last: Int32 = -1

  mutating func append(_ slot: Int32, _ slots: inout [Connection]) {
    slots[Int(slot)].previous = last
    slots[Int(slot)].next = -1
    if last >= 0 { slots[Int(last)].next = slot } else { first = slot }
    last = slot
  }

  mutating func remove(_ slot: Int32, _ slots: inout [Connection]) {
    let (previous, next) = (slots[Int(slot)].previous, slots[Int(slot)].next)
    if previous >= 0 { slots[Int(previous)].next = next } else { first = next }
    if next >= 0 { slots[Int(next)].previous = previous } else { last = previous }
  }
}
