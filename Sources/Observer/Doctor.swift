import Attribution
import KernelBPF
import KernelNetlink
import KernelProc
import KernelSystem
import Model

/// Tries every source of knowledge on this host with a socket of its own, and says what came of it.
public enum Doctor {
  public static func examine() -> [Diagnosis] {
    let privileges = Privileges.ofThisThread()
    var diagnoses = [rights(privileges)]
    diagnoses += withProbe { cookie in [iterator(cookie, privileges)] }
    diagnoses += events(privileges)
    diagnoses += fallback()
    diagnoses += tables()
    diagnoses += descriptors(privileges)
    diagnoses.append(namespaces(privileges))
    return diagnoses
  }

  private static func rights(_ privileges: Privileges) -> Diagnosis {
    let relevant: [Capability] = [
      .bpf, .perfmon, .netAdmin, .sysPtrace, .dacReadSearch, .sysAdmin, .netRaw,
    ]
    let held = relevant.filter(privileges.has).map(\.name)
    let missing = relevant.filter { !privileges.has($0) }.map(\.name)
    let user = "user \(privileges.effectiveUserID)"
    guard !missing.isEmpty else {
      return Diagnosis("privileges", .proved, "\(user), with \(held.joined(separator: " "))")
    }
    return Diagnosis(
      "privileges", held.isEmpty ? .missing : .partial,
      "\(user), with \(held.isEmpty ? "no capability that matters here" : held.joined(separator: " "))",
      loss: "see below", remedy: "missing: \(missing.joined(separator: " "))")
  }

  /// Lends the cookie of a TCP listener on loopback that lives for the length of `body`.
  private static func withProbe(_ body: (UInt64) -> [Diagnosis]) -> [Diagnosis] {
    do throws(Errno) {
      let probe = try ProbeSocket.open(
        family: AddressFamily.inet.rawValue, type: SocketType.stream.rawValue, protocol: 0)
      try ProbeSocket.bindToLoopback(probe)
      try ProbeSocket.listen(probe)
      let cookie = SocketAnswers(asking: probe).cookie ?? 0
      return body(cookie)
    } catch {
      return [Diagnosis("probe socket", .missing, "a TCP listener on 127.0.0.1 could not be made: \(error)")]
    }
  }

  private static func iterator(_ cookie: UInt64, _ privileges: Privileges) -> Diagnosis {
    let subject = "BPF iterator (task_file)"
    let loss =
      "holders come from /proc: slower on large hosts; no sockets of namespaces that may not be entered"
    let started = KernelClock.processCPUNanoseconds
    do throws(BPFError) {
      let iterator = try SocketIterator.load(SocketIteratorRequest())
      let loaded = KernelClock.processCPUNanoseconds
      var found = false
      var count = 0
      try iterator.forEachBatch { batch in
        batch.forEach { record, _ in
          count += 1
          found = found || record.cookie == cookie
        }
      }
      let read = KernelClock.processCPUNanoseconds
      let cost =
        "\(iterator.wasCached ? "kept program" : "program") loaded in \(milliseconds(loaded &- started)), \(count) descriptors in \(milliseconds(read &- loaded))"
      return found
        ? Diagnosis(subject, .proved, "own listener found by its cookie; \(cost)")
        : Diagnosis(subject, .missing, "own listener not found; \(cost)", loss: loss)
    } catch {
      let remedy =
        privileges.mayTrace
        ? "a kernel of 5.11 or later with BTF (/sys/kernel/btf/vmlinux)" : "CAP_BPF and CAP_PERFMON, or root"
      return Diagnosis(subject, .missing, "\(error)", loss: loss, remedy: remedy)
    }
  }

  private static func milliseconds(_ nanoseconds: UInt64) -> String {
    "\(nanoseconds / 1_000_000).\(nanoseconds / 100_000 % 10) ms CPU"
  }
}
