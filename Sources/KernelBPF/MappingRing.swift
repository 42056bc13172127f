import CLinux
import KernelSystem

/// Executable mappings on one CPU, as the kernel reports them to perf: exec, ld.so, dlopen, mprotect.
///
/// Ring layout: perf_event_open(2), a control page and then a power of two of data pages. Since 3.16 (MMAP2), 5.12
/// (build ids). Needs CAP_PERFMON; kernels with a paranoid level of 3 and more want CAP_SYS_ADMIN.
@safe final class MappingRing {
  static let pageSize = Int(sysconf(Int32(_SC_PAGESIZE)))

  let cpu: Int32
  let descriptor: OwnedDescriptor
  private let pages: UnsafeMutableRawPointer
  /// Of the data, bytes.
  let size: Int

  /// - Parameter dataPages: a power of two.
  /// - Parameter clock: of the records' times; what other events write into the ring must have the same.
  /// - Parameter hasNames: threads' new names too.
  init(
    cpu: Int32, dataPages: Int = 128, clock: clockid_t = CLOCK_BOOTTIME, hasNames: Bool = false
  ) throws(SystemError) {
    self.cpu = cpu
    size = dataPages * Self.pageSize
    let number = clinux_perf_mappings(cpu, UInt32(size / 4), clock, hasNames ? 1 : 0)
    guard number >= 0 else { throw SystemError("perf_event_open", on: "cpu \(cpu)", .current) }
    descriptor = OwnedDescriptor(owning: number)
    let pages = unsafe mmap(nil, size + Self.pageSize, PROT_READ | PROT_WRITE, MAP_SHARED, number, 0)
    // MAP_FAILED is (void *)-1, which Swift does not import.
    guard let pages = unsafe pages, unsafe pages != UnsafeMutableRawPointer(bitPattern: -1) else {
      throw SystemError("mmap", on: "perf ring of cpu \(cpu)", .current)
    }
    unsafe self.pages = pages
  }

  func join(epoll: Int32) {
    descriptor.borrow { (number) in
      var event = unsafe epoll_event()
      unsafe event.events = EPOLLIN.rawValue
      _ = unsafe epoll_ctl(epoll, EPOLL_CTL_ADD, number, &event)
    }
  }

  /// Lends each record to `body`, whole, and frees its room. `scratch` holds the largest one: 64 KiB.
  func drain(_ scratch: UnsafeMutableRawBufferPointer, _ body: (UnsafeRawBufferPointer) -> Void) {
    let data = unsafe pages + Self.pageSize
    let head = unsafe clinux_perf_head(pages)
    var tail = unsafe clinux_perf_tail(pages)
    while tail < head {
      let start = Int(tail % UInt64(size))
      // SAFETY: the kernel writes records whole, aligned to 8, so a header never lies across the end.
      let header = unsafe (data + start).loadUnaligned(as: perf_event_header.self)
      let length = Int(header.size)
      if length < MemoryLayout<perf_event_header>.size { break }
      if start + length <= size {
        unsafe body(UnsafeRawBufferPointer(start: data + start, count: length))
      } else {
        let first = size - start
        unsafe scratch.baseAddress?.copyMemory(from: data + start, byteCount: first)
        unsafe (scratch.baseAddress! + first).copyMemory(from: data, byteCount: length - first)
        unsafe body(UnsafeRawBufferPointer(rebasing: scratch[..<length]))
      }
      tail += UInt64(length)
      unsafe clinux_perf_set_tail(pages, tail)
    }
    unsafe clinux_perf_set_tail(pages, head)
  }

  /// Records for which there was no room, since 6.0; 0 before.
  ///
  /// The ring itself tells of a loss with the next record that finds room, and of the last one never.
  func lost() -> UInt64 {
    var values: [UInt64] = [0, 0]
    // SAFETY: the event's count, and how much of it was lost.
    let length = descriptor.borrow { unsafe read($0, &values, 16) }
    return length == 16 ? values[1] : 0
  }

  deinit { _ = unsafe munmap(pages, size + Self.pageSize) }
}

/// The mapping rings of all CPUs, as records like the event ring's.
///
/// `@unchecked Sendable`: made on one thread, then used by the reader's alone.
@safe final class MappingRings: @unchecked Sendable {
  private var rings: [MappingRing] = []
  private let scratch = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 8)
  private let leftOut: UInt32?
  private var told: UInt64 = 0

  /// nil when no CPU lets us.
  init?(leavingOut process: Int32?) {
    leftOut = process.map { UInt32(bitPattern: $0) }
    for cpu in 0..<libbpf_num_possible_cpus() {
      // A CPU that is offline has no events.
      do throws(SystemError) { rings.append(try MappingRing(cpu: cpu)) } catch { continue }
    }
    if rings.isEmpty { return nil }
  }

  func join(epoll: Int32) { for ring in rings { ring.join(epoll: epoll) } }

  /// Mappings for which a ring had no room, as far as the rings have told; `asksKernel`: each CPU is interrupted for it.
  func lost(asksKernel: Bool) -> UInt64 {
    asksKernel ? max(told, rings.reduce(0) { $0 + $1.lost() }) : told
  }

  /// Hands on each mapping of a file as a MODULE_LOAD record.
  func drain(_ body: (UnsafeRawBufferPointer) -> Void) {
    for ring in rings {
      unsafe ring.drain(scratch) { (record) in
        switch unsafe MappingRecord(record) {
        case .mapping(let mapping):
          if mapping.pid == leftOut || !mapping.isFile { return }
          unsafe mapping.encoded().withUnsafeBytes { unsafe body($0) }
        case .lost(let count): told += count
        case nil: return
        }
      }
    }
  }

  deinit { unsafe scratch.deallocate() }
}
