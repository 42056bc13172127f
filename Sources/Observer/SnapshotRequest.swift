import Model

/// What a snapshot is for, so that no more is collected than is shown.
public struct SnapshotRequest: Sendable {
  /// Which namespaces' sockets are wanted.
  public enum Namespaces: Sendable, Equatable {
    case all
    /// The one that sockeye runs in.
    case current
    /// The inode of a namespace, `net:[N]`.
    case inode(NetworkNamespace)
    /// A name under `/run/netns`, or a path of an nsfs file.
    case path(String)
    /// The namespace of a process.
    case process(ProcessID)
  }

  /// How holders are found.
  public enum HolderSource: String, Sendable, CaseIterable {
    /// Whichever is cheaper here and allowed.
    case automatic = "auto"
    /// The `task_file` iterator.
    case iterator
    /// `/proc/PID/fd`.
    case procfs = "proc"
  }

  public enum Processes: Equatable, Sendable {
    case ofSockets
    case also(ProcessID)
    case all
  }

  public var namespaces: Namespaces = .all
  public var tables = SocketTableSet.all
  /// The states that will be shown: others are left out.
  public var states = SocketStateSet.all
  /// What every shown internet socket satisfies, for the kernel to evaluate; nil for no such promise.
  public var internet: InternetExpression?
  /// The processes that are wanted whether they hold a socket or not.
  public var processes = Processes.ofSockets
  /// TCP internals, memory and timers.
  public var wantsDetails = false
  /// How sockets came to their peers: who connected, who accepted.
  public var wantsOrigins = true
  public var processFacts: ProcessFacts = [.user]
  public var holderSource: HolderSource = .automatic
  /// Who holds the sockets; without, the tables alone are read.
  public var wantsHolders = true
  /// Sockets in the order in which the kernel's tables have them, as netstat and ss print them, and not in the order of
  /// the descriptors that lead to them.
  public var isInTableOrder = false
  /// Duplicate every holder's descriptor and ask the socket itself; report disagreements.
  public var asksSockets = false
  public init() {}
}

/// Facts about processes that cost a read each.
public struct ProcessFacts: OptionSet, Sendable {
  public let rawValue: UInt16
  public init(rawValue: UInt16) { self.rawValue = rawValue }
  public static let user = ProcessFacts(rawValue: 1)
  public static let arguments = ProcessFacts(rawValue: 2)
  public static let executable = ProcessFacts(rawValue: 4)
  public static let workingDirectory = ProcessFacts(rawValue: 8)
  /// systemd unit and container, from the cgroup path.
  public static let cgroup = ProcessFacts(rawValue: 16)
  /// Ancestors, entry leader.
  public static let lineage = ProcessFacts(rawValue: 32)
  /// Own network namespace.
  public static let namespace = ProcessFacts(rawValue: 64)
  /// Machine-wide identifier.
  public static let entityID = ProcessFacts(rawValue: 128)
  /// Identity of the executable's file, for its hash.
  public static let executableFile = ProcessFacts(rawValue: 256)
  /// What is shown.
  public static let all: ProcessFacts = [
    .user, .arguments, .executable, .workingDirectory, .cgroup, .lineage, .namespace, .entityID,
  ]
}
