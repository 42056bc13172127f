import CLinux
import Testing

@testable import KernelBPF

@Suite struct TracepointFormatTests {
  /// Linux 6.18.
  static let enter = """
    name: sys_enter
    ID: 361
    format:
    \tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;
    \tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;

    \tfield:long id;\toffset:8;\tsize:8;\tsigned:1;
    \tfield:unsigned long args[6];\toffset:16;\tsize:48;\tsigned:0;

    print fmt: "NR %ld (%lx, %lx, %lx, %lx, %lx, %lx)", REC->id, REC->args[0]
    """
  static let exec = """
    name: sched_process_exec
    ID: 77
    \tfield:__data_loc char[] filename;\toffset:8;\tsize:4;\tsigned:0;
    \tfield:pid_t pid;\toffset:12;\tsize:4;\tsigned:1;
    \tfield:pid_t old_pid;\toffset:16;\tsize:4;\tsigned:1;
    """

  @Test("A format has its number and its fields with their places")
  func fields() throws {
    let format = try #require(TracepointFormat(Self.enter))
    #expect(format.number == 361)
    #expect(format.fields["id"] == .init(offset: 8, size: 8, isElsewhere: false))
    #expect(format.fields["args"] == .init(offset: 16, size: 48, isElsewhere: false))
    let exec = try #require(TracepointFormat(Self.exec))
    #expect(exec.fields["filename"] == .init(offset: 8, size: 4, isElsewhere: true))
  }

  @Test("Every prefix of a format is taken without a trap, and one without a number is none")
  func prefixes() {
    for end in Self.enter.indices { _ = TracepointFormat(String(Self.enter[..<end])) }
    #expect(TracepointFormat("name: x\n\tfield:int a;\toffset:0;\tsize:4;\tsigned:1;\n") == nil)
    let lying =
      "ID: 1\n\tfield:int z;\toffset:9223372036854775807;\tsize:4;\n\tfield:int a;\toffset:-4;\tsize:4;\n\tfield:int b;\toffset:4;\tsize:0;\n\tfield:;\toffset:1;\tsize:1;"
    #expect(TracepointFormat(lying)?.fields == [:])
  }

  @Test("A field that does not lie in the record is unknown")
  func outside() {
    let number = TracepointFormat.Field(offset: 8, size: 8, isElsewhere: false)
    let text = TracepointFormat.Field(offset: 0, size: 4, isElsewhere: true)
    // Four bytes from the eighth on.
    let record: [UInt8] = [8, 0, 4, 0, 0, 0, 0, 0, 97, 98, 0, 99]
    record.withUnsafeBytes {
      #expect(number.number(in: $0) == nil)
      #expect(text.text(in: $0) == Array("ab".utf8))
    }
    for lying in [[9, 0, 4, 0], [8, 0, 5, 0], [255, 255, 255, 255], [8, 0, 4]] as [[UInt8]] {
      (lying + record.dropFirst(4)).dropLast(lying.count < 4 ? 8 : 0).withUnsafeBytes {
        #expect(text.text(in: $0) == nil)
      }
    }
  }
}

@Suite struct PerfSampleTests {
  private let shapes: [UInt64: PerfSampleShape]

  init() throws {
    let enter = try #require(TracepointFormat(TracepointFormatTests.enter))
    let exec = try #require(TracepointFormat(TracepointFormatTests.exec))
    shapes = [
      7: PerfSampleShape(.enter, enter), 8: PerfSampleShape(.exec, exec),
      // Any tracepoint with a kernel stack; its fields are not there.
      9: PerfSampleShape(.birth, exec), 10: PerfSampleShape(.main),
    ]
  }

  private func words(_ values: UInt64...) -> [UInt8] { words(values) }
  private func words(_ values: [UInt64]) -> [UInt8] {
    values.flatMap { (value) in (0..<8).map { UInt8(truncatingIfNeeded: value >> (8 * UInt64($0))) } }
  }

  /// Header, id, pid 100, tid 101, time 1000, CPU 1, and what follows.
  private func sample(_ identifier: UInt64, _ rest: [UInt8]) -> [UInt8] {
    let body = words(identifier, 101 << 32 | 100, 1000, 1) + rest
    return words(UInt64(8 + body.count) << 48 | UInt64(PERF_RECORD_SAMPLE.rawValue)) + body
  }

  /// The record's length, 32 bits, and its bytes, so that both are a multiple of 8.
  private func raw(_ bytes: [UInt8]) -> [UInt8] {
    let length = (bytes.count + 4 + 7) / 8 * 8 - 4
    return Array(words(UInt64(length)).prefix(4)) + bytes + [UInt8](repeating: 0, count: length - bytes.count)
  }

  private func read(_ bytes: [UInt8]) -> PerfSample? {
    bytes.withUnsafeBytes { PerfSample($0, shapes, bootOffset: 23) }
  }

