/// What programs are made for: their words and registers.
enum Machine {
  case x86_64
  /// 32-bit programs, which an x86_64 kernel runs as well.
  case i386

  /// Bytes.
  var wordSize: Int { self == .x86_64 ? 8 : 4 }
  /// DWARF numbers (System V ABI, AMD64 and i386 supplements).
  var framePointer: Int { self == .x86_64 ? 6 : 5 }
  var stackPointer: Int { self == .x86_64 ? 7 : 4 }
  var instruction: Int { self == .x86_64 ? 16 : 8 }
  /// The instruction that enters the kernel: `syscall`, `int $0x80`.
  var systemCall: [UInt8] { self == .x86_64 ? [0x0f, 0x05] : [0xcd, 0x80] }

  /// As a word of its own has it.
  func word(_ value: UInt64) -> UInt64 { self == .x86_64 ? value : value & 0xffff_ffff }

  /// By its own numbers, from the kernel's registers in the order of x86_64.
  func registers(_ kernel: [UInt64]) -> [UInt64?] {
    guard self == .i386 else { return kernel }
    // eax ecx edx ebx esp ebp esi edi eip
    let own = [0, 2, 1, 3, 7, 6, 4, 5, 16].map { kernel[$0] & 0xffff_ffff }
    return own + [UInt64?](repeating: nil, count: kernel.count - own.count)
  }
}
