extension NetstatOptions {
  /// Reads a command line as netstat of net-tools 2.10 does; `program` is what its messages begin with.
  ///
  /// `--better` is taken out first, so that it makes no abbreviation ambiguous.
  public static func parse(
    _ arguments: [String], program: String, isSELinuxEnabled: () -> Bool
  ) -> NetstatRequest {
    let end = arguments.firstIndex(of: "--") ?? arguments.endIndex
    let words = arguments[..<end].filter { $0 != "--better" }
    var options = NetstatOptions()
    options.better = words.count < end
    var modes: [Display] = []
    var scanner = OptionScanner(
      program: program, arguments: words + arguments[end...], short: "A:CFMacdeghilnNoprsStuUvVWw2fx64?Z",
      long: longOptions)
    while let item = scanner.next() {
      switch item {
      case .problem(let text): return .answer(output: "", errors: text + "\n" + usage, status: 3)
      case .option(let value, let argument):
        switch options.take(value, argument ?? scanner.longName, &modes) {
        case nil: continue
        case .unknownFamily(let word):
          return .answer(output: "", errors: "Unknown address family `\(word)'.\n", status: 1)
        case .usage(let status):
          // netstat writes the list of families to standard error in either case.
          return status == 0
            ? .answer(output: usageText, errors: familyList, status: 0)
            : .answer(output: "", errors: usage, status: status)
        case .version: return .answer(output: versionText, errors: "", status: 0)
        case .securityContext:
          guard isSELinuxEnabled() else {
            return .answer(output: "", errors: "SELinux is not enabled on this machine.\n", status: 1)
          }
          options.programs = true
          options.securityContext = true
        }
      }
    }
    if modes.count > 1 { return .answer(output: "", errors: usage, status: 3) }
    options.display = modes.first ?? .sockets
    options.complete()
    return .run(options)
  }

  /// What an option may lead to besides a flag.
  private enum Turn {
    case usage(Int32)
    case version
    case securityContext
    case unknownFamily(String)
  }

  /// Every option as it may be typed, for completions.
  public static var optionWords: [String] {
    let letters = Set(
      longOptions.filter { $0.value < 256 }.map { "-" + String(UnicodeScalar(UInt8($0.value))) })
    return letters.sorted() + ["-4", "-6"] + longOptions.map { "--" + $0.name } + ["--better"]
  }

  /// Long options without a letter.
  private enum Own {
    static let family = 256
    static let numericHosts = 512
    static let numericPorts = 513
    static let numericUsers = 514
  }

  /// `word` is the argument, or the name of a long option.
  private mutating func take(_ value: Int, _ word: String?, _ modes: inout [Display]) -> Turn? {
    switch value {
    case Own.family: return addFamilies(word ?? "")
    case Own.numericHosts: numericHosts = true
    case Own.numericPorts: numericPorts = true
    case Own.numericUsers: numericUsers = true
    default: return takeLetter(Character(UnicodeScalar(UInt8(truncatingIfNeeded: value))), word, &modes)
    }
    return nil
  }

  private mutating func takeLetter(_ letter: Character, _ word: String?, _ modes: inout [Display]) -> Turn? {
    switch letter {
    case "A": return addFamilies(word ?? "")
    case "4": return addFamilies("inet")
    case "6": return addFamilies("inet6")
    case "x": return addFamilies("unix")
    case "?": return .usage(3)
    case "h": return .usage(0)
    case "V": return .version
    case "Z": return .securityContext
    case "M": modes.append(.masquerade)
    case "i": modes.append(.interfaces)
    case "r": modes.append(.routes)
    case "s": modes.append(.statistics)
    case "t": sockets.insert(.tcp)
    case "S": sockets.insert(.sctp)
    case "u": sockets.insert(.udp)
    case "U": sockets.insert(.udplite)
    case "w": sockets.insert(.raw)
    case "g": sockets.insert(.groups)
    case "2", "f": sockets.insert(.bluetooth)
    default: takeFlag(letter)
    }
    return nil
  }

