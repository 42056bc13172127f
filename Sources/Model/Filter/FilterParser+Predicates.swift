extension FilterParser {
  /// Reads one predicate, whose first word is at `range`.
  mutating func predicate(_ range: Range<Int>) throws(FilterError) -> FilterExpression {
    let word = lexer.string(range)
    guard let keyword = FilterKeyword.all[word] else { throw unknown(word, range) }
    if case .state = keyword { return try states() }
    if case .exclude = keyword { return try states() }
    lexer.position = range.upperBound
    switch keyword {
    case .state, .exclude: return .everything
    case .bare(let test): return .test(test)
    case .port(let side): return try ports(side, word)
    case .host(let side):
      let isNegated = try equality(word)
      let host = try host(side, word)
      return isNegated ? .not(host) : host
    case .device: return try choice(word, "an interface, by name or index", Self.interface)
    case .mark: return try choice(word, "a mark, such as 0x1 or 0x1/0xff", Self.mark)
    case .controlGroup: return try choice(word, "a cgroup, by path or id", Self.controlGroup)
    case .family:
      return try named(word, [AddressFamily.inet, .inet6, .unix, .packet, .netlink, .vsock, .xdp], \.name) {
        .family($0)
      }
    case .table:
      return try named(word, SocketTable.allCases, \.name) { .table($0) }
    case .type:
      let types = [SocketType.stream, .datagram, .raw, .sequencedPacket, .dccp, .packet]
      return try named(word, types, \.name) { .type($0) }
    case .direction:
      return try named(word, [FlowDirection.inbound, .outbound], \.rawValue) { .direction($0) }
    case .attribute(let number, let text): return try attribute(word, number, text)
    }
  }

  // MARK: States

  /// A run of `state` and `exclude` is one predicate, as in ss: the union of the states, without the excluded ones;
  /// a run that begins with `exclude` begins with all.
  private mutating func states() throws(FilterError) -> FilterExpression {
    var set: SocketStateSet?
    while true {
      let (token, range) = lexer.peek()
      let word = token == .word ? lexer.string(range) : ""
      guard word == "state" || word == "exclude" || word == "excl" else { return .test(.states(set ?? [])) }
      lexer.position = range.upperBound
      let excludes = try equality(word) != (word != "state")
      for (name, place) in try list(word, "a state such as established, listening, connected") {
        guard let states = SocketStateSet.words.first(where: { $0.name == name })?.states else {
          throw notOne(of: SocketStateSet.words.map(\.name), name, place, what: "state")
        }
        set = excludes ? (set ?? .all).subtracting(states) : (set ?? []).union(states)
      }
    }
  }

  // MARK: Operators and values

  /// Takes an operator, if there is one; without it, equality.
  mutating func comparison() -> (operator: FilterOperator, range: Range<Int>) {
    let (token, range) = lexer.peek()
    guard case .comparison(let comparison) = token else { return (.equal, range) }
    lexer.position = range.upperBound
    return (comparison, range)
  }

  /// Takes `=` or `!=`; true for the latter.
  mutating func equality(_ word: String) throws(FilterError) -> Bool {
    let (comparison, range) = comparison()
    switch comparison {
    case .equal: return false
    case .notEqual: return true
    default: throw FilterError(message: "'\(word)' compares with = and != only", range: range)
    }
  }

  mutating func value(
    _ word: String, _ expected: String, takesBlanks: Bool = false
  ) throws(FilterError) -> FilterValue {
    guard let value = try lexer.value(takesBlanks: takesBlanks) else {
      let (_, range) = lexer.peek()
      throw FilterError(message: "expected \(expected) after '\(word)'", range: range)
    }
    if !value.isQuoted, ["and", "or", "not"].contains(lexer.string(value.range)) {
      throw FilterError(
        message: "expected \(expected) after '\(word)', found an operator; in quotes it is a value",
        range: value.range)
    }
    return value
  }

  /// `a,b,c` with the place of each.
  private mutating func list(
    _ word: String, _ expected: String
  ) throws(FilterError) -> [(text: String, range: Range<Int>)] {
    let value = try value(word, expected)
    if value.isQuoted { return [(String(decoding: value.text, as: UTF8.self), value.range)] }
    return lexer.bytes[value.range].split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false).map
    {
      (lexer.string($0.startIndex..<$0.endIndex), $0.startIndex..<$0.endIndex)
    }
  }

  /// `= a,b` and `!= a,b` for what is equal or not.
  private mutating func choice(
    _ word: String, _ expected: String,
    _ read: (FilterParser, String, Range<Int>) throws(FilterError) -> FilterTest
  ) throws(FilterError) -> FilterExpression {
    let isNegated = try equality(word)
    var parts: [FilterExpression] = []
    for (text, range) in try list(word, expected) { parts.append(.test(try read(self, text, range))) }
    let any = Self.any(parts)
    return isNegated ? .not(any) : any
  }

  static func any(_ parts: [FilterExpression]) -> FilterExpression {
    parts.count == 1 ? parts[0] : .or(parts)
  }

  private mutating func named<Value>(
    _ word: String, _ values: [Value], _ name: (Value) -> String, _ test: (Value) -> FilterTest
  ) throws(FilterError) -> FilterExpression {
    let names = values.map(name)
    let expected = "one of \(names.joined(separator: ", "))"
    return try choice(word, expected) { (parser, text, range) throws(FilterError) -> FilterTest in
      guard let index = names.firstIndex(of: text) else {
        throw parser.notOne(of: names, text, range, what: word)
      }
      return test(values[index])
    }
  }

  private func notOne(of names: [String], _ text: String, _ range: Range<Int>, what: String) -> FilterError {
    let hint =
      FilterKeyword.nearest(to: text, among: names).map { "did you mean '\($0)'?" }
      ?? "expected one of \(names.joined(separator: ", "))"
    return FilterError(message: "unknown \(what) \(DisplayText.quoted(text.utf8)), \(hint)", range: range)
  }

  // MARK: Numbers with names

  private static func interface(
    _ parser: FilterParser, _ text: String, _ range: Range<Int>
  ) throws(FilterError) -> FilterTest {
    .interface(try parser.interfaceIndex(text, range))
  }

  func interfaceIndex(_ text: String, _ range: Range<Int>) throws(FilterError) -> UInt32 {
    if let number = Quantity.parseInteger(Array(text.utf8)[...]).flatMap({ UInt32(exactly: $0) }) {
      return number
    }
    guard let interface = names.interface else { throw noNames("interface", "index", range) }
    guard let index = interface(text) else {
      throw FilterError(message: "there is no interface \(DisplayText.quoted(text.utf8))", range: range)
    }
    return index
  }

  private static func mark(
    _ parser: FilterParser, _ text: String, _ range: Range<Int>
  ) throws(FilterError) -> FilterTest {
    let parts = text.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
      .map { Quantity.parseInteger(Array($0)[...]).flatMap { UInt32(exactly: $0) } }
    guard parts.count <= 2, let value = parts[0], let mask = parts.count == 2 ? parts[1] : .max else {
      throw FilterError(message: "expected a mark, such as 0x1 or 0x1/0xff", range: range)
    }
    return .mark(value: value & mask, mask: mask)
  }

  private static func controlGroup(
    _ parser: FilterParser, _ text: String, _ range: Range<Int>
  ) throws(FilterError) -> FilterTest {
    if let id = Quantity.parseInteger(Array(text.utf8)[...]) { return .controlGroup(id) }
    guard let controlGroup = parser.names.controlGroup else { throw parser.noNames("cgroup", "id", range) }
    guard let id = controlGroup(text) else {
      throw FilterError(message: "there is no cgroup \(DisplayText.quoted(text.utf8))", range: range)
    }
    return .controlGroup(id)
  }

  func noNames(_ kind: String, _ number: String, _ range: Range<Int>) -> FilterError {
    FilterError(message: "\(kind) names cannot be looked up here: write the \(number)", range: range)
  }

  // MARK: Numbers and texts

  private mutating func attribute(
    _ word: String, _ number: FilterNumber?, _ text: FilterText?
  ) throws(FilterError) -> FilterExpression {
    let (comparison, range) = comparison()
    let expected = text == nil ? number?.quantity.expectation ?? "a number" : "a name"
    if let text {
      let value = try value(word, expected, takesBlanks: true)
      let isGlob = comparison == .glob || comparison == .notGlob
      let isNegated = comparison == .notEqual || comparison == .notGlob
      guard isGlob || isNegated || comparison == .equal else {
        throw FilterError(message: "'\(word)' compares with =, !=, ~ and !~ only", range: range)
      }
      var test = FilterTest.text(text, isGlob ? .glob(RawText(value.pattern)) : .exact(RawText(value.text)))
      if let number, !isGlob, !value.isQuoted, let id = Quantity.parseInteger(value.text[...]) {
        test = .number(number, .equal, id)
      }
      return isNegated ? .not(.test(test)) : .test(test)
    }
    guard let number else { throw FilterError(message: "expected a predicate", range: range) }
    guard let (relation, isNegated) = Self.relation(comparison) else {
      throw FilterError(message: "'\(word)' is a number: globs compare text only", range: range)
    }
    var parts: [FilterExpression] = []
    for (text, place) in try list(word, expected) {
      guard let value = number.quantity.parse(Array(text.utf8)) else {
        throw FilterError(
          message: "expected \(expected) after '\(word)', found \(DisplayText.quoted(text.utf8))",
          range: place)
      }
      parts.append(.test(.number(number, relation, value)))
    }
    if relation != .equal, parts.count > 1 { throw listNeedsEquality(range) }
    return isNegated ? .not(Self.any(parts)) : Self.any(parts)
  }

  func listNeedsEquality(_ range: Range<Int>) -> FilterError {
    FilterError(message: "a list compares with = and != only", range: range)
  }

  /// The order of an operator, and whether it is turned round; nil for a glob.
  static func relation(_ comparison: FilterOperator) -> (FilterComparison, isNegated: Bool)? {
    switch comparison {
    case .equal: (.equal, false)
    case .notEqual: (.equal, true)
    case .less: (.less, false)
    case .lessOrEqual: (.lessOrEqual, false)
    case .greater: (.greater, false)
    case .greaterOrEqual: (.greaterOrEqual, false)
    case .glob, .notGlob: nil
    }
  }

  // MARK: Words that are none

  private func unknown(_ word: String, _ range: Range<Int>) -> FilterError {
    let shown = DisplayText.quoted(word.utf8)
    func error(_ advice: String) -> FilterError {
      FilterError(message: "unknown word \(shown), \(advice)", range: range)
    }
    if SocketStateSet.words.contains(where: { $0.name == word }) {
      return error("write 'state \(word)'")
    }
    if let colon = word.utf8.firstIndex(of: UInt8(ascii: ":")) {
      let before = String(word[..<colon])
      let after = DisplayText.cells(of: String(word[colon...])).prefix(24).map(\.shown).joined()
      if case .port? = FilterKeyword.all[before] { return error("write '\(before) = \(after)'") }
      if before.isEmpty, !word.hasPrefix("::") {
        return error("write 'port = \(after)', 'sport = …' for the local or 'dport = …' for the peer's")
      }
    }
    if let near = FilterKeyword.nearest(to: word) { return error("did you mean '\(near)'?") }
    let first = word.utf8.first ?? 0
    if hexDigit(first) != nil,
      word.utf8.contains(where: { $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: ":") })
        || first == UInt8(ascii: "[") || first == UInt8(ascii: "/") || word.hasPrefix("::")
    {
      return error("write 'addr …' before an address, 'src …' for the local or 'dst …' for the peer's")
    }
    return error("expected a predicate such as 'dport = :443', 'comm = curl' or 'state established'")
  }
}
