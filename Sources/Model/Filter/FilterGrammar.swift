/// What every filter is made of, whatever its words are: predicates joined by `and`, `or`, `not` and parentheses, in
/// either precedence.
///
/// Recursive descent; the recursion ends at `depthLimit`.
protocol FilterGrammar {
  associatedtype Tree
  associatedtype Failure: Error

  var dialect: FilterDialect { get }
  /// How often the ss dialect went from `and` to `or` or back: each time the tree gets deeper.
  var turns: Int { get set }

  /// The next token and its place; does not consume it.
  mutating func peek() throws(Failure) -> (token: FilterToken, range: Range<Int>)
  /// Consumes the token at `range`.
  mutating func take(_ range: Range<Int>)
  /// One predicate, whose first word is at `range` and not yet consumed.
  mutating func predicate(_ range: Range<Int>) throws(Failure) -> Tree

  func joined(byOr: Bool, _ parts: [Tree]) -> Tree
  func negated(_ part: Tree) -> Tree

  func tooDeep(_ range: Range<Int>) -> Failure
  /// No `)` for the `(` at `range`.
  func unclosed(_ range: Range<Int>) -> Failure
  /// A token where a predicate was expected.
  func misplaced(_ token: FilterToken, _ range: Range<Int>) -> Failure
}

extension FilterGrammar {
  static var depthLimit: Int { 200 }

  mutating func expression(depth: Int) throws(Failure) -> Tree {
    dialect == .ss ? try leftToRight(depth: depth) : try disjunction(depth: depth)
  }

  // expression = conjunction { or conjunction }
  private mutating func disjunction(depth: Int) throws(Failure) -> Tree {
    var parts = [try conjunction(depth: depth)]
    while true {
      let (token, range) = try peek()
      guard token == .or else { return parts.count == 1 ? parts[0] : joined(byOr: true, parts) }
      take(range)
      parts.append(try conjunction(depth: depth))
    }
  }

  // conjunction = factor { [ and ] factor }
  private mutating func conjunction(depth: Int) throws(Failure) -> Tree {
    var parts = [try factor(depth: depth)]
    while true {
      let (token, range) = try peek()
      switch token {
      case .end, .close, .or: return parts.count == 1 ? parts[0] : joined(byOr: false, parts)
      case .and: take(range)
      default: break
      }
      parts.append(try factor(depth: depth))
    }
  }

  // expression = factor { [ and | or ] factor }, grouped from the left
  private mutating func leftToRight(depth: Int) throws(Failure) -> Tree {
    var parts = [try factor(depth: depth)]
    var joinsByOr = false
    while true {
      let (token, range) = try peek()
      if token == .end || token == .close { break }
      let isOr = token == .or
      if token == .and || isOr { take(range) }
      if isOr != joinsByOr, parts.count > 1 {
        turns += 1
        if turns > Self.depthLimit { throw tooDeep(range) }
        parts = [joined(byOr: joinsByOr, parts)]
      }
      joinsByOr = isOr
      parts.append(try factor(depth: depth))
    }
    return parts.count == 1 ? parts[0] : joined(byOr: joinsByOr, parts)
  }

  // factor = not factor | "(" expression ")" | predicate
  private mutating func factor(depth: Int) throws(Failure) -> Tree {
    let (token, range) = try peek()
    guard depth < Self.depthLimit else { throw tooDeep(range) }
    switch token {
    case .not:
      take(range)
      return negated(try factor(depth: depth + 1))
    case .open:
      take(range)
      let inner = try expression(depth: depth + 1)
      let closing = try peek()
      guard closing.token == .close else { throw unclosed(range) }
      take(closing.range)
      return inner
    case .word: return try predicate(range)
    default: throw misplaced(token, range)
    }
  }
}
