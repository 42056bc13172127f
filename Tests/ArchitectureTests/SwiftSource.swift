/// Swift text without its comments and string literals, line by line: what the compiler takes for code.
///
/// Knows nested comments, raw and multi-line strings; the code inside `\(…)` stays. No regular expressions are
/// expected: the sources have none.
struct SwiftSource {
  /// One entry a line of the text; what was a comment or a literal is missing from it.
  let code: [String]

  init(_ text: String) {
    var reader = Reader(Array(text.utf8))
    reader.readCode(until: nil)
    code = String(decoding: reader.output, as: UTF8.self).split(
      separator: "\n", omittingEmptySubsequences: false
    ).map(String.init)
  }

  /// The modules that are imported: `Model` of `private import struct Model.Socket`.
  var imports: [String] {
    code.compactMap { line in
      let words = line.split { $0 == " " || $0 == ";" }.map(String.init)
      guard let position = words.firstIndex(of: "import"), position + 1 < words.count,
        words[..<position].allSatisfy({ $0.hasPrefix("@") || Self.accessLevels.contains($0) })
      else { return nil }
      let kinds: Set = ["struct", "class", "enum", "protocol", "typealias", "func", "let", "var"]
      let named =
        kinds.contains(words[position + 1]) ? words.dropFirst(position + 2) : words.dropFirst(position + 1)
      return named.first?.split(separator: ".").first.map(String.init)
    }
  }

  private static let accessLevels: Set = ["public", "package", "internal", "fileprivate", "private"]

  /// Whether `word` occurs as a word of its own.
  func uses(_ word: String) -> Bool {
    code.contains { line in line.split { !($0.isLetter || $0.isNumber || $0 == "_") }.contains { $0 == word }
    }
  }
}

private struct Reader {
  private let text: [UInt8]
  private var at = 0
  private(set) var output: [UInt8] = []

  init(_ text: [UInt8]) { self.text = text }

  private func next(_ word: StaticString) -> Bool {
    word.withUTF8Buffer { at + $0.count <= text.count && text[at..<at + $0.count].elementsEqual($0) }
  }

  /// Reads to the end, or behind the parenthesis that closes an interpolation.
  mutating func readCode(until closing: UInt8?) {
    var depth = 0
    while at < text.count {
      let byte = text[at]
      if next("//") {
        while at < text.count, text[at] != UInt8(ascii: "\n") { at += 1 }
      } else if next("/*") {
        readComment()
      } else if let hashes = stringHashes() {
        readString(hashes)
      } else {
        at += 1
        if byte == closing, depth == 0 { return }
        if byte == UInt8(ascii: "(") { depth += 1 }
        if byte == UInt8(ascii: ")") { depth -= 1 }
        output.append(byte)
      }
    }
  }

  private mutating func readComment() {
    var depth = 0
    repeat {
      if next("/*") {
        depth += 1
        at += 2
      } else if next("*/") {
        depth -= 1
        at += 2
      } else {
        if text[at] == UInt8(ascii: "\n") { output.append(text[at]) }
        at += 1
      }
    } while depth > 0 && at < text.count
  }

  /// How many `#` precede the quote that begins a literal here; nil when none does.
  private func stringHashes() -> Int? {
    var end = at
    while end < text.count, text[end] == UInt8(ascii: "#") { end += 1 }
    return end < text.count && text[end] == UInt8(ascii: "\"") ? end - at : nil
  }

  private mutating func readString(_ hashes: Int) {
    at += hashes
    let quotes = next("\"\"\"") ? 3 : 1
    at += quotes
    let marks = [UInt8](repeating: UInt8(ascii: "#"), count: hashes)
    let end = [UInt8](repeating: UInt8(ascii: "\""), count: quotes) + marks
    let escape = [UInt8(ascii: "\\")] + marks
    while at < text.count {
      if text[at...].starts(with: end) {
        at += end.count
        return
      }
      if text[at...].starts(with: escape) {
        at += escape.count
        guard at < text.count else { return }
        let isInterpolation = text[at] == UInt8(ascii: "(")
        at += 1
        if isInterpolation {
          output.append(UInt8(ascii: " "))
          readCode(until: UInt8(ascii: ")"))
          output.append(UInt8(ascii: " "))
        }
        continue
      }
      if text[at] == UInt8(ascii: "\n") { output.append(text[at]) }
      at += 1
    }
  }
}
