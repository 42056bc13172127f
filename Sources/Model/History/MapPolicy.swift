/// An allow-list of connections: the YAML that `sockeye map --policy` prints, and people edit.
///
/// A small part of YAML: comments, `by:`, and under `allow:` a list of `from`, `to`, `protocol`, `port`. A string in quotes is
/// JSON's, and always means itself: a program cannot widen the list by its name. `any`, without quotes, is a wildcard,
/// and so is what is left out.
public struct MapPolicy: Sendable, Equatable {
  public struct Rule: Sendable, Equatable {
    /// nil is any.
    public var source: [UInt8]?
    public var target: [UInt8]?
    public var `protocol`: [UInt8]?
    public var port: UInt16?
  }
  public var grouping: MapGrouping?
  public var rules: [Rule] = []

  /// A line that cannot be read, counted from 1.
  public struct Problem: Error, Equatable { public var line: Int, message: String }

  public init(_ text: [UInt8]) throws(Problem) {
    var isInList = false
    for (index, bytes) in text.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
      .enumerated()
    {
      var line = Substring(String(decoding: bytes, as: UTF8.self)).trimmed
      func problem(_ message: String) -> Problem { Problem(line: index + 1, message: message) }
      if line.isEmpty || line.hasPrefix("#") { continue }
      if line == "allow:" {
        isInList = true
        continue
      }
      if isInList, line.hasPrefix("- ") {
        rules.append(Rule())
        line = line.dropFirst(2).trimmed
      }
      guard let colon = line.firstIndex(of: ":") else { throw problem("'key: value' expected") }
      let key = line[..<colon]
      guard let value = Self.value(line[line.index(after: colon)...].trimmed) else {
        throw problem("\(key): a word, or a string in quotes, expected")
      }
      if !isInList {
        guard key == "by", let word = value,
          let grouping = MapGrouping(rawValue: String(decoding: word, as: UTF8.self))
        else { throw problem("'by: executable', unit, container or process expected") }
        self.grouping = grouping
        continue
      }
      guard !rules.isEmpty else { throw problem("'- from:' expected") }
      switch key {
      case "from": rules[rules.count - 1].source = value
      case "to": rules[rules.count - 1].target = value
      case "protocol": rules[rules.count - 1].protocol = value
      case "port":
        guard let word = value else { continue }
        guard let port = UInt16(String(decoding: word, as: UTF8.self)) else {
          throw problem("a port expected")
        }
        rules[rules.count - 1].port = port
      default: throw problem("from, to, protocol or port expected, not '\(key)'")
      }
    }
  }

  /// nil: unreadable; nil inside: any.
  private static func value(_ text: Substring) -> [UInt8]?? {
    if text.hasPrefix("\"") { return unquoted(Array(text.utf8)).map { .some($0) } }
    let word = text.prefix { $0 != "#" }.trimmed
    if word.isEmpty { return nil }
    return .some(word == "any" ? nil : Array(word.utf8))
  }

  /// The value of a JSON string, behind which only a comment may follow; nil when it is none.
  public static func unquoted(_ text: [UInt8]) -> [UInt8]? {
    guard text.first == UInt8(ascii: "\"") else { return nil }
    var units: [UInt16] = []
    var result: [UInt8] = []
    func flush() {
      result += Array(String(decoding: units, as: UTF16.self).utf8)
      units.removeAll()
    }
    var index = 1
    while index < text.count {
      let byte = text[index]
      index += 1
      if byte == UInt8(ascii: "\"") {
        flush()
        let rest = text[index...].drop { $0 == 0x20 || $0 == 0x0d }
        return rest.isEmpty || rest.first == UInt8(ascii: "#") ? result : nil
      }
      guard byte == UInt8(ascii: "\\") else {
        flush()
        result.append(byte)
        continue
      }
      guard index < text.count else { return nil }
      let escape = text[index]
      index += 1
      switch escape {
      case UInt8(ascii: "n"): units.append(10)
      case UInt8(ascii: "r"): units.append(13)
      case UInt8(ascii: "t"): units.append(9)
      case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): units.append(UInt16(escape))
      case UInt8(ascii: "u"):
        guard index + 4 <= text.count,
          let unit = UInt16(String(decoding: text[index..<(index + 4)], as: UTF8.self), radix: 16)
        else { return nil }
        units.append(unit)
        index += 4
      default: return nil
      }
    }
    return nil
  }

  /// `10.0.0.1`, `10.0.0.0/8`.
  private static func prefix(_ text: [UInt8]) -> AddressPrefix? {
    let parts = text.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
    guard (1...2).contains(parts.count), let address = IPAddress(utf8: parts[0]) else { return nil }
    if parts.count == 1 { return AddressPrefix(address) }
    guard let length = UInt8(String(decoding: parts[1], as: UTF8.self)),
      Int(length) <= 8 * address.bytes.count
    else {
      return nil
    }
    return AddressPrefix(address, length: length)
  }

  /// Whether some rule allows it. Names are as JSON's readers get them.
  public func allows(
    source: [UInt8], target: [UInt8], sourceAddress: IPAddress?, targetAddress: IPAddress?, protocol: [UInt8],
    port: UInt16
  ) -> Bool {
    func holds(_ wanted: [UInt8]?, _ name: [UInt8], _ address: IPAddress?) -> Bool {
      guard let wanted else { return true }
      if let address {
        return Self.prefix(wanted)?.contains(address) ?? false
      }
      return wanted == name
    }
    return rules.contains { rule in
      holds(rule.source, source, sourceAddress) && holds(rule.target, target, targetAddress)
        && rule.protocol ?? `protocol` == `protocol` && rule.port ?? port == port
    }
  }
}

extension Substring {
  fileprivate var trimmed: Substring {
    let start = drop { $0 == " " || $0 == "\r" || $0 == "\t" }
    guard let last = start.lastIndex(where: { $0 != " " && $0 != "\r" && $0 != "\t" }) else { return "" }
    return start[...last]
  }
}
