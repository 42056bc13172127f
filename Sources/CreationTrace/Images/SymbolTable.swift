/// A named piece of code.
struct ELFSymbol {
  var address: UInt64
  /// 0 where the assembler did not say: then it covers nothing.
  var size: UInt64
  var name: String
  var isLocal: Bool
  /// Of `.dynsym`.
  var isExported: Bool
  /// Its address is of a function that chooses one (STT_GNU_IFUNC).
  var isIndirect: Bool

  func covers(_ address: UInt64) -> Bool { address >= self.address && address - self.address < size }

  /// `posix_spawn` is better than `__posix_spawn_internal`: what the program's author wrote.
  func isBetter(than other: ELFSymbol) -> Bool {
    func rank(_ symbol: ELFSymbol) -> (Int, Int, Int) {
      (symbol.name.prefix { $0 == "_" }.count, symbol.isLocal ? 1 : 0, symbol.name.utf8.count)
    }
    return rank(self) < rank(other)
  }
}

/// Symbols by address: a name only for what lies inside a symbol's size.
struct SymbolTable {
  /// By address.
  private let symbols: [ELFSymbol]
  /// The furthest end among the symbols up to each: how far back a cover may begin.
  private let ends: [UInt64]
  private let exports: [String: [Int]]

  init(_ unsorted: [ELFSymbol]) {
    symbols = unsorted.sorted { $0.address < $1.address }
    var end: UInt64 = 0
    ends = symbols.map { (symbol) in
      end = max(end, symbol.address &+ symbol.size)
      return end
    }
    var exports: [String: [Int]] = [:]
    for (index, symbol) in symbols.enumerated() where symbol.isExported {
      exports[symbol.name, default: []].append(index)
    }
    self.exports = exports
  }

  /// The best name of the innermost symbol that covers `address`.
  func symbol(covering address: UInt64) -> ELFSymbol? {
    var index = lastIndex(startingAtOrBefore: address)
    var best: ELFSymbol?
    while index >= 0, ends[index] > address {
      let symbol = symbols[index]
      if let found = best {
        if symbol.address < found.address { return found }
        if symbol.covers(address) && symbol.isBetter(than: found) { best = symbol }
      } else if symbol.covers(address) {
        best = symbol
      }
      index -= 1
    }
    return best
  }

  /// The best name of what begins at `address`.
  func symbol(startingAt address: UInt64) -> ELFSymbol? {
    var index = lastIndex(startingAtOrBefore: address)
    var best: ELFSymbol?
    while index >= 0, symbols[index].address == address {
      if best.map({ symbols[index].isBetter(than: $0) }) ?? true { best = symbols[index] }
      index -= 1
    }
    return best
  }

  /// What the file provides by that name; several for versions.
  func exported(_ name: String) -> [ELFSymbol] { (exports[name] ?? []).map { symbols[$0] } }

  /// The first function by that name.
  func named(_ name: String) -> ELFSymbol? { symbols.first { $0.name == name && $0.size > 0 } }

  private func lastIndex(startingAtOrBefore address: UInt64) -> Int {
    var (low, high) = (0, symbols.count)
    while low < high {
      let middle = (low + high) / 2
      if symbols[middle].address <= address { low = middle + 1 } else { high = middle }
    }
    return low - 1
  }
}
