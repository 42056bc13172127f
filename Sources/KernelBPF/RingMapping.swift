import CLinux
import KernelSystem

/// The memory of a BPF ring buffer (`BPF_MAP_TYPE_RINGBUF`, since 5.8), read without copying.
///
/// Layout, of the kernel's `kernel/bpf/ringbuf.c`: a page with the consumer's position, a page with the producer's, then
/// the data twice, so that a record across the end is in one piece. libbpf maps all of it, and each page counts twice as
/// resident; here the second copy is mapped for one record only.
///
/// `@unchecked Sendable`: made on one thread, then used by the reader's alone.
@safe final class RingMapping: @unchecked Sendable {
  private static let pageSize = Int(sysconf(Int32(_SC_PAGESIZE)))
  /// More than any record of ours (`EventRecord.h`: two paths, 32,767 bytes of arguments).
  private static let largestRecord = 1 << 16

  private let consumer: UnsafeMutableRawPointer
  private let producer: UnsafeMutableRawPointer
  private let byteCount: Int
  private let producerLength: Int

  /// `map` may be closed afterwards.
  init(map: Int32) throws(SystemError) {
    var information = bpf_map_info()
    var size = UInt32(MemoryLayout<bpf_map_info>.size)
    // SAFETY: the kernel writes at most `size` bytes into the structure.
    guard unsafe bpf_obj_get_info_by_fd(map, &information, &size) == 0 else {
      throw SystemError("bpf_obj_get_info_by_fd", on: "ring", .current)
    }
    byteCount = Int(information.max_entries)
    producerLength = Self.pageSize + byteCount + min(byteCount, Self.largestRecord)
    let consumer = unsafe mmap(nil, Self.pageSize, PROT_READ | PROT_WRITE, MAP_SHARED, map, 0)
    // MAP_FAILED is (void *)-1, which Swift does not import.
    guard let consumer = unsafe consumer, unsafe consumer != UnsafeMutableRawPointer(bitPattern: -1) else {
      throw SystemError("mmap", on: "ring", .current)
    }
    let producer = unsafe mmap(nil, producerLength, PROT_READ, MAP_SHARED, map, off_t(Self.pageSize))
    guard let producer = unsafe producer, unsafe producer != UnsafeMutableRawPointer(bitPattern: -1) else {
      let errno = Errno.current
      _ = unsafe munmap(consumer, Self.pageSize)
      throw SystemError("mmap", on: "data of the ring", errno)
    }
    unsafe self.consumer = consumer
    unsafe self.producer = producer
  }

  /// Bytes between the two positions.
  var waitingBytes: Int {
    let (taken, written) = unsafe (clinux_load_acquire_64(consumer), clinux_load_acquire_64(producer))
    return Int(clamping: written &- taken)
  }

  /// Lends each record that is there to `body`, and frees its room; the number of records.
  func drain(_ body: (UnsafeRawBufferPointer) -> Void) -> Int {
    let data = unsafe producer + Self.pageSize
    let mask = UInt64(byteCount - 1)
    var count = 0
    var position = unsafe clinux_load_acquire_64(consumer)
    while true {
      let end = unsafe clinux_load_acquire_64(producer)
      if position >= end { return count }
      while position < end {
        // A record's header is 8 bytes: the length, with two flags on top, and what the kernel needs itself.
        let record = unsafe data + Int(position & mask)
        let word = unsafe clinux_load_acquire_32(record)
        // Reserved, and not yet written: those behind it must wait.
        if word & UInt32(BPF_RINGBUF_BUSY_BIT) != 0 { return count }
        let length = Int(word & ~UInt32(BPF_RINGBUF_DISCARD_BIT))
        position += UInt64((length + Int(BPF_RINGBUF_HDR_SZ) + 7) & ~7)
        if word & UInt32(BPF_RINGBUF_DISCARD_BIT) == 0 {
          // SAFETY: the kernel reserves no record that crosses the end by more than is mapped there.
          unsafe body(UnsafeRawBufferPointer(start: record + Int(BPF_RINGBUF_HDR_SZ), count: length))
          count += 1
        }
        unsafe clinux_store_release_64(consumer, position)
      }
    }
  }

  deinit {
    _ = unsafe munmap(consumer, Self.pageSize)
    _ = unsafe munmap(producer, producerLength)
  }
}
