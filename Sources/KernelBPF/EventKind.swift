import CLinux

/// What happened: `enum sockeye_event_kind` of `EventRecord.h`.
public enum EventKind: UInt16, Sendable, CaseIterable {
  case fork = 1
  case threadStart = 2
  case exec = 3
  case execFailed = 4
  case exit = 5
  case threadExit = 6
  case rename = 7
  /// A thread's ids or namespaces have changed.
  case identity = 8
  /// connect(2) on a stream socket has begun; the local port is not chosen yet.
  case connect = 16
  case established = 17
  case connectFailed = 18
  case listen = 19
  case accept = 20
  /// The one who closes, before the connection is over.
  case closing = 21
  case close = 22
  case bind = 23
  /// connect(2) on a datagram socket.
  case datagramConnect = 24
  /// The first datagram between a socket, a peer and a process.
  case flow = 32
  case flowEnd = 33
  /// Not from the ring: `PERF_RECORD_MMAP2`.
  case moduleLoad = 39
  case moduleUnload = 40
  case dnsAnswer = 48
  /// connect(2) on a unix stream or seqpacket socket has succeeded or failed.
  case unixConnect = 56
  case unixAccept = 57
}

/// Marks on a record: `enum sockeye_event_flag`.
public struct EventFlags: OptionSet, Sendable, Hashable {
  public let rawValue: UInt32
  public init(rawValue: UInt32) { self.rawValue = rawValue }

  /// The root end of the executable's path is missing.
  public static let pathCut = EventFlags(rawValue: SOCKEYE_EVENT_PATH_CUT.rawValue)
  public static let argumentsCut = EventFlags(rawValue: SOCKEYE_EVENT_ARGUMENTS_CUT.rawValue)
  public static let argumentsUnread = EventFlags(rawValue: SOCKEYE_EVENT_ARGUMENTS_UNREAD.rawValue)
  /// The executable has no name in the file system: deleted, or a memfd.
  public static let deleted = EventFlags(rawValue: SOCKEYE_EVENT_DELETED.rawValue)
  /// The twin program reported it, because the first was skipped.
  public static let byTwin = EventFlags(rawValue: SOCKEYE_EVENT_BY_TWIN.rawValue)
  public static let directoryCut = EventFlags(rawValue: SOCKEYE_EVENT_DIRECTORY_CUT.rawValue)
  public static let peerClosed = EventFlags(rawValue: SOCKEYE_EVENT_PEER_CLOSED.rawValue)
  /// accept(2) or getpeername(2): the first for a socket is its accept.
  public static let byGetpeername = EventFlags(rawValue: SOCKEYE_EVENT_BY_GETPEERNAME.rawValue)
  /// The child shares its parent's memory: vfork(2), a thread.
  public static let sharedMemory = EventFlags(rawValue: SOCKEYE_EVENT_SHARED_MEMORY.rawValue)
  /// Of an answer over TCP: the SYN, so its first byte has the next sequence number.
  public static let streamStart = EventFlags(rawValue: SOCKEYE_EVENT_STREAM_START.rawValue)
}

public typealias EventActor = sockeye_event_actor
public typealias EventSocket = sockeye_event_socket
public typealias EventTotals = sockeye_event_totals
public typealias EventFork = sockeye_event_fork
public typealias EventExec = sockeye_event_exec
public typealias EventExit = sockeye_event_exit
public typealias EventRename = sockeye_event_rename
public typealias EventFlow = sockeye_event_flow
public typealias EventFlowKey = sockeye_event_flow_key
public typealias EventMapping = sockeye_event_mapping
public typealias EventUnix = sockeye_event_unix
public typealias EventIdentity = sockeye_event_identity
public typealias EventIDs = sockeye_event_ids
