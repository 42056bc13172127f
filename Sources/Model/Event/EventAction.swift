/// What happened, by the words of the schema `sockeye/1`.
public enum EventAction: String, Sendable, CaseIterable {
  case bind, listen, connect, accept, close, fork, exec, exit, dns, gap
  case connectFailed = "connect_failed"
  case udpFlow = "udp_flow"
  case execFailed = "exec_failed"
  case threadStart = "thread_start"
  case threadExit = "thread_exit"
  case moduleLoad = "module_load"
  case moduleUnload = "module_unload"
  case unixConnect = "unix_connect"
  case unixConnectFailed = "unix_connect_failed"
  case unixAccept = "unix_accept"
  /// Its user or group ids have changed.
  case setID = "set_id"
  /// It has gone to other namespaces.
  case setNamespace = "set_namespace"

  public var family: EventFamily {
    switch self {
    case .bind, .listen, .connect, .connectFailed, .accept, .close, .udpFlow: .socket
    case .fork, .exec, .execFailed, .exit, .setID, .setNamespace: .process
    case .unixConnect, .unixConnectFailed, .unixAccept: .unix
    case .threadStart, .threadExit: .thread
    case .moduleLoad, .moduleUnload: .module
    case .dns: .dns
    case .gap: .gap
    }
  }
}

/// Actions that belong together: what `sockeye watch` is asked for.
public enum EventFamily: String, Sendable, CaseIterable {
  case socket, process, thread, module, unix, dns
  /// What was lost: shown whatever was asked for.
  case gap

  public var actions: Set<EventAction> { Set(EventAction.allCases.filter { $0.family == self }) }
}

/// How it ended.
public enum EventOutcome: String, Sendable {
  case success, failure
  /// It has begun, and has no answer yet.
  case unknown
}

/// How an event is known.
public enum EventEvidence: String, Sendable {
  case kernelEvent = "kernel_event"
  /// The kernel told of it, and what is said of the process was read from /proc afterwards.
  case procConnector = "proc_connector"
  /// Found by polling sock_diag, with the process that a scan of descriptors found.
  case fdScan = "fd_scan"
  /// The kernel told that the socket ended; no process was found for it.
  case destroyMulticast = "destroy_multicast"
  /// Found by polling sock_diag or /proc, without more.
  case polling
}