  /// An execve with a stack of 64 bytes, of which 24 were there.
  private var enter: [UInt8] {
    let registers = words(2) + words((0..<17).map { 0x100 + UInt64($0) })
    let stack = words(64, 11, 22, 33, 0, 0, 0, 0, 0, 24)
    return sample(7, raw(words(0, 59, 1, 2, 3, 4, 5, 6)) + registers + stack)
  }

  @Test(
    "The entry of a call has its arguments, its registers in DWARF's order, and only what was there of the stack"
  )
  func entry() throws {
    let sample = try #require(read(enter))
    #expect(sample.origin == .tracepoint(.enter) && sample.time == 1023 && sample.cpu == 1)
    #expect(sample.process == 100 && sample.thread == 101 && !sample.is32Bit)
    #expect(sample.numbers == [59, 1, 2, 3, 4, 5, 6])
    // perf: AX BX CX DX SI DI BP SP IP R8…; DWARF: rax rdx rcx rbx rsi rdi rbp rsp r8… rip.
    #expect(sample.registers.prefix(8) == [0x100, 0x103, 0x102, 0x101, 0x104, 0x105, 0x106, 0x107])
    #expect(sample.registers.suffix(2) == [0x110, 0x108])
    #expect(sample.stack == StackDump(address: 0x107, bytes: words(11, 22, 33)))
    #expect(sample.stack.word(at: 0x107 + 16) == 33)
    #expect(sample.stack.word(at: 0x107 + 17) == nil && sample.stack.word(at: 0x106) == nil)
    #expect(sample.stack.word(at: .max) == nil)
  }

  @Test("Every prefix of a sample is refused, and so are lengths that lie")
  func cut() {
    let whole = enter
    for count in whole.indices { #expect(read(Array(whole[..<count])) == nil) }
    #expect(read(sample(99, [])) == nil)
    // A raw record, a stack, a call chain longer than the sample.
    #expect(read(sample(8, [255, 255, 255, 255, 0, 0, 0, 0])) == nil)
    #expect(read(sample(9, words(.max, 1, 2))) == nil)
    let registers = words(2) + words([UInt64](repeating: 0, count: 17))
    #expect(read(sample(7, raw([]) + registers + words(.max, 1, 2))) == nil)
    // More filled than there is room.
    let filled = read(sample(7, raw([]) + registers + words(8, 5, .max)))
    #expect(filled?.stack.bytes == words(5))
  }

  @Test("Any damage to a sample is taken without a trap")
  func damaged() {
    for shape in [7, 8, 9, 10] as [UInt64] {
      let whole = sample(shape, Array(enter.dropFirst(40)))
      for place in whole.indices {
        for byte in [0, 1, 7, 8, 127, 128, 255] as [UInt8] {
          for width in [1, 2, 4, 8] {
            var damaged = whole
            for index in place..<min(place + width, whole.count) { damaged[index] = byte }
            if let sample = read(damaged) { #expect(sample.stack.bytes.count <= whole.count) }
          }
        }
      }
    }
  }

  @Test("A thread without user registers has none, and 32-bit code is told")
  func registers() throws {
    let kernelThread = try #require(read(sample(7, raw([]) + words(0, 0))))
    #expect(kernelThread.registers.isEmpty && kernelThread.stack.bytes.isEmpty)
    let narrow = try #require(
      read(sample(7, raw([]) + words(1) + words([UInt64](repeating: 0, count: 17)) + words(0))))
    #expect(narrow.is32Bit)
  }

  @Test("A text that lies behind the fields is found, and marks in a kernel stack are left out")
  func textAndStack() throws {
    // filename at 20, 5 bytes; pid, old pid.
    let record = words(0, 5 << 16 | 20 | 55 << 32) + [56, 0, 0, 0] + Array("/bin\0".utf8)
    let exec = try #require(read(sample(8, raw(record))))
    #expect(exec.text == Array("/bin".utf8) && exec.numbers == [56])
    let mark = UInt64(bitPattern: -128)
    let birth = try #require(
      read(sample(9, words(3, mark, 0xffff_ffff_8100_0000, 0xffff_ffff_8100_0010) + raw([]))))
    #expect(birth.kernel == [0xffff_ffff_8100_0000, 0xffff_ffff_8100_0010])
    #expect(birth.numbers == [nil, nil])
    #expect(read(sample(10, raw([])))?.origin == .place(.main))
  }

  @Test("A new name is that of its thread, in time")
  func name() throws {
    let record =
      words(56 << 48 | UInt64(PERF_RECORD_COMM.rawValue), 101 << 32 | 100)
      + Array("shell\0\0\0".utf8) + words(0, 1000, 0)
    let found = record.withUnsafeBytes { PerfRecord(naming: $0, bootOffset: 23) }
    guard case .name(let name, let process, let thread, let time) = try #require(found) else {
      Issue.record("no name")
      return
    }
    #expect(name == Array("shell".utf8) && process == 100 && thread == 101 && time == 1023)
    for count in record.indices {
      record[..<count].withUnsafeBytes { _ = PerfRecord(naming: $0, bootOffset: 23) }
    }
  }
}
