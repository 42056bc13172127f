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

/// Recursive descent; the recursion ends at `depthLimit`.
struct FilterParser {
  static let lengthLimit = 65_536
  static let depthLimit = 200

  var lexer: FilterLexer
  let dialect: FilterDialect
  let names: FilterNames
  /// How often the ss dialect went from `and` to `or` or back: each time the tree gets deeper.
  private var turns = 0

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

  private func tooDeep(_ range: Range<Int>) -> FilterError {
    FilterError(message: "more than \(Self.depthLimit) levels of nesting", range: range)
  }

  private mutating func expression(depth: Int) throws(FilterError) -> FilterExpression {
    dialect == .ss ? try leftToRight(depth: depth) : try disjunction(depth: depth)
  }

  // expression = conjunction { or conjunction }
  private mutating func disjunction(depth: Int) throws(FilterError) -> FilterExpression {
    var parts = [try conjunction(depth: depth)]
    while lexer.peek().token == .or {
      lexer.position = lexer.peek().range.upperBound
      parts.append(try conjunction(depth: depth))
    }
    return parts.count == 1 ? parts[0] : .or(parts)
  }

  // conjunction = factor { [ and ] factor }
  private mutating func conjunction(depth: Int) throws(FilterError) -> FilterExpression {
    var parts = [try factor(depth: depth)]
    while true {
      let (token, range) = lexer.peek()
      switch token {
      case .end, .close, .or: return parts.count == 1 ? parts[0] : .and(parts)
      case .and: lexer.position = range.upperBound
      default: break
      }
      parts.append(try factor(depth: depth))
    }
  }

  // expression = factor { [ and | or ] factor }, grouped from the left
  private mutating func leftToRight(depth: Int) throws(FilterError) -> FilterExpression {
    var parts = [try factor(depth: depth)]
    var joinsByOr = false
    while true {
      let (token, range) = lexer.peek()
      if token == .end || token == .close { break }
      let isOr = token == .or
      if token == .and || isOr { lexer.position = range.upperBound }
      if isOr != joinsByOr, parts.count > 1 {
        turns += 1
        if turns > Self.depthLimit { throw tooDeep(range) }
        parts = [joinsByOr ? .or(parts) : .and(parts)]
      }
      joinsByOr = isOr
      parts.append(try factor(depth: depth))
    }
    if parts.count == 1 { return parts[0] }
    return joinsByOr ? .or(parts) : .and(parts)
  }

  // factor = not factor | "(" expression ")" | predicate
  private mutating func factor(depth: Int) throws(FilterError) -> FilterExpression {
    let (token, range) = lexer.peek()
    guard depth < Self.depthLimit else { throw tooDeep(range) }
    switch token {
    case .not:
      lexer.position = range.upperBound
      return .not(try factor(depth: depth + 1))
    case .open:
      lexer.position = range.upperBound
      let inner = try expression(depth: depth + 1)
      let closing = lexer.peek()
      guard closing.token == .close else {
        throw FilterError(message: "this '(' is never closed", range: range)
      }
      lexer.position = closing.range.upperBound
      return inner
    case .word:
      return try predicate(range)
    default:
      throw misplaced(token, range)
    }
  }

  private func misplaced(_ token: FilterToken, _ range: Range<Int>) -> FilterError {
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
