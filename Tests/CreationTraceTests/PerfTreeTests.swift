import KernelBPF
import Testing

@testable import CreationTrace

/// Samples as perf would bring them, without a kernel.
@Suite struct PerfTreeTests {
  private func sample(
    _ tracepoint: PerfTracepoint, _ time: UInt64, _ process: Int32, thread: Int32? = nil,
    _ numbers: [UInt64?] = [],
    text: String = "", stack: StackDump = StackDump()
  ) -> PerfRecord {
    var sample = PerfSample(
      .tracepoint(tracepoint), time: time, process: process, thread: thread ?? process)
    sample.numbers = numbers
    sample.text = Array(text.utf8)
    sample.registers = [UInt64](repeating: stack.address, count: 17)
    sample.stack = stack
    return .sample(sample)
  }

  private func told(_ records: [PerfRecord], threads: [Int32] = [100]) -> [CreationEvent] {
    var tree = PerfTree(wholeHost: false)
    tree.begin(100, threads: threads)
    var events: [CreationEvent] = []
    for record in records {
      tree.take(record) { (record) in if case .event(let event) = record { events.append(event) } }
    }
    return events
  }

  private func dump(_ words: [UInt64], at address: UInt64, text: String = "") -> StackDump {
    StackDump(
      address: address,
      bytes: words.flatMap { (word) in (0..<8).map { UInt8(truncatingIfNeeded: word >> (8 * UInt64($0))) } }
        + text.utf8)
  }

  @Test("A child and its child belong to the tree, others do not; a thread belongs to its process")
  func following() {
    let events = told([
      sample(.enter, 1, 100, [57] + [UInt64](repeating: 0, count: 6)),
      sample(.birth, 2, 100, [101, 0], text: "shell"),
      sample(.runnable, 3, 100, [101]), sample(.runnable, 3, 100, [999]),
      sample(.birth, 4, 101, [102, 0x10000]), sample(.birth, 5, 101, thread: 102, [103, 0]),
      sample(.enter, 6, 103, [57] + [UInt64](repeating: 0, count: 6)),
      sample(.enter, 7, 999, [57] + [UInt64](repeating: 0, count: 6)),
    ])
    #expect(events.map(\.kind) == [.enter, .birth, .runnable, .birth, .birth, .enter])
    #expect(events[3].values.prefix(2) == [102, 101] && events[4].values.prefix(2) == [103, 103])
    #expect(events[3].name == Array("shell".utf8))
  }

  /// argc 2, argv, a NULL, an environment of one, and the texts from 56 on.
  private func start(at address: UInt64, text: String) -> StackDump {
    dump(
      [2, address + 56, address + 59, 0, address + 61, 0, 0], at: address, text: text)
  }

  private func exec(_ start: StackDump, line: String = "", from caller: StackDump = StackDump()) throws
    -> CreationEvent
  {
    let argumentsOfCall: [UInt64] = [caller.address, caller.address + 8, 0, 0, 0, 0]
    let events = told([
      sample(.enter, 1, 100, [59] + argumentsOfCall, stack: caller),
      sample(.prepare, 2, 100, text: "/bin/sh"), sample(.exec, 3, 100, [100], text: "/tmp/script"),
      sample(.executed, 4, 100, [59], text: line, stack: start),
    ])
    #expect(events.map(\.kind) == [.enter, .pointOfNoReturn, .exec, .leave])
    return events[2]
  }

  @Test("The arguments of an exec are those on the new program's stack, and the exec keeps its own time")
  func arguments() throws {
    let event = try exec(start(at: 0x7000, text: "sh\0x\0E=1\0"))
    #expect(event.time == 3 && event.values[1] == 2 && event.values[2] == 1)
    #expect(event.text == Array("/tmp/script\0/bin/sh\0sh\0x\0".utf8))
    #expect(event.values[3] == 20)
  }

  @Test("Where the texts were not copied, the process's own are taken if the pointers agree, else none")
  func unseenArguments() throws {
    let cut = start(at: 0x7000, text: "")
    #expect(try exec(cut).values[1] == CreationEvent.unseenArguments)
    var sample = PerfSample(.tracepoint(.executed), time: 0, process: 1, thread: 1)
    sample.stack = cut
    let image = try #require(ProcessStart(sample))
    #expect(image.arguments == nil && image.environment == 1)
    #expect(image.matches([Array("sh".utf8), Array("x".utf8)]))
    // A title that the program gave itself, another number, another length.
    #expect(!image.matches([Array("sh: waiting".utf8), Array("x".utf8)]))
    #expect(!image.matches([Array("sh".utf8)]) && !image.matches([Array("sh".utf8), Array("xy".utf8)]))
    #expect(try exec(cut, line: "sh\0x\0").text == Array("/tmp/script\0/bin/sh\0sh\0x\0".utf8))
    // The caller's: path at the pointer, argv behind it.
    let caller = dump([0x0070_6d74_2f, 0x9020, 0x9023, 0], at: 0x9000, text: "sh\0x\0")
    #expect(try exec(cut, from: caller).text == Array("/tmp/script\0/bin/sh\0sh\0x\0".utf8))
    let other = dump([0x0070_6d74_2f, 0x9020, 0x9024, 0], at: 0x9000, text: "bash\0x\0")
    #expect(try exec(cut, from: other).values[1] == CreationEvent.unseenArguments)
  }

