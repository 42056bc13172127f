/// How `and` and `or` bind.
public enum FilterDialect: Sendable {
  /// `not` before `and` (also unwritten) before `or`.
  case sockeye
  /// As ss really reads: `and` and `or` alike, from left to right. `a or b and c` is `(a or b) and c`.
  case ss
}

/// The names that a filter may use for numbers. Each closure gives nil for a name that it does not know; without a
/// closure such a name is an error that says so.
public struct FilterNames: Sendable {
  /// `http` → 80.
  public var service: (@Sendable (String) -> UInt16?)?
  /// `eth0` → 2.
  public var interface: (@Sendable (String) -> UInt32?)?
  /// `/system.slice/ssh.service` → cgroup v2 id.
  public var controlGroup: (@Sendable (String) -> UInt64?)?

  public init(
    service: (@Sendable (String) -> UInt16?)? = nil,
    interface: (@Sendable (String) -> UInt32?)? = nil,
    controlGroup: (@Sendable (String) -> UInt64?)? = nil
  ) {
    self.service = service
    self.interface = interface
    self.controlGroup = controlGroup
  }
}

/// Reads the filter language of sockeye.
struct FilterParser: FilterGrammar {
  typealias Tree = FilterExpression
  typealias Failure = FilterError

  static let lengthLimit = 65_536

  var lexer: FilterLexer
  let dialect: FilterDialect
  let names: FilterNames
  var turns = 0

  init(_ bytes: [UInt8], blankWords: [Range<Int>], dialect: FilterDialect, names: FilterNames) {
    lexer = FilterLexer(bytes, blankWords: blankWords)
    self.dialect = dialect
    self.names = names
  }

  mutating func parse() throws(FilterError) -> FilterExpression {
    let length = lexer.bytes.count
    guard length <= Self.lengthLimit else {
      throw FilterError(
        message: "the filter has \(length) bytes; at most \(Self.lengthLimit) are allowed",
        range: Self.lengthLimit..<length)
    }
    if lexer.peek().token == .end { return .everything }
    let expression = try expression(depth: 0)
    let (token, range) = lexer.peek()
    if token == .close { throw FilterError(message: "this ')' closes nothing", range: range) }
    guard expression.height <= Self.depthLimit else { throw tooDeep(0..<length) }
    return expression
  }

  mutating func peek() -> (token: FilterToken, range: Range<Int>) { lexer.peek() }
  mutating func take(_ range: Range<Int>) { lexer.position = range.upperBound }

  func joined(byOr: Bool, _ parts: [FilterExpression]) -> FilterExpression { byOr ? .or(parts) : .and(parts) }
  func negated(_ part: FilterExpression) -> FilterExpression { .not(part) }

  func tooDeep(_ range: Range<Int>) -> FilterError {
    FilterError(message: "more than \(Self.depthLimit) levels of nesting", range: range)
  }
  func unclosed(_ range: Range<Int>) -> FilterError {
    FilterError(message: "this '(' is never closed", range: range)
  }

  func misplaced(_ token: FilterToken, _ range: Range<Int>) -> FilterError {
    let found: String
    switch token {
    case .end: found = "the filter ends"
    case .quote: found = "a quoted text stands"
    default: found = "\(DisplayText.quoted(lexer.bytes[range])) stands"
    }
    return FilterError(
      message: "\(found) where a predicate such as 'dport = :443' or 'comm = curl' was expected", range: range
    )
  }
}

extension FilterExpression {
  /// Levels of `and`, `or` and `not`.
  var height: Int {
    switch self {
    case .and(let parts), .or(let parts): 1 + (parts.map(\.height).max() ?? 0)
    case .not(let inner): 1 + inner.height
    case .test: 0
    }
  }
}
