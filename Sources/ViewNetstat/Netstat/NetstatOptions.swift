/// What the command line of netstat asks for: its flags, by meaning.
public struct NetstatOptions: Sendable, Equatable {
  public enum Display: Sendable, Equatable { case sockets, routes, interfaces, statistics, masquerade }

  public internal(set) var display = Display.sockets
  /// `-a`, `-l`.
  public internal(set) var all = false
  public internal(set) var listening = false
  public internal(set) var continuous = false
  /// How often `-e` stands there.
  public internal(set) var extended = 0
  public internal(set) var programs = false
  public internal(set) var securityContext = false
  public internal(set) var timers = false
  public internal(set) var wide = false
  public internal(set) var verbose = false
  public internal(set) var numericHosts = false
  public internal(set) var numericPorts = false
  public internal(set) var numericUsers = false
  public internal(set) var symbolic = false
  /// `-F`, `-C`: which of the routing tables.
  public internal(set) var fib = false
  public internal(set) var cache = false
  public internal(set) var sockets: Protocols = []
  /// `--better`: ours, not netstat's.
  public internal(set) var better = false

  /// Address families as `-A` names them, in their order, netstat's own names: `inet`, `ddp`.
  public internal(set) var families: [String] = []
  /// No protocol was named: those that are missing from this kernel are no error.
  public internal(set) var impliedProtocols = false
  /// Protocols or families were named: what is missing is an error.
  public var namesProtocols: Bool { !sockets.isEmpty }
  public internal(set) var inet = false
  public internal(set) var inet6 = false

  public struct Protocols: OptionSet, Sendable, Hashable {
    public let rawValue: UInt16
    public init(rawValue: UInt16) { self.rawValue = rawValue }
    public static let tcp = Protocols(rawValue: 1)
    public static let sctp = Protocols(rawValue: 2)
    public static let udp = Protocols(rawValue: 4)
    public static let udplite = Protocols(rawValue: 8)
    public static let raw = Protocols(rawValue: 16)
    public static let groups = Protocols(rawValue: 32)
    public static let unix = Protocols(rawValue: 64)
    public static let ipx = Protocols(rawValue: 128)
    public static let ax25 = Protocols(rawValue: 256)
    public static let x25 = Protocols(rawValue: 512)
    public static let netrom = Protocols(rawValue: 1024)
    public static let rose = Protocols(rawValue: 2048)
    public static let bluetooth = Protocols(rawValue: 4096)
    public static let internet: Protocols = [.tcp, .sctp, .udp, .udplite, .raw]
  }

  public init() {}

  /// Whether a section is printed: it was asked for, or nothing was.
  public func shows(_ protocols: Protocols) -> Bool {
    !namesProtocols || !sockets.isDisjoint(with: protocols)
  }
  /// Which versions of IP a section has.
  public var showsIPv4: Bool { !namesProtocols || inet }
  public var showsIPv6: Bool { !namesProtocols || inet6 }
}

/// What comes of a command line.
public enum NetstatRequest: Sendable, Equatable {
  case run(NetstatOptions)
  /// An answer that needs no look at the host: what to print where, and the exit status.
  case answer(output: String, errors: String, status: Int32)
}
