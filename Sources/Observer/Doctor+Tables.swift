import Attribution
import KernelNetlink
import KernelProc
import KernelSystem
import Model

extension Doctor {
  /// A socket of one table, and how it gets into the kernel's list.
  private struct Sample {
    let table: SocketTable
    let family: AddressFamily
    let type: SocketType
    let number: SocketProtocol
    var isBound = false
    var listens = false
  }

  private static let samples: [Sample] = [
    Sample(table: .tcp, family: .inet, type: .stream, number: .tcp, isBound: true, listens: true),
    Sample(table: .udp, family: .inet, type: .datagram, number: .udp, isBound: true),
    Sample(table: .udplite, family: .inet, type: .datagram, number: .udplite, isBound: true),
    // 255 is IPPROTO_RAW.
    Sample(table: .raw, family: .inet, type: .raw, number: SocketProtocol(rawValue: 255)),
    Sample(table: .icmp, family: .inet, type: .datagram, number: .icmp, isBound: true),
    Sample(table: .mptcp, family: .inet, type: .stream, number: .mptcp, isBound: true, listens: true),
    Sample(table: .sctp, family: .inet, type: .stream, number: .sctp, isBound: true, listens: true),
    Sample(table: .unix, family: .unix, type: .stream, number: .unspecified),
    Sample(table: .packet, family: .packet, type: .datagram, number: .unspecified),
    Sample(table: .netlink, family: .netlink, type: .raw, number: .unspecified, isBound: true),
    Sample(table: .vsock, family: .vsock, type: .stream, number: .unspecified),
  ]

  /// Each table: a socket is made, and looked for in sock_diag, else in `/proc/net`.
  static func tables() -> [Diagnosis] { samples.map(diagnose) }

  private static func diagnose(_ sample: Sample) -> Diagnosis {
    let subject = "table \(sample.table.name)"
    let socket: OwnedDescriptor
    do throws(Errno) { socket = try make(sample) } catch {
      return error.meansUnsupported
        ? Diagnosis(subject, .proved, "this kernel has no such sockets")
        : Diagnosis(
          subject, .partial, "no socket could be made to try it: \(error)",
          remedy: sample.table == .icmp ? "net.ipv4.ping_group_range may exclude this user" : "CAP_NET_RAW")
    }
    return look(for: SocketAnswers(asking: socket), sample.table, subject)
  }

  private static func make(_ sample: Sample) throws(Errno) -> OwnedDescriptor {
    let socket = try ProbeSocket.open(
      family: sample.family.rawValue, type: sample.type.rawValue, protocol: sample.number.rawValue)
    if sample.isBound {
      if sample.family == .netlink {
        try ProbeSocket.bindNetlink(socket)
      } else {
        try ProbeSocket.bindToLoopback(socket)
      }
    }
    if sample.listens { try ProbeSocket.listen(socket) }
    return socket
  }

  private static func look(for answers: SocketAnswers, _ table: SocketTable, _ subject: String) -> Diagnosis {
    var assembler = SnapshotAssembler()
    var reason = "sock_diag does not have it"
    do throws(SockDiagError) {
      var source = try SockDiagSource(netns: .unknown)
      source.dump(table, states: .all, filter: nil, wantsDetails: false, into: &assembler) { _ in true }
      if assembler.sockets.contains(where: { $0.cookie.rawValue == answers.cookie }) {
        return Diagnosis(subject, .proved, "own socket found by sock_diag, by its cookie")
      }
      if let failure = source.failures.first { reason = "sock_diag failed: \(failure)" }
    } catch { reason = "sock_diag failed: \(error)" }
    return lookInProc(for: answers, table, subject, reason)
  }

