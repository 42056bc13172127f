import Testing

@testable import KernelTracefs

/// Lines as the kernels 6.1 and 6.12 print them.
@Suite struct FunctionGraphLineTests {
  private func line(_ text: String) -> FunctionGraphLine? { FunctionGraphLine(Array(text.utf8)[...]) }

  @Test("An entry, an exit and a leaf")
  func kinds() {
    #expect(
      line("   12.421165 |     fg.sh-93    |               |  __x64_sys_clone() {")
        == FunctionGraphLine(.enter, time: 12_421_165_000, thread: 93, function: "__x64_sys_clone"))
    #expect(
      line("   12.437329 |     fg.sh-93    |   15783.23 us |      } /* copy_process */")
        == FunctionGraphLine(
          .leave, time: 12_437_329_000, thread: 93, function: "copy_process", duration: 15_783_230))
    #expect(
      line("   12.421552 |     fg.sh-93    |   4.927 us    |        _raw_spin_lock_irq();")
        == FunctionGraphLine(
          .leaf, time: 12_421_552_000, thread: 93, function: "_raw_spin_lock_irq", duration: 4927))
  }

  @Test("The compiler's suffix and the module's name are no part of a function's name")
  func names() {
    #expect(
      line("   12.498868 |     true-100    |   53396.74 us |    } /* do_execveat_common.isra.0 */")?.function
        == "do_execveat_common")
    #expect(
      line(" 1.000001 | a-1 | 1.000 us | ext4_getattr [ext4]();")?.function == "ext4_getattr")
  }

  @Test("A task may be called what it likes")
  func taskNames() {
    #expect(line(" 1.000001 | a | b-c-17 | 1.000 us | f();")?.thread == 17)
    #expect(line(" 1.000001 |  -9 | x-17 | 1.000 us | f();")?.thread == 17)
    #expect(line(" 1.000001 | 7 us | } /* x-17 | | f() {")?.kind == .enter)
  }

  @Test(
    "Headings, changes of task, comments and broken lines are no calls",
    arguments: [
      "", "|", "|||", "# tracer: function_graph", "#     TIME         TASK/PID         DURATION",
      " ------------------------------------------", " 1)   fg.sh-143    =>    true-150   ",
      " 1.000001 | a-17 | 1.000 us | /* sched_wakeup: comm=x */", " 1.000001 | a-17 | 1.000 us | ",
      " 1.000001 | a-17 | 1.000 us | ();", " 1.000001 | a-99999999999999999999 | 1.000 us | f();",
      " x | a-17 | 1.000 us | f();", " 1.000001 | a17 | 1.000 us | f();",
    ])
  func others(text: String) { #expect(line(text) == nil) }

  @Test("What was overwritten is counted")
  func lost() {
    #expect(FunctionGraphLine.lostCount(Array("CPU:1 [LOST 345 EVENTS]".utf8)[...]) == 345)
    #expect(FunctionGraphLine.lostCount(Array("CPU:1 [LOST EVENTS]".utf8)[...]) == nil)
    #expect(FunctionGraphLine.lostCount(Array("1 | [LOST 345 EVENTS]".utf8)[...]) == nil)
  }

  @Test(
    "The value that a setting had is read from what its file says",
    arguments: [
      ("local [global] counter boot", "global"), ("[local] boot", "local"), ("7 (expanded: 1408)", "1408"),
      ("1408", "1408"), ("nop", "nop"), ("0", "0"), ("", ""),
    ])
  func settings(text: String, value: String) { #expect(TraceSettings.value(text) == value) }

  @Test(
    "What was there before is read back from its record; a record that was cut short is read as far as it goes"
  )
  func record() {
    let former = [
      TraceSettings.Former(file: "trace_clock", text: "local"),
      TraceSettings.Former(file: "set_ftrace_pid", text: ""),
    ]
    let text = TraceSettings.text(former)
    #expect(TraceSettings.parse(text) == former)
    #expect(TraceSettings.parse([]) == [])
    #expect(TraceSettings.parse(Array(text.prefix(20))) == [former[0]])
  }
}
