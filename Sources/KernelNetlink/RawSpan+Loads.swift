import CLinux

/// Loads in host byte order, as netlink writes its headers. The span checks its bounds; whoever parses
/// compares lengths first, so that no input reaches that trap.
extension RawSpan {
  @inlinable
  func integer<Value: FixedWidthInteger & BitwiseCopyable>(at offset: Int, as type: Value.Type) -> Value {
    // SAFETY: the load is bounds-checked by the span; every bit pattern is a valid integer.
    unsafe unsafeLoadUnaligned(fromByteOffset: offset, as: type)
  }

  @inlinable func byte(at offset: Int) -> UInt8 { integer(at: offset, as: UInt8.self) }
  @inlinable func half(at offset: Int) -> UInt16 { integer(at: offset, as: UInt16.self) }
  @inlinable func word(at offset: Int) -> UInt32 { integer(at: offset, as: UInt32.self) }

  /// The two words of a kernel cookie, `[low, high]`, as one number: what `SO_COOKIE` returns.
  @inlinable func cookie(at offset: Int) -> UInt64 { integer(at: offset, as: UInt64.self).littleEndian }

  /// A copy of `range`, which must lie inside the span.
  @inlinable func array(_ range: Range<Int>) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(range.count)
    for offset in range { bytes.append(byte(at: offset)) }
    return bytes
  }

  /// The first 16 bytes of `range` as two little-endian words, zero where `range` is shorter.
  @inlinable func shortText(_ range: Range<Int>) -> (UInt64, UInt64) {
    var words: (UInt64, UInt64) = (0, 0)
    for position in 0..<min(range.count, 16) {
      let bits = UInt64(byte(at: range.lowerBound + position)) << UInt64((position & 7) * 8)
      if position < 8 { words.0 |= bits } else { words.1 |= bits }
    }
    return words
  }

  /// Bytes of `range` laid over a zeroed C structure: kernels older than the header leave the tail zero,
  /// newer ones are cut.
  @inlinable func overlay<Structure>(_ range: Range<Int>, on zero: Structure) -> Structure {
    var structure = zero
    let count = min(range.count, MemoryLayout<Structure>.size)
    // SAFETY: `count` fits both sides, and the structures given here are plain integers and bit fields.
    unsafe withUnsafeMutableBytes(of: &structure) { target in
      unsafe extracting(range.lowerBound..<range.lowerBound + count).withUnsafeBytes { source in
        unsafe target.copyMemory(from: source)
      }
    }
    return structure
  }
}
