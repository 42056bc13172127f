/// A process, with what was asked for about it. Unknown is nil: refused, gone, or not asked.
public struct Process: Sendable {
  public var identity: ProcessIdentity
  /// Short stable hash of machine, boot, pid and start time: 16 hexadecimal digits. An exec keeps it.
  public var entityID: String?
  /// `comm` of the leading thread: at most 15 bytes, chosen by the process.
  public var name: RawText
  public var parentPID: ProcessID
  /// RFC 3339 material: nanoseconds since 1970 at which it started (to a clock tick).
  public var startWallNanoseconds: UInt64?
  /// `S`, `R`, `Z` … of proc_pid_stat(5).
  public var state: UInt8?
  public var executable: RawText?
  /// The file that it runs, by which a hash is found. Only events, and who asks for it, have it.
  public var executableFile: FileIdentity?
  /// nil: nobody has looked.
  public var executableHash: FileHash?
  public var arguments: [RawText]?
  /// The last argument is cut, or more would follow.
  public var areArgumentsCut = false
  public var workingDirectory: RawText?
  /// `pts/0`, `tty1`.
  public var terminal: String?
  public var user: User?
  public var sessionID: ProcessID?
  /// Nearest first: parent, grandparent, … up to the entry leader or pid 1.
  public var ancestors: [Ancestor] = []
  public var entry: EntryLeader?
  /// `ssh.service`.
  public var systemdUnit: String?
  public var container: Container?
  /// Its own network namespace, which need not be that of its sockets.
  public var netns: NetworkNamespace?
  /// Grows at each exec, inherited by a fork: with the identity it names one program run. Only events tell it.
  public var execGeneration: UInt32?
  public var isKernelThread = false
  /// It ended before its facts could be read: only its identity is known.
  public var hasEnded = false

  public init(identity: ProcessIdentity, name: RawText, parentPID: ProcessID) {
    self.identity = identity
    self.name = name
    self.parentPID = parentPID
  }
}

/// A user of the host.
public struct User: Hashable, Sendable {
  public var id: UInt32
  /// nil when no name is known.
  public var name: String?
  public init(id: UInt32, name: String?) {
    self.id = id
    self.name = name
  }
}

/// One step up the tree.
public struct Ancestor: Hashable, Sendable {
  public var identity: ProcessIdentity
  public var name: RawText
  public var entityID: String?
  public init(identity: ProcessIdentity, name: RawText, entityID: String?) {
    self.identity = identity
    self.name = name
    self.entityID = entityID
  }
}

/// The process through which this work entered the host: where lineage stops.
public struct EntryLeader: Hashable, Sendable {
  /// Named as in ECS `process.entry_leader.entry_meta.type`.
  public enum Kind: String, Sendable { case `init`, sshd, systemd, cron, container, terminal, kthread, other }
  public var kind: Kind
  public var pid: ProcessID
  public init(kind: Kind, pid: ProcessID) {
    self.kind = kind
    self.pid = pid
  }
}

/// A container, from the cgroup path of its processes.
public struct Container: Hashable, Sendable {
  /// As the runtime writes it: 64 hexadecimal digits for most, a name for lxc and nspawn.
  public var id: String
  /// docker, containerd, podman, cri-o, lxc, nspawn, kubernetes (runtime not told apart).
  public var runtime: String
  public var name: String?
  public var podUID: String?
  public init(id: String, runtime: String, name: String? = nil, podUID: String? = nil) {
    self.id = id
    self.runtime = runtime
    self.name = name
    self.podUID = podUID
  }
}
