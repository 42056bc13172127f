import Foundation
import Testing

@testable import CreationTrace
@testable import Model

@Suite struct UnwindingTests {
  private func memory(_ words: [UInt64], at start: UInt64) -> StackMemory {
    var memory = StackMemory()
    var pages: [UInt64: [UInt8]] = [:]
    for (index, word) in words.enumerated() {
      for byte in 0..<8 {
        let address = start + UInt64(index * 8 + byte)
        pages[address & ~4095, default: [UInt8](repeating: 0, count: 4096)][Int(address % 4096)] =
          UInt8(truncatingIfNeeded: word >> (8 * UInt64(byte)))
      }
    }
    for (address, page) in pages { memory.add(page, at: address) }
    return memory
  }

  @Test("A word across two pages is read whole, and one beside them is unknown")
  func words() {
    let memory = memory([0x1122_3344_5566_7788, 23], at: 0x1ffc)
    #expect(memory.word(at: 0x1ffc) == 0x1122_3344_5566_7788)
    #expect(memory.word(at: 0x2004) == 23)
    #expect(memory.word(at: 0x2ffc) == nil)
    #expect(memory.word(at: .max - 3) == nil)
  }

  @Test("The rules of the PLT: a frame address that depends on where the instruction pointer is")
  func linkageTable() throws {
    // DW_OP_breg7+8, breg16, lit15, and, lit11, ge, lit3, shl, plus: what GNU ld writes for .plt.
    let operations: [(UInt8, UInt64)] = [
      (0x77, 8), (0x80, 0), (0x3f, 0), (0x1a, 0), (0x3b, 0), (0x2a, 0), (0x33, 0), (0x24, 0), (0x22, 0),
    ]
    let expression = operations.map { DWARFOperation(atom: $0.0, first: $0.1) }
    for (instruction, expected) in [(UInt64(0x1000), UInt64(0x7008)), (0x100a, 0x7008), (0x100b, 0x7010)] {
      var registers = [UInt64?](repeating: nil, count: 17)
      registers[7] = 0x7000
      registers[16] = instruction
      let context = ExpressionContext(registers: registers, frame: nil, memory: StackMemory())
      #expect(try DWARFExpression.evaluate(expression, context) == expected)
    }
  }

