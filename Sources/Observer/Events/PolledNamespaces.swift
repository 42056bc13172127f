import KernelNetlink
import KernelProc
import KernelSystem
import Model

/// The network namespaces whose sockets are polled: all that may be entered, or the own one.
struct PolledNamespaces: ~Copyable {
  private let home: OwnedDescriptor
  private let entersOthers: Bool
  private var polled: [NetworkNamespace: PolledNamespace] = [:]
  /// Nobody is in them any more; let go of after the ends of their last sockets were read.
  private var leaving: [PolledNamespace] = []
  private var nextCatalog: UInt64 = 0
  private var lostBefore: UInt64 = 0
  /// Namespaces that could not be entered or listened to, with the first reason.
  private(set) var refused: Set<NetworkNamespace> = []
  private(set) var refusal: SystemError?
  private var queries = PolledNamespace.queries
  /// Questions that this kernel has no handler for. Asking again would start modprobe each time.
  private(set) var unsupported: [SockDiagSubject] = []

  init(entersOthers: Bool) throws(SystemError) {
    self.entersOthers = entersOthers
    home = try OwnedDescriptor.open("/proc/self/ns/net")
  }

  /// Sockets whose end found no room in a buffer.
  var lost: UInt64 { (Array(polled.values) + leaving).reduce(lostBefore) { $0 &+ $1.lost } }

  mutating func look(
    into look: inout SocketLook, _ proc: borrowing ProcFileSystem, _ set: borrowing ReadinessSet
  ) {
    let now = KernelClock.bootTimeNanoseconds
    if now >= nextCatalog {
      findNamespaces(proc, set)
      // Looking through all processes for namespaces takes a twentieth of the time at most.
      let end = KernelClock.bootTimeNanoseconds
      nextCatalog = end &+ (end &- now) * 19
    }
    for sockets in Array(polled.values) { self.look(at: sockets, into: &look) }
    look.namespaces.formUnion(leaving.map(\.namespace.rawValue))
  }

  private mutating func look(at sockets: PolledNamespace, into look: inout SocketLook) {
    var isWhole = true
    for (index, query) in queries.enumerated().reversed() {
      do throws(SockDiagError) { try sockets.look(query, into: &look.sockets) } catch {
        if case .unsupported(let subject, _) = error {
          unsupported.append(subject)
          queries.remove(at: index)
        } else {
          isWhole = false  // one look less: the next finds what there is
        }
      }
    }
    if isWhole { look.namespaces.insert(sockets.namespace.rawValue) }
  }

  /// Hands out the sockets that have ended, with their namespaces; whether that was all.
  mutating func drain(
    _ body: (InetDiagDetails, NetworkNamespace) -> Void, failed: (SystemError) -> Void
  ) -> Bool {
    var isAll = true
    func drain(_ sockets: PolledNamespace) -> Bool {
      do throws(SystemError) { return try sockets.drain { body($0, sockets.namespace) } } catch {
        failed(error)
        return true
      }
    }
    for sockets in polled.values where !drain(sockets) { isAll = false }
    leaving.removeAll { (sockets) in
      guard drain(sockets) else {
        isAll = false
        return false
      }
      lostBefore &+= sockets.lost
      return true
    }
    return isAll
  }

  private mutating func findNamespaces(_ proc: borrowing ProcFileSystem, _ set: borrowing ReadinessSet) {
    let catalog: NamespaceCatalog
    do throws(SystemError) {
      catalog = try entersOthers ? NamespaceCatalog(proc) : NamespaceCatalog(ownOnly: proc)
    } catch {
      refusal = refusal ?? error
      return
    }
    for (namespace, sockets) in polled where catalog.entries[namespace] == nil {
      leaving.append(sockets)
      polled[namespace] = nil
    }
    for entry in catalog.entries.values
    where polled[entry.namespace] == nil && !refused.contains(entry.namespace) {
      do throws(SystemError) { polled[entry.namespace] = try enter(entry, set) } catch {
        if error.errno.meansGone { continue }
        refused.insert(entry.namespace)
        refusal = refusal ?? error
      }
    }
  }

  private func enter(
    _ entry: NamespaceCatalog.Entry, _ set: borrowing ReadinessSet
  ) throws(SystemError) -> PolledNamespace {
    guard let door = try entry.door.open() else { return try PolledNamespace(entry.namespace, set) }
    let visit = try NamespaceVisit(door, named: "netns \(entry.namespace.rawValue)")
    // Back first, whatever came of it.
    let result = Result { () throws(SystemError) in try PolledNamespace(entry.namespace, set) }
    visit.leave(to: home)
    return try result.get()
  }
}
