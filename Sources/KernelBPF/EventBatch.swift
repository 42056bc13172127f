import CLinux

/// Records as they came from the ring, many at a time: cheap to hand to another thread, decoded there.
public struct EventBatch: Sendable {
  private var storage: [UInt8] = []
  /// How many records.
  public private(set) var count = 0
  public var byteCount: Int { storage.count }
  public var isEmpty: Bool { count == 0 }

  public init() {}

  /// Appends a copy of one record, behind its length.
  mutating func append(_ record: UnsafeRawBufferPointer) {
    let length = UInt64(record.count)
    unsafe withUnsafeBytes(of: length) { (bytes) in unsafe storage.append(contentsOf: bytes) }
    unsafe storage.append(contentsOf: record)
    count += 1
  }

  mutating func reserve(_ byteCount: Int) { storage.reserveCapacity(byteCount) }

  /// Calls `body` with each record that decodes; the number that did not.
  @discardableResult
  public func forEach(_ body: (KernelEvent) -> Void) -> Int {
    var refused = 0
    unsafe forEachRecord { (record) in
      do throws(EventDecodeError) { body(try unsafe EventDecoder.decode(record)) } catch { refused += 1 }
    }
    return refused
  }

  private func forEachRecord(_ body: (UnsafeRawBufferPointer) -> Void) {
    unsafe storage.withUnsafeBytes { (bytes) in
      var offset = 0
      while bytes.count - offset >= 8 {
        // SAFETY: `append` wrote a length here, and that many bytes behind it.
        let length = Int(unsafe bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
        unsafe body(UnsafeRawBufferPointer(rebasing: bytes[(offset + 8)..<(offset + 8 + length)]))
        offset += 8 + length
      }
    }
  }
}