  @Test("An expression that needs what is not there says so, and never traps")
  func refused() {
    let context = ExpressionContext(
      registers: [UInt64?](repeating: nil, count: 17), frame: nil, memory: StackMemory())
    for atom in UInt8.min...UInt8.max {
      for operations in [1, 2, 3] {
        let list = (0..<operations).map { _ in DWARFOperation(atom: atom, first: .max, second: .max) }
        _ = try? DWARFExpression.evaluate(list, context)
      }
    }
    #expect(throws: DWARFExpression.Failure.self) {
      try DWARFExpression.evaluate([DWARFOperation(atom: 0x77, first: 8)], context)
    }
  }

  @Test("A stack without registers, without mappings or in the middle of nowhere stops with a reason")
  func stops() {
    let empty = Unwinder.frames(registers: [], memory: StackMemory(), space: AddressSpace())
    #expect(empty.frames.isEmpty && empty.stopped != nil)
    let registers = (0..<17).map { UInt64($0) + 0x1000 }
    let lost = Unwinder.frames(registers: registers, memory: StackMemory(), space: AddressSpace())
    #expect(lost.frames.count == 1 && lost.stopped == "no file is mapped there")
  }

  /// An ELF file with one segment.
  private func image(_ code: [UInt8], at address: UInt64, offset: UInt64 = 120) throws -> ELFImage? {
    func number(_ value: UInt64, _ size: Int) -> [UInt8] {
      (0..<size).map { UInt8(truncatingIfNeeded: value >> (8 * UInt64($0))) }
    }
    var file: [UInt8] = [0x7f, 0x45, 0x4c, 0x46, 2, 1, 1, 0] + number(0, 8)
    file += number(3, 2) + number(62, 2) + number(1, 4) + number(address, 8) + number(64, 8) + number(0, 8)
    file += number(0, 4) + number(64, 2) + number(56, 2) + number(1, 2) + number(0, 6)
    file += number(1, 4) + number(5, 4) + number(offset, 8) + number(address, 8) + number(address, 8)
    file += number(UInt64(code.count), 8) + number(UInt64(code.count), 8) + number(0x1000, 8)
    let path = FileManager.default.temporaryDirectory.appending(path: "sockeye-image-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: path) }  // a file of a few bytes
    try Data(file + code).write(to: path)
    return ImageStore().image(path: path.path)
  }

  @Test("Numbers of a file that leave no room for what is added to them trap nobody")
  func hostileNumbers() throws {
    // endbr64, bnd jmp *0x20(%rip), call *%rax: at the end of all addresses.
    let code: [UInt8] = [
      0xf3, 0x0f, 0x1e, 0xfa, 0xf2, 0xff, 0x25, 0x20, 0, 0, 0, 0xe8, 0xf0, 0xff, 0xff, 0xff,
    ]
    let start = 0 &- UInt64(code.count)
    let high = try #require(try image(code, at: start))
    #expect(high.callSite(before: 0) == .direct(target: start))
    for offset in 0..<UInt64(code.count) { _ = high.callSite(before: start + offset) }
    let far = try #require(try image(code, at: 0x1000, offset: .max))
    #expect(far.fileOffset(ofAddress: 0x1001) == 0)
    let mapping = AddressSpace.Mapping(start: 0, end: .max, fileOffset: .max, path: "/far", image: far)
    #expect(mapping.fileAddress(0x1000) == 0xfff)
  }

  @Test("Names are read for people, but not those that would fill the memory")
  func names() {
    #expect(ELFImage.demangled("_ZN3foo3barEi") == "foo::bar(int)")
    #expect(
      ELFImage.demangled("$s10Foundation7ProcessC3runyyKF") == "Foundation.Process.run() throws -> ()")
    #expect(ELFImage.demangled("main") == "main")
    // Each pair is of two of the pair before: 30 of them are gigabytes.
    var (pairs, types) = ("_Z1fSt4pairIiiE", "$s1m1fyyAA1PVyS2iG_")
    for level in 0..<30 {
      let reference = "S\(String(level, radix: 36).uppercased())_"
      pairs += "S_I\(reference)\(reference)E"
      types += "ADyA2\(Character(Unicode.Scalar(UInt8(69 + min(level, 21)))))G"
    }
    #expect(ELFImage.demangled(pairs) == pairs)
    #expect(ELFImage.demangled(types) == types)
    #expect(ELFImage.demangled("$s1m1fyyAA1PVyS2iG_ADyA999999999EGtF").hasPrefix("$s1m1f"))
  }

  @Test("A mapping takes the place of what it covers, and a copy keeps its own")
  func mappings() {
    func mapping(_ start: UInt64, _ end: UInt64, _ path: RawText) -> AddressSpace.Mapping {
      AddressSpace.Mapping(start: start, end: end, fileOffset: 0x2000, path: path, image: nil)
    }
    var space = AddressSpace()
    space.add(mapping(0x1000, 0x3000, "/a"))
    let copy = space
    space.add(mapping(0x2000, 0x3000, "/b"))
    #expect(space.mapping(at: 0x1fff)?.path == "/a" && space.mapping(at: 0x2000)?.path == "/b")
    #expect(space.mapping(at: 0x3000) == nil)
    #expect(copy.mapping(at: 0x2000)?.path == "/a")
    space.add(mapping(0x1000, 0x4000, "/c"))
    #expect(space.mappings.map(\.path) == ["/c"])
    #expect(space.mapping(at: 0x1010)?.fileAddress(0x1010) == 0x2010)
  }
}

@Suite struct SymbolTests {
  private func symbol(
    _ name: String, _ address: UInt64, _ size: UInt64, isLocal: Bool = false, isExported: Bool = true
  ) -> ELFSymbol {
    ELFSymbol(
      address: address, size: size, name: name, isLocal: isLocal, isExported: isExported, isIndirect: false)
  }

