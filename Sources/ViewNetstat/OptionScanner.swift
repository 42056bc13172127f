/// Command lines as getopt_long(3) of glibc reads them: clusters (`-tan`), abbreviations (`--num`), permutation.
///
/// The personalities take what the tools take, to the wording of their errors; ArgumentParser does neither clusters
/// with abbreviations nor that wording.
public struct OptionScanner: Sendable {
  public enum ArgumentUse: Sendable { case none, required, optional }

  /// One row of the tool's table.
  public struct Long: Sendable {
    public let name: String
    let use: ArgumentUse
    /// The short option that it stands for, or a number of its own above 255.
    let value: Int
    public init(_ name: String, _ use: ArgumentUse = .none, _ value: Int) {
      self.name = name
      self.use = use
      self.value = value
    }
    public init(_ name: String, _ use: ArgumentUse = .none, _ short: Character) {
      self.init(name, use, Int(short.asciiValue ?? 0))
    }
  }

  public enum Item: Equatable, Sendable {
    /// An option by its value, as a letter's ASCII code or a number of its own.
    case option(Int, argument: String?)
    /// What getopt_long writes to standard error, without newline; it then returns `?`.
    case problem(String)
  }

  /// What stands in front of its messages: `argv[0]` as it was typed.
  let program: String
  let short: [UInt8: ArgumentUse]
  let long: [Long]
  private var words: ArraySlice<String>
  /// The name of the long option that `next` returned last, written out; nil behind a letter.
  public private(set) var longName: String?
  /// What is left of a cluster.
  private var cluster: Substring = ""
  /// Words that are no options, in their order; complete when `next` has returned nil.
  public private(set) var operands: [String] = []

  /// `short` is written as for getopt(3): a letter followed by `:` takes an argument, by `::` may have one joined on.
  public init(program: String, arguments: [String], short: String, long: [Long]) {
    self.program = program
    self.long = long
    words = arguments[...]
    var uses: [UInt8: ArgumentUse] = [:]
    var last: UInt8?
    for byte in short.utf8 {
      if byte == UInt8(ascii: ":") {
        if let last { uses[last] = uses[last] == ArgumentUse.none ? .required : .optional }
      } else {
        uses[byte] = ArgumentUse.none
        last = byte
      }
    }
    self.short = uses
  }

  /// nil behind the last option.
  public mutating func next() -> Item? {
    longName = nil
    if !cluster.isEmpty { return nextOfCluster() }
    while let word = words.popFirst() {
      if word == "--" {
        operands += words
        words = []
      } else if word.hasPrefix("--") {
        return longOption(word.dropFirst(2))
      } else if word.hasPrefix("-") && word != "-" {
        cluster = word.dropFirst()
        return nextOfCluster()
      } else {
        operands.append(word)
      }
    }
    return nil
  }

  private mutating func nextOfCluster() -> Item {
    let letter = cluster.removeFirst()
    guard let byte = letter.asciiValue, letter != ";", let use = short[byte] else {
      return .problem("\(program): invalid option -- '\(letter)'")
    }
    let rest = cluster
    switch use {
    case .none: return .option(Int(byte), argument: nil)
    case .optional:
      cluster = ""
      return .option(Int(byte), argument: rest.isEmpty ? nil : String(rest))
    case .required:
      cluster = ""
      if !rest.isEmpty { return .option(Int(byte), argument: String(rest)) }
      if let word = words.popFirst() { return .option(Int(byte), argument: word) }
      return .problem("\(program): option requires an argument -- '\(letter)'")
    }
  }

  private mutating func longOption(_ text: Substring) -> Item {
    let name = text.prefix { $0 != "=" }
    let joined = name.endIndex < text.endIndex ? String(text[text.index(after: name.endIndex)...]) : nil
    let found: Long
    switch match(name) {
    case .one(let option):
      found = option
      longName = option.name
    case .none: return .problem("\(program): unrecognized option '--\(text)'")
    case .several(let names):
      let list = names.map { " '--\($0)'" }.joined()
      return .problem("\(program): option '--\(text)' is ambiguous; possibilities:\(list)")
    }
    switch (found.use, joined) {
    case (.none, nil), (.optional, _): return .option(found.value, argument: joined)
    case (.none, _): return .problem("\(program): option '--\(found.name)' doesn't allow an argument")
    case (.required, let joined?): return .option(found.value, argument: joined)
    case (.required, nil):
      if let word = words.popFirst() { return .option(found.value, argument: word) }
      return .problem("\(program): option '--\(found.name)' requires an argument")
    }
  }

  private enum Match {
    case none
    case one(Long)
    case several([String])
  }

  /// The option of that name, or the one that it abbreviates. Two names of one option are not ambiguous.
  private func match(_ name: Substring) -> Match {
    if let exact = long.first(where: { $0.name == name }) { return .one(exact) }
    guard let first = long.firstIndex(where: { $0.name.hasPrefix(name) }) else { return .none }
    let others = long[(first + 1)...].filter {
      $0.name.hasPrefix(name) && ($0.value != long[first].value || $0.use != long[first].use)
    }
    return others.isEmpty ? .one(long[first]) : .several([long[first].name] + others.map(\.name))
  }
}
