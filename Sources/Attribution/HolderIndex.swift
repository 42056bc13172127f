import Model

/// The descriptors that hold sockets, found by the socket's inode.
public struct HolderIndex: Sendable {
  /// One descriptor of one task, by its index in `HolderList.tasks`.
  public struct Held: Sendable {
    public var inode: UInt64
    public var descriptor: HolderList.Descriptor
    public init(inode: UInt64, descriptor: HolderList.Descriptor) {
      self.inode = inode
      self.descriptor = descriptor
    }
  }

  public private(set) var list = HolderList()
  private var groups: KeyTable
  /// Where each group begins, and after the last one the end.
  private var starts: [Int32] = [0]

  public init() { groups = KeyTable() }

  /// `tasks` come in the order of their pids, of which the highest shall be first in each group.
  public init(tasks: [HolderList.Task], held: [Held]) {
    groups = KeyTable(minimumCapacity: held.count)
    list.tasks = tasks
    var counts: [Int32] = []
    let places = held.map { entry in
      let group = groups.insert(entry.inode, groups.count)
      if group == counts.count { counts.append(0) }
      counts[group] += 1
      return group
    }
    starts.reserveCapacity(counts.count + 1)
    for count in counts { starts.append(starts[starts.count - 1] + count) }
    guard let first = held.first else { return }
    var next = starts
    list.descriptors = Array(repeating: first.descriptor, count: held.count)
    for (entry, group) in zip(held, places) {
      list.descriptors[Int(next[group])] = entry.descriptor
      next[group] += 1
    }
    for (group, count) in counts.enumerated() where count > 1 {
      list.descriptors[Int(starts[group])..<Int(starts[group + 1])].sort {
        ($0.task, $0.number) > ($1.task, $1.number)
      }
    }
  }

  /// Places in `list.descriptors`; none for inode 0, which is no inode.
  public subscript(inode: UInt64) -> Range<Int> {
    guard let group = groups.index(of: inode) else { return 0..<0 }
    return Int(starts[group])..<Int(starts[group + 1])
  }
}
