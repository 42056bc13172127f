/// How the instruction before a return address called.
enum CallSite: Equatable {
  /// `call TARGET`.
  case direct(target: UInt64)
  /// Through a slot that the loader filled; `stub` is the PLT's, nil for `call *slot(%rip)`.
  case imported(symbol: String, slot: UInt64, stub: UInt64?)
  /// Through a register, or memory of the program's own.
  case indirect

  /// nil if no call instruction ends at `address`, in the file's numbering.
  init?(before address: UInt64, in image: ELFImage) {
    let bytes = image.bytes(at: address &- 7, count: 7)
    guard bytes.count == 7 else { return nil }
    if bytes[2] == 0xe8 {
      let target = image.machine.word(address &+ Self.offset(bytes, 3))
      self = Self.stub(at: target, in: image) ?? .direct(target: target)
    } else if bytes[1] == 0xff, let slot = Self.slot(bytes, 2, before: address, in: image) {
      self = image.imports[slot].map { .imported(symbol: $0, slot: slot, stub: nil) } ?? .indirect
    } else if Self.isIndirectCall(bytes) {
      self = .indirect
    } else {
      return nil
    }
  }

  /// The slot of `call *slot(%rip)`, for i386 of `call *slot` and `call *slot(%ebx)`; with 0x25 and 0xa3 in place of 0x15
  /// and 0x93 of a jump. nil for another instruction.
  private static func slot(
    _ bytes: [UInt8], _ index: Int, isJump: Bool = false, before next: UInt64, in image: ELFImage
  ) -> UInt64? {
    let mode = isJump ? bytes[index] &- 0x10 : bytes[index]
    let offset = offset(bytes, index + 1)
    switch (image.machine, mode) {
    case (.x86_64, 0x15): return next &+ offset
    // `%gs:` before it is a slot of the thread's own.
    case (.i386, 0x15): return index == 2 && bytes[0] == 0x65 ? nil : image.machine.word(offset)
    // Any register but the stack pointer may have the table's address.
    case (.i386, 0x90...0x93), (.i386, 0x95...0x97):
      return image.slotBase == 0 ? nil : image.machine.word(image.slotBase &+ offset)
    default: return nil
    }
  }

  /// `endbr64` or `endbr32` may come first; then a jump through a slot, with a `bnd` prefix where it is asked for.
  private static func stub(at target: UInt64, in image: ELFImage) -> CallSite? {
    var bytes = image.bytes(at: target, count: 16)
    var start = target
    if bytes.starts(with: [0xf3, 0x0f, 0x1e, image.machine == .x86_64 ? 0xfa : 0xfb]) {
      bytes.removeFirst(4)
      start &+= 4
    }
    if bytes.first == 0xf2 {
      bytes.removeFirst()
      start &+= 1
    }
    guard bytes.count >= 6, bytes[0] == 0xff,
      let slot = slot(bytes, 1, isJump: true, before: start &+ 6, in: image)
    else { return nil }
    return image.imports[slot].map { .imported(symbol: $0, slot: slot, stub: target) }
  }

  /// FF /2: `call *%rax`, `call *0x10(%rax)`, `call *(%rax,%rbx,8)`; REX prefixes stand before.
  private static func isIndirectCall(_ bytes: [UInt8]) -> Bool {
    for (start, length) in [(5, 2), (4, 3), (3, 4), (1, 6), (0, 7)] where bytes[start] == 0xff {
      let mode = bytes[start + 1]
      guard mode & 0x38 == 0x10 else { continue }
      let (isRegister, hasIndex) = (mode >> 6 == 3, mode & 7 == 4)
      let displacement = mode >> 6 == 1 ? 1 : mode >> 6 == 2 || mode & 0xc7 == 5 ? 4 : 0
      if isRegister ? length == 2 : length == 2 + (hasIndex ? 1 : 0) + displacement { return true }
    }
    return false
  }

  /// 32 bits, signed, little-endian.
  private static func offset(_ bytes: [UInt8], _ index: Int) -> UInt64 {
    var word: UInt32 = 0
    for place in (0..<4).reversed() { word = word << 8 | UInt32(bytes[index + place]) }
    return UInt64(bitPattern: Int64(Int32(bitPattern: word)))
  }
}
