import Foundation

/// A volatile field, replaced in both outputs before they are compared.
///
/// Nothing is masked that a set-up can keep still.
struct Mask {
  let pattern: String
  let replacement: String

  /// `replacement` may say `$1` for what stays.
  init(_ pattern: String, _ replacement: String = "…") {
    self.pattern = pattern
    self.replacement = replacement
  }

  func applied(to text: String) -> String {
    // A pattern that does not compile is a bug of the test.
    let expression = try! NSRegularExpression(pattern: pattern, options: .anchorsMatchLines)
    return expression.stringByReplacingMatches(
      in: text, range: NSRange(text.startIndex..., in: text), withTemplate: replacement)
  }
}

/// How rows of the two outputs are paired.
enum RowOrder {
  /// The n-th line with the n-th line.
  case asPrinted
  /// The rows beneath a header in any order: a header is a line that `isHeader` accepts, and the lines before the first
  /// one stay as they are. For tables that the kernel itself hands out in no order.
  case anyWithinSections(isHeader: @Sendable (Substring) -> Bool)

  func arranged(_ text: String) -> [Substring] {
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    guard case .anyWithinSections(let isHeader) = self else { return lines }
    var result: [Substring] = []
    var section: [Substring] = []
    var isInside = false
    for line in lines {
      if isHeader(line) {
        result += section.sorted()
        section = []
        isInside = true
        result.append(line)
      } else if isInside {
        section.append(line)
      } else {
        result.append(line)
      }
    }
    return result + section.sorted()
  }
}
