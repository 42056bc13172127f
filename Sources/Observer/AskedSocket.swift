import KernelSystem
import Model

/// A socket asked through a duplicate of another process's descriptor, as port mappers on Windows do it.
struct AskedSocket {
  let answers: SocketAnswers

  /// nil when the process or its descriptor is gone, or we may not.
  init?(_ descriptor: Int32, of pid: Int32) {
    do throws(Errno) {
      let process = try ProcessDescriptor(pid: pid)
      let duplicate = try process.duplicate(descriptor)
      answers = SocketAnswers(asking: duplicate)
    } catch { return nil }
  }

  var unixName: RawText? {
    guard case .unix(let name) = answers.local, !name.isEmpty else { return nil }
    return RawText(name)
  }
}

extension Socket {
  /// What the answers tell; its namespace is taken for the own one, which holds for all that others may not enter.
  init(_ asked: AskedSocket, own: NetworkNamespace) {
    self.init()
    let answers = asked.answers
    cookie = SocketCookie(answers.cookie ?? 0)
    inode = answers.inode ?? 0
    family = AddressFamily(rawValue: UInt16(truncatingIfNeeded: answers.family ?? 0))
    type = SocketType(rawValue: UInt16(truncatingIfNeeded: answers.type ?? 0))
    self.protocol = SocketProtocol(rawValue: UInt16(truncatingIfNeeded: answers.protocol ?? 0))
    state = answers.isListening == true ? .listen : answers.peer != nil ? .established : .close
    if let endpoint = Endpoint(answers.local, family: family) { local = endpoint }
    if let endpoint = Endpoint(answers.peer, family: family) { peer = endpoint }
  }
}

extension Endpoint {
  /// nil for what is no internet address.
  init?(_ name: SocketName?, family: AddressFamily) {
    guard case .internet(let high, let low, let port) = name else { return nil }
    self.init(IPAddress(family: family, high: high, low: low), port: port)
  }
}
