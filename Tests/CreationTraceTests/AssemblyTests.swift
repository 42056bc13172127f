import KernelBPF
import Testing

@testable import CreationTrace
@testable import Model

/// Records as the probes would write them, without a kernel.
@Suite struct AssemblyTests {
  private func assembler() -> CreationAssembler {
    var assembler = CreationAssembler(way: .probes, tier: .spine, kernel: KernelFunctions([]))
    assembler.begin(100, name: "shell", mappings: [])
    return assembler
  }

  private func event(
    _ kind: CreationEvent.Kind, _ time: UInt64, _ process: Int32, thread: Int32? = nil, number: Int64 = 0,
    values: [UInt64] = [], text: String = ""
  ) -> CreationRecord {
    var event = CreationEvent(kind: kind, time: time, process: process, thread: thread ?? process)
    event.number = number
    for (index, value) in values.enumerated() { event.values[index] = value }
    event.text = Array(text.utf8)
    event.name = Array("shell".utf8)
    return .event(event)
  }

  @Test("A vfork and an exec are a child with its call, its steps and its end")
  func life() throws {
    var assembler = assembler()
    assembler.take(event(.enter, 1, 100, number: 58))
    assembler.take(event(.birth, 2, 100, values: [101, 101, 0x4100]))
    assembler.take(event(.runnable, 3, 100, values: [101, 1]))
    assembler.take(event(.firstRun, 4, 0, values: [101, 101]))
    assembler.take(event(.enter, 5, 101, number: 59, text: "/bin/true\0"))
    assembler.take(event(.pointOfNoReturn, 6, 101))
    assembler.take(
      event(.exec, 7, 101, values: [101, 1, 23, 20, 5], text: "/bin/true\0/bin/true\0true\0"))
    assembler.take(event(.leave, 8, 101, number: 59))
    assembler.take(event(.leave, 9, 100, number: 58, values: [101]))
    assembler.take(event(.enter, 10, 101, number: 231))
    assembler.take(event(.exit, 11, 101, values: [23 << 8, 1]))
    let report = assembler.report
    #expect(report.processes.map(\.pid) == [100, 101])
    let child = report.processes[1]
    #expect(child.parent == 0 && child.birth == 0 && child.end?.code == 23)
    #expect(child.arguments == ["true"])
    let birth = try #require(report.birth(of: child))
    #expect(birth.result == 101 && birth.child == 101 && !birth.isThread)
    let timeline = CreationTimeline(child, birth: birth)
    #expect(
      timeline.points.map(\.phase) == [
        .called, .born, .runnable, .firstRun, .execCalled, .pointOfNoReturn, .userMode, .exiting, .exited,
      ])
    #expect(timeline.total == 10 && timeline.duration(to: .pointOfNoReturn) == 1)
    // Nothing is known of the loader, so nothing is said of it.
    #expect(timeline.duration(to: .main) == nil)
  }

  @Test("A switch to a child that was in user mode before is not its first run")
  func secondRun() {
    var assembler = assembler()
    assembler.take(event(.enter, 1, 100, number: 57))
    assembler.take(event(.birth, 2, 100, values: [101, 101, 0]))
    assembler.take(event(.leave, 3, 101, number: 57))
    assembler.take(event(.firstRun, 4, 0, values: [101, 101]))
    let moments = assembler.report.processes[0].calls[0].moments
    #expect(moments.map(\.phase) == [.called, .born, .userMode])
  }

  @Test("A birth and an end are not those of a call whose return was not seen")
  func unseenReturn() throws {
    var assembler = assembler()
    assembler.take(event(.enter, 1, 100, number: 59, text: "/bin/true\0"))
    assembler.take(event(.birth, 2, 100, values: [101, 101, 0]))
    assembler.take(event(.exit, 3, 100, values: [0, 1]))
    let exec = try #require(assembler.report.processes[0].calls.first)
    #expect(exec.child == nil && exec.time(of: .born) == nil && exec.time(of: .exited) == nil)
    #expect(assembler.report.processes[1].birth == nil && assembler.report.processes[1].parent == 0)
    #expect(assembler.report.processes[0].end?.code == 0)
  }

  @Test("A thread that is not the first keeps its call through an exec, which gives it the process's number")
  func execFromThread() throws {
    var assembler = assembler()
    assembler.take(event(.enter, 1, 100, thread: 107, number: 59, text: "/bin/true\0"))
    assembler.take(event(.pointOfNoReturn, 2, 100, thread: 107))
    assembler.take(event(.exec, 3, 100, values: [107, 1, 0, 20, 5], text: "/bin/true\0/bin/true\0true\0"))
    assembler.take(event(.leave, 4, 100, number: 59))
    let call = try #require(assembler.report.processes[0].calls.first)
    #expect(call.thread == 107 && call.result == 0 && call.time(of: .userMode) == 4)
  }

  @Test("A pid that is used again is another process")
  func reusedNumber() {
    var assembler = assembler()
    for round in 0..<3 as Range<UInt64> {
      assembler.take(event(.enter, round * 10 + 1, 100, number: 57))
      assembler.take(event(.birth, round * 10 + 2, 100, values: [101, 101, 0]))
      assembler.take(event(.leave, round * 10 + 3, 100, number: 57, values: [101]))
      assembler.take(event(.exit, round * 10 + 4, 101, values: [round << 8, 1]))
    }
    #expect(assembler.report.processes.map(\.pid) == [100, 101, 101, 101])
    #expect(assembler.report.processes.dropFirst().map { $0.end?.code } == [0, 1, 2])
    #expect(assembler.report.processes.dropFirst().map(\.birth) == [0, 1, 2])
  }

  @Test("Records that come without what they belong to are taken without a trap")
  func strays() {
    for kind in [
      CreationEvent.Kind.enter, .leave, .birth, .runnable, .firstRun, .pointOfNoReturn, .exec, .exit, .place,
      .kernel,
    ] {
      for number in [0, 56, 57, 59, 231, 322, 435] as [Int64] {
        for values in [[], [UInt64](repeating: .max, count: 6), [101, 101, 0, 9999, 1, 1]] {
          for text in ["", "\0", "/a", "/a\0/b\0c\0"] {
            var assembler = assembler()
            assembler.take(event(kind, 5, 100, number: number, values: values, text: text))
            assembler.take(event(.leave, 6, 100, number: number, values: values, text: text))
            assembler.take(.page(StackPage(time: 3, thread: 7, address: 4096, bytes: [])))
            assembler.finishStacks()
            _ = assembler.report.timelines
            for process in assembler.report.processes { _ = assembler.report.slices(of: process) }
          }
        }
      }
    }
  }

  @Test("A shell that follows ENOEXEC is told as the retry that it is")
  func retry() {
    var assembler = assembler()
    assembler.take(event(.enter, 1, 100, number: 59, text: "/tmp/x\0"))
    assembler.take(
      event(.leave, 2, 100, number: 59, values: [UInt64(bitPattern: -8), 1], text: "/tmp/x\0/tmp/x\0"))
    assembler.take(event(.enter, 3, 100, number: 59, text: "/bin/sh\0"))
    assembler.take(
      event(.exec, 4, 100, values: [100, 2, 0, 16, 16], text: "/bin/sh\0/bin/sh\0/bin/sh\0/tmp/x\0"))
    let calls = assembler.report.processes[0].calls
    #expect(calls.map { $0.failure?.code } == ["ENOEXEC", nil])
    #expect(calls[1].note?.contains("shell") == true)
  }

  @Test("Minimum, median and 99th percentile are those of the sorted runs")
  func statistics() throws {
    var statistics = CreationStatistics()
    for run in (1...100).shuffled() as [UInt64] {
      var process = CreatedProcess(pid: 1, parent: nil, birth: nil, name: "x")
      process.end = CreationEnd(time: 1000 + run, status: 0, signal: nil, kernel: [])
      var exec = CreationCall(kind: .exec, number: 59, name: "execve", thread: 1, caller: "x", began: 1000)
      exec.ended = 1000
      process.calls = [exec]
      statistics.add([CreationTimeline(process, birth: nil)])
    }
    let whole = try #require(statistics.rows.last)
    #expect(whole.phase == nil && whole.count == 100)
    #expect((whole.minimum, whole.median, whole.percentile99) == (1, 50, 99))
  }
}
