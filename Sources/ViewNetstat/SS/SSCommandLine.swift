import Model

/// What the command line of ss asks for.
public struct SSOptions: Sendable {
  public var selection = SSSelection()
  public var isNumeric = false
  public var resolvesHosts = false
  public var showsOptions = false
  /// `-e`.
  public var showsDetails = false
  public var showsMemory = false
  public var showsInternals = false
  public var showsProcesses = false
  public var showsThreads = false
  public var showsFilters = false
  public var showsTypeOfService = false
  public var showsControlGroup = false
  public var showsSocketOptions = false
  public var showsTIPC = false
  public var showsTaskContexts = false
  public var showsFileContexts = false
  public var showsHeader = true
  public var isOneLine = false
  public var follows = false
  public var kills = false
  public var summarizes = false
  /// The summary is all there is to be done.
  public var onlySummarizes = false
  /// `-D`: a file, or what begins with `-` for standard output.
  public var dumpFile: String?
  /// `-F`: a file, or what begins with `-` for standard input.
  public var filterFile: String?
  /// The words of the filter.
  public var filter: [String] = []

  public init() {}
  /// Some of them name who holds a socket.
  public var namesHolders: Bool { showsProcesses || showsThreads || showsTaskContexts || showsFileContexts }
}

/// The command line of ss(8) of iproute2 6.1, read word by word: what is wrong first is told first.
public struct SSCommandLine {
  public enum Outcome: Sendable {
    case run(SSOptions)
    /// Text for standard output, and an end with status 0.
    case answer(String)
    /// Lines for standard error, whether the usage follows them, and the exit status.
    case failure([String], showsUsage: Bool, status: Int32)
  }

  public static let version = "ss utility, iproute2-6.1.0\n"

  /// What the reading needs of the host while it goes on.
  public struct Host {
    /// Enters a network namespace by its name (`-N`); a line for standard error if that fails.
    public var enterNamespace: (String) -> String?
    public var hasSELinux: () -> Bool
    /// Why a file cannot be opened for reading; nil if it can.
    public var cannotRead: (String) -> String?
    public init(
      enterNamespace: @escaping (String) -> String?, hasSELinux: @escaping () -> Bool,
      cannotRead: @escaping (String) -> String?
    ) {
      self.enterNamespace = enterNamespace
      self.hasSELinux = hasSELinux
      self.cannotRead = cannotRead
    }
  }

  private enum Name {
    static let vsock = 256
    static let tipc = 257
    static let tipcInfo = 258
    static let tos = 259
    static let xdp = 260
    static let cgroup = 261
    static let sockopt = 262
  }

  static let short = "dhaletuwxnro460spTbEf:mMiA:D:F:vVzZN:KHSO"
  static let long: [OptionScanner.Long] = [
    .init("numeric", .none, "n"), .init("resolve", .none, "r"), .init("options", .none, "o"),
    .init("extended", .none, "e"), .init("memory", .none, "m"), .init("info", .none, "i"),
    .init("processes", .none, "p"), .init("threads", .none, "T"), .init("bpf", .none, "b"),
    .init("events", .none, "E"), .init("dccp", .none, "d"), .init("tcp", .none, "t"),
    .init("sctp", .none, "S"), .init("udp", .none, "u"), .init("raw", .none, "w"), .init("unix", .none, "x"),
    .init("tipc", .none, Name.tipc), .init("vsock", .none, Name.vsock), .init("all", .none, "a"),
    .init("listening", .none, "l"), .init("ipv4", .none, "4"), .init("ipv6", .none, "6"),
    .init("packet", .none, "0"), .init("family", .required, "f"), .init("socket", .required, "A"),
    .init("query", .required, "A"), .init("summary", .none, "s"), .init("diag", .required, "D"),
    .init("filter", .required, "F"), .init("version", .none, "V"), .init("help", .none, "h"),
    .init("context", .none, "Z"), .init("contexts", .none, "z"), .init("net", .required, "N"),
    .init("tipcinfo", .none, Name.tipcInfo), .init("tos", .none, Name.tos),
    .init("cgroup", .none, Name.cgroup), .init("kill", .none, "K"), .init("no-header", .none, "H"),
    .init("xdp", .none, Name.xdp), .init("mptcp", .none, "M"), .init("oneline", .none, "O"),
    .init("inet-sockopt", .none, Name.sockopt),
  ]

  /// Every option, for completion.
  public static let optionWords: [String] =
    short.filter { $0 != ":" }.map { "-\($0)" } + long.map { "--\($0.name)" }

  private var options = SSOptions()
  /// What `-a`, `-l`, `-A` and `state` say of states.
  private var states: SSStates = []
  private var sawQuery = false

  /// Reads `arguments`; messages of the scanner begin with `program`.
  public static func read(program: String, arguments: [String], host: Host) -> Outcome {
    var line = SSCommandLine()
    var scanner = OptionScanner(program: program, arguments: arguments, short: short, long: long)
    while let item = scanner.next() {
      switch item {
      case .problem(let line): return usage(line)
      case .option(let value, let argument):
        if let outcome = line.take(value, argument ?? "", host) { return outcome }
      }
    }
    return line.finish(scanner.operands)
  }

  private static func usage(_ line: String) -> Outcome { .failure([line], showsUsage: true, status: 255) }

