import KernelBPF
import KernelSystem
import Model

/// Lists the processes of a tree in the kernel's filter, and closes it when all are there.
///
/// From the start the kernel lists the children of those that are listed. The filter may close when everything that
/// happened up to the last addition has been told, and nobody had to be added since: then whoever is not listed, and was
/// not known, is the child of one that was listed when it was made.
struct TreeListing {
  private var lastAddition: UInt64 = .max
  private var isDone = false

  init(_ request: EventRequest) { isDone = !request.pushesDown || request.roots == nil }

  /// - Parameter told: all events up to that time have been taken in.
  mutating func update(_ session: borrowing ProbeSession, _ resolver: borrowing EventResolver, told: UInt64) {
    if isDone { return }
    var isAnyAdded = false
    let (members, ancestors) = resolver.treeToList()
    for (processes, withChildren) in [(ancestors, false), (members, true)] {
      for process in processes {
        switch session.list(process.pid.rawValue, withChildren: withChildren) {
        case .known: break
        case .added: isAnyAdded = true
        case .full:
          // It stays open: more events than needed, and none missing.
          isDone = true
          return
        }
      }
    }
    if isAnyAdded || lastAddition == .max {
      lastAddition = KernelClock.bootTimeNanoseconds
    } else if told >= lastAddition {
      session.closeFilter()
      isDone = true
    }
  }
}

extension EventResolver {
  /// The living processes of the tree that is watched, and those that it comes from.
  borrowing func treeToList() -> (members: [ProcessIdentity], ancestors: [ProcessIdentity]) {
    guard let roots else { return ([], []) }
    let members = tree.live.filter { tree.isDescendant($0, of: roots) }
    return (members, roots.flatMap { tree.ancestors(of: $0).map(\.identity) }.filter { !roots.contains($0) })
  }
}
