import CLinux
import KernelSystem

/// The entries of a directory that are numbers: processes, threads, descriptors.
enum DirectoryListing {
  /// Enough for some 2,700 entries a call.
  static let bufferSize = 65_536

  /// Calls `body` with each entry whose name is a decimal number that fits, and its NUL-terminated name,
  /// until it returns false.
  ///
  /// `directory` is at its start; `buffer` holds `bufferSize` bytes. getdents64(2).
  @inline(__always)
  static func forEachNumber(
    in directory: Int32, buffer: UnsafeMutableRawBufferPointer,
    _ body: (_ number: Int32, _ name: UnsafePointer<CChar>) -> Bool
  ) throws(Errno) {
    while true {
      let length = try retryingOnInterrupt {
        // SAFETY: the kernel writes at most `buffer.count` bytes.
        unsafe clinux_getdents64(directory, buffer.baseAddress, buffer.count)
      }
      if length == 0 { return }
      var offset = 0
      // struct linux_dirent64: d_ino 8, d_off 8, d_reclen 2, d_type 1, d_name, NUL.
      while offset + 20 <= length {
        // SAFETY: the loop keeps these bytes inside what the kernel wrote.
        let size = Int(unsafe buffer.loadUnaligned(fromByteOffset: offset + 16, as: UInt16.self))
        guard size >= 20, offset + size <= length else { return }
        // SAFETY: the guard keeps the record inside, and the kernel ends each name with NUL.
        let name = unsafe UnsafeRawPointer(buffer.baseAddress! + offset + 19)
        if let number = unsafe decimal(name, limit: size - 19) {
          if unsafe !body(number, name.assumingMemoryBound(to: CChar.self)) { return }
        }
        offset += size
      }
    }
  }

  /// The number that the name is; nil for `self`, `net`, or more than 9 digits (pids end at 4,194,304).
  @inline(__always)
  private static func decimal(_ name: UnsafeRawPointer, limit: Int) -> Int32? {
    var value: Int32 = 0
    var index = 0
    while index < limit {
      // SAFETY: `limit` is what the record has for its name.
      let digit = unsafe name.load(fromByteOffset: index, as: UInt8.self) &- 0x30
      if digit > 9 { break }
      if index == 9 { return nil }
      value = value &* 10 &+ Int32(digit)
      index += 1
    }
    guard index > 0, index < limit else { return nil }
    // SAFETY: `index` is below `limit`.
    return unsafe name.load(fromByteOffset: index, as: UInt8.self) == 0 ? value : nil
  }
}

/// Calls `body` with `number`, then `suffix`, as a C path: `123/fd`, without a String.
///
/// A negative number keeps its sign: `-1` must never lead to process 1.
@inline(__always)
func withPath<Result>(
  _ number: Int32, _ suffix: StaticString, _ body: (UnsafePointer<CChar>) -> Result
) -> Result {
  // SAFETY: a sign, 10 digits, the suffix, and a NUL fit; every byte up to the NUL is written below.
  unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: 16 + suffix.utf8CodeUnitCount) { path in
    let sign = number < 0 ? 1 : 0
    unsafe path[0] = CChar(bitPattern: UInt8(ascii: "-"))
    var end = sign + 1
    var rest = number.magnitude
    while rest >= 10 {
      rest /= 10
      end += 1
    }
    rest = number.magnitude
    for index in stride(from: end - 1, through: sign, by: -1) {
      unsafe path[index] = CChar(truncatingIfNeeded: 0x30 + rest % 10)
      rest /= 10
    }
    for index in 0..<suffix.utf8CodeUnitCount {
      unsafe path[end + index] = CChar(bitPattern: suffix.utf8Start[index])
    }
    unsafe path[end + suffix.utf8CodeUnitCount] = 0
    return unsafe body(UnsafePointer(path.baseAddress!))
  }
}
