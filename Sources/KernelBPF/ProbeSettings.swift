import CLinux

/// What the probes leave out already in the kernel, and how they report.
public struct ProbeSettings: Sendable, Equatable {
  /// A process that is left out; by default this one.
  public var leftOutProcess: Int32? = getpid()
  /// Only sockets of this namespace.
  public var netns: UInt32?
  /// Only sockets with this port at either end.
  public var port: UInt16?
  /// Only these processes; nil is all.
  public var processes: [Int32]?
  /// The filter by processes is for acts only that tell of nothing but themselves: binds, failed connects and execs,
  /// threads, unmappings. Everything else is needed to name the other ends of connections.
  public var filtersActsOnly = false
  /// The filter by processes passes everybody until `ProbeSession.closeFilter`.
  public var startsOpen = false
  /// The children of those processes join them.
  public var followsChildren = true
  /// Only processes in these cgroups (ids of the unified hierarchy); nil is all.
  public var cgroups: [UInt64]?
  /// Who closes a connection, as an event of its own. Always until `ProbeSession.endStart`.
  public var reportsClosing = true
  /// The server's side of a handshake, before its accept.
  public var reportsPassiveHandshake = false
  public var reportsThreads = true
  public var reportsRenames = true
  /// The working directory at exec.
  public var reportsDirectory = true
  /// A power of two, at least a page.
  public var ringByteCount: UInt32 = 1 << 24
  /// Nanoseconds between two wake-ups of the reader. Less than the 5 ms that `EventReader` sleeps before it
  /// consumes: so an event that did not wake it is never left behind. A wake-up costs some 8 µs (PROBES §5).
  public var wakeInterval: UInt32 = 4_000_000

  public init() {}

  /// As the probes read them.
  var constants: sockeye_event_settings {
    var constants = sockeye_event_settings()
    constants.own_tgid = UInt32(bitPattern: leftOutProcess ?? 0)
    constants.only_netns = netns ?? 0
    constants.only_port = UInt32(port ?? 0)
    constants.filter_processes = processes == nil ? 0 : 1
    constants.follow_children = processes != nil && followsChildren ? 1 : 0
    constants.filter_acts_only = filtersActsOnly ? 1 : 0
    constants.filter_cgroups = cgroups == nil ? 0 : 1
    constants.report_closing = reportsClosing ? 1 : 0
    constants.report_passive = reportsPassiveHandshake ? 1 : 0
    constants.report_threads = reportsThreads ? 1 : 0
    constants.report_renames = reportsRenames ? 1 : 0
    constants.report_directory = reportsDirectory ? 1 : 0
    constants.wake_interval = wakeInterval
    return constants
  }
}