  private mutating func takeFlag(_ letter: Character) {
    switch letter {
    case "a": all = true
    case "l": listening = true
    case "c": continuous = true
    case "e": extended += 1
    case "p": programs = true
    case "o": timers = true
    case "W": wide = true
    case "v": verbose = true
    case "n": (numericHosts, numericPorts, numericUsers) = (true, true, true)
    case "N": symbolic = true
    case "F": fib = true
    case "C": cache = true
    default: break  // -d, which netstat takes and does nothing with
    }
  }

  /// The names that `-A` takes, netstat's own name of each, and the sockets that it stands for.
  private static let familyNames: [(alias: String, name: String, sockets: Protocols)] = [
    ("ax25", "ax25", .ax25), ("ip", "inet", []), ("ip6", "inet6", []), ("ipx", "ipx", .ipx),
    ("rose", "rose", .rose), ("appletalk", "ddp", []), ("netrom", "netrom", .netrom), ("inet", "inet", []),
    ("inet6", "inet6", []), ("ddp", "ddp", []), ("unix", "unix", .unix), ("tcpip", "inet", []),
    ("econet", "ec", []), ("x25", "x25", .x25), ("ash", "ash", []), ("bluetooth", "bluetooth", .bluetooth),
  ]

  /// Families by commas.
  private mutating func addFamilies(_ list: String) -> Turn? {
    for word in list.split(separator: ",", omittingEmptySubsequences: false) {
      guard let family = Self.familyNames.first(where: { $0.alias == word }) else {
        return .unknownFamily(String(word))
      }
      families.append(family.name)
      sockets.formUnion(family.sockets)
      if family.name == "inet" { inet = true }
      if family.name == "inet6" { inet6 = true }
    }
    return nil
  }

  /// What follows from what was named.
  private mutating func complete() {
    if (inet || inet6 || display == .statistics) && sockets.isDisjoint(with: .internet) {
      impliedProtocols = true
      sockets.formUnion(.internet)
    }
    if !sockets.isDisjoint(with: [.internet, .groups]) && !inet && !inet6 { (inet, inet6) = (true, true) }
  }

  private static let familyOptions = [
    "ax25", "x25", "ip", "ipx", "appletalk", "netrom", "inet", "inet6", "ddp", "rose", "unix", "bluetooth",
    "tcpip",
  ]

  /// In netstat's order, in which ambiguities are told.
  private static let longOptions: [OptionScanner.Long] =
    // One value for all, as there: an abbreviation of several families (`--i`) is the first of them.
    familyOptions.map { .init($0, .none, Own.family) } + [
      .init("version", .none, "V"), .init("interfaces", .none, "i"), .init("help", .none, "h"),
      .init("route", .none, "r"), .init("masquerade", .none, "M"), .init("protocol", .required, "A"),
      .init("tcp", .none, "t"), .init("sctp", .none, "S"), .init("udp", .none, "u"),
      .init("udplite", .none, "U"), .init("raw", .none, "w"), .init("unix", .none, "x"),
      .init("l2cap", .none, "2"), .init("rfcomm", .none, "f"), .init("listening", .none, "l"),
      .init("all", .none, "a"), .init("timers", .none, "o"), .init("continuous", .none, "c"),
      .init("extend", .none, "e"), .init("programs", .none, "p"), .init("verbose", .none, "v"),
      .init("statistics", .none, "s"), .init("wide", .none, "W"), .init("numeric", .none, "n"),
      .init("numeric-hosts", .none, Own.numericHosts), .init("numeric-ports", .none, Own.numericPorts),
      .init("numeric-users", .none, Own.numericUsers), .init("symbolic", .none, "N"),
      .init("cache", .none, "C"), .init("fib", .none, "F"), .init("groups", .none, "g"),
      .init("context", .none, "Z"),
    ]
}
