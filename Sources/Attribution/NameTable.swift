import Model

/// Which name each process was told for which address, by the answers of name servers that it got itself.
///
/// Pure: time is an argument (CLOCK_BOOTTIME, nanoseconds). A child inherits nothing, for it got no answer: two programs
/// that ask for the same address may know it by different names. Evidence lasts as long as its process: programs
/// remember what they resolved, and the age tells how old it is. The newest name of an address is the one. At a
/// ceiling the oldest evidence goes, of that process or of all, and is counted.
public struct NameTable: Sendable {
  private struct Told {
    var name: RawText
    var time: UInt64
  }
  private struct Entry {
    var process: ProcessIdentity
    var address: IPAddress
    var time: UInt64
  }

  public let ceiling: Int
  public let ceilingOfOne: Int
  private var names: [ProcessIdentity: [IPAddress: Told]] = [:]
  /// In the order of time; those whose time is no longer that of the name are void, those before `firstOldest` gone.
  private var order: [Entry] = []
  private var firstOldest = 0
  public private(set) var count = 0
  /// Forgotten for want of room.
  public private(set) var evicted: UInt64 = 0

  /// - Parameter ceiling: of names in all; `ceilingOfOne`: of one process.
  public init(ceiling: Int = 16_384, ceilingOfOne: Int = 512) {
    precondition(ceiling > 0 && ceilingOfOne > 0, "a table has room for one name at least")
    self.ceiling = ceiling
    self.ceilingOfOne = ceilingOfOne
  }

  /// A process was told that `name` is at `address`.
  public mutating func learn(
    _ process: ProcessIdentity, _ address: IPAddress, _ name: RawText, at time: UInt64
  ) {
    let address = address.unmapped
    let isKnown = names[process]?[address] != nil
    if !isKnown {
      if let own = names[process], own.count >= ceilingOfOne,
        let oldest = own.min(by: { $0.value.time < $1.value.time })
      {
        evict(process, oldest.key)
      }
      if count >= ceiling { evictOldest() }
      count += 1
    }
    names[process, default: [:]][address] = Told(name: name, time: time)
    order.append(Entry(process: process, address: address, time: time))
    if order.count > 4 * ceiling { compact() }
  }

  /// What `process` was told of `address`, and how old that was at `time`.
  public func name(of address: IPAddress, for process: ProcessIdentity, at time: UInt64) -> PeerName? {
    guard let told = names[process]?[address.unmapped], told.time <= time else { return nil }
    return PeerName(name: told.name, ageNanoseconds: time - told.time)
  }

  /// The process has ended.
  public mutating func forget(_ process: ProcessIdentity) {
    if let own = names.removeValue(forKey: process) { count -= own.count }
  }

  private func isValid(_ entry: Entry) -> Bool { names[entry.process]?[entry.address]?.time == entry.time }

  private mutating func evict(_ process: ProcessIdentity, _ address: IPAddress) {
    names[process]?[address] = nil
    if names[process]?.isEmpty == true { names[process] = nil }
    count -= 1
    evicted += 1
  }

  private mutating func evictOldest() {
    while firstOldest < order.count {
      let entry = order[firstOldest]
      firstOldest += 1
      if isValid(entry) { return evict(entry.process, entry.address) }
    }
  }

  private mutating func compact() {
    order = order[firstOldest...].filter { isValid($0) }
    firstOldest = 0
  }
}
