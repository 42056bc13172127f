import KernelSystem
import Model

extension PollingObserver {
  /// What this way cannot see of what was asked for, and what would help: one gap each.
  static func blindness(
    _ request: EventRequest, instead reason: String, connector refusal: SystemError?,
    _ namespaces: borrowing PolledNamespaces
  ) -> [Gap] {
    let privileges = Privileges.ofThisThread()
    let probes = privileges.mayTrace ? nil : "run as root, or with CAP_BPF and CAP_PERFMON"
    var gaps: [Gap] = []
    func add(_ message: String, _ remedy: String?) {
      gaps.append(Gap(kind: .noProbes, count: nil, message: message, remedy: remedy))
    }
    let untold = request.actions.subtracting(possible).map(\.rawValue).sorted().joined(separator: ", ")
    add(
      "events come without event probes (\(reason))" + (untold.isEmpty ? "" : "; not told: \(untold)"), probes
    )
    if request.namesPeers { add("--names: what name servers answer is not seen", probes) }
    if request.wantsSockets {
      add(
        "connections that end within \(pollMilliseconds) ms are told at their close only, without a process"
          + (request.roots == nil ? "" : ", and so not shown here"), probes)
    }
    if let refusal {
      add(
        "processes are found by polling /proc (the connector: \(refusal.errno.name)): those that end within \(pollMilliseconds) ms, and exit codes, are not seen",
        privileges.has(.netAdmin)
          ? "the initial pid, user and network namespaces" : "CAP_NET_ADMIN, or Linux 6.6")
    } else {
      add("names and arguments are read after the exec: a process that ends before has none", probes)
    }
    if !privileges.mayReadEveryProcess {
      add(
        "of other users' processes neither sockets nor paths can be seen",
        "run as root, or with CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH")
    }
    if request.wantsSockets && !privileges.mayEnterNamespaces {
      add("sockets of other network namespaces are not seen", "run as root, or with CAP_SYS_ADMIN")
    } else if let refusal = namespaces.refusal {
      add(Counted.namespaces(namespaces.refused.count) + " could not be watched: \(refusal)", nil)
    }
    if !namespaces.unsupported.isEmpty {
      let subjects = namespaces.unsupported.map(\.description).sorted().joined(separator: ", ")
      add("sockets that this kernel cannot list are not seen: \(subjects)", "modprobe tcp_diag udp_diag")
    }
    return gaps
  }
}
