/// A column of the socket table: what `--columns` and `--sort` name.
public enum Column: String, Sendable, CaseIterable {
  case proto, family, type, state, recvq, sendq, local, peer
  case process, pid, user, uid, fd, holders, exe, args, cwd, tty, parent, unit, container, entry, started, age
  case netns, inode, cookie, origin, interface, mark, cgroup, shutdown
  case rtt, minrtt, retrans, sent, received, cwnd, mss, congestion, pacing, timer

  /// What `-o table` shows; `netns` joins when there is more than one.
  public static let standard: [Column] = [.proto, .state, .recvq, .sendq, .local, .peer, .process, .user]
  /// What `-o wide` shows: nothing is shortened or left out.
  public static let wide: [Column] = [
    .proto, .state, .recvq, .sendq, .local, .peer, .netns, .process, .user, .unit, .container, .inode,
    .cookie,
    .origin, .exe, .args,
  ]

  public var title: String {
    switch self {
    case .recvq: "RECVQ"
    case .sendq: "SENDQ"
    default: rawValue.uppercased()
    }
  }

  /// One line for the help.
  public var description: String {
    switch self {
    case .proto: "protocol: tcp, udp, unix, …"
    case .family: "address family: inet, inet6, unix, …"
    case .type: "socket type: stream, dgram, raw, …"
    case .state: "state, as ss spells it"
    case .recvq: "bytes waiting to be read; of a listener, connections waiting for accept"
    case .sendq: "bytes not yet acknowledged; of a listener, the limit of its queue"
    case .local: "own address and port, or path"
    case .peer: "address and port of the other end; of a unix socket, its inode"
    case .process: "name and pid of the main holder, and how many more there are"
    case .pid: "pid of the main holder"
    case .user: "user of the process, or the owner of the socket"
    case .uid: "user id that owns the socket"
    case .fd: "descriptors of the main holder"
    case .holders: "every holder with its descriptors"
    case .exe: "executable file of the main holder"
    case .args: "its command line"
    case .cwd: "its working directory"
    case .tty: "its terminal"
    case .parent: "its parent"
    case .unit: "its systemd unit"
    case .container: "its container"
    case .entry: "how its session came to the host: sshd, systemd, cron, container, …"
    case .started: "when it started (UTC)"
    case .age: "how long it has run"
    case .netns: "network namespace of the socket: name, or inode"
    case .inode: "inode of the socket"
    case .cookie: "cookie: unique among all sockets until the host reboots"
    case .origin: "how it came to be: connect, accept or listen"
    case .interface: "interface that it is bound to"
    case .mark: "firewall mark"
    case .cgroup: "cgroup v2 id"
    case .shutdown: "side that is shut: receive, send, both"
    case .rtt: "smoothed round-trip time"
    case .minrtt: "shortest round-trip time seen"
    case .retrans: "segments retransmitted in all"
    case .sent: "payload bytes sent"
    case .received: "payload bytes received"
    case .cwnd: "congestion window, segments"
    case .mss: "largest segment sent"
    case .congestion: "congestion control"
    case .pacing: "pacing rate"
    case .timer: "the timer that runs, and when it fires"
    }
  }

  /// Numbers stand on the right.
  var isRightAligned: Bool {
    switch self {
    case .recvq, .sendq, .pid, .uid, .age, .inode, .cookie, .mark, .cgroup, .rtt, .minrtt, .retrans, .sent,
      .received,
      .cwnd, .mss, .pacing:
      true
    default: false
    }
  }

  /// The narrowest that its cells may be elided to; nil when they are never elided.
  var leastWidth: Int? {
    switch self {
    case .local, .peer: 15
    case .process: 12
    case .user, .unit, .tty, .entry, .netns, .interface, .parent: 8
    case .container: 10
    case .exe, .args, .cwd, .holders: 14
    case .fd: 6
    default: nil
    }
  }

  /// When space runs out, the lowest goes first; the highest never does.
  var importance: Int {
    switch self {
    case .process, .local: 100
    case .peer: 90
    case .state: 80
    case .proto: 70
    case .pid, .netns: 60
    case .user, .holders: 50
    case .unit, .container: 40
    case .recvq: 31
    case .sendq: 30
    case .exe: 25
    case .args: 24
    default: 10
    }
  }
}

/// What `--sort` says: a column, `-` before it for descending.
public struct SortKey: Sendable, Equatable {
  public var column: Column
  public var isDescending: Bool
  public init(_ column: Column, isDescending: Bool = false) {
    self.column = column
    self.isDescending = isDescending
  }

  /// Reads `sent` or `-sent`; nil when there is no such column.
  public init?(parsing text: String) {
    let isDescending = text.hasPrefix("-")
    guard let column = Column(rawValue: String(isDescending ? text.dropFirst() : text[...])) else {
      return nil
    }
    self.init(column, isDescending: isDescending)
  }
}

extension Column {
  /// Reads `proto,local,process`. The unknown word comes back as the error, for the message.
  public static func list(parsing text: String) throws(UnknownColumn) -> [Column] {
    var columns: [Column] = []
    for word in text.split(separator: ",", omittingEmptySubsequences: false) {
      guard let column = Column(rawValue: String(word)) else { throw UnknownColumn(word: String(word)) }
      columns.append(column)
    }
    return columns
  }
}

/// A word that names no column.
public struct UnknownColumn: Error, Equatable {
  public var word: String
}
