import CUnwind
import KernelSystem
import Model

/// One ELF file: where its parts are mapped, its symbols, its imports, its rules for unwinding.
///
/// The binding of `CUnwind`, which is libelf and libdw: used on one thread.
@safe final class ELFImage {
  struct Segment {
    var address: UInt64
    var offset: UInt64
    var fileSize: UInt64
    var memorySize: UInt64
    var isExecutable: Bool
  }

  let path: RawText
  let segments: [Segment]
  let entry: UInt64
  /// The loader that it names (PT_INTERP).
  let interpreter: String?
  let buildID: [UInt8]
  let machine: Machine
  /// What i386's code has in a register when it calls through a slot; 0 if nothing is known of it.
  let slotBase: UInt64
  private let image: OpaquePointer
  private var rows: [UInt64: FrameRow?] = [:]
  private var callSites: [UInt64: CallSite?] = [:]
  private var names: [UInt64: (name: String, start: UInt64)?] = [:]
  /// Go's linker made it: its functions keep frame pointers.
  let isGo: Bool
  private(set) lazy var symbols: SymbolTable = readSymbols()
  /// The symbol that the loader puts into a slot, by the slot's address.
  private(set) lazy var imports: [UInt64: String] = readImports()

  /// nil if it is no ELF file for x86_64 or i386.
  init?(path: RawText, _ file: consuming OwnedDescriptor) {
    // SAFETY: the image takes the descriptor over, and closes it even if it fails.
    guard let image = unsafe cunwind_open(file.release()) else { return nil }
    self.path = path
    unsafe self.image = image
    var count = 0
    // SAFETY: `count` structures, alive as long as the image.
    let list = unsafe UnsafeBufferPointer(start: cunwind_segments(image, &count), count: count)
    segments = unsafe list.map {
      Segment(
        address: $0.address, offset: $0.offset, fileSize: $0.file_size, memorySize: $0.memory_size,
        isExecutable: $0.flags & 1 != 0)
    }
    entry = unsafe cunwind_entry(image)
    interpreter = unsafe cunwind_interpreter(image).map { unsafe String(cString: $0) }
    machine = unsafe cunwind_is_i386(image) != 0 ? .i386 : .x86_64
    slotBase = unsafe cunwind_slot_base(image)
    isGo = unsafe cunwind_is_go(image) != 0
    var identifier = [UInt8](repeating: 0, count: 20)
    let length = unsafe cunwind_build_id(image, &identifier, identifier.count)
    buildID = Array(identifier[..<length])
  }

  deinit { unsafe cunwind_close(image) }

  /// The address, in the file's numbering, of a byte of the file; of the part that is executed where two share a page.
  func address(ofFileOffset offset: UInt64) -> UInt64? {
    func holds(_ segment: Segment) -> Bool {
      offset >= segment.offset && offset - segment.offset < max(segment.fileSize, segment.memorySize)
    }
    let found = segments.first { $0.isExecutable && holds($0) } ?? segments.first(where: holds)
    return found.map { $0.address &+ (offset - $0.offset) }
  }

  /// The byte of the file that lies at `address`.
  func fileOffset(ofAddress address: UInt64) -> UInt64? {
    segments.first { address >= $0.address && address - $0.address < $0.fileSize }
      .map { $0.offset &+ (address - $0.address) }
  }

  /// Bytes as the file has them; fewer at a segment's end.
  func bytes(at address: UInt64, count: Int) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    // SAFETY: at most `count` bytes are written.
    let copied = unsafe cunwind_read(image, address, &bytes, count)
    return copied == count ? bytes : Array(bytes[..<copied])
  }

  /// The rules for the frame at `address`; nil where the file has none.
  func row(at address: UInt64) -> FrameRow? {
    if let known = rows[address] { return known }
    var row = cunwind_row()
    // SAFETY: the structure is filled if the call succeeds.
    let found = unsafe cunwind_row_at(image, address, &row) == 0 ? FrameRow(row) : nil
    rows.updateValue(found, forKey: address)
    return found
  }

  /// How the instruction before a return address called; kept, for the same calls are made again and again.
  func callSite(before address: UInt64) -> CallSite? {
    if let known = callSites[address] { return known }
    let site = CallSite(before: address, in: self)
    callSites.updateValue(site, forKey: address)
    return site
  }

  /// The name of the function that covers `address`, as people write it, and where it begins.
  func function(covering address: UInt64) -> (name: String, start: UInt64)? {
    if let known = names[address] { return known }
    let found = symbols.symbol(covering: address).map { (Self.demangled($0.name), $0.address) }
    names.updateValue(found, forKey: address)
    return found
  }

  private func readSymbols() -> SymbolTable {
    var count = 0
    // SAFETY: `count` structures, whose names live as long as the image.
    let list = unsafe UnsafeBufferPointer(start: cunwind_symbols(image, &count), count: count)
    var symbols: [ELFSymbol] = []
    symbols.reserveCapacity(count)
    for index in 0..<count {
      let symbol = unsafe list[index]
      unsafe symbols.append(
        ELFSymbol(
          address: symbol.address, size: symbol.size, name: String(cString: symbol.name),
          isLocal: symbol.binding == 0, isExported: symbol.is_exported != 0,
          isIndirect: symbol.type == 10))
    }
    return SymbolTable(symbols)
  }

  private func readImports() -> [UInt64: String] {
    var count = 0
    // SAFETY: as for the symbols.
    let list = unsafe UnsafeBufferPointer(start: cunwind_imports(image, &count), count: count)
    var imports: [UInt64: String] = [:]
    for index in 0..<count { unsafe imports[list[index].slot] = String(cString: list[index].name) }
    return imports
  }

  /// A C++ or Swift name as people write it; others as they are.
  static func demangled(_ name: String) -> String {
    guard name.hasPrefix("_Z") || name.hasPrefix("$s") else { return name }
    // SAFETY: a terminated string, and the result is freed after it was copied.
    guard let text = unsafe cunwind_demangle(name) else { return name }
    defer { unsafe cunwind_release(text) }
    return unsafe String(cString: text)
  }
}

extension FrameRow {
  init(_ row: cunwind_row) {
    // SAFETY: both are arrays of C, which Swift sees as tuples of the same elements without gaps.
    let operations = unsafe withUnsafeBytes(of: row.operations) {
      unsafe Array($0.bindMemory(to: cunwind_operation.self))
    }
    let rules = unsafe withUnsafeBytes(of: row.registers) {
      unsafe Array($0.bindMemory(to: cunwind_rule.self))
    }
    func rule(_ rule: cunwind_rule) -> Rule {
      let list = operations[Int(rule.first)..<(Int(rule.first) + Int(rule.count))].map {
        DWARFOperation(atom: $0.atom, first: $0.first, second: $0.second)
      }
      switch cunwind_rule_kind(UInt32(rule.kind)) {
      case CUNWIND_SAME: return .same
      case CUNWIND_LOCATION: return .location(list)
      case CUNWIND_VALUE: return .value(list)
      default: return .undefined
      }
    }
    frame = rule(row.frame)
    registers = rules.map(rule)
    returnRegister = Int(row.return_register)
    isSignalFrame = row.is_signal_frame != 0
  }
}
