/// How wide each column is, once it is known how wide its cells are.
struct TableLayout {
  static let gap = 2

  /// Columns that are shown, as positions in the list that was asked for, and their widths.
  private(set) var shown: [Int]
  private(set) var widths: [Int]
  private(set) var shortened: [Column] = []
  private(set) var hidden: [Column] = []

  /// Without a limit every column has its natural width. With one, long columns give way first (the widest loses
  /// first), then the least important columns go, and at last everything that is left is squeezed.
  init(_ columns: [Column], natural: [Int], limit: Int?) {
    shown = Array(columns.indices)
    widths = natural
    guard let limit, total > limit else { return }
    let least = columns.indices.map { position in
      min(natural[position], max(columns[position].leastWidth ?? .max, columns[position].title.utf8.count))
    }
    while leastTotal(least) > limit, shown.count > 1 {
      let victim = shown.min { columns[$0].importance < columns[$1].importance }
      guard let victim, columns[victim].importance < 90 else { break }
      shown.removeAll { $0 == victim }
      hidden.append(columns[victim])
    }
    squeeze(to: limit, least: least)
    squeeze(to: limit, least: least.map { min($0, 4) })
    shortened = shown.filter { widths[$0] < natural[$0] }.map { columns[$0] }
  }

  /// Columns of a full row.
  private var total: Int { shown.reduce(0) { $0 + widths[$1] } + TableLayout.gap * (shown.count - 1) }
  private func leastTotal(_ least: [Int]) -> Int {
    shown.reduce(0) { $0 + least[$1] } + TableLayout.gap * (shown.count - 1)
  }

  /// Takes columns from whichever cell is widest, but from none below its least width, until a row fits.
  private mutating func squeeze(to limit: Int, least: [Int]) {
    while total > limit {
      let elastic = shown.filter { widths[$0] > least[$0] }
      guard let widest = elastic.max(by: { widths[$0] < widths[$1] }) else { return }
      let second = elastic.lazy.filter { $0 != widest }.map { [widths] in widths[$0] }.max() ?? 0
      let floor = max(least[widest], min(second, widths[widest] - 1))
      widths[widest] = max(floor, widths[widest] - (total - limit))
    }
  }
}
