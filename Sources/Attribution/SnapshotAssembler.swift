import Model

/// Joins what several sources say of the same sockets, and the sockets with their holders.
///
/// A socket is one by its cookie; where a source has no cookies, by its inode. Later sightings complete earlier ones
/// and never overwrite what is known.
public struct SnapshotAssembler {
  public private(set) var sockets: [Socket] = []
  private var details: [SocketDetail] = []
  private var names: [RawText] = []
  private var holdings: [Holding] = []
  private var identities: [ProcessIdentity] = []
  private var processIndexes: [ProcessIdentity: Int32] = [:]
  private var lastProcess: (identity: ProcessIdentity, index: Int32)?
  private var byCookie: KeyTable
  private var byInode = KeyTable()
  private var inodeIndexedCount = 0
  /// Sockets that were added without a look-up, for nothing else could lead to them: not in `byCookie` yet.
  private var unindexed: [Int32] = []
  private var heldCount = 0

  /// Room for `expectedSockets` is reserved, not filled: too high a guess costs address space only.
  public init(expectedSockets: Int = 0, withDetails: Bool = false) {
    let expected = min(expectedSockets, 1 << 22)
    byCookie = KeyTable()
    sockets.reserveCapacity(expected)
    holdings.reserveCapacity(expected)
    unindexed.reserveCapacity(expected)
    if withDetails { details.reserveCapacity(expected) }
  }

  /// Adds a socket that one descriptor alone leads to, by a source that meets each descriptor once.
  ///
  /// Saves the look-up: 100,000 random accesses to a table that no cache holds.
  public mutating func append(_ socket: Socket) -> Int {
    unindexed.append(Int32(truncatingIfNeeded: sockets.count))
    sockets.append(socket)
    return sockets.count - 1
  }

  /// Puts into the table what was appended, before it is looked into.
  private mutating func indexAll() {
    guard !unindexed.isEmpty else { return }
    byCookie.reserve(unindexed.count)
    for index in unindexed { _ = byCookie.insert(sockets[Int(index)].cookie.rawValue, Int(index)) }
    unindexed = []
  }

  /// The sockets by inode and table, made when the first source without cookies speaks.
  private mutating func indexByInodeAndTable() {
    while inodeIndexedCount < sockets.count {
      let socket = sockets[inodeIndexedCount]
      if socket.inode != 0 { _ = byInode.insert(Self.inodeKey(socket), inodeIndexedCount) }
      inodeIndexedCount += 1
    }
  }

  /// An MPTCP socket and its subflows share an inode, in two tables.
  private static func inodeKey(_ socket: Socket) -> UInt64 {
    socket.inode << 4 | UInt64(socket.table.rawValue)
  }

  /// Adds a socket, or completes the one that has its cookie: its index, and whether it is new.
  public mutating func merge(_ socket: Socket) -> (index: Int, isNew: Bool) {
    indexAll()
    let fresh = sockets.count
    var index = fresh
    if socket.cookie != .unknown { index = byCookie.insert(socket.cookie.rawValue, fresh) }
    if isByInodeOnly(socket, found: index == fresh ? nil : index) {
      indexByInodeAndTable()
      index = byInode.index(of: Self.inodeKey(socket)) ?? fresh
    }
    guard index == fresh else {
      complete(index, from: socket)
      return (index, false)
    }
    sockets.append(socket)
    return (index, true)
  }

  /// The source had no cookie; or an accepted MPTCP socket has a copy of its listener's, and the inodes tell them apart.
  private func isByInodeOnly(_ socket: Socket, found index: Int?) -> Bool {
    guard socket.inode != 0 else { return false }
    if socket.cookie == .unknown { return true }
    guard let index, sockets[index].inode != 0 else { return false }
    return sockets[index].inode != socket.inode
  }

  /// Adds a socket with what else is known of it.
  @discardableResult
  public mutating func add(_ socket: Socket, detail: SocketDetail? = nil, name: RawText? = nil) -> Int {
    let index = merge(socket).index
    describe(index, detail, name)
    return index
  }

  /// Adds attributes to a socket; what it has stays.
  public mutating func describe(_ index: Int, _ detail: SocketDetail?, _ name: RawText?) {
    if let detail { attach(detail, to: index) }
    if let name, sockets[index].nameIndex < 0 {
      sockets[index].nameIndex = Int32(names.count)
      names.append(name)
    }
  }

  private mutating func complete(_ index: Int, from other: Socket) {
    func fill<Value>(_ path: WritableKeyPath<Socket, Value?>) {
      if sockets[index][keyPath: path] == nil { sockets[index][keyPath: path] = other[keyPath: path] }
    }
    fill(\.receiveQueue)
    fill(\.sendQueue)
    fill(\.userID)
    fill(\.isV6Only)
    if sockets[index].inode == 0 { sockets[index].inode = other.inode }
    if sockets[index].netns == .unknown { sockets[index].netns = other.netns }
    if sockets[index].peerInode == 0 { sockets[index].peerInode = other.peerInode }
    if sockets[index].origin == .unknown { sockets[index].origin = other.origin }
    if sockets[index].cgroupID == 0 { sockets[index].cgroupID = other.cgroupID }
    if sockets[index].type == .unknown { sockets[index].type = other.type }
  }

  private mutating func attach(_ detail: SocketDetail, to index: Int) {
    let existing = Int(sockets[index].detailIndex)
    guard existing >= 0 else {
      sockets[index].detailIndex = Int32(details.count)
      details.append(detail)
      return
    }
    details[existing].complete(from: detail)
  }

