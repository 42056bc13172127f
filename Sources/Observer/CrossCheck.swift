import KernelSystem
import Model

extension Snapshot {
  /// Asks every held socket through a duplicate of its first holder's descriptor, and compares.
  ///
  /// A rootkit rewrites netlink, `/proc` or the descriptor table, seldom all three: each disagreement is a gap that
  /// names the socket. Sockets that changed or closed meanwhile are left out, not accused.
  mutating func crossCheckWithSockets() -> [Gap] {
    var disagreements: [Gap] = []
    var unasked = 0
    for index in sockets.indices where sockets[index].holdingCount > 0 {
      let socket = sockets[index]
      let holding = holdings[Int(socket.firstHolding)]
      let pid = processes[Int(holding.process)].identity.pid.rawValue
      guard let asked = AskedSocket(holding.descriptor, of: pid) else {
        unasked += 1
        continue
      }
      sockets[index].wasAsked = true
      let differences = socket.differences(from: asked.answers, name: name(of: socket))
      guard !differences.isEmpty else { continue }
      disagreements.append(
        Gap(
          kind: .disagreement, count: 1,
          message:
            "descriptor \(holding.descriptor) of pid \(pid) disagrees with what the kernel listed for socket "
            + "\(socket.cookie.rawValue): \(differences.joined(separator: ", "))",
          remedy: "if it stays so, trust neither: something may hide on this host"))
    }
    if unasked > 0 {
      disagreements.append(
        Gap(
          kind: .processRefused, count: unasked,
          message: Counted.sockets(unasked) + " could not be asked: their processes ended or refused",
          remedy: "run as root, or with CAP_SYS_PTRACE"))
    }
    return disagreements
  }
}

extension Socket {
  /// What differs, in words; nothing for a socket whose descriptor by now is another's.
  fileprivate func differences(from answers: SocketAnswers, name: RawText?) -> [String] {
    // Another inode: the descriptor was closed and used anew. Not the same socket, so nothing to compare.
    guard answers.inode == nil || inode == 0 || answers.inode == inode else { return [] }
    var found: [String] = []
    func compare<Value: Equatable>(_ what: String, _ listed: Value?, _ answered: Value?) {
      guard let listed, let answered, listed != answered else { return }
      found.append("\(what) \(listed) listed, \(answered) answered")
    }
    compare("cookie", cookie == .unknown ? nil : cookie.rawValue, answers.cookie)
    compare("family", Int32(family.rawValue), answers.family)
    compare("type", type == .unknown ? nil : Int32(type.rawValue), answers.type)
    if family.isInternet {
      compare("protocol", Int32(self.protocol.rawValue), answers.protocol)
      compare("listening", isListening, answers.isListening)
      compare("local port", local.port, Endpoint(answers.local, family: family)?.port)
      compare("local address", local.address, Endpoint(answers.local, family: family)?.address)
      if isConnected { compare("peer", peer, Endpoint(answers.peer, family: family)) }
    } else if family == .unix, case .unix(let answered) = answers.local {
      compare("name", name?.bytes ?? [], answered)
    }
    return found
  }
}
