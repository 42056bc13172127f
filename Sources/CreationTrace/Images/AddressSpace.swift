import Model

/// What is mapped for execution in one process. A copy is a fork.
struct AddressSpace {
  struct Mapping {
    var start: UInt64
    var end: UInt64
    /// Bytes into the file.
    var fileOffset: UInt64
    var path: RawText
    var image: ELFImage?

    /// An address of the process in the file's numbering; its offset in the file where there is no file to ask.
    func fileAddress(_ address: UInt64) -> UInt64 {
      let offset = address &- start &+ fileOffset
      return image?.address(ofFileOffset: offset) ?? offset
    }
  }

  /// In the order in which they came: what is searched for a symbol.
  private(set) var mappings: [Mapping] = []

  /// A new mapping takes the place of what it covers.
  mutating func add(_ mapping: Mapping) {
    mappings.removeAll { $0.start >= mapping.start && $0.end <= mapping.end }
    mappings.append(mapping)
  }

  func mapping(at address: UInt64) -> Mapping? {
    // The last one: it lies on top.
    mappings.last { address >= $0.start && address < $0.end }
  }

  /// The first file, in load order, that provides the symbol.
  func provider(of symbol: String) -> Mapping? {
    mappings.first { $0.image.map { !$0.symbols.exported(symbol).isEmpty } ?? false }
  }
}
