import CLinux
import KernelSystem

/// A buffer that one reader uses for file after file; it grows to the largest and is kept.
public struct ReadBuffer: ~Copyable, Sendable {
  private var storage: [UInt8]
  private var count = 0
  /// The last file was longer than its limit, so what was read is its beginning.
  public private(set) var isTruncated = false

  /// `capacity` bytes at first.
  public init(capacity: Int = 16_384) { storage = [UInt8](repeating: 0, count: max(capacity, 512)) }

  /// What the last reading left.
  public var bytes: Span<UInt8> {
    @_lifetime(borrow self) borrowing get { storage.span.extracting(0..<count) }
  }

  /// How a file of `/proc` ends.
  enum End {
    /// The kernel makes the whole text in the first read: a read that leaves room was the last.
    case firstShortRead
    /// Only a read of 0 bytes is the end.
    case emptyRead
  }

  /// Reads `descriptor` from where it is to its end, at most `limit` bytes.
  mutating func fill(from descriptor: Int32, limit: Int, until end: End) throws(Errno) {
    count = 0
    isTruncated = false
    while true {
      if count == storage.count { storage.append(contentsOf: repeatElement(0, count: storage.count)) }
      let length = try readOnce(descriptor)
      count += length
      if length == 0 || end == .firstShortRead && count < storage.count { break }
      if count > limit { break }
    }
    if count > limit {
      count = limit
      isTruncated = true
    }
  }

  /// Drops what follows the last newline of a text that its limit cut: half a line reads as another line.
  mutating func dropCutLine() {
    if isTruncated { count = bytes.lastIndex(of: 0x0a).map { $0 + 1 } ?? 0 }
  }

  /// Lends the lines of `descriptor` in runs of whole lines; a last line without newline is lent too.
  ///
  /// A line longer than `lineLimit` is dropped: the kernel writes none.
  mutating func forEachRunOfLines(
    of descriptor: Int32, lineLimit: Int = 1 << 20, _ body: (Span<UInt8>) -> Void
  ) throws(Errno) {
    count = 0
    var isInsideDropped = false
    while true {
      if count == storage.count {
        if count >= lineLimit {
          count = 0
          isInsideDropped = true
        } else {
          storage.append(contentsOf: repeatElement(0, count: count))
        }
      }
      let length = try readOnce(descriptor)
      if length == 0 { break }
      count += length
      if isInsideDropped {
        guard let newline = bytes.firstIndex(of: 0x0a, from: 0) else {
          count = 0
          continue
        }
        moveToFront(from: newline + 1)
        isInsideDropped = false
      }
      guard let newline = bytes.lastIndex(of: 0x0a) else { continue }
      body(storage.span.extracting(0..<newline + 1))
      moveToFront(from: newline + 1)
    }
    if count > 0 { body(bytes) }
    count = 0
  }

  /// One read(2) behind what is there.
  private mutating func readOnce(_ descriptor: Int32) throws(Errno) -> Int {
    let used = count
    return try retryingOnInterrupt {
      // SAFETY: `used` is at most `buffer.count`, and the kernel writes at most the rest.
      unsafe storage.withUnsafeMutableBytes { buffer in
        unsafe read(descriptor, buffer.baseAddress! + used, buffer.count - used)
      }
    }
  }

  private mutating func moveToFront(from offset: Int) {
    let rest = offset..<count
    // SAFETY: the range lies inside the buffer and is no longer than it; copyMemory allows overlap.
    unsafe storage.withUnsafeMutableBytes { buffer in
      unsafe buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(buffer)[rest]))
    }
    count = rest.count
  }

  /// Puts `text` in, as if it had been read: for tests of what borrows the buffer.
  mutating func set(_ text: [UInt8]) {
    storage = text.isEmpty ? [0] : text
    count = text.count
    isTruncated = false
  }
}
