import KernelBPF
import KernelSystem
import Model

extension Doctor {
  /// Makes one real event of each kind, and looks which arrived.
  static func events(_ privileges: Privileges) -> [Diagnosis] {
    guard privileges.mayTrace else {
      return [
        Diagnosis(
          "event probes", .missing, "not permitted", loss: lossWithoutProbes,
          remedy: "CAP_BPF and CAP_PERFMON, or root")
      ]
    }
    do throws(SystemError) {
      let child = try HeldChild.makingEvents()
      let wake = try WaitPoint(stopsOnSignals: false, process: child.pid)
      var request = EventRequest(actions: Set(EventAction.allCases).subtracting([.dns]))
      request.roots = [ProcessID(child.pid)]
      let observer: EventObserver
      do throws(ObserverError) { observer = try EventObserver(request, wake: wake) } catch {
        return [
          Diagnosis(
            "event probes", .missing, error.description, loss: lossWithoutProbes,
            remedy: "a kernel of 5.17 or later with BTF (/sys/kernel/btf/vmlinux)")
        ]
      }
      return try fire(child, observer)
    } catch { return [Diagnosis("event probes", .missing, "\(error)", loss: lossWithoutProbes)] }
  }

  private static func fire(_ child: borrowing HeldChild, _ observer: EventObserver) throws(SystemError)
    -> [Diagnosis]
  {
    do throws(Errno) { try child.release() } catch {
      throw SystemError("write", on: "the process that makes events", error)
    }
    var events: [Event] = []
    let limit = KernelClock.bootTimeNanoseconds &+ 1_000_000_000
    _ = observer.run(until: limit) { (batch) in
      events += batch
      return true
    }
    observer.finish { (batch) in
      events += batch
      return true
    }
    _ = child.status()
    return observer.plan.choices.compactMap { diagnose($0, events) }
  }

  private static func diagnose(_ choice: ProbePlan.Choice, _ events: [Event]) -> Diagnosis? {
    // An accept through io_uring is not made here.
    guard let receipt = choice.fact.receipt else { return nil }
    let subject = "event: \(choice.fact.rawValue)"
    let passed = choice.passed.filter { !$0.reason.hasPrefix("not needed") }
    let reasons = passed.map(\.reason).joined(separator: "; ")
    guard let hook = choice.chosen else {
      return Diagnosis(
        subject, .missing, reasons.isEmpty ? "no way is known" : reasons, loss: choice.fact.loss,
        remedy: "a kernel that offers one of these hooks, or CAP_NET_ADMIN for those of cgroups")
    }
    let way = hook.needs.map(\.description).joined(separator: ", ")
    let better = reasons.isEmpty ? "" : " (better ones: \(reasons))"
    let tax = hook.taxesEveryCall ? "; every system call pays some 0.1 µs" : ""
    if events.contains(where: receipt) {
      return Diagnosis(subject, .proved, "received by \(way)\(tax)\(better)")
    }
    return Diagnosis(
      subject, .missing, "attached to \(way), but the event did not arrive\(better)", loss: choice.fact.loss)
  }
}

extension ProbeFact {
  /// What proves it, among the events of `HeldChild.makingEvents`; nil where none is made.
  fileprivate var receipt: ((Event) -> Bool)? {
    switch self {
    case .fork: { $0.action == .fork }
    case .exec: { $0.action == .exec && $0.process?.name == "true" }
    case .exit: { if case .exit(let exit) = $0.detail { exit.code == 23 } else { false } }
    case .rename: { $0.process?.name == "sockeye-fires" }
    case .execFailure: { $0.action == .execFailed && $0.reason == "ENOENT" }
    case .connections: { $0.action == .close && $0.socket?.protocol == .tcp && $0.socket?.origin == .connect }
    case .accept: { $0.action == .accept && $0.peerProcess != nil }
    case .connectFailure: { $0.action == .connectFailed }
    case .bind: { $0.action == .bind }
    case .datagrams: { $0.action == .udpFlow }
    case .datagramPeers: { $0.action == .udpFlow && $0.socket?.peer.port != 0 }
    case .datagramEnd: { $0.action == .close && $0.socket?.protocol == .udp }
    case .moduleLoad: { $0.action == .moduleLoad }
    case .moduleUnload: { $0.action == .moduleUnload }
    case .ringAccept, .dns: nil
    }
  }

  fileprivate var loss: String {
    switch self {
    case .fork, .exec, .exit, .rename: "names of short-lived processes"
    case .execFailure: "failed execs"
    case .connections: "connects, listens and closes as they happen"
    case .accept, .ringAccept: "who accepted a connection"
    case .connectFailure: "connects that were refused before the first packet"
    case .bind: "binds"
    case .datagrams, .datagramPeers, .datagramEnd: "UDP conversations, their peers, or their ends"
    case .moduleLoad, .moduleUnload: "libraries as they are loaded and unloaded"
    case .dns: "names of peers"
    }
  }
}
