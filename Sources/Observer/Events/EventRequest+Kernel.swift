import KernelBPF
import Model

/// What of a request the kernel itself can leave out, with the same answer as if it told everything.
///
/// The other end of a connection is told by events of other processes, of other ports' listeners, and so on: only what
/// no event that is shown can need is left out.
/// - `netns = N`: sockets of other namespaces. Both ends of a pair are in one.
/// - `dport = P`: sockets without that port at either end: the other end has it as its own. Not `sport`: the local port
///   is not known when a connect begins. Not with names: those come from port 53.
/// - a tree of processes: acts of others that tell of nothing but themselves; where no socket is asked for, all that
///   others do. The tree's ancestors stay, for their names are shown.
/// - `pid`, `unit` and `container` are not: a process may get any pid, and managers move what they have started.
extension EventRequest {
  var settings: ProbeSettings {
    var settings = ProbeSettings()
    if includesOwn { settings.leftOutProcess = nil }
    settings.reportsClosing = false
    settings.reportsThreads = wantsThreads
    settings.ringByteCount = ringByteCount
    if !pushesDown { return settings }
    if let filter {
      settings.netns = filter.expression.onlyNamespace
      let hints = filter.kernelHints
      let isAboutPorts = hints.tables.isSubset(of: SocketTableSet.internet.union(SocketTableSet(.vsock)))
      if isAboutPorts, hints.peerPorts.count == 1, hints.peerPorts.lowerBound != 0, !wantsNames {
        settings.port = hints.peerPorts.lowerBound
      }
    }
    if roots != nil {
      // Filled by `TreeListing`.
      settings.processes = []
      settings.startsOpen = true
      settings.filtersActsOnly = wantsSockets || wantsNames
    }
    return settings
  }
}

extension FilterExpression {
  /// The one namespace that this can be true in; nil is all.
  fileprivate var onlyNamespace: UInt32? {
    switch self {
    case .test(.number(.netns, .equal, let number)): UInt32(exactly: number).flatMap { $0 == 0 ? nil : $0 }
    case .and(let parts): parts.lazy.compactMap(\.onlyNamespace).first
    default: nil
    }
  }
}
