import KernelSystem

/// Names of the kernel's functions (`/proc/kallsyms`; addresses are shown to root and CAP_SYSLOG only).
struct KernelFunctions {
  private var addresses: [UInt64] = []
  /// Where in `text` each name begins.
  private var offsets: [Int] = []
  private let text: [UInt8]

  /// What wraps a tracepoint's own programs: not part of the call.
  private static let wrappers = ["__traceiter_", "bpf_", "__bpf_", "trace_call_bpf", "perf_trace_"]

  static func ofThisKernel() -> KernelFunctions {
    do throws(SystemError) {
      return KernelFunctions(try TextFile.read("/proc/kallsyms", atMost: 1 << 26))
    } catch { return KernelFunctions([]) }
  }

  /// Sample line: `ffffffff81000000 T _stext`, for modules with `\t[name]` behind.
  init(_ text: [UInt8]) {
    self.text = text
    var entries: [(UInt64, Int)] = []
    var index = 0
    while index < text.count {
      var address: UInt64 = 0
      while index < text.count, let digit = Self.digit(text[index]) {
        address = address << 4 | digit
        index += 1
      }
      if index + 3 < text.count, address != 0, Self.isFunction(text[index + 1]) {
        entries.append((address, index + 3))
      }
      while index < text.count, text[index] != UInt8(ascii: "\n") { index += 1 }
      index += 1
    }
    entries.sort { $0.0 < $1.0 }
    addresses = entries.map { $0.0 }
    offsets = entries.map { $0.1 }
  }

  private static func digit(_ byte: UInt8) -> UInt64? {
    switch byte {
    case 48...57: UInt64(byte - 48)
    case 97...102: UInt64(byte - 87)
    default: nil
    }
  }

  /// t, T, w, W.
  private static func isFunction(_ letter: UInt8) -> Bool {
    [UInt8(ascii: "t"), UInt8(ascii: "T"), UInt8(ascii: "w"), UInt8(ascii: "W")].contains(letter)
  }

  var isEmpty: Bool { addresses.isEmpty }

  /// The function that `address` lies in.
  func name(_ address: UInt64) -> String? {
    var (low, high) = (0, addresses.count)
    while low < high {
      let middle = (low + high) / 2
      if addresses[middle] <= address { low = middle + 1 } else { high = middle }
    }
    guard low > 0 else { return nil }
    let isEnd: (UInt8) -> Bool = { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\t") }
    return String(decoding: text[offsets[low - 1]...].prefix { !isEnd($0) }, as: UTF8.self)
  }

  /// The functions of a stack, outermost first, without the tracepoint's own and without the compiler's suffixes.
  func names(_ stack: [UInt64]) -> [String] {
    var names = stack.map { name($0) ?? "0x" + String($0, radix: 16) }
    // Innermost first: whatever lies beyond the tracepoint's own functions belongs to them as well.
    if let last = names.lastIndex(where: { (name) in Self.wrappers.contains { name.hasPrefix($0) } }) {
      names.removeFirst(last + 1)
    }
    return names.reversed().map { (name) in
      // `do_exit.cold`, `begin_new_exec.isra.0`, `entry_SYSCALL_64_after_hwframe`.
      let plain = String(name.prefix { $0 != "." })
      return plain == "entry_SYSCALL_64_after_hwframe" ? "entry_SYSCALL_64" : plain
    }
  }
}
