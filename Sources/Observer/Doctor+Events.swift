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
      var request = EventRequest(actions: Set(EventAction.allCases))
      request.roots = [ProcessID(child.pid)]
      let observer: EventObserver
      do throws(ObserverError) { observer = try EventObserver(request, wake: wake) } catch {
        return [
          Diagnosis(
            "event probes", .missing, error.description, loss: lossWithoutProbes,
            remedy: "a kernel of 5.17 or later with BTF (/sys/kernel/btf/vmlinux)")
        ]
      }
      return try fire(child, observer, privileges)
    } catch { return [Diagnosis("event probes", .missing, "\(error)", loss: lossWithoutProbes)] }
  }

  private static func fire(
    _ child: borrowing HeldChild, _ observer: EventObserver, _ privileges: Privileges
  ) throws(SystemError) -> [Diagnosis] {
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
    // One way may tell several facts.
    return observer.plan.choices.flatMap { (choice) in
      let covered = ProbeFact.allCases.filter { choice.chosen?.covers.contains($0) == true }
      return ([choice.fact] + covered).map { diagnose($0, choice, events, privileges) }
    }
  }

  private static func diagnose(
    _ fact: ProbeFact, _ choice: ProbePlan.Choice, _ events: [Event], _ privileges: Privileges
  ) -> Diagnosis {
    let subject = "event: \(fact.rawValue)"
    let passed = choice.passed.filter { !$0.reason.hasPrefix("not needed") }
    let reasons = passed.map(\.reason).joined(separator: "; ")
    guard let hook = choice.chosen else {
      if fact == .packetEnd {
        return Diagnosis(subject, .partial, "told when the process ends (\(reasons))", loss: fact.loss)
      }
      return Diagnosis(
        subject, .missing, reasons.isEmpty ? "no way is known" : reasons, loss: fact.loss,
        remedy: "a kernel that offers one of these hooks, or CAP_NET_ADMIN for those of cgroups")
    }
    let way = hook.needs.map(\.description).joined(separator: ", ")
    let better = reasons.isEmpty ? "" : " (better ones: \(reasons))"
    let tax = hook.taxesEveryCall ? "; every system call pays some 0.1 µs" : ""
    if fact.receipts.allSatisfy({ events.contains(where: $0) }) {
      return Diagnosis(subject, .proved, "received by \(way)\(tax)\(better)")
    }
    let needed = fact.needed.filter { !privileges.has($0) }
    if !needed.isEmpty {
      let names = needed.map(\.name).joined(separator: ", ")
      return Diagnosis(subject, .partial, "attached to \(way); not proved: to make the event needs \(names)")
    }
    return Diagnosis(
      subject, .missing, "attached to \(way), but the event did not arrive\(better)", loss: fact.loss)
  }
}

extension ProbeFact {
  /// What prove it together, among the events of `HeldChild.makingEvents`.
  fileprivate var receipts: [(Event) -> Bool] {
    switch self {
    case .unixConnections:
      [{ $0.action == .unixConnect }, { $0.action == .unixAccept && $0.peerProcess != nil }]
    case .identity: [{ $0.action == .setID }, { $0.action == .setNamespace }]
    default: [receipt]
    }
  }

  private var receipt: (Event) -> Bool {
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
    case .rawDatagrams: { $0.action == .udpFlow && $0.socket?.table == .raw }
    case .rawPeers:
      {
        $0.action == .close && $0.socket?.table == .raw && $0.socket?.receivedPackets == 1
          && $0.socket?.peer.address.isLoopback == true
      }
    case .packetEnd: { $0.action == .close && $0.socket?.table == .packet }
    case .ringAccept: { $0.action == .accept && $0.process?.name == "sockeye-ring" }
    case .dns: { if case .dns(let answer) = $0.detail { answer.question == "sockeye" } else { false } }
    case .unixConnections, .identity: { _ in false }
    }
  }

  /// Without which the event cannot be made.
  fileprivate var needed: [Capability] {
    switch self {
    case .identity: [.setUserID, .setGroupID, .sysAdmin]
    case .rawDatagrams, .rawPeers, .packetEnd: [.netRaw]
    // Port 53 of a namespace that may have a name server.
    case .dns: [.sysAdmin]
    default: []
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
    case .rawDatagrams: "who sends and receives raw, ICMP and packet traffic"
    case .rawPeers: "where received raw and ICMP packets come from"
    case .packetEnd: "the moment at which a packet socket is closed"
    case .unixConnections: "unix connects and accepts"
    case .identity: "changes of user, group and namespaces"
    case .moduleLoad, .moduleUnload: "libraries as they are loaded and unloaded"
    case .dns: "names of peers"
    }
  }
}
