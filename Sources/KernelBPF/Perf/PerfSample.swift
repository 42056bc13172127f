import CLinux

/// What perf tells of process creation.
public enum PerfRecord: Sendable {
  case sample(PerfSample)
  case mapping(ExecutableMapping)
  /// A thread has a new name.
  case name([UInt8], process: Int32, thread: Int32, time: UInt64)

  /// CLOCK_BOOTTIME, ns.
  public var time: UInt64 {
    switch self {
    case .sample(let sample): sample.time
    case .mapping(let mapping): mapping.time
    case .name(_, _, _, let time): time
    }
  }
}

/// One sample of one event.
public struct PerfSample: Sendable {
  public var origin: PerfOrigin
  /// CLOCK_BOOTTIME, ns.
  public var time: UInt64
  public var cpu: UInt32
  public var process: Int32
  public var thread: Int32
  /// As `PerfTracepoint` has them; nil for a field that this kernel does not have.
  public var numbers: [UInt64?] = []
  public var text: [UInt8] = []
  /// Innermost first.
  public var kernel: [UInt64] = []
  /// In DWARF's order; empty where none were sampled.
  public var registers: [UInt64] = []
  /// The thread runs 32-bit code, whose calls have other numbers.
  public var is32Bit = false
  public var stack = StackDump()

  public init(_ origin: PerfOrigin, time: UInt64, process: Int32, thread: Int32) {
    self.origin = origin
    self.time = time
    cpu = 0
    self.process = process
    self.thread = thread
  }

  public func number(_ index: Int) -> UInt64? { index < numbers.count ? numbers[index] : nil }
}

/// What perf copied of a user stack: from the stack pointer on, up to the first page that is not in memory.
public struct StackDump: Sendable, Equatable {
  public var address: UInt64
  public var bytes: [UInt8]

  public init(address: UInt64 = 0, bytes: [UInt8] = []) {
    self.address = address
    self.bytes = bytes
  }

  /// nil where it was not copied.
  public func word(at place: UInt64) -> UInt64? {
    guard let word = content(at: place, count: 8) else { return nil }
    return word.reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }

  public func content(at place: UInt64, count: Int) -> ArraySlice<UInt8>? {
    guard place >= address, place - address <= UInt64(bytes.count), count >= 0 else { return nil }
    let start = Int(place - address)
    return bytes.count - start >= count ? bytes[start..<start + count] : nil
  }

  /// Up to a NUL, without it; nil if its end was not copied, or lies beyond `limit`.
  public func text(at place: UInt64, limit: Int = 4096) -> [UInt8]? {
    guard place >= address, place - address < UInt64(bytes.count) else { return nil }
    let rest = bytes[Int(place - address)...].prefix(limit)
    return rest.firstIndex(of: 0).map { Array(rest[..<$0]) }
  }
}

extension PerfSample {
  /// Layout of PERF_RECORD_SAMPLE: perf_event_open(2), in the order of `PerfSampleType`'s bits in the kernel:
  /// id, pid, tid, time, cpu, reserved, then callchain, raw record, user registers, user stack, as far as asked for.
  ///
  /// - Parameter bootOffset: what CLOCK_BOOTTIME is ahead of the sample's clock, ns.
  init?(_ record: UnsafeRawBufferPointer, _ shapes: [UInt64: PerfSampleShape], bootOffset: UInt64) {
    var cursor = unsafe EventCursor(record)
    do throws(EventDecodeError) {
      _ = try cursor.take(perf_event_header.self)
      guard let shape = shapes[try cursor.take(UInt64.self)] else { return nil }
      origin = shape.origin
      process = try cursor.take(Int32.self)
      thread = try cursor.take(Int32.self)
      time = try cursor.take(UInt64.self) &+ bootOffset
      cpu = try cursor.take(UInt32.self)
      _ = try cursor.take(UInt32.self)
      if shape.type.contains(.kernelStack) { try takeKernelStack(&cursor) }
      let raw = try cursor.takeText(Int(try cursor.take(UInt32.self)))
      // SAFETY: lent for the call; each field checks that it lies inside.
      unsafe raw.withUnsafeBytes { unsafe takeFields($0, shape) }
      if shape.type.contains(.registers) { try takeRegisters(&cursor) }
      if shape.type.contains(.stack) { try takeStack(&cursor) }
    } catch { return nil }
  }

  private mutating func takeKernelStack(_ cursor: inout EventCursor) throws(EventDecodeError) {
    let count = try cursor.take(UInt64.self)
    guard count <= cursor.remaining / 8 else {
      throw .cutShort(needed: Int(clamping: count), available: cursor.remaining)
    }
    for _ in 0..<count {
      let address = try cursor.take(UInt64.self)
      // PERF_CONTEXT_KERNEL and its like mark what follows; they are no addresses.
      if address < PERF_CONTEXT_MAX.rawValue { kernel.append(address) }
    }
  }

  private mutating func takeFields(_ raw: UnsafeRawBufferPointer, _ shape: PerfSampleShape) {
    for field in shape.numbers {
      guard let field else {
        numbers.append(nil)
        continue
      }
      for index in 0..<max(1, field.size / 8) { numbers.append(unsafe field.number(in: raw, at: index)) }
    }
    if let field = shape.text { text = unsafe field.text(in: raw) ?? [] }
  }

  /// asm/perf_regs.h numbers them otherwise than DWARF: AX BX CX DX SI DI BP SP IP, R8 to R15.
  private mutating func takeRegisters(_ cursor: inout EventCursor) throws(EventDecodeError) {
    let width = try cursor.take(UInt64.self)
    if width == UInt64(PERF_SAMPLE_REGS_ABI_NONE.rawValue) { return }
    is32Bit = width == UInt64(PERF_SAMPLE_REGS_ABI_32.rawValue)
    var values: [UInt64] = []
    for _ in 0..<clinux_perf_registers.nonzeroBitCount { values.append(try cursor.take(UInt64.self)) }
    registers = [0, 3, 2, 1, 4, 5, 6, 7, 9, 10, 11, 12, 13, 14, 15, 16, 8].map { values[$0] }
  }

  private mutating func takeStack(_ cursor: inout EventCursor) throws(EventDecodeError) {
    let room = try cursor.take(UInt64.self)
    if room == 0 { return }
    // Room, then how much of it was filled: the rest is whatever the ring had there before.
    let filled = min(try cursor.number(after: Int(clamping: room)), room)
    let bytes = try cursor.takeText(Int(clamping: filled))
    stack = StackDump(address: registers.count > 7 ? registers[7] : 0, bytes: bytes)
  }
}
