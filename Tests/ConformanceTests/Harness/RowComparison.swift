/// Two outputs held against each other: row for row, and in a row that differs field for field.
struct RowComparison {
  let theirs: [Substring]
  let ours: [Substring]

  /// A sentence a difference; none when both are equal to the byte.
  var differences: [String] {
    var result: [String] = []
    var (left, right) = (0, 0)
    for change in Self.pairs(theirs, ours) {
      switch change {
      case .same: break
      case .replaced(let their, let our): result.append(Self.fields(their, our, row: left + 1))
      case .missing(let row): result.append("row \(left + 1) is missing:\n  theirs ‹\(row)›")
      case .extra(let row): result.append("row \(right + 1) is too many:\n  ours   ‹\(row)›")
      }
      if case .extra = change {} else { left += 1 }
      if case .missing = change {} else { right += 1 }
    }
    return result
  }

  enum Change: Equatable {
    case same
    case replaced(Substring, Substring)
    case missing(Substring)
    case extra(Substring)
  }

  /// Equal rows are aligned; what lies between them is paired in order, and the rest is missing or too many.
  static func pairs(_ theirs: [Substring], _ ours: [Substring]) -> [Change] {
    var isRemoved = [Bool](repeating: false, count: theirs.count)
    var isInserted = [Bool](repeating: false, count: ours.count)
    for change in ours.difference(from: theirs) {
      switch change {
      case .remove(let offset, _, _): isRemoved[offset] = true
      case .insert(let offset, _, _): isInserted[offset] = true
      }
    }
    var result: [Change] = []
    var (left, right) = (0, 0)
    while left < theirs.count || right < ours.count {
      let isMissing = left < theirs.count && isRemoved[left]
      let isExtra = right < ours.count && isInserted[right]
      switch (isMissing, isExtra) {
      case (true, true): result.append(.replaced(theirs[left], ours[right]))
      case (true, false): result.append(.missing(theirs[left]))
      case (false, true): result.append(.extra(ours[right]))
      case (false, false): result.append(.same)
      }
      if isMissing || !isExtra { left += 1 }
      if isExtra || !isMissing { right += 1 }
    }
    return result
  }

  /// Which fields of a row differ; blanks alone when all are equal.
  private static func fields(_ theirs: Substring, _ ours: Substring, row: Int) -> String {
    let (left, right) = (theirs.split(separator: " "), ours.split(separator: " "))
    var parts: [String] = []
    for index in 0..<max(left.count, right.count) {
      let their = index < left.count ? String(left[index]) : "nothing"
      let our = index < right.count ? String(right[index]) : "nothing"
      if their != our { parts.append("field \(index + 1): \(their) ≠ \(our)") }
    }
    let what = parts.isEmpty ? "blanks" : parts.joined(separator: ", ")
    return "row \(row) differs in \(what)\n  theirs ‹\(theirs)›\n  ours   ‹\(ours)›"
  }
}
