import KernelSystem
import Model

/// The calls that are followed, by their numbers on x86_64 (asm/unistd_64.h).
enum CreationCalls {
  /// Their numbers for 32-bit programs (asm/unistd_32.h), by those on x86_64.
  private static let i386: [Int64: Int64] = [
    56: 120, 57: 2, 58: 190, 59: 11, 60: 1, 231: 252, 322: 358, 435: 435,
  ]

  /// nil for a call that is not followed.
  static func number(ofI386 number: Int64) -> Int64? { i386.first { $0.value == number }?.key }

  /// As the program has used it.
  static func ownNumber(_ number: Int64, isI386: Bool) -> Int {
    Int(isI386 ? i386[number] ?? number : number)
  }

  static func kind(_ number: Int64) -> CreationCall.Kind? {
    switch number {
    case 56, 57, 58, 435: .birth
    case 59, 322: .exec
    case 60, 231: .exit
    default: nil
    }
  }

  static func name(_ number: Int64) -> String {
    switch number {
    case 56: "clone"
    case 57: "fork"
    case 58: "vfork"
    case 59: "execve"
    case 60: "exit"
    case 231: "exit_group"
    case 322: "execveat"
    case 435: "clone3"
    default: "call \(number)"
    }
  }

  /// linux/sched.h: bits above the exit signal.
  private static let cloneFlags: [(UInt64, String)] = [
    (0x100, "CLONE_VM"), (0x200, "CLONE_FS"), (0x400, "CLONE_FILES"), (0x800, "CLONE_SIGHAND"),
    (0x1000, "CLONE_PIDFD"), (0x2000, "CLONE_PTRACE"), (0x4000, "CLONE_VFORK"), (0x8000, "CLONE_PARENT"),
    (0x10000, "CLONE_THREAD"), (0x20000, "CLONE_NEWNS"), (0x40000, "CLONE_SYSVSEM"),
    (0x80000, "CLONE_SETTLS"),
    (0x100000, "CLONE_PARENT_SETTID"), (0x200000, "CLONE_CHILD_CLEARTID"), (0x400000, "CLONE_DETACHED"),
    (0x800000, "CLONE_UNTRACED"), (0x1000000, "CLONE_CHILD_SETTID"), (0x2000000, "CLONE_NEWCGROUP"),
    (0x4000000, "CLONE_NEWUTS"), (0x8000000, "CLONE_NEWIPC"), (0x10000000, "CLONE_NEWUSER"),
    (0x20000000, "CLONE_NEWPID"), (0x40000000, "CLONE_NEWNET"), (0x8000_0000, "CLONE_IO"),
    (0x1_0000_0000, "CLONE_CLEAR_SIGHAND"), (0x2_0000_0000, "CLONE_INTO_CGROUP"),
  ]
  static let threadFlag: UInt64 = 0x10000

  private static func flags(_ value: UInt64) -> String { words(value & ~0xff, cloneFlags) }

  static func words(_ value: UInt64, _ names: [(UInt64, String)]) -> String {
    var left = value
    var words: [String] = []
    for (bit, name) in names where value & bit != 0 {
      words.append(name)
      left &= ~bit
    }
    if left != 0 { words.append(hexadecimal(left)) }
    return words.isEmpty ? "0" : words.joined(separator: "|")
  }

  static func hexadecimal(_ value: UInt64) -> String { "0x" + String(value, radix: 16) }

  private static func signal(_ number: UInt64) -> String {
    number == 0 ? "0" : SignalNames.name(Int32(truncatingIfNeeded: number))
  }

  /// The arguments as the call was entered.
  static func arguments(_ number: Int64, _ values: [UInt64], text: [UInt8]) -> [CreationArgument] {
    switch number {
    case 56: cloneArguments(values)
    case 435: clone3Arguments(text)
    case 60, 231: [CreationArgument("status", "\(Int32(truncatingIfNeeded: values[0]) & 0xff)")]
    case 59: [path(text)]
    case 322: executeAtArguments(values, text)
    default: []
    }
  }

  /// Its NUL is there even if it is empty.
  private static func path(_ text: [UInt8]) -> CreationArgument {
    text.isEmpty
      ? CreationArgument(unseen: "path") : CreationArgument("path", text: RawText(terminated(text)))
  }

  private static func cloneArguments(_ values: [UInt64]) -> [CreationArgument] {
    [
      CreationArgument("flags", flags(values[0])), CreationArgument("exit_signal", signal(values[0] & 0xff)),
      CreationArgument("stack", hexadecimal(values[1])),
    ]
  }

  /// `struct clone_args`: flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls, set_tid…
  private static func clone3Arguments(_ text: [UInt8]) -> [CreationArgument] {
    guard text.count >= 64 else { return [CreationArgument(unseen: "clone_args")] }
    func word(_ index: Int) -> UInt64 {
      (0..<8).reversed().reduce(0) { $0 << 8 | UInt64(text[index * 8 + $1]) }
    }
    return [
      CreationArgument("flags", flags(word(0))), CreationArgument("exit_signal", signal(word(4))),
      CreationArgument("stack", hexadecimal(word(5))), CreationArgument("stack_size", hexadecimal(word(6))),
    ]
  }

  private static func executeAtArguments(_ values: [UInt64], _ text: [UInt8]) -> [CreationArgument] {
    let directory = Int32(truncatingIfNeeded: values[0])
    return [
      CreationArgument("dirfd", directory == -100 ? "AT_FDCWD" : "\(directory)"),
      path(text),
      CreationArgument(
        "flags", words(values[4], [(0x1000, "AT_EMPTY_PATH"), (0x100, "AT_SYMLINK_NOFOLLOW")])),
    ]
  }

  /// Up to the first NUL.
  static func terminated(_ text: [UInt8]) -> [UInt8] { Array(text.prefix { $0 != 0 }) }

  /// The strings of a list with a NUL behind each, at most `count`.
  static func strings(_ text: some Collection<UInt8>, count: Int) -> [RawText] {
    text.split(separator: 0, omittingEmptySubsequences: false).prefix(count).map { RawText(Array($0)) }
  }
}
