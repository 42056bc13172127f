/// A line that says nothing a watch-list could hold.
public struct WatchlistError: Error, Equatable, CustomStringConvertible {
  public var list: String
  public var line: Int
  public var word: String

  public var description: String {
    "\(list):\(line): '\(word)' is no indicator; expected an address (203.0.113.9, 2001:db8::1), a network "
      + "(203.0.113.0/24), a domain (example.org) or a SHA-256 (64 hexadecimal digits)"
  }
}

extension Watchlist {
  /// Adds a list: an indicator a line, behind it a note if you like. `#` begins a comment where it begins a line, and a note
  /// elsewhere.
  ///
  /// A domain stands for what lies in it too; `*.` in front changes nothing, and is needed for one without a dot.
  public mutating func add(list: String, _ bytes: [UInt8]) throws(WatchlistError) {
    var number = 0
    for line in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
      number += 1
      let words = line.drop(while: Self.isBlank)
      guard let first = words.first, first != UInt8(ascii: "#") else { continue }
      let word = words.prefix { !Self.isBlank($0) }
      let note = Self.note(words[word.endIndex...])
      guard take(word, note, list) else {
        throw WatchlistError(
          list: list, line: number, word: String(decoding: word.prefix(100), as: UTF8.self))
      }
    }
  }

  private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0d }

  private static func note(_ rest: ArraySlice<UInt8>) -> String {
    var rest = rest.drop(while: isBlank)
    if rest.first == UInt8(ascii: "#") { rest = rest.dropFirst().drop(while: isBlank) }
    while let last = rest.last, isBlank(last) { rest.removeLast() }
    return String(decoding: rest, as: UTF8.self)
  }

  /// False when the word is none of them.
  private mutating func take(_ word: ArraySlice<UInt8>, _ note: String, _ list: String) -> Bool {
    if let prefix = Self.prefix(word) {
      let kind = prefix.address.version == .v4 ? Indicator.Kind.ipv4 : .ipv6
      add(prefix, Indicator(kind: kind, text: prefix.description, note: note, list: list))
      return true
    }
    let lower = word.map { $0 >= UInt8(ascii: "A") && $0 <= UInt8(ascii: "Z") ? $0 | 0x20 : $0 }
    if lower.count == 64, lower.allSatisfy(Self.isHexadecimal) {
      let hash = String(decoding: lower, as: UTF8.self)
      add(sha256: hash, Indicator(kind: .file, text: hash, note: note, list: list))
      return true
    }
    guard let name = Self.domain(lower) else { return false }
    let text = String(decoding: name, as: UTF8.self)
    add(domain: name, Indicator(kind: .domain, text: text, note: note, list: list))
    return true
  }

  /// An IPv4-mapped one is the IPv4 that it means.
  private static func prefix(_ word: ArraySlice<UInt8>) -> AddressPrefix? {
    let slash = word.firstIndex(of: UInt8(ascii: "/"))
    guard let address = IPAddress(utf8: word[..<(slash ?? word.endIndex)]) else { return nil }
    var length = address.version.bitCount
    if let slash {
      let digits = word[(slash + 1)...]
      guard (1...3).contains(digits.count), digits.allSatisfy({ $0 &- UInt8(ascii: "0") < 10 }),
        let number = UInt8(String(decoding: digits, as: UTF8.self)), number <= length
      else { return nil }
      length = number
    }
    if address.isV4Mapped && length >= 96 { return AddressPrefix(address.unmapped, length: length - 96) }
    return AddressPrefix(address, length: length)
  }

  private static func isHexadecimal(_ byte: UInt8) -> Bool {
    byte &- UInt8(ascii: "0") < 10 || byte &- UInt8(ascii: "a") < 6
  }

  /// Labels of letters, digits, `-` and `_`, 63 bytes at most (RFC 1035, 2.3.4); the last is no number.
  private static func domain(_ word: [UInt8]) -> [UInt8]? {
    let dot = UInt8(ascii: ".")
    var name = word[...]
    let isWild = name.starts(with: [UInt8(ascii: "*"), dot])
    if isWild { name = name.dropFirst(2) }
    if name.last == dot { name = name.dropLast() }
    let labels = name.split(separator: dot, omittingEmptySubsequences: false)
    guard name.count <= 253, isWild || labels.count > 1, let last = labels.last,
      !last.allSatisfy({ $0 &- UInt8(ascii: "0") < 10 })
    else { return nil }
    for label in labels {
      guard (1...63).contains(label.count),
        label.allSatisfy({
          $0 &- UInt8(ascii: "a") < 26 || $0 &- UInt8(ascii: "0") < 10 || $0 == UInt8(ascii: "-")
            || $0 == UInt8(ascii: "_")
        })
      else { return nil }
    }
    return Array(name)
  }
}
