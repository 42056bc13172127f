/// Why ss would take no filter: what it says, and its exit status.
public enum SSFilterError: Error, Hashable, Sendable {
  /// The words are no filter.
  case syntax
  /// A word has no value; lines for standard error.
  case value([String])
  /// More nesting than we read.
  case tooDeep
}

/// What a filter may look up. Each closure gives nil for what it does not know.
public struct SSFilterNames {
  /// Of `tcp` or `udp`.
  public var service: (_ name: String, _ transport: String) -> UInt16?
  public var interface: (String) -> UInt32?
  /// A cgroup v2 path; on failure the lines for standard error.
  public var controlGroup: (String) -> Result<UInt64, SSNameFailure>
  /// Addresses of a host name, of both families or of one.
  public var host: (String, AddressFamily) -> [IPAddress]
  public var ethernetProtocol: (String) -> UInt16?
  public var netlinkProtocol: (String) -> UInt32?

  public init(
    service: @escaping (String, String) -> UInt16? = { _, _ in nil },
    interface: @escaping (String) -> UInt32? = { _ in nil },
    controlGroup: @escaping (String) -> Result<UInt64, SSNameFailure> = { _ in .failure(SSNameFailure([])) },
    host: @escaping (String, AddressFamily) -> [IPAddress] = { _, _ in [] },
    ethernetProtocol: @escaping (String) -> UInt16? = { _ in nil },
    netlinkProtocol: @escaping (String) -> UInt32? = { _ in nil }
  ) {
    self.service = service
    self.interface = interface
    self.controlGroup = controlGroup
    self.host = host
    self.ethernetProtocol = ethernetProtocol
    self.netlinkProtocol = netlinkProtocol
  }
}

/// Lines that say why a name means nothing.
public struct SSNameFailure: Error {
  public let lines: [String]
  public init(_ lines: [String]) { self.lines = lines }
}

/// Reads a filter as ss(8) does: words between blanks, `and` and `or` alike from left to right.
///
/// A word that is no keyword is a value of the kind that the last keyword takes, and is looked up at once: what is wrong
/// with it is told before what is wrong with its place.
public struct SSFilterParser: FilterGrammar {
  typealias Tree = SSFilter
  typealias Failure = SSFilterError

  let dialect = FilterDialect.ss
  var turns = 0
  let names: SSFilterNames
  /// Which names a service may have: those of the tables that are asked for.
  let transports: [String]
  private let words: [String]
  private var position = 0
  private var kind = Keyword.source
  private var peeked: Lexeme?
  /// The family that an address without a prefix is of; an address that names one decides for all tables.
  public internal(set) var family: AddressFamily
  /// An address was of one family: only that is shown then.
  public internal(set) var narrowsFamily = false

  private enum Keyword {
    case source, destination, sourcePort, destinationPort, device, mark, controlGroup, autobound
    static let words: [String: Keyword] = [
      "src": .source, "dst": .destination, "sport": .sourcePort, "dport": .destinationPort, "dev": .device,
      "fwmark": .mark, "cgroup": .controlGroup, "autobound": .autobound,
    ]
    var isPort: Bool { self == .sourcePort || self == .destinationPort }
  }

  private enum Lexeme {
    case end
    case token(FilterToken)
    case keyword(Keyword)
    case host(SSHost)
    case number(UInt64)
    case mark(UInt32, UInt32)

    var token: FilterToken {
      switch self {
      case .end: .end
      case .token(let token): token
      case .keyword: .word
      case .host, .number, .mark: .quote
      }
    }
  }

  /// `family` is the one that was last chosen by an option.
  public init(words: [String], family: AddressFamily, transports: [String], names: SSFilterNames) {
    self.words = words.flatMap(Self.split)
    self.family = family
    self.transports = transports
    self.names = names
  }

  /// nil is no filter.
  public mutating func parse() throws(SSFilterError) -> SSFilter? {
    if try peek().token == .end { return nil }
    let filter = try expression(depth: 0)
    guard try peek().token == .end else { throw .syntax }
    return filter
  }

  // MARK: Words

  /// Words between blanks; a backslash takes the next byte as it is.
  private static func split(_ text: String) -> [String] {
    var words: [String] = []
    var word: [UInt8]?
    var isEscaped = false
    for byte in text.utf8 {
      if !isEscaped && (byte == 32 || byte == 9) {
        if let complete = word { words.append(String(decoding: complete, as: UTF8.self)) }
        word = nil
      } else if !isEscaped && byte == UInt8(ascii: "\\") {
        isEscaped = true
        word = word ?? []
      } else {
        word = (word ?? []) + [byte]
        isEscaped = false
      }
    }
    if let word { words.append(String(decoding: word, as: UTF8.self)) }
    return words
  }

