import Testing

@testable import KernelBPF

@Suite("The probe plan")
struct ProbePlanTests {
  /// Every hook there.
  private static var everything: [HookNeed: HookVerdict] {
    var verdicts: [HookNeed: HookVerdict] = [:]
    for hook in ProbeHook.ways { for need in hook.needs { verdicts[need] = .available } }
    return verdicts
  }

  @Test("A stock kernel's accept is taken where the new socket is an argument, and io_uring's with it")
  func stock() {
    let plan = ProbePlan.make(.init(), verdicts: Self.everything)
    #expect(plan.chosen(for: .accept)?.programs == ["accept_graft"])
    #expect(plan.chosen(for: .ringAccept) == nil)
    #expect(!plan.choices.contains { $0.fact == .ringAccept })
    #expect(plan.chosen(for: .connectFailure)?.programs == ["connect_return", "datagram_connect_return"])
  }

  @Test("Without trampolines accept comes from the call's exit, and each better way has its reason")
  func withoutTrampolines() {
    var verdicts = Self.everything
    for need in verdicts.keys {
      switch need {
      case .entry, .exit: verdicts[need] = .refused("EPERM")
      default: continue
      }
    }
    let plan = ProbePlan.make(.init(), verdicts: verdicts)
    #expect(plan.chosen(for: .accept)?.programs == ["call_result"])
    let accept = plan.choices.first { $0.fact == .accept }
    #expect(
      accept?.passed.prefix(2).map(\.reason) == [
        "fentry security_sock_graft: EPERM", "fexit inet_csk_accept: EPERM",
      ])
    #expect(plan.programs(of: .calls).filter { $0 == "call_result" }.count == 1)
  }

  @Test("Who will not pay on every call gets accept from getpeername, and no failed exec")
  func withoutTax() {
    var verdicts = Self.everything
    verdicts[.entry("security_sock_graft")] = .absent
    verdicts[.exit("inet_csk_accept")] = .absent
    verdicts[.exit("__x64_sys_execve")] = .absent
    let plan = ProbePlan.make(.init(avoidsCallTax: true), verdicts: verdicts)
    #expect(plan.chosen(for: .accept)?.programs == ["accept_getpeername4", "accept_getpeername6"])
    #expect(plan.chosen(for: .execFailure) == nil)
    #expect(!plan.programs(of: .calls).contains("call_result"))
  }

  @Test("A program that the verifier refuses is planned around")
  func refusedProgram() {
    let plan = ProbePlan.make(.init(), verdicts: Self.everything, refusedPrograms: ["accept_graft": "R1 bad"])
    #expect(plan.chosen(for: .accept)?.programs == ["accept_return"])
    let passed = plan.choices.first { $0.fact == .accept }?.passed.first
    #expect(passed?.reason == "program accept_graft was refused: R1 bad")
  }

  @Test("A fact that nothing tells stays in the plan, with nothing chosen")
  func nothing() {
    let plan = ProbePlan.make(.init(facts: [.exec]), verdicts: [.tracepoint("sched_process_exec"): .absent])
    #expect(plan.choices.count == 1)
    #expect(plan.chosen(for: .exec) == nil)
    #expect(plan.description.contains("not on this kernel"))
  }

  @Test("libbpf's log names the program that was refused")
  func blamed() {
    let log = "libbpf: prog 'accept_uring_old': BPF program load failed: Permission denied\n"
    #expect(LoadedObject.programBlamed(in: log) == "accept_uring_old")
    #expect(LoadedObject.programBlamed(in: "libbpf: no type information\n") == nil)
  }

  @Test("The cgroup2 mount is found, its escapes undone")
  func cgroupMount() {
    let text = """
      24 1 0:22 / /sys/fs/cgroup rw - tmpfs tmpfs rw
      31 24 0:27 / /sys/fs/cgroup/uni\\040fied rw,relatime shared:9 - cgroup2 cgroup2 rw

      """
    #expect(CgroupMount.path(in: Array(text.utf8)) == "/sys/fs/cgroup/uni fied")
    #expect(CgroupMount.path(in: []) == nil)
  }
}
