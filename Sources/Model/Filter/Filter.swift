/// What a predicate says of a socket. Kleene's logic: `not unknown` is unknown, `no and unknown` is no,
/// `yes or unknown` is yes. A view shows `yes`, and says how many were `unknown`: what was refused or not asked is
/// never shown as if it matched, and never passed over in silence.
public enum Verdict: UInt8, Hashable, Comparable, Sendable {
  case no, unknown, yes

  @inlinable public init(_ isTrue: Bool) { self = isTrue ? .yes : .no }
  @inlinable public var negated: Verdict {
    switch self {
    case .no: .yes
    case .unknown: .unknown
    case .yes: .no
    }
  }
  @inlinable public static func < (left: Verdict, right: Verdict) -> Bool { left.rawValue < right.rawValue }
}

/// Facts that a filter asks for beyond the socket itself: what is not in it need not be collected.
public struct FilterNeeds: OptionSet, Hashable, Sendable {
  public let rawValue: UInt16
  @inlinable public init(rawValue: UInt16) { self.rawValue = rawValue }
  /// Holders, with pid, parent, comm and start.
  public static let process = FilterNeeds(rawValue: 1)
  public static let user = FilterNeeds(rawValue: 2)
  public static let commandLine = FilterNeeds(rawValue: 4)
  public static let executable = FilterNeeds(rawValue: 8)
  public static let unit = FilterNeeds(rawValue: 16)
  public static let container = FilterNeeds(rawValue: 32)
  public static let lineage = FilterNeeds(rawValue: 64)
  /// `SocketDetail.tcp`.
  public static let tcpDetail = FilterNeeds(rawValue: 128)
  /// Paths and names of unix sockets.
  public static let names = FilterNeeds(rawValue: 256)
  /// Names of network namespaces.
  public static let namespaces = FilterNeeds(rawValue: 512)
}

/// A filter over sockets and their processes: `dport = :443 and not comm = curl`.
public struct Filter: Hashable, Sendable {
  public var expression: FilterExpression

  public init(expression: FilterExpression = .everything) { self.expression = expression }

  /// Reads a filter. An empty text matches everything.
  public init(
    _ text: String, dialect: FilterDialect = .sockeye, names: FilterNames = FilterNames()
  ) throws(FilterError) {
    var parser = FilterParser(Array(text.utf8), blankWords: [], dialect: dialect, names: names)
    expression = try parser.parse()
  }

  /// Reads a filter from the words of a command line: what is read is `text(ofWords:)`.
  ///
  /// A word with blanks in it counts as quoted where a text or a path is expected (`comm = "tmux: server"` of the
  /// shell); elsewhere its words count (`'( sport = :22 )'` in one argument).
  public init(
    words: [String], dialect: FilterDialect = .sockeye, names: FilterNames = FilterNames()
  ) throws(FilterError) {
    var blankWords: [Range<Int>] = []
    var offset = 0
    for word in words {
      let end = offset + word.utf8.count
      if word.utf8.contains(where: FilterLexer.isBlank) { blankWords.append(offset..<end) }
      offset = end + 1
    }
    let text = Array(Self.text(ofWords: words).utf8)
    var parser = FilterParser(text, blankWords: blankWords, dialect: dialect, names: names)
    expression = try parser.parse()
  }

  /// The text in which an error of `init(words:)` has its range.
  public static func text(ofWords words: [String]) -> String { words.joined(separator: " ") }

  /// What must be collected for this filter to be judged.
  public var required: FilterNeeds { expression.required }
}

extension Filter: CustomStringConvertible {
  public var description: String { expression.description }
}

extension FilterExpression {
  var required: FilterNeeds {
    switch self {
    case .and(let parts), .or(let parts): parts.reduce(into: []) { $0.formUnion($1.required) }
    case .not(let inner): inner.required
    case .test(let test): test.required
    }
  }
}

extension FilterTest {
  var required: FilterNeeds {
    switch self {
    case .autobound, .host(_, .unix): .names
    case .number(let number, _, _): number.required
    case .text(let text, _): text.required
    default: []
    }
  }
}

extension FilterNumber {
  var required: FilterNeeds {
    switch self {
    case .pid, .ppid, .holders, .age: .process
    case .user: [.process, .user]
    case .ancestor: [.process, .lineage]
    case .sent, .received, .retransmits, .roundTrip: .tcpDetail
    case .uid, .netns, .inode, .cookie, .receiveQueue, .sendQueue: []
    }
  }
}

extension FilterText {
  var required: FilterNeeds {
    switch self {
    case .comm: .process
    case .exe: [.process, .executable]
    case .args: [.process, .commandLine]
    case .user: [.process, .user]
    case .unit: [.process, .unit]
    case .container: [.process, .container]
    case .ancestor: [.process, .lineage]
    case .netns: .namespaces
    case .path: .names
    }
  }
}