  private static let operators: [String: FilterToken] = {
    var operators: [String: FilterToken] = [:]
    let spellings: [(FilterToken, [String])] = [
      (.not, ["!", "not"]), (.and, ["&", "&&", "and"]), (.or, ["|", "||", "or"]), (.open, ["("]),
      (.close, [")"]), (.comparison(.greaterOrEqual), [">=", "ge", "geq"]),
      (.comparison(.lessOrEqual), ["<=", "le", "leq"]), (.comparison(.notEqual), ["!=", "ne", "neq"]),
      (.comparison(.equal), ["=", "==", "eq"]), (.comparison(.greater), [">", "gt"]),
      (.comparison(.less), ["<", "lt"]),
    ]
    for (token, words) in spellings { for word in words { operators[word] = token } }
    return operators
  }()

  private mutating func lexeme() throws(SSFilterError) -> Lexeme {
    if let peeked { return peeked }
    guard position < words.count else { return .end }
    let word = words[position]
    let lexeme: Lexeme
    if let token = Self.operators[word] {
      lexeme = .token(token)
    } else if let keyword = Keyword.words[word] {
      kind = keyword
      lexeme = .keyword(keyword)
    } else {
      lexeme = try value(word)
    }
    peeked = lexeme
    return lexeme
  }

  private mutating func value(_ word: String) throws(SSFilterError) -> Lexeme {
    switch kind {
    case .device:
      if let index = names.interface(word) { return .number(UInt64(index)) }
      guard let index = CNumber.unsigned(word), index <= UInt64(UInt32.max) else {
        throw .value(["Cannot parse device."])
      }
      return .number(index)
    case .mark:
      guard let (value, mask) = CNumber.mark(word) else { throw .value(["Cannot parse mark \(word)."]) }
      return .mark(value, mask)
    case .controlGroup:
      switch names.controlGroup(word) {
      case .success(let id): return .number(id)
      case .failure(let failure): throw .value(failure.lines + ["Cannot parse cgroup \(word)."])
      }
    default:
      do throws(SSNameFailure) { return .host(try host(word, isPort: kind.isPort)) } catch {
        throw .value(error.lines + ["Cannot parse dst/src address."])
      }
    }
  }

  // MARK: Grammar

  mutating func peek() throws(SSFilterError) -> (token: FilterToken, range: Range<Int>) {
    (try lexeme().token, position..<position + 1)
  }

  mutating func take(_ range: Range<Int>) {
    position = range.upperBound
    peeked = nil
  }

  mutating func predicate(_ range: Range<Int>) throws(SSFilterError) -> SSFilter {
    guard case .keyword(let keyword) = try lexeme() else { throw .syntax }
    take(range)
    if keyword == .autobound { return .autobound }
    var comparison = FilterOperator.equal
    if case .token(.comparison(let written)) = try lexeme() {
      comparison = written
      take(position..<position + 1)
    }
    let value = try lexeme()
    let test = try self.test(keyword, comparison, value)
    take(position..<position + 1)
    return test
  }

  private func test(
    _ keyword: Keyword, _ comparison: FilterOperator, _ value: Lexeme
  ) throws(SSFilterError) -> SSFilter {
    let test: SSFilter
    switch (keyword, value) {
    case (.source, .host(let host)), (.destination, .host(let host)):
      guard comparison == .equal else { throw .syntax }
      return .host(isLocal: keyword == .source, host)
    case (.sourcePort, .host(let host)), (.destinationPort, .host(let host)):
      let isLocal = keyword == .sourcePort
      // No port is -1 there.
      let port = host.port ?? -1
      switch comparison {
      case .greaterOrEqual: return .port(isLocal: isLocal, isAtLeast: true, port)
      case .lessOrEqual: return .port(isLocal: isLocal, isAtLeast: false, port)
      case .greater: return .not(.port(isLocal: isLocal, isAtLeast: false, port))
      case .less: return .not(.port(isLocal: isLocal, isAtLeast: true, port))
      default: test = .host(isLocal: isLocal, host)
      }
    case (.device, .number(let index)): test = .interface(UInt32(truncatingIfNeeded: index))
    case (.controlGroup, .number(let id)): test = .controlGroup(id)
    case (.mark, .mark(let value, let mask)): test = .mark(value: value, mask: mask)
    default: throw .syntax
    }
    switch comparison {
    case .equal: return test
    case .notEqual: return .not(test)
    default: throw .syntax
    }
  }

  func joined(byOr: Bool, _ parts: [SSFilter]) -> SSFilter { byOr ? .or(parts) : .and(parts) }
  func negated(_ part: SSFilter) -> SSFilter { .not(part) }
  func tooDeep(_ range: Range<Int>) -> SSFilterError { .tooDeep }
  func unclosed(_ range: Range<Int>) -> SSFilterError { .syntax }
  func misplaced(_ token: FilterToken, _ range: Range<Int>) -> SSFilterError { .syntax }
}