  /// The index that stands for a process in this snapshot.
  public mutating func process(_ identity: ProcessIdentity) -> Int32 {
    if let lastProcess, lastProcess.identity == identity { return lastProcess.index }
    let fresh = Int32(identities.count)
    let index = processIndexes[identity, default: fresh]
    if index == fresh {
      processIndexes[identity] = index
      identities.append(identity)
    }
    lastProcess = (identity, index)
    return index
  }

  /// Says that a process holds a socket by a descriptor. Said twice, it counts twice: each source runs once.
  public mutating func hold(socket: Int, process: Int32, descriptor: Int32) {
    holdings.append(
      Holding(socket: Int32(truncatingIfNeeded: socket), process: process, descriptor: descriptor))
    if sockets[socket].holdingCount == 0 { heldCount += 1 }
    sockets[socket].holdingCount += 1
  }

  /// Every socket has a holder.
  public var isEverySocketHeld: Bool { heldCount == sockets.count }

  /// Indexes of sockets by inode, for a source that knows no cookies.
  public func indexByInode() -> InodeIndex {
    var table = KeyTable(minimumCapacity: sockets.count)
    for (index, socket) in sockets.enumerated() where socket.inode != 0 {
      _ = table.insert(socket.inode, index)
    }
    return InodeIndex(table: table)
  }

  /// Sockets that should have a holder and have none; the kernel's own netlink sockets never do.
  public func unheldWithInode() -> InodeIndex {
    var table = KeyTable()
    guard !isEverySocketHeld else { return InodeIndex(table: table) }
    for (index, socket) in sockets.enumerated()
    where socket.holdingCount == 0 && socket.inode != 0 && socket.state != .timeWait {
      let detail = socket.detailIndex < 0 ? nil : details[Int(socket.detailIndex)]
      if detail?.netlink?.portID == 0 { continue }
      _ = table.insert(socket.inode, index)
    }
    return InodeIndex(table: table)
  }
}

extension SnapshotAssembler {
  /// Gives sockets without holders the holders of the socket with the same inode: the subflows of an MPTCP socket.
  public mutating func shareHoldersByInode() {
    guard !isEverySocketHeld else { return }
    var held = KeyTable(minimumCapacity: sockets.count)
    for (index, socket) in sockets.enumerated() where socket.holdingCount > 0 && socket.inode != 0 {
      _ = held.insert(socket.inode, index)
    }
    var sharers: [Int: [Int]] = [:]
    for (index, socket) in sockets.enumerated() where socket.holdingCount == 0 && socket.inode != 0 {
      if let owner = held.index(of: socket.inode) { sharers[owner, default: []].append(index) }
    }
    guard !sharers.isEmpty else { return }
    for holding in holdings {
      for sharer in sharers[Int(holding.socket)] ?? [] {
        hold(socket: sharer, process: holding.process, descriptor: holding.descriptor)
      }
    }
  }

  /// The snapshot without process facts: `processes` has one bare entry an identity, for the observer to fill.
  public consuming func finish() -> Snapshot {
    var snapshot = Snapshot()
    groupHoldings()
    snapshot.processes = identities.map { Process(identity: $0, name: "", parentPID: ProcessID(0)) }
    snapshot.sockets = sockets
    snapshot.details = details
    snapshot.names = names
    snapshot.holdings = holdings
    return snapshot
  }

  /// Counting sort by socket, then by process start and descriptor within the few sockets that have several.
  private mutating func groupHoldings() {
    var next: Int32 = 0
    var hasShared = false
    for index in sockets.indices {
      sockets[index].firstHolding = next
      next += sockets[index].holdingCount
      hasShared = hasShared || sockets[index].holdingCount > 1
    }
    if !zip(holdings, holdings.dropFirst()).allSatisfy({ $0.socket <= $1.socket }) {
      var positions = sockets.map(\.firstHolding)
      var grouped = holdings
      for holding in holdings {
        let socket = Int(holding.socket)
        grouped[Int(positions[socket])] = holding
        positions[socket] += 1
      }
      holdings = grouped
    }
    if hasShared { orderSharedHoldings() }
  }

  private mutating func orderSharedHoldings() {
    for socket in sockets where socket.holdingCount > 1 {
      let first = Int(socket.firstHolding)
      let range = first..<(first + Int(socket.holdingCount))
      let identities = self.identities
      holdings[range].sort { left, right in
        let (a, b) = (identities[Int(left.process)], identities[Int(right.process)])
        return (a.startTicks, a.pid, left.descriptor) < (b.startTicks, b.pid, right.descriptor)
      }
    }
  }
}

extension SocketDetail {
  /// Takes over what is not known here.
  mutating func complete(from other: SocketDetail) {
    if tcp == nil { tcp = other.tcp }
    if memory == nil { memory = other.memory }
    if timer == nil { timer = other.timer }
    if typeOfService == nil { typeOfService = other.typeOfService }
    if trafficClass == nil { trafficClass = other.trafficClass }
    if classID == nil { classID = other.classID }
    if netlink == nil { netlink = other.netlink }
    if vsock == nil { vsock = other.vsock }
  }
}

/// Finds a socket by its inode; of several with one inode (MPTCP and its subflows) the first.
public struct InodeIndex {
  let table: KeyTable
  public var isEmpty: Bool { table.count == 0 }
  public subscript(inode: UInt64) -> Int? { table.index(of: inode) }
}
