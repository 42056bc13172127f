import CLinux
import Testing

@testable import KernelBPF

@Suite("The file of a relocated program")
struct IteratorImageTests {
  private static let key = Array("2e076004 6.18.44 sockets".utf8)

  private static func instruction(_ code: Int32, source: Int32 = 0, immediate: Int32 = 0) -> bpf_insn {
    var instruction = bpf_insn()
    instruction.code = UInt8(code)
    instruction.src_reg = UInt8(source)
    instruction.imm = immediate
    return instruction
  }

  private static let image = IteratorImage(
    name: Array("sockets".utf8), flags: 0, attachTypeID: 4711,
    maps: [
      .init(name: Array("sockets.rodata".utf8), flags: 1 << 7, contents: .constants(byteCount: 24)),
      .init(name: Array("sockets.bss".utf8), flags: 0, contents: .variables([0, 1, 2, 3])),
    ],
    instructions: [
      instruction(0x18, source: BPF_PSEUDO_MAP_IDX_VALUE, immediate: 1), instruction(0, immediate: 8),
      instruction(BPF_JMP | BPF_CALL, immediate: 112), instruction(BPF_JMP | BPF_EXIT),
    ])

  @Test("An image is read as it was written")
  func roundTrip() throws {
    let file = Self.image.file(key: Self.key)
    let read = try IteratorImage(file: file, key: Self.key)
    #expect(read.maps.map(\.contents) == Self.image.maps.map(\.contents))
    #expect(read.instructions.count == 4 && read.attachTypeID == 4711)
    #expect(read.file(key: Self.key) == file)
  }

  @Test("Every prefix of a file is refused, with its checksum made right too")
  func prefixes() {
    let file = Self.image.file(key: Self.key)
    for length in 0..<file.count {
      #expect(throws: IteratorImage.FormatError.self) {
        try IteratorImage(file: Array(file[..<length]), key: Self.key)
      }
      guard length >= 16 else { continue }
      let sealed = IteratorImage.sealed(Array(file[16..<length]))
      #expect(throws: IteratorImage.FormatError.self) { try IteratorImage(file: sealed, key: Self.key) }
    }
    let longer = IteratorImage.sealed(Array(file[16...]) + [0])
    #expect(throws: IteratorImage.FormatError.outOfRange(offset: file.count)) {
      try IteratorImage(file: longer, key: Self.key)
    }
  }

  @Test("Every flipped bit is noticed; with the checksum made right, reading does not trap")
  func flips() {
    let file = Self.image.file(key: Self.key)
    for bit in 0..<file.count * 8 {
      var changed = file
      changed[bit / 8] ^= 1 << (bit % 8)
      #expect(throws: IteratorImage.FormatError.self) { try IteratorImage(file: changed, key: Self.key) }
      guard bit >= 128 else { continue }
      let sealed = IteratorImage.sealed(Array(changed[16...]))
      guard let read = try? IteratorImage(file: sealed, key: Self.key) else { continue }
      // What is accepted refers to maps that it has.
      var instructions = read.instructions
      let indices = read.maps.indices
      let areOwn = IteratorImage.forEachReference(in: &instructions) { indices.contains(Int($0.imm)) }
      #expect(areOwn)
    }
  }

  @Test("Bytes at random after a right header do not trap")
  func random() {
    let seed = UInt64.random(in: .min ... .max)
    var state = seed
    for _ in 0..<5_003 {
      var body = [UInt8](repeating: 0, count: 4)
      body[0] = UInt8(Self.key.count)
      body += Self.key
      for _ in 0..<61 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        // Mostly small numbers, so that lengths are often believable.
        body.append(state >> 60 < 12 ? UInt8(state >> 40 & 3) : UInt8(state >> 40 & 255))
      }
      let read = try? IteratorImage(file: IteratorImage.sealed(body), key: Self.key)
      #expect((read?.maps.count ?? 0) <= 16, "seed \(seed)")
    }
  }

  @Test("Another boot, kernel or build is another key; another format is not ours")
  func keys() {
    let file = Self.image.file(key: Self.key)
    #expect(throws: IteratorImage.FormatError.otherKey) { try IteratorImage(file: file, key: Self.key + [0]) }
    var other = file
    other[7] += 1
    #expect(throws: IteratorImage.FormatError.notOurs) { try IteratorImage(file: other, key: Self.key) }
  }

  @Test("Instructions that depend on more than maps by index are refused")
  func foreignInstructions() {
    for foreign in [
      Self.instruction(0x18, source: BPF_PSEUDO_MAP_VALUE, immediate: 3),
      Self.instruction(0x18, source: BPF_PSEUDO_BTF_ID, immediate: 3),
      Self.instruction(0x18, source: BPF_PSEUDO_MAP_IDX_VALUE, immediate: 2),
      Self.instruction(0x18, source: BPF_PSEUDO_MAP_IDX, immediate: -1),
      Self.instruction(BPF_JMP | BPF_CALL, source: BPF_PSEUDO_KFUNC_CALL, immediate: 3),
    ] {
      var image = Self.image
      image.instructions[2] = foreign
      #expect(throws: IteratorImage.FormatError.self) {
        try IteratorImage(file: image.file(key: Self.key), key: Self.key)
      }
    }
  }
}