  private static func lookInProc(
    for answers: SocketAnswers, _ table: SocketTable, _ subject: String, _ reason: String
  ) -> Diagnosis {
    var assembler = SnapshotAssembler()
    if let proc = try? ProcFileSystem(), case .value(let directory) = proc.network() {
      var source = ProcNetSource(directory, netns: .unknown)
      _ = source.read(table, into: &assembler) { _ in true }
    }
    if assembler.sockets.contains(where: { $0.inode == answers.inode }) {
      return Diagnosis(
        subject, .partial, "\(reason); own socket found in /proc/net, by its inode",
        loss: "cookies, and internals")
    }
    return Diagnosis(
      subject, .partial, "\(reason), /proc/net neither",
      loss: "sockets that no descriptor holds; the held ones are asked through their descriptors")
  }
}

extension Doctor {
  /// `/proc/PID/fd` and pidfd_getfd(2), tried on a socket of our own.
  static func descriptors(_ privileges: Privileges) -> [Diagnosis] {
    do throws(Errno) {
      let socket = try ProbeSocket.open(
        family: AddressFamily.unix.rawValue, type: SocketType.datagram.rawValue, protocol: 0)
      let answers = SocketAnswers(asking: socket)
      let number = socket.borrow { $0 }
      return [scan(answers, privileges), duplicate(number, answers, privileges)]
    } catch {
      return [Diagnosis("descriptors", .missing, "no unix socket could be made: \(error)")]
    }
  }

  private static func scan(_ answers: SocketAnswers, _ privileges: Privileges) -> Diagnosis {
    let subject = "/proc descriptors"
    let loss = "names of other users' sockets"
    var scan = DescriptorScan()
    do throws(SystemError) {
      let proc = try ProcFileSystem()
      try proc.scanDescriptors(&scan)
    } catch { return Diagnosis(subject, .missing, "\(error)", loss: loss) }
    guard scan.sockets.contains(where: { $0.inode == answers.inode }) else {
      return Diagnosis(
        subject, .missing, "own socket not found among \(scan.descriptorCount) descriptors", loss: loss)
    }
    let found = "own socket found among \(scan.descriptorCount) descriptors"
    guard scan.deniedPIDs.isEmpty else {
      return Diagnosis(
        subject, .partial, "\(found); \(scan.deniedPIDs.count) processes refused", loss: loss,
        remedy: privileges.mayReadEveryProcess
          ? "none: a security module or another namespace protects them"
          : "CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH")
    }
    return Diagnosis(subject, .proved, found)
  }

  private static func duplicate(_ number: Int32, _ answers: SocketAnswers, _ privileges: Privileges)
    -> Diagnosis
  {
    let subject = "pidfd_getfd"
    guard let asked = AskedSocket(number, of: ThisProcess.pid), asked.answers == answers else {
      return Diagnosis(
        subject, .missing, "own descriptor could not be duplicated and asked", loss: "--ask-socket",
        remedy: "a kernel of 5.6 or later")
    }
    return privileges.has(.sysPtrace)
      ? Diagnosis(subject, .proved, "own descriptor duplicated, the socket asked")
      : Diagnosis(
        subject, .partial, "own descriptor duplicated, the socket asked", loss: "other users' sockets",
        remedy: "CAP_SYS_PTRACE")
  }

  /// setns(2) into the own namespace, which needs what any other needs.
  static func namespaces(_ privileges: Privileges) -> Diagnosis {
    let subject = "network namespaces"
    do throws(SystemError) {
      let proc = try ProcFileSystem()
      let catalog = try NamespaceCatalog(proc)
      let home = try OwnedDescriptor.open("/proc/self/ns/net")
      let count = "\(catalog.entries.count) found"
      do throws(SystemError) {
        let visit = try NamespaceVisit(home, named: "own netns")
        visit.leave(to: home)
        return Diagnosis(subject, .proved, "\(count); entered the own one anew")
      } catch {
        return Diagnosis(
          subject, .partial, "\(count); none may be entered: \(error.errno)",
          loss: "in other namespaces, the sockets that no descriptor holds"
            + (privileges.mayTrace ? "" : ", and those of other users"), remedy: "CAP_SYS_ADMIN")
      }
    } catch { return Diagnosis(subject, .missing, "\(error)") }
  }
}