  @Test("A failed exec tells what lay on the stack, and what did not is not seen")
  func failed() throws {
    let caller = dump([0x9020, 0x9023, 0, 0], at: 0x9000, text: "/x\0y\0")
    func leave(_ path: UInt64, _ list: UInt64) throws -> CreationEvent {
      try #require(
        told([
          sample(.enter, 1, 100, [59, path, list, 0, 0, 0, 0], stack: caller),
          sample(.left, 2, 100, [59, UInt64(bitPattern: -2)]),
        ]).last)
    }
    let seen = try leave(0x9020, 0x9000)
    #expect(seen.text == Array("/x\0/x\0y\0".utf8) && seen.values[1] == 2)
    let unseen = try leave(0x5000, 0x9008)
    #expect(unseen.text == Array("\0y\0".utf8) && unseen.values[1] == 1)
    let nothing = try leave(0x5000, 0x5000)
    #expect(nothing.text.isEmpty && nothing.values[1] == CreationEvent.unseenArguments)
  }

  @Test("An end is what exit_group or the last thread said, or the last signal; and no end is made up")
  func ends() {
    let none = [UInt64](repeating: 0, count: 5)
    func end(_ records: [PerfRecord], threads: [Int32] = [100]) -> [[UInt64]] {
      told(records, threads: threads).filter { $0.kind == .exit }.map { Array($0.values.prefix(2)) }
    }
    #expect(
      end([sample(.enter, 1, 100, [231, 23] + none), sample(.exit, 2, 100, [nil])]) == [[23 << 8, 1]])
    // A signal that came before was handled.
    #expect(
      end([
        sample(.signal, 1, 7, [15, 100]), sample(.enter, 2, 100, [231, 0] + none), sample(.exit, 3, 100, [1]),
      ]) == [[0, 1]])
    #expect(end([sample(.signal, 1, 7, [15, 100]), sample(.exit, 2, 100, [1])]) == [[15, 1]])
    #expect(end([sample(.exit, 2, 100, [1])]) == [[0, 0]])
    // The kernel does not tell which is the last: threads are counted.
    #expect(
      end(
        [
          sample(.enter, 1, 100, [60, 5] + none), sample(.exit, 2, 100, [nil]),
          sample(.enter, 3, 100, thread: 101, [60, 6] + none), sample(.exit, 4, 100, thread: 101, [nil]),
        ], threads: [100, 101]) == [[5 << 8, 0], [6 << 8, 1]])
  }

  @Test("Before 6.9 the point of no return of a thread's exec comes with the process's number")
  func renamed() throws {
    let events = told(
      [
        sample(.rename, 1, 100),
        sample(.enter, 2, 100, thread: 107, [59] + [UInt64](repeating: 0, count: 6)),
        sample(.rename, 3, 100), sample(.exec, 4, 100, [107], text: "/bin/true"), sample(.exit, 5, 100, [1]),
      ], threads: [100, 107])
    #expect(events.map(\.kind) == [.enter, .pointOfNoReturn, .exec, .exit])
    #expect(events[1].thread == 107 && events[2].values[0] == 107)
    // Killed before it came back: its arguments are not seen.
    #expect(events[2].values[1] == CreationEvent.unseenArguments)
  }

  @Test("A thread has the name that it was born with, or was given last; others' names are nobody's business")
  func names() {
    let events = told([
      sample(.birth, 1, 100, [101, 0], text: "shell"),
      .name(Array("true".utf8), process: 101, thread: 101, time: 2),
      .name(Array("other".utf8), process: 999, thread: 999, time: 3),
      sample(.exec, 4, 101, [101], text: "/bin/true"), sample(.exit, 5, 101, [1]),
    ])
    #expect(events.map { String(decoding: $0.name, as: UTF8.self) } == ["", "true", "true"])
  }

  @Test("Samples without fields, or with any number in them, are taken without a trap")
  func strays() {
    for tracepoint in PerfTracepoint.allCases {
      for numbers in [[], [nil, nil, nil], [UInt64](repeating: .max, count: 7), [59, .max], [0, 0, 0]]
        as [[UInt64?]]
      {
        for stack in [StackDump(), dump([.max, 1, 2], at: .max - 5), dump([3, 1, 2], at: 0)] {
          _ = told([
            sample(.enter, 1, 100, [59, .max, .max - 7, 0, 0, 0, 0], stack: stack),
            sample(tracepoint, 2, 100, numbers, stack: stack), sample(.left, 3, 100, [59, .max]),
            sample(.exit, 4, 100, [1]),
          ])
        }
      }
    }
  }
}