  /// nil goes on.
  private mutating func take(_ value: Int, _ argument: String, _ host: Host) -> Outcome? {
    guard let letter = UInt8(exactly: value).map({ Character(Unicode.Scalar($0)) }) else {
      takeLong(value)
      return nil
    }
    switch letter {
    case "f":
      if argument == "help" { return .answer(SSHelp.text) }
      guard let family = SSFamilies.words[argument] else {
        return Self.usage("ss: \"\(argument)\" is invalid family")
      }
      options.selection.choose(family)
    case "A": return takeQuery(argument)
    case "D": options.dumpFile = argument
    case "F":
      if options.filterFile != nil {
        return .failure(["More than one filter file"], showsUsage: false, status: 255)
      }
      options.filterFile = argument
      if argument.first != "-", let reason = host.cannotRead(argument) {
        return .failure(["fopen filter file: \(reason)"], showsUsage: false, status: 255)
      }
    case "v", "V": return .answer(Self.version)
    case "h": return .answer(SSHelp.text)
    case "z", "Z":
      if letter == "z" { options.showsFileContexts = true }
      if !host.hasSELinux() {
        return .failure(["ss: SELinux is not enabled."], showsUsage: false, status: 1)
      }
      options.showsTaskContexts = true
    case "N":
      if let line = host.enterNamespace(argument) {
        return .failure([line], showsUsage: false, status: 1)
      }
    default: takeFlag(letter)
    }
    return nil
  }

  private mutating func takeLong(_ value: Int) {
    switch value {
    case Name.vsock: options.selection.choose(AddressFamily.vsock)
    case Name.tipc: options.selection.choose(AddressFamily.tipc)
    case Name.xdp: options.selection.choose(AddressFamily.xdp)
    case Name.tipcInfo: options.showsTIPC = true
    case Name.tos: options.showsTypeOfService = true
    case Name.cgroup: options.showsControlGroup = true
    default: options.showsSocketOptions = true
    }
  }

  private mutating func takeFlag(_ letter: Character) {
    switch letter {
    case "n": options.isNumeric = true
    case "r": options.resolvesHosts = true
    case "o": options.showsOptions = true
    case "e":
      options.showsOptions = true
      options.showsDetails = true
    case "m": options.showsMemory = true
    case "i": options.showsInternals = true
    case "p": options.showsProcesses = true
    case "T": options.showsThreads = true
    case "b":
      options.showsOptions = true
      options.showsFilters = true
    case "E": options.follows = true
    case "d": options.selection.choose(SSTables.dccp)
    case "t": options.selection.choose(SSTables.tcp)
    case "S": options.selection.choose(SSTables.sctp)
    case "u": options.selection.choose(SSTables.udp)
    case "w": options.selection.choose(SSTables.raw)
    case "M": options.selection.choose(SSTables.mptcp)
    case "x": options.selection.choose(AddressFamily.unix)
    case "4": options.selection.choose(AddressFamily.inet)
    case "6": options.selection.choose(AddressFamily.inet6)
    case "0": options.selection.choose(AddressFamily.packet)
    case "a": states = .all
    case "l": states = .unconnected
    case "s": options.summarizes = true
    case "K": options.kills = true
    case "H": options.showsHeader = false
    default: options.isOneLine = true
    }
  }

  private mutating func takeQuery(_ argument: String) -> Outcome? {
    if !sawQuery {
      options.selection.tables = []
      if states.isEmpty { states = .connected }
      sawQuery = true
      options.selection.isDefault = false
    }
    for word in argument.split(separator: ",", omittingEmptySubsequences: false) {
      let isDropped = word.first == "!"
      guard let tables = SSTables.words[String(isDropped ? word.dropFirst() : word)] else {
        return Self.usage("ss: \"\(word)\" is illegal socket table id")
      }
      if isDropped { options.selection.drop(tables) } else { options.selection.choose(tables) }
    }
    return nil
  }

  private consuming func finish(_ operands: [String]) -> Outcome {
    var rest = operands[...]
    options.onlySummarizes = options.summarizes && options.selection.isDefault && rest.isEmpty
    if options.onlySummarizes { return .run(options) }
    var sawStates = false
    while let verb = rest.first, ["state", "exclude", "excl"].contains(verb) {
      guard let word = rest.dropFirst().first else {
        return .failure(
          ["Command line is not complete. Try option \"help\""], showsUsage: false, status: 255)
      }
      guard let named = SSStates.words[word.lowercased()] else {
        return .failure(["ss: wrong state name: \(word)"], showsUsage: false, status: 255)
      }
      if !sawStates { states = verb == "state" ? [] : .all }
      if verb == "state" { states.formUnion(named) } else { states.subtract(named) }
      sawStates = true
      rest = rest.dropFirst(2)
    }
    if options.selection.isDefault {
      if states.isEmpty { states = .connected }
      options.selection.choose(SSTables.every)
    }
    if !states.isEmpty { options.selection.states = states }
    options.selection.complete()
    options.filter = Array(rest)
    if let nothing = options.selection.nothing {
      return .failure(["ss: no \(nothing) to show with such filter."], showsUsage: false, status: 0)
    }
    if options.dumpFile != nil, !options.selection.tables.contains(.tcp) {
      return .failure(
        ["ss: tcpdiag dump requested and no tcp in filter."], showsUsage: false, status: 0)
    }
    return .run(options)
  }
}

extension SSSelection {
  /// What is missing for anything to be shown.
  fileprivate var nothing: String? {
    if tables.isEmpty { return "socket tables" }
    if families.isEmpty { return "families" }
    return states.isEmpty ? "socket states" : nil
  }
}
