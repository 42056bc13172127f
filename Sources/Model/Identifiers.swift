/// A process id (`tgid` inside the kernel), as the initial pid namespace numbers it.
public struct ProcessID: Hashable, Comparable, Sendable, RawRepresentable {
  public let rawValue: Int32
  @inlinable public init(rawValue: Int32) { self.rawValue = rawValue }
  @inlinable public init(_ rawValue: Int32) { self.rawValue = rawValue }
  @inlinable public static func < (left: ProcessID, right: ProcessID) -> Bool {
    left.rawValue < right.rawValue
  }
}

/// A network namespace, by the inode of its nsfs file: the number in `net:[4026531840]`.
public struct NetworkNamespace: Hashable, Comparable, Sendable, RawRepresentable {
  public let rawValue: UInt32
  @inlinable public init(rawValue: UInt32) { self.rawValue = rawValue }
  @inlinable public init(_ rawValue: UInt32) { self.rawValue = rawValue }
  /// A namespace whose inode could not be read.
  public static let unknown = NetworkNamespace(0)
  @inlinable public static func < (left: NetworkNamespace, right: NetworkNamespace) -> Bool {
    left.rawValue < right.rawValue
  }
}

/// `SO_COOKIE`: unique on a host until it reboots; the same number in sock_diag and in eBPF.
public struct SocketCookie: Hashable, Sendable, RawRepresentable {
  public let rawValue: UInt64
  @inlinable public init(rawValue: UInt64) { self.rawValue = rawValue }
  @inlinable public init(_ rawValue: UInt64) { self.rawValue = rawValue }
  /// The source did not say (`/proc/net` has no cookies).
  public static let unknown = SocketCookie(0)
}

/// A socket among all namespaces.
public struct SocketIdentity: Hashable, Sendable {
  public let netns: NetworkNamespace
  public let cookie: SocketCookie
  @inlinable public init(netns: NetworkNamespace, cookie: SocketCookie) {
    self.netns = netns
    self.cookie = cookie
  }
}

/// A process that pid reuse cannot confuse: pid and start time.
public struct ProcessIdentity: Hashable, Sendable {
  public let pid: ProcessID
  /// Start, clock ticks (1/100 s) since boot: field 22 of proc_pid_stat(5).
  public let startTicks: UInt64
  @inlinable public init(pid: ProcessID, startTicks: UInt64) {
    self.pid = pid
    self.startTicks = startTicks
  }
}
