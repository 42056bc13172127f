import KernelTracefs
import Model

/// What `sockeye spawn` can see on this host: proved with a shell that starts a program.
public enum CreationDoctor {
  public static func examine() -> [Diagnosis] {
    let subject = "process creation"
    let request = CreationRequest(.command(["/bin/sh", "-c", "/bin/true; exit 23"]))
    do throws(CreationError) {
      let report = try CreationTracer(request).run()
      return [stacks(report), kernelPart(report), wayToMain(report)]
        + (report.way == .probes ? [perf(request)] : [])
    } catch {
      return [Diagnosis(subject, .missing, "\(error)", loss: "sockeye spawn")]
    }
  }

  private static func stacks(_ report: CreationReport) -> Diagnosis {
    let subject = "process creation: stacks"
    let calls = report.processes.flatMap(\.calls).filter { !$0.user.frames.isEmpty }
    let whole = calls.filter { $0.user.stopped == nil }
    let isTold = report.processes.first?.end?.code == 23 && calls.contains { $0.kind == .birth }
    let finding = "\(whole.count) of \(calls.count) user stacks are whole"
    guard isTold, let deepest = whole.map(\.user.frames.count).max() else {
      return Diagnosis(
        subject, .missing, "a shell that starts a program was not seen; \(finding)", loss: "sockeye spawn")
    }
    let reason = report.gaps.first { $0.kind == .noProbes }
    if let reason {
      return Diagnosis(
        subject, .partial, "by \(report.way.rawValue), \(finding)", loss: reason.message,
        remedy: reason.remedy)
    }
    return Diagnosis(
      subject, whole.count == calls.count ? .proved : .partial,
      "\(finding), up to \(deepest) frames, unwound by libdw")
  }

  /// What would be seen without BPF.
  private static func perf(_ request: CreationRequest) -> Diagnosis {
    let subject = "process creation: perf in place of BPF"
    var request = request
    request.way = .perf
    do throws(CreationError) {
      let report = try CreationTracer(request).run()
      let (user, kernel) = (stacks(report), kernelPart(report))
      let isProved = user.status == .proved && kernel.status == .proved
      return Diagnosis(
        subject, isProved ? .proved : .partial, "\(user.finding), kernel stacks: \(kernel.status.rawValue)")
    } catch {
      return Diagnosis(subject, .missing, "\(error)", loss: "the kernel part, where BPF may not be used")
    }
  }

  private static func kernelPart(_ report: CreationReport) -> Diagnosis {
    let subject = "process creation: kernel part"
    let stacks: [[String]] = report.processes.flatMap { $0.calls.map(\.kernel) + [$0.end?.kernel ?? []] }
    let missing = ["copy_process", "begin_new_exec", "do_exit"].filter { (name: String) in
      !stacks.contains { $0.last == name }
    }
    if missing.isEmpty {
      return Diagnosis(
        subject, .proved,
        "stacks at tracepoints down to copy_process, begin_new_exec and do_exit; with --full "
          + (FunctionGraph.obstacle().map { "at more of them, because \($0)" }
            ?? "every function by function_graph"))
    }
    return Diagnosis(
      subject, stacks.allSatisfy(\.isEmpty) ? .missing : .partial,
      "no stack ends at \(missing.joined(separator: ", "))",
      loss: "what the kernel does inside fork, exec and exit",
      remedy: "CAP_BPF and CAP_PERFMON, and CAP_SYSLOG for the names in /proc/kallsyms; or root")
  }

  private static func wayToMain(_ report: CreationReport) -> Diagnosis {
    let subject = "process creation: way to main"
    let phases: Set<CreationPhase> = [.firstInstruction, .mapping, .loaded, .main]
    let seen = Set(report.processes.flatMap(\.calls).flatMap(\.moments).map(\.phase)).intersection(phases)
    if seen == phases { return Diagnosis(subject, .proved, "uprobes in the loader and the libc fired") }
    return Diagnosis(
      subject, seen.isEmpty ? .missing : .partial,
      "\(seen.count) of \(phases.count) uprobes in the loader and the libc fired",
      loss: "times between a program's first instruction and main",
      remedy: "glibc, with its loader at /lib64/ld-linux-x86-64.so.2")
  }
}
