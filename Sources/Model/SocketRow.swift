/// One socket as a table of the kernel lists it, by itself: for views that print a table in the kernel's order.
///
/// A `Snapshot` joins what several sources say and knows every namespace; a row is one answer of one source.
public struct SocketRow: Sendable {
  public var socket: Socket
  public var detail: SocketDetail?
  /// Path or abstract name of a unix socket.
  public var name: RawText?
  /// Places in `HolderList.descriptors`.
  public var holders: Range<Int> = 0..<0

  @inlinable public init(socket: Socket, detail: SocketDetail? = nil, name: RawText? = nil) {
    self.socket = socket
    self.detail = detail
    self.name = name
  }
}

/// The descriptors of every process that hold sockets, grouped by socket.
public struct HolderList: Sendable {
  /// A process, or one thread of it.
  public struct Task: Sendable {
    public var pid: Int32
    public var threadID: Int32
    public var name: RawText
    /// Its security context; nil when not asked for, or there is none.
    public var context: RawText?
    public init(pid: Int32, threadID: Int32, name: RawText, context: RawText? = nil) {
      self.pid = pid
      self.threadID = threadID
      self.name = name
      self.context = context
    }
  }
  public struct Descriptor: Sendable {
    /// Index into `tasks`.
    public var task: Int32
    public var number: Int32
    /// Security context of the socket's file; nil when not asked for, or there is none.
    public var context: RawText?
    public init(task: Int32, number: Int32, context: RawText? = nil) {
      self.task = task
      self.number = number
      self.context = context
    }
  }
  public var tasks: [Task] = []
  /// Those of one socket are neighbours: the process with the highest pid first, its highest descriptor first.
  public var descriptors: [Descriptor] = []
  public init() {}
}