  @Test("A name is given inside a symbol's size only: never a neighbour's, never one without a size")
  func covers() {
    let table = SymbolTable([
      symbol("__xmknodat", 0x100, 0x20), symbol("label", 0x140, 0), symbol("next", 0x200, 8),
    ])
    #expect(table.symbol(covering: 0x11f)?.name == "__xmknodat")
    #expect(table.symbol(covering: 0x120) == nil)
    #expect(table.symbol(covering: 0x140) == nil)
    #expect(table.symbol(covering: 0xff) == nil)
    #expect(table.symbol(covering: 0x207)?.name == "next")
    #expect(table.symbol(covering: .max) == nil)
  }

  @Test("Of two names the one without underscores, of two covers the inner one")
  func choice() {
    let table = SymbolTable([
      symbol("__GI___fork", 0x100, 0x20, isLocal: true), symbol("__libc_fork", 0x100, 0x20),
      symbol("fork", 0x100, 0x20), symbol("outer", 0x80, 0x200), symbol("inner", 0x180, 0x10),
    ])
    #expect(table.symbol(covering: 0x110)?.name == "fork")
    #expect(table.symbol(covering: 0x185)?.name == "inner")
    #expect(table.symbol(covering: 0x1a0)?.name == "outer")
    #expect(table.exported("fork").map(\.address) == [0x100])
  }

  @Test("Every address of a table of 997 symbols has the answer that a search from end to end gives")
  func exhaustive() {
    var state: UInt64 = 23
    func random(_ limit: UInt64) -> UInt64 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return (state >> 33) % limit
    }
    let symbols = (0..<997).map { symbol("s\($0)", random(4096), random(64)) }
    let table = SymbolTable(symbols)
    for address in UInt64(0)..<4200 {
      let covering = symbols.filter { $0.covers(address) }
      let start = covering.map(\.address).max()
      #expect(table.symbol(covering: address)?.address == start)
    }
  }
}

@Suite struct KernelNameTests {
  private static let functions = KernelFunctions(
    Array(
      """
      ffffffff81000000 T _stext
      ffffffff81000100 t do_syscall_64
      ffffffff81000200 D some_data
      ffffffff81000300 T copy_process
      ffffffff81000400 t copy_process.cold
      ffffffff81000500 t __traceiter_task_newtask
      ffffffffc0000000 t bpf_prog_1234_birth\t[bpf]
      ffffffff81000050 T entry_SYSCALL_64_after_hwframe

      """.utf8))

  @Test("Names come from kallsyms, without the tracepoint's own and the compiler's suffixes")
  func names() {
    let stack: [UInt64] = [
      0xffff_ffff_c000_0010, 0xffff_ffff_8100_0510, 0xffff_ffff_8100_0410, 0xffff_ffff_8100_0120,
      0xffff_ffff_8100_0060,
    ]
    #expect(Self.functions.names(stack) == ["entry_SYSCALL_64", "do_syscall_64", "copy_process"])
    #expect(Self.functions.name(1) == nil)
  }

  @Test("Any text is read without a trap; hidden addresses leave no names")
  func hidden() {
    #expect(KernelFunctions(Array("0000000000000000 T _stext\n".utf8)).isEmpty)
    let text = Array("ffffffff81000000 T _stext\nffff".utf8)
    for count in 0...text.count { _ = KernelFunctions(Array(text[..<count])).names([1, .max]) }
  }

  @Test(
    "Stacks of one call become a tree; what is entered again counts as another visit, interrupts are left out"
  )
  func tree() throws {
    var tree: KernelNode?
    KernelTree.add(["do_syscall_64", "call", "a", "b"], at: 1, to: &tree)
    KernelTree.add(["do_syscall_64", "call", "a", "c", "kmem_cache_alloc_noprof", "x"], at: 2, to: &tree)
    KernelTree.add(["do_syscall_64", "call", "d"], at: 3, to: &tree)
    KernelTree.add(["do_syscall_64", "call", "asm_sysvec_apic_timer_interrupt", "e"], at: 4, to: &tree)
    KernelTree.add(["do_syscall_64", "call", "a", "b"], at: 5, to: &tree)
    let call = try #require(tree?.children.first)
    #expect(call.function == "call" && call.visits == 1 && call.first == 1 && call.last == 5)
    #expect(call.children.map(\.function) == ["a", "d"])
    #expect(call.children.map(\.visits) == [2, 1])
    #expect(call.children[0].children.map(\.function) == ["b", "c"])
    #expect(call.children[0].children[1].children.isEmpty)
  }
}
